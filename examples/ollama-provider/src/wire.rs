//! The chat API of Ollama, which streams lines of JSON.
//!
//! Source: <https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion>

use geppetto_engine::{EngineError, Finish, ItemId, ToolChoice};
use geppetto_events::kind::ReasoningSource;
use geppetto_provider::{
    Fault, Flow, Fold, Frame, Frames, Inference, Output, Server, Settings, Wire, WireEngine,
    WireRequest,
    read::{Counts, MAX_ENTRIES, Number, Text, parse},
    request::nothing_to_send,
    rules::Meaning,
    wire_object,
};
use geppetto_turns::{Block, Content, Incomplete, Turn, Usage, repair};
use serde_json::{Value, json, value::RawValue};

/// An engine for Ollama.
pub(crate) type OllamaEngine = WireEngine<Ollama>;

/// The wire: encodes a turn as a request.
#[derive(Debug)]
pub(crate) struct Ollama;

impl Wire for Ollama {
    type Options = ();
    type Fold = OllamaFold;

    const PROVIDER: &'static str = "ollama";
    const BASE_URL: &'static str = "http://localhost:11434";
    const PATH: &'static str = "/api/chat";
    const FORMAT: &'static str = "a line of Ollama's chat API";
    const FRAMES: Frames = Frames::JsonLines;

    fn new((): (), _: &Server) -> Result<Self, EngineError> {
        Ok(Self)
    }

    // Settings that the API does not support are dropped, with a notice.
    fn adapt(&self, settings: &mut Settings, _: &Turn) -> Result<(), EngineError> {
        let set = [
            (
                "tool_choice",
                settings.tool_config.tool_choice != ToolChoice::Auto,
            ),
            (
                "reasoning_effort",
                settings.inference.reasoning_effort.is_some(),
            ),
        ];
        settings.leave_out(&set, |_| Some("the API has no field for it"));
        Ok(())
    }

    fn request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError> {
        let settings = call.settings();
        // Repaired, so that each tool call has exactly one answer.
        let blocks = repair(&call.turn().blocks);
        let messages: Vec<Value> = blocks.iter().filter_map(|block| message(block)).collect();
        if messages.is_empty() {
            return Err(nothing_to_send());
        }
        let tools = settings.tools.iter().map(|tool| {
            json!({"type": "function", "function": {"name": tool.name,
                "description": tool.description, "parameters": tool.parameters}})
        });
        let config = &settings.inference;
        let options = object([
            ("temperature", json!(config.temperature)),
            ("top_p", json!(config.top_p)),
            ("num_predict", json!(config.max_response_tokens)),
            ("seed", json!(config.seed)),
            ("stop", json!(config.stop)),
        ]);
        let body = object([
            ("model", json!(settings.model)),
            ("messages", messages.into()),
            ("tools", tools.collect()),
            ("stream", settings.stream.into()),
            ("options", options),
        ]);
        WireRequest::json(Self::PATH, &body)
    }

    fn fold(&self, _: &Inference<'_>) -> OllamaFold {
        OllamaFold::default()
    }
}

/// An object with the fields that are set, in this order.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let is_set = |value: &Value| !value.is_null() && *value != json!([]) && *value != json!({});
    fields
        .into_iter()
        .filter(|(_, value)| is_set(value))
        .collect()
}

/// The message of a block; `None` for reasoning, which is not sent back.
fn message(block: &Block) -> Option<Value> {
    let (role, text) = match &block.content {
        Content::System(_) => ("system", block.text()?),
        Content::User(_) => ("user", block.text()?),
        Content::LlmText(_) => ("assistant", block.text()?),
        Content::ToolCall(call) => {
            let arguments: Value = serde_json::from_str(call.args.as_str()).unwrap_or_default();
            let function = json!({"name": call.name, "arguments": arguments});
            return Some(json!({"role": "assistant", "content": "",
                "tool_calls": [{"function": function}]}));
        }
        Content::ToolUse(answer) => {
            return Some(json!({"role": "tool", "content": answer.output()}));
        }
        _ => return None,
    };
    Some(json!({"role": role, "content": text}))
}

