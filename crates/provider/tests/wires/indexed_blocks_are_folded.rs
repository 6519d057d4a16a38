//! The format of Anthropic's Messages on the kit: indexed blocks with a start and an end, signed
//! thinking, arguments in pieces, pings, errors by event name, usage in two places.
//!
//! Source: <https://docs.claude.com/en/docs/build-with-claude/streaming>.

use std::{collections::BTreeMap, sync::Arc};

use geppetto_engine::{EngineError, ErrorKind, Finish, ItemId, RunContext, SeededIds, Slot};
use geppetto_events::{
    EventKind, EventSink, EventStream, MemorySink,
    kind::{ReasoningSource, ServerTool, ServerToolPhase},
};
use geppetto_provider::{
    Fault, Flow, Fold, Frame, Output, offline,
    read::{Number, StreamedArgs, Text, Word, parse},
    rules::Meaning,
    wire_object,
};
use geppetto_turns::{Content, FinishClass, Incomplete, InferenceResult, Turn, Usage};
use serde_json::value::RawValue;

wire_object! {
    struct Event {
        kind as "type": Text<'a>,
        index: Number,
        message: Option<Message<'a>>,
        content_block: Option<Block<'a>>,
        delta: Option<Block<'a>>,
        usage: Option<Tokens<'a>>,
    }
}

wire_object! {
    struct Message {
        id: Text<'a>,
        model: Text<'a>,
        content: Vec<Block<'a>>,
        stop_reason: Text<'a>,
        usage: Option<Tokens<'a>>,
    }
}

wire_object! {
    /// A block, or a delta of one: their fields have the same names.
    struct Block {
        kind as "type": Text<'a>,
        id: Text<'a>,
        name: Text<'a>,
        text: Text<'a>,
        thinking: Text<'a>,
        signature: Text<'a>,
        partial_json: Text<'a>,
        input: Option<&'a RawValue>,
        stop_reason: Text<'a>,
    }
}

wire_object! {
    struct Tokens {
        input_tokens: Number,
        output_tokens: Number,
        raw: Option<&'a RawValue>,
    }
}

struct Open {
    item: ItemId,
    args: Option<StreamedArgs>,
}

#[derive(Default)]
struct BlocksFold {
    open: BTreeMap<u64, Open>,
    calls: bool,
    id: Word,
    reason: String,
    usage: Usage,
    is_over: bool,
}

impl BlocksFold {
    fn begin(&mut self, index: u64, block: &Block<'_>, out: &mut Output<'_>) {
        let item = match &*block.kind {
            "text" => out.open_text(),
            "thinking" => out.open_reasoning(ReasoningSource::Provider),
            "tool_use" => {
                self.calls = true;
                out.open_tool_call(&block.id, &block.name)
            }
            "server_tool_use" => {
                let tool =
                    ServerTool::new(out.word(&block.name), ServerToolPhase::Started, &*block.id);
                return out.publish(EventKind::ServerTool(Box::new(tool)));
            }
            _ => return,
        };
        out.place(item, Slot::at(index));
        let mut args = (&*block.kind == "tool_use").then(StreamedArgs::new);
        if let (Some(args), Some(input)) = (&mut args, block.input) {
            // A block that is complete at its start has its input; one that grows starts with an
            // empty object.
            args.push_object(input.get());
        }
        self.open.insert(index, Open { item, args });
        self.grow(index, block, out);
    }

    fn grow(&mut self, index: u64, delta: &Block<'_>, out: &mut Output<'_>) {
        let Some(open) = self.open.get_mut(&index) else {
            return;
        };
        out.push(open.item, &delta.text);
        out.push(open.item, &delta.thinking);
        if let Some(args) = &mut open.args {
            args.push(&delta.partial_json);
            args.write(open.item, out);
        }
        if !delta.signature.is_empty()
            && let Some(block) = out.block_mut(open.item)
            && let Content::Reasoning(reasoning) = &mut block.content
        {
            reasoning.extra.set("signature", &*delta.signature);
        }
    }

    fn end(&mut self, index: u64, out: &mut Output<'_>) {
        if let Some(mut open) = self.open.remove(&index) {
            if let Some(args) = &mut open.args {
                args.settle();
                args.write_all(open.item, out);
            }
            out.close(open.item, None);
        }
    }

