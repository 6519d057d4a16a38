//! For any history, the request is one that the real API accepts.

use geppetto_engine::ToolChoice as Choice;
use geppetto_testing::validate::{responses_count, responses_request};
use geppetto_turns::{Incomplete, MediaSource, OtherContent, SummaryPart};

use super::*;

/// A block of a history, independent of its neighbours.
#[derive(Debug, Clone)]
struct Piece {
    content: Kind,
    /// Response that it came from, if known.
    response: Option<u8>,
    incomplete: bool,
    /// State of its id: assigned by a server or not, and in the form of this API or not.
    id: Id,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id {
    None,
    Own,
    /// Of another server: in another form, or the same for everything.
    Foreign,
    Same,
}

#[derive(Debug, Clone)]
enum Kind {
    User {
        text: bool,
        image: u8,
    },
    System,
    Text {
        refusal: bool,
        empty: bool,
    },
    Reasoning {
        sealed: bool,
        summary: bool,
        words: bool,
        model: bool,
    },
    Call {
        id: u8,
        name: u8,
        args: u8,
        custom: bool,
    },
    Answer {
        id: u8,
        error: bool,
    },
    Search,
    Unknown,
}

/// Ids of calls as assigned by servers: some are reused, and those of other servers may be too long
/// for this API.
fn call_id(number: u8, foreign: bool) -> String {
    match number {
        2 | 3 if !foreign => format!("call_{number}"),
        0 => "call_0".to_owned(),
        1 => "call_abc".to_owned(),
        2 => format!("call_{}", "x".repeat(80)),
        3 => format!("call_{}y", "x".repeat(80)),
        _ => "resp_9:call_1".to_owned(),
    }
}

impl Piece {
    fn block(&self, position: usize, foreign: bool) -> Block {
        let id = |prefix: &str| match self.id {
            Id::None => None,
            Id::Own => Some(format!("{prefix}_{position}")),
            Id::Foreign => Some(format!("chatcmpl-{position}:{}", "x".repeat(70))),
            Id::Same => Some(format!("{prefix}_1")),
        };
        let mut block = match &self.content {
            Kind::User { text, image } => user(*text, *image),
            Kind::System => Block::system("Be terse."),
            Kind::Text { refusal: true, .. } => Block::refusal("No."),
            Kind::Text { empty: true, .. } => Block::llm_text(""),
            Kind::Text { .. } => Block::llm_text(format!("text {position}")),
            Kind::Reasoning { words, .. } => Block::reasoning(if *words { "hm" } else { "" }),
            Kind::Call {
                id,
                name,
                args,
                custom,
            } => call_block(call_id(*id, foreign), *name, *args, *custom),
            Kind::Answer { id, error: true } => Block::tool_error(call_id(*id, foreign), "broken"),
            Kind::Answer { id, .. } => {
                Block::tool_result(call_id(*id, foreign), json!({"degrees": 21}))
            }
            Kind::Search => search(position),
            Kind::Unknown => Block::new(Content::Other(OtherContent::new("note", Map::new()))),
        };
        match (&mut block.content, &self.content) {
            (Content::LlmText(text), _) => text.item_id = id("msg"),
            (Content::ToolCall(call), _) => call.item_id = id("fc"),
            (
                Content::Reasoning(reasoning),
                Kind::Reasoning {
                    sealed,
                    summary,
                    model,
                    ..
                },
            ) => {
                // Only its own id gives reasoning a meaning for a server.
                reasoning.item_id = (self.id != Id::None).then(|| format!("rs_{position}"));
                reasoning.encrypted_content = sealed.then(|| format!("sealed {position}"));
                reasoning.summary = summary
                    .then(|| SummaryPart::new("So."))
                    .into_iter()
                    .collect();
                let model = if *model { "gpt-5" } else { "o3" };
                block.metadata.set_raw(own::MODEL.id(), model.into());
            }
            _ => {}
        }
        if let Some(response) = self.response.filter(|_| block.kind().is_model_output()) {
            let key = own::RESPONSE_ID.id();
            block
                .metadata
                .set_raw(key, format!("resp_{response}").into());
        }
        match self.incomplete {
            true => block.with_incomplete(Incomplete::Cancelled),
            false => block,
        }
    }
}

fn user(text: bool, image: u8) -> Block {
    let text = if text { "Look." } else { "" };
    match image {
        0 => Block::user(text),
        1 => Block::user_with_images(text, [ImagePart::url("https://a.test/a.png")]),
        2 => Block::user_with_images(text, [ImagePart::bytes("image/png", b"png")]),
        _ => Block::user_with_images(text, [ImagePart::new(MediaSource::FileId("file-1".into()))]),
    }
}

fn call_block(id: String, name: u8, args: u8, custom: bool) -> Block {
    let name = match name {
        0 => "lookup".to_owned(),
        1 => "weather.lookup now".to_owned(),
        _ => "x".repeat(150),
    };
    let args = ["{}", "", "{\"broken"].get(usize::from(args)).copied();
    let mut call = ToolCall::new(id, name, args.unwrap_or("null"));
    if custom {
        call.extra.set("type", CUSTOM_TOOL);
    }
    Block::tool_call(call)
}

fn search(position: usize) -> Block {
    let item = json!({
        "type": "web_search_call", "id": format!("ws_{position}"), "status": "completed",
        "action": {"type": "search", "query": "weather"},
    });
    let payload = item.as_object().cloned().unwrap();
    let mut block = Block::new(Content::Other(OtherContent::new(own::ITEM_KIND, payload)));
    let key = own::RESPONSE_ID.id();
    block.metadata.set_raw(key, "resp_1".into());
    block
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        2 => (any::<bool>(), 0..4_u8).prop_map(|(text, image)| Kind::User { text, image }),
        1 => Just(Kind::System),
        3 => (prop::bool::weighted(0.2), prop::bool::weighted(0.2))
            .prop_map(|(refusal, empty)| Kind::Text { refusal, empty }),
        4 => (any::<bool>(), any::<bool>(), any::<bool>(), prop::bool::weighted(0.8)).prop_map(
            |(sealed, summary, words, model)| Kind::Reasoning { sealed, summary, words, model }
        ),
        4 => (0..5_u8, 0..3_u8, 0..4_u8, prop::bool::weighted(0.2))
            .prop_map(|(id, name, args, custom)| Kind::Call { id, name, args, custom }),
        4 => (0..5_u8, any::<bool>()).prop_map(|(id, error)| Kind::Answer { id, error }),
        1 => Just(Kind::Search),
        1 => Just(Kind::Unknown),
    ]
}