wire_object! {
    /// One line. Missing fields and fields of another type are empty, unknown fields are skipped.
    struct Line {
        model: Text<'a>,
        message: Option<Message<'a>>,
        done: Text<'a>,
        done_reason: Text<'a>,
        error: Text<'a>,
    }
}

wire_object! {
    struct Message {
        thinking: Text<'a>,
        content: Text<'a>,
        tool_calls: Vec<Call<'a>>,
    }
}

wire_object! {
    struct Call {
        index: Number,
        function: Option<Function<'a>>,
    }
}

wire_object! {
    struct Function {
        name: Text<'a>,
        arguments: Option<&'a RawValue>,
    }
}

/// The fold: turns the lines of a reply into blocks and events.
#[derive(Debug, Default)]
pub(crate) struct OllamaFold {
    /// The open text or reasoning.
    open: Option<(bool, ItemId)>,
    calls: usize,
    /// The stop reason, once it is known.
    reason: Option<String>,
    usage: Option<Usage>,
}

impl OllamaFold {
    /// Appends text or reasoning to the open item, or starts another item.
    fn say(&mut self, thinks: bool, text: &str, out: &mut Output<'_>) {
        if text.is_empty() {
            return;
        }
        let item = match self.open {
            Some((open, item)) if open == thinks => item,
            _ => {
                self.close(out);
                if thinks {
                    out.open_reasoning(ReasoningSource::Provider)
                } else {
                    out.open_text()
                }
            }
        };
        self.open = Some((thinks, item));
        out.push(item, text);
    }

    fn close(&mut self, out: &mut Output<'_>) {
        if let Some((_, item)) = self.open.take() {
            out.close(item, None);
        }
    }

    /// A call arrives complete and without an id: the output assigns one.
    fn call(&mut self, function: &Function<'_>, out: &mut Output<'_>) -> Result<(), Fault> {
        self.calls += 1;
        if self.calls > MAX_ENTRIES {
            return Err(Fault::too_many("tool calls"));
        }
        self.close(out);
        let item = out.open_tool_call("", &function.name);
        out.push(item, function.arguments.map_or("{}", RawValue::get));
        out.close(item, None);
        Ok(())
    }
}

impl Fold for OllamaFold {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Output<'_>) -> Result<Flow, Fault> {
        let line: Line<'_> = parse(frame.data).map_err(Fault::syntax)?;
        if !line.error.is_empty() {
            return Err(Fault::reported(frame.data));
        }
        out.set_model(&line.model);
        if let Some(message) = &line.message {
            self.say(true, &message.thinking, out);
            self.say(false, &message.content, out);
            for function in message
                .tool_calls
                .iter()
                .filter_map(|call| call.function.as_ref())
            {
                self.call(function, out)?;
            }
        }
        if &*line.done != "true" {
            return Ok(Flow::Continue);
        }
        let reason = out.word(&line.done_reason);
        if let Meaning::Failed(kind) = Meaning::of(&reason) {
            return Err(Fault::failed(kind, &reason));
        }
        self.reason = Some(reason);
        self.usage = Counts::read(frame.data).map(|mut counts| {
            let input = counts.first(&["/prompt_eval_count"]);
            Usage::new(input, counts.first(&["/eval_count"]))
        });
        Ok(Flow::End)
    }

    fn is_complete(&self) -> bool {
        self.reason.is_some()
    }

    fn finish(self, _: Option<Incomplete>, _: &mut Output<'_>) -> Finish {
        let reason = self.reason.unwrap_or_default();
        let mut finish = Finish::new(Meaning::of(&reason).class(self.calls > 0));
        finish.stop_reason = Some(reason);
        finish.usage = self.usage;
        finish
    }
}