    fn count(&mut self, usage: Option<&Tokens<'_>>) {
        let Some(usage) = usage else {
            return;
        };
        self.usage.input_tokens = usage.input_tokens.0.unwrap_or(self.usage.input_tokens);
        self.usage.output_tokens = usage.output_tokens.0.unwrap_or(self.usage.output_tokens);
    }

    fn message(&mut self, message: &Message<'_>, out: &mut Output<'_>) {
        self.id.first(&message.id, out);
        out.set_model(&message.model);
        self.count(message.usage.as_ref());
    }
}

impl Fold for BlocksFold {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Output<'_>) -> Result<Flow, Fault> {
        let event: Event<'_> = parse(frame.data).map_err(Fault::syntax)?;
        let index = event.index.or_zero();
        match &*event.kind {
            "error" => return Err(Fault::reported(frame.data)),
            "ping" => return Ok(Flow::Heartbeat),
            "message_start" => {
                if let Some(message) = &event.message {
                    self.message(message, out);
                }
            }
            "content_block_start" => {
                if let Some(block) = &event.content_block {
                    self.begin(index, block, out);
                }
            }
            "content_block_delta" => {
                if let Some(delta) = &event.delta {
                    self.grow(index, delta, out);
                }
            }
            "content_block_stop" => self.end(index, out),
            "message_delta" => {
                self.count(event.usage.as_ref());
                if let Some(delta) = &event.delta {
                    self.reason = out.word(&delta.stop_reason);
                }
            }
            "message_stop" => {
                self.is_over = true;
                return Ok(Flow::End);
            }
            _ => {}
        }
        Ok(Flow::Continue)
    }

    fn body(&mut self, body: &str, out: &mut Output<'_>) -> Result<(), Fault> {
        let message: Message<'_> = parse(body).map_err(Fault::syntax)?;
        if message.id.is_empty() {
            return Err(Fault::not_a_reply(
                "the server sent a body that is no message",
            ));
        }
        self.message(&message, out);
        for (index, block) in message.content.iter().enumerate() {
            self.begin(index as u64, block, out);
            self.end(index as u64, out);
        }
        self.reason = out.word(&message.stop_reason);
        self.is_over = true;
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.is_over
    }

    fn growing_fields(&self, _: Frame<'_>) -> &'static [&'static str] {
        &["delta.text", "delta.thinking", "delta.partial_json"]
    }

    fn finish(mut self, broken: Option<Incomplete>, out: &mut Output<'_>) -> Finish {
        let meaning = Meaning::of(&self.reason);
        // A block that was not closed is incomplete, even if the reply completes.
        for (_, open) in std::mem::take(&mut self.open) {
            if broken.is_none() {
                out.cut(open.item, Incomplete::Truncated);
            }
        }
        let mut finish = Finish::new(meaning.class(self.calls)).with_usage(self.usage);
        finish.stop_reason = Some(self.reason).filter(|reason| !reason.is_empty());
        finish.response_id = self.id.take();
        finish
    }
}

const STREAM: [(&str, &str); 20] = [
    (
        "message_start",
        r#"{"type":"message_start","message":{"id":"msg_1","model":"claude","content":[],"usage":{"input_tokens":9,"output_tokens":1}}}"#,
    ),
    (
        "content_block_start",
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
    ),
    ("ping", r#"{"type":"ping"}"#),
    (
        "content_block_delta",
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Look "}}"#,
    ),
    (
        "content_block_delta",
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"it up."}}"#,
    ),
    (
        "content_block_delta",
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}"#,
    ),
    (
        "content_block_stop",
        r#"{"type":"content_block_stop","index":0}"#,
    ),
    (
        "content_block_start",
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
    ),
    (
        "content_block_delta",
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"One \ud83d"}}"#,
    ),
    (
        "content_block_delta",
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"\ude00"}}"#,
    ),
    (
        "content_block_stop",
        r#"{"type":"content_block_stop","index":1}"#,
    ),
    (
        "content_block_start",
        r#"{"type":"content_block_start","index":2,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}"#,
    ),
    (
        "content_block_stop",
        r#"{"type":"content_block_stop","index":2}"#,
    ),
    (
        "content_block_start",
        r#"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_1","name":"weather","input":{}}}"#,
    ),
    (
        "content_block_delta",
        r#"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}}"#,
    ),
    (
        "content_block_delta",
        r#"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"city\": \"Zu"}}"#,
    ),
    (
        "content_block_delta",
        r#"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"rich\"}"}}"#,
    ),
    (
        "content_block_stop",
        r#"{"type":"content_block_stop","index":3}"#,
    ),
    (
        "message_delta",
        r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":30}}"#,
    ),
    ("message_stop", r#"{"type":"message_stop"}"#),
];