fn any_piece() -> impl Strategy<Value = Piece> {
    let id = prop_oneof![
        1 => Just(Id::None),
        6 => Just(Id::Own),
        1 => Just(Id::Foreign),
        1 => Just(Id::Same),
    ];
    let response = prop::option::weighted(0.8, 0..3_u8);
    (any_kind(), response, prop::bool::weighted(0.15), id).prop_map(
        |(content, response, incomplete, id)| Piece {
            content,
            response,
            incomplete,
            id,
        },
    )
}

fn turn_of(blocks: impl IntoIterator<Item = Block>) -> Turn {
    let mut turn = Turn::builder().user("begin").build();
    for block in blocks {
        turn.push(block);
    }
    turn
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_history_makes_a_request_that_is_accepted(
        pieces in prop::collection::vec(any_piece(), 0..14),
        store in prop::option::of(any::<bool>()),
        previous in prop::option::weighted(0.2, 0..3_u8),
    ) {
        let blocks = pieces.iter().enumerate();
        // A server that continues from a response has assigned the ids of its calls itself.
        let blocks = blocks.map(|(at, piece)| piece.block(at, previous.is_none()));
        let turn = turn_of(blocks);
        let mut options = ResponsesOptions::new().with_store(store);
        options.previous_response_id = previous.map(|number| format!("resp_{number}"));
        let body = body_of(&turn, &options, Purpose::Reply);
        prop_assert_eq!(responses_request(&body), Ok(()), "{:#}", body);
        let counted = body_of(&turn, &options, Purpose::Count);
        prop_assert_eq!(responses_count(&counted), Ok(()), "{:#}", counted);
    }
}

#[test]
fn every_setting_makes_a_request_that_is_accepted() {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let tools = vec![ToolDefinition::new("lookup", "Looks up.", schema.clone())];
    let choices = [
        Choice::Auto,
        Choice::None,
        Choice::Required,
        Choice::Tool("lookup".into()),
        Choice::Tool("web_search".into()),
    ];
    for choice in choices {
        let mut config = ToolConfig::default();
        config.tool_choice = choice;
        config.max_parallel_tools = 1;
        let turn = Turn::builder()
            .user("What?")
            .with(&keys::TOOL_DEFINITIONS, tools.clone())
            .with(&keys::TOOL_CONFIG, config)
            .with(&own::SERVER_TOOLS, vec![json!({"type": "web_search"})])
            .build();
        let options = ResponsesOptions::new()
            .with_verbosity("low")
            .with_truncation("auto")
            .with_service_tier("flex")
            .with_metadata("run", "1")
            .with_max_tool_calls(3)
            .with_prompt_cache_key("k");
        let body = body_of(&turn, &options, Purpose::Reply);
        assert_eq!(responses_request(&body), Ok(()), "{body:#}");
    }
}
