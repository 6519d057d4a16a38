use geppetto_providers_openai::ResponsesEngine;
use geppetto_testing::{Reply, reply::ResponsesBody};
use proptest::{collection::vec, option, prelude::*};
use serde_json::json;

use crate::support::{Asker, CASES, arguments, pieces};

/// One item of the output.
#[derive(Debug, Clone)]
enum Item {
    /// Pieces of each part, and `true` if the part has a citation.
    Message(Vec<(Vec<String>, bool)>),
    Refusal(Vec<String>),
    Reasoning {
        summary: Vec<Vec<String>>,
        text: Vec<String>,
        sealed: bool,
    },
    Call(Vec<String>),
    Custom(Vec<String>),
    Search,
    Unknown,
}

fn item() -> impl Strategy<Value = Item> {
    let part = (pieces(), any::<bool>());
    let text = option::of(pieces()).prop_map(Option::unwrap_or_default);
    prop_oneof![
        3 => vec(part, 1..3).prop_map(Item::Message),
        1 => pieces().prop_map(Item::Refusal),
        3 => (vec(pieces(), 0..3), text, any::<bool>()).prop_map(|(summary, text, sealed)| {
            Item::Reasoning { summary, text, sealed }
        }),
        3 => arguments().prop_map(Item::Call),
        1 => pieces().prop_map(Item::Custom),
        1 => Just(Item::Search),
        1 => Just(Item::Unknown),
    ]
}

impl Item {
    /// Adds the item at position `at`.
    fn add(&self, at: usize, reply: Reply<ResponsesBody>) -> Reply<ResponsesBody> {
        match self {
            Self::Message(parts) => {
                let mut reply = reply.message();
                for (number, (pieces, cites)) in parts.iter().enumerate() {
                    if number > 0 {
                        reply = reply.text_part();
                    }
                    reply = pieces.iter().fold(reply, Reply::<ResponsesBody>::text);
                    if *cites {
                        reply = reply.url_citation("https://example.test/", "t", 0..1);
                    }
                }
                reply
            }
            Self::Refusal(pieces) => {
                let reply = reply.message();
                pieces.iter().fold(reply, Reply::<ResponsesBody>::refusal)
            }
            Self::Reasoning {
                summary,
                text,
                sealed,
            } => {
                let mut reply = reply.reasoning_item();
                for pieces in summary {
                    reply = reply.summary_part();
                    reply = pieces.iter().fold(reply, Reply::<ResponsesBody>::summary);
                }
                reply = (text.iter()).fold(reply, Reply::<ResponsesBody>::reasoning_text);
                match sealed {
                    true => reply.encrypted_content("sealed"),
                    false => reply,
                }
            }
            Self::Call(pieces) => {
                reply.tool_call_in_fragments(format!("call_{at}"), "look_up", pieces)
            }
            Self::Custom(pieces) => reply.custom_tool_call(format!("call_{at}"), "write", pieces),
            Self::Search => reply.web_search("query"),
            Self::Unknown => {
                let item = json!({"type": "new_kind", "value": [1, null]});
                reply.item(item.as_object().unwrap().clone())
            }
        }
    }
}

#[derive(Debug, Clone)]
struct Output {
    items: Vec<Item>,
    incomplete: Option<&'static str>,
    usage: Option<(u16, u16)>,
    names: bool,
}

fn output() -> impl Strategy<Value = Output> {
    let incomplete = option::weighted(
        0.3,
        prop_oneof![Just("max_output_tokens"), Just("content_filter")],
    );
    let usage = option::of(any::<(u16, u16)>());
    (vec(item(), 0..5), incomplete, usage, any::<bool>()).prop_map(
        |(items, incomplete, usage, names)| Output {
            items,
            incomplete,
            usage,
            names,
        },
    )
}

impl Output {
    fn reply(&self) -> Reply<ResponsesBody> {
        let mut reply = Reply::responses().model("m-2026");
        for (at, item) in self.items.iter().enumerate() {
            reply = item.add(at, reply);
        }
        if let Some(reason) = self.incomplete {
            reply = reply.incomplete(reason);
        }
        if let Some((input, output)) = self.usage {
            reply = reply.usage(input.into(), output.into());
        }
        match self.names {
            true => reply,
            false => reply.without_event_names(),
        }
    }
}

#[test]
fn responses_replies_are_the_same_streamed_and_whole() {
    let asker = Asker::new(|url, stream| {
        let builder = ResponsesEngine::builder("m").base_url(url).stream(stream);
        Box::new(builder.build().unwrap())
    });
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(output in output(), seed in any::<u64>(), piece in 1_usize..40)| {
        let reply = output.reply().cut_into_random_chunks(seed, piece);
        let (streamed, whole) = asker.ask(&reply.into());
        prop_assert_eq!(streamed, whole);
    });
}