const BODY: &str = r#"{"id":"msg_1","type":"message","model":"claude","content":[
    {"type":"thinking","thinking":"Look it up.","signature":"EqQB"},
    {"type":"text","text":"One 😀"},
    {"type":"server_tool_use","id":"s","name":"web_search","input":{}},
    {"type":"tool_use","id":"toolu_1","name":"weather","input":{"city": "Zurich"}}],
    "stop_reason":"tool_use","usage":{"input_tokens":9,"output_tokens":30}}"#;

struct Folded {
    turn: Turn,
    outcome: Result<InferenceResult, EngineError>,
    sink: Arc<MemorySink>,
}

fn fold(
    read: impl FnOnce(&RunContext, &mut Turn) -> Result<InferenceResult, EngineError>,
) -> Folded {
    let sink = Arc::new(MemorySink::new());
    let ctx = RunContext::for_stream(EventStream::fragment(), Arc::new(SeededIds::new(1)))
        .with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = Turn::new();
    let outcome = read(&ctx, &mut turn);
    assert_eq!(ctx.stream().violations(), []);
    Folded {
        turn,
        outcome,
        sink,
    }
}

fn streamed(frames: &[(&'static str, &'static str)]) -> Folded {
    fold(|ctx, turn| offline::fold_frames(ctx, turn, BlocksFold::default(), frames.iter().copied()))
}

/// Returns the blocks as text.
fn blocks(turn: &Turn) -> Vec<String> {
    let shown = turn.blocks.iter().map(|block| match &block.content {
        Content::Reasoning(reasoning) => {
            let signature = reasoning
                .extra
                .get("signature")
                .and_then(|value| value.as_str());
            format!("{} [{}]", reasoning.text, signature.unwrap_or_default())
        }
        Content::ToolCall(call) => format!("{} {} {}", call.id, call.name, call.args.as_str()),
        _ => block.text().unwrap_or_default().to_owned(),
    });
    shown.collect()
}

#[test]
fn a_stream_and_a_body_of_blocks_are_the_same_reply() {
    for folded in [
        streamed(&STREAM),
        fold(|ctx, turn| offline::fold_body(ctx, turn, BlocksFold::default(), BODY)),
    ] {
        let call = "toolu_1 weather {\"city\": \"Zurich\"}";
        assert_eq!(blocks(&folded.turn), ["Look it up. [EqQB]", "One 😀", call]);
        let result = folded.outcome.unwrap();
        assert_eq!(result.finish_class, FinishClass::ToolCallsPending);
        assert_eq!(
            (&*result.model, result.response_id.as_deref()),
            ("claude", Some("msg_1"))
        );
        assert_eq!(result.usage, Some(Usage::new(9, 30)));
        assert!(result.details.get("replaced_characters").is_none());
        let events = folded.sink.events();
        let is_search =
            |kind: &EventKind| matches!(kind, EventKind::ServerTool(tool) if tool.item_id == "s");
        assert!(events.iter().any(|event| is_search(&event.kind)));
    }
}

#[test]
fn wherever_a_stream_of_blocks_ends_it_is_truncated_and_keeps_a_beginning() {
    let whole = blocks(&streamed(&STREAM).turn);
    for end in 0..STREAM.len() {
        let folded = streamed(&STREAM[..end]);
        assert_eq!(
            folded.outcome.unwrap_err().kind(),
            ErrorKind::Truncated,
            "{end}"
        );
        for (had, has) in blocks(&folded.turn).iter().zip(&whole) {
            let had = had
                .trim_end_matches("[]")
                .trim_end_matches('\u{fffd}')
                .trim_end();
            assert!(has.starts_with(had), "{end}: {had}");
        }
    }
    let mut broken = STREAM[..5].to_vec();
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    broken.push(("error", error));
    let folded = streamed(&broken);
    assert_eq!(folded.outcome.unwrap_err().kind(), ErrorKind::Overloaded);
    assert_eq!(blocks(&folded.turn), ["Look it up. []"]);
}
