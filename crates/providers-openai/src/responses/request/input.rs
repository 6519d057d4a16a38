//! Conversion of blocks to input items.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use geppetto_engine::EngineError;
use geppetto_provider::{
    request::sendable_args,
    rules::{Origin, ToolNames},
};
use geppetto_turns::{Block, Content, LlmText, Reasoning, SummaryPart, ToolCall, ToolUse};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{
    names::{self, CallIds},
    place::{History, Place},
};
use crate::responses::keys;

mod media;

pub(super) use media::SENDABLE;
use media::{parts, said};

/// A typed input item.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Typed<'a> {
    Message {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        role: &'static str,
        content: Vec<Part<'a>>,
        #[serde(flatten)]
        fields: Option<&'a Map<String, Value>>,
    },
    Reasoning {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        summary: Vec<Summary<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Part<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        encrypted_content: Option<&'a str>,
        #[serde(flatten)]
        fields: Option<&'a Map<String, Value>>,
    },
    FunctionCall {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        call_id: Cow<'a, str>,
        name: Cow<'a, str>,
        arguments: Cow<'a, str>,
        #[serde(flatten)]
        fields: Option<&'a Map<String, Value>>,
    },
    CustomToolCall {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        call_id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: &'a str,
        #[serde(flatten)]
        fields: Option<&'a Map<String, Value>>,
    },
    FunctionCallOutput {
        call_id: Cow<'a, str>,
        output: Output<'a>,
    },
    CustomToolCallOutput {
        call_id: Cow<'a, str>,
        output: Output<'a>,
    },
}

/// An input item: typed, or as sent by the API.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct InputItem<'a>(Form<'a>);

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Form<'a> {
    Typed(Typed<'a>),
    Raw(#[serde(serialize_with = "accepted")] &'a Map<String, Value>),
}

/// Writes an item as it was sent, except for `action` of a generated image, which the API returns and refuses
/// (<https://github.com/Yeachan-Heo/gajae-code/issues/1688>).
fn accepted<S: Serializer>(item: &Map<String, Value>, serializer: S) -> Result<S::Ok, S::Error> {
    let is_image = item.get("type").and_then(Value::as_str) == Some("image_generation_call");
    let fields = item.iter();
    serializer.collect_map(fields.filter(|(name, _)| !is_image || *name != "action"))
}

/// Output of a tool: a text, or parts if there are images or files.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Output<'a> {
    Text(String),
    Parts(Vec<Part<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    InputText {
        text: Cow<'a, str>,
    },
    InputFile {
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<&'a str>,
        #[serde(flatten)]
        place: FilePlace<'a>,
    },
    InputImage {
        #[serde(skip_serializing_if = "Option::is_none")]
        image_url: Option<Cow<'a, str>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_id: Option<&'a str>,
        detail: &'a str,
    },
    OutputText {
        text: &'a str,
    },
    Refusal {
        refusal: &'a str,
    },
    ReasoningText {
        text: &'a str,
    },
}

/// Location of a file.
#[derive(Debug, Serialize)]
enum FilePlace<'a> {
    #[serde(rename = "file_id")]
    Id(&'a str),
    #[serde(rename = "file_url")]
    Url(Cow<'a, str>),
    #[serde(rename = "file_data")]
    Data(Cow<'a, str>),
}

#[derive(Debug, Serialize)]
struct Summary<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    text: &'a str,
}

/// Converts the `blocks` of a repaired history to input items; the server already has the preceding
/// ones, which are `known`. Blocks of unknown kinds are omitted.
///
/// # Errors
///
/// An error of kind `Configuration` for an image that cannot be sent.
pub(super) fn of<'a>(
    known: &'a [Arc<Block>],
    blocks: &'a [Arc<Block>],
    place: &'a Place,
    names: &'a ToolNames,
) -> Result<Vec<InputItem<'a>>, EngineError> {
    let mut input = Input {
        origin: &place.origin,
        names,
        thoughts: place.all_thoughts.then(Thoughts::default),
        items: Vec::with_capacity(blocks.len()),
        custom: HashSet::new(),
        calls: CallIds::default(),
        message: None,
    };
    for call in known.iter().filter_map(|block| block.as_tool_call()) {
        input.calls.known(&call.id);
        input.remember_type(call);
    }
    let history = History::new(blocks, &place.origin);
    for (at, block) in blocks.iter().enumerate() {
        let id = || place.id(&history, at);
        match &block.content {
            Content::System(system) => {
                let text = Cow::Borrowed(system.text.as_str());
                input.message("system", vec![Part::InputText { text }]);
            }
            Content::User(user) => input.message("user", said(user)?),
            Content::LlmText(text) if !text.text.is_empty() => {
                input.text(block, text, id());
            }
            Content::Reasoning(reasoning) if place.keeps(&history, at) => {
                input.reasoning(block, reasoning);
            }
            Content::ToolCall(call) => input.call(block, call, id()),
            Content::ToolUse(answer) => input.answer(answer)?,
            Content::Other(other)
                if other.kind == keys::ITEM_KIND
                    && block.incomplete().is_none()
                    && place.accepts_item(&history, at, &other.payload) =>
            {
                input.push(Form::Raw(&other.payload));
            }
            _ => {}
        }
    }
    Ok(input.items)
}

/// Reasoning for the calls of a server that requires some before each.
#[derive(Default)]
struct Thoughts<'a> {
    /// The reasoning that precedes the current calls.
    last: &'a str,
}

struct Input<'a> {
    /// Destination of the items.
    origin: &'a Origin,
    /// Translation of tool names.
    names: &'a ToolNames,
    thoughts: Option<Thoughts<'a>>,
    items: Vec<InputItem<'a>>,
    /// Ids of calls of custom tools, whose answers have a separate type.
    custom: HashSet<&'a str>,
    calls: CallIds<'a>,
    /// Id of the message that is the last item, if it may get further parts.
    message: Option<&'a str>,
}

impl<'a> Input<'a> {
    fn push(&mut self, form: Form<'a>) {
        self.message = None;
        self.items.push(InputItem(form));
    }

    fn message(&mut self, role: &'static str, content: Vec<Part<'a>>) {
        self.push(Form::Typed(Typed::Message {
            id: None,
            role,
            content,
            fields: None,
        }));
    }

    /// Adds a text of the model. The parts of one message are separate blocks with its id.
    fn text(&mut self, block: &'a Block, text: &'a LlmText, id: Option<&'a str>) {
        let part = match text.refusal {
            true => Part::Refusal {
                refusal: &text.text,
            },
            false => Part::OutputText { text: &text.text },
        };
        let item_id = id_of(&text.item_id);
        if item_id.is_some()
            && self.message == item_id
            && let Some(InputItem(Form::Typed(Typed::Message { content, .. }))) =
                self.items.last_mut()
        {
            content.push(part);
            return;
        }
        self.push(Form::Typed(Typed::Message {
            id,
            role: "assistant",
            content: vec![part],
            fields: self.fields_of(block),
        }));
        self.message = item_id;
    }

    fn reasoning(&mut self, block: &'a Block, reasoning: &'a Reasoning) {
        let encrypted_content = id_of(&reasoning.encrypted_content);
        // The encrypted content includes the text; the API does not accept both.
        if let Some(thoughts) = &mut self.thoughts {
            thoughts.last = &reasoning.text;
        }
        let in_words = encrypted_content.is_none()
            && reasoning.summary.is_empty()
            && !reasoning.text.is_empty();
        let text = Part::ReasoningText {
            text: &reasoning.text,
        };
        self.push(Form::Typed(Typed::Reasoning {
            id: Some(reasoning.item_id.as_deref().unwrap_or_default()),
            summary: reasoning.summary.iter().map(Summary::of).collect(),
            content: in_words.then_some(text).into_iter().collect(),
            encrypted_content,
            fields: self.fields_of(block),
        }));
    }

    /// Repeats the reasoning before a call that follows none, for a server that requires that.
    ///
    /// Report: <https://github.com/rikkahub/rikkahub/issues/1690>.
    fn think_again(&mut self) {
        let last = self.items.last().map(|InputItem(form)| form);
        let is_thought = matches!(last, Some(Form::Typed(Typed::Reasoning { .. })));
        let Some(Thoughts { last: text }) = self.thoughts.as_ref().filter(|_| !is_thought) else {
            return;
        };
        self.push(Form::Typed(Typed::Reasoning {
            id: None,
            summary: Vec::new(),
            content: vec![Part::ReasoningText { text }],
            encrypted_content: None,
            fields: None,
        }));
    }

    fn call(&mut self, block: &'a Block, call: &'a ToolCall, id: Option<&'a str>) {
        self.think_again();
        let call_id = self.calls.call(&call.id);
        let name = self.names.sent(&call.name);
        let fields = self.fields_of(block);
        let typed = match self.remember_type(call) {
            true => Typed::CustomToolCall {
                id,
                call_id,
                name,
                input: call.args.as_str(),
                fields,
            },
            false => Typed::FunctionCall {
                id,
                call_id,
                name,
                arguments: sendable_args(&call.args),
                fields,
            },
        };
        self.push(Form::Typed(typed));
    }

    /// Returns the fields of an item without another place in its block; other servers do not know
    /// them.
    fn fields_of<'b>(&self, block: &'b Block) -> Option<&'b Map<String, Value>> {
        let fields = block.metadata.raw(keys::ITEM_FIELDS.id())?.as_object();
        fields.filter(|_| self.origin.may_have_made(block))
    }

    /// Returns `true` if the call is of a custom tool, which also determines the type of its
    /// answer.
    fn remember_type(&mut self, call: &'a ToolCall) -> bool {
        let is_custom = names::is_custom(call.extra.get("type"));
        match is_custom {
            true => self.custom.insert(&call.id),
            false => self.custom.remove(call.id.as_str()),
        };
        is_custom
    }

    fn answer(&mut self, answer: &'a ToolUse) -> Result<(), EngineError> {
        if let Some(thoughts) = &mut self.thoughts {
            *thoughts = Thoughts::default();
        }
        let call_id = self.calls.answer(&answer.id);
        let text = answer.output();
        let output = if answer.has_media() {
            Output::Parts(parts(text.into(), &answer.images, &answer.files)?)
        } else {
            Output::Text(text)
        };
        let typed = if self.custom.contains(answer.id.as_str()) {
            Typed::CustomToolCallOutput { call_id, output }
        } else {
            Typed::FunctionCallOutput { call_id, output }
        };
        self.push(Form::Typed(typed));
        Ok(())
    }
}

impl<'a> Summary<'a> {
    fn of(part: &'a SummaryPart) -> Self {
        Self {
            kind: match &*part.part_type {
                "" => "summary_text",
                kind => kind,
            },
            text: &part.text,
        }
    }
}

fn id_of(id: &Option<String>) -> Option<&str> {
    id.as_deref().filter(|id| !id.is_empty())
}
