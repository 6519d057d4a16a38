//! Messages made from turns.

use geppetto_events::kind::ServerTool;
use geppetto_turns::{
    Block, Content, FilePart, ImagePart, MediaSource, Reasoning, ToolUse, Turn,
    UserContent as User, keys::block_meta,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Message, ToolCall, UserContent, activity::Activity, message::result_id};
use crate::{
    RawJson,
    call_ids::CallIds,
    history::{self, MESSAGE_ID, RESULT_IDS},
};

/// Returns the messages of a conversation, with the ids that streams give them. Instructions are not
/// part of it.
#[must_use]
pub fn messages(turns: &[Turn]) -> Vec<Message> {
    read(turns).0
}

/// Returns the messages of a conversation, and the ids of its tool calls.
pub(super) fn read(turns: &[Turn]) -> (Vec<Message>, CallIds) {
    let mut reader = Reader::default();
    for (turn, mut blocks) in history::own_blocks(turns) {
        history::without_retries(&mut blocks);
        reader.user_id = turn.metadata.raw(MESSAGE_ID).and_then(Value::as_str);
        reader.result_ids = turn.metadata.raw(RESULT_IDS);
        reader.parent = None;
        for block in blocks {
            reader.block(block);
        }
    }
    (reader.messages, reader.ids)
}

#[derive(Default)]
struct Reader<'a> {
    messages: Vec<Message>,
    ids: CallIds,
    /// The client's id of the next message of the user.
    user_id: Option<&'a str>,
    /// The client's ids of messages with results.
    result_ids: Option<&'a Value>,
    /// Message that the calls of the reply belong to.
    parent: Option<String>,
}

impl Reader<'_> {
    fn block(&mut self, block: &Block) {
        self.server_tools(block, false);
        match &block.content {
            Content::User(content) => self.user(block, content),
            Content::LlmText(text) if !text.text.trim().is_empty() => {
                self.parent = Some(block.id.clone());
                self.messages.push(Message::Assistant {
                    id: block.id.clone(),
                    content: Some(text.text.clone()),
                    tool_calls: Vec::new(),
                });
            }
            Content::Reasoning(own) => self.reasoning(block, own),
            Content::ToolCall(call) if block.incomplete().is_none() => {
                let id = self.ids.next(&call.id);
                let call = ToolCall::new(&id, &call.name, call.shown_args());
                self.call(call);
            }
            Content::ToolUse(answer) => self.answer(answer),
            _ => {}
        }
        self.server_tools(block, true);
    }

    fn user(&mut self, block: &Block, content: &User) {
        if block.metadata.raw(block_meta::MIDDLEWARE.id()).is_some() {
            return;
        }
        let id = self.user_id.take().unwrap_or(&block.id).to_owned();
        let content = match content.has_media() {
            true => UserContent::Parts(parts(content)),
            false => UserContent::Text(content.text.clone()),
        };
        self.messages.push(Message::User { id, content });
    }

    fn reasoning(&mut self, block: &Block, own: &Reasoning) {
        let summary = own.summary.iter().map(|part| part.text.as_str());
        let texts = std::iter::once(own.text.as_str()).chain(summary);
        for (index, text) in texts.filter(|text| !text.trim().is_empty()).enumerate() {
            let id = match index {
                0 => block.id.clone(),
                index => format!("{}-{index}", block.id),
            };
            let content = text.to_owned();
            self.messages.push(Message::Reasoning { id, content });
        }
    }

    /// Adds a call to the message of its reply.
    fn call(&mut self, call: ToolCall) {
        let parent = self.parent.get_or_insert_with(|| call.id.clone());
        let own = self
            .messages
            .iter_mut()
            .rev()
            .find(|own| own.id() == parent);
        match own {
            Some(Message::Assistant { tool_calls, .. }) => tool_calls.push(call),
            _ => self.messages.push(Message::Assistant {
                id: parent.clone(),
                content: None,
                tool_calls: vec![call],
            }),
        }
    }

    fn answer(&mut self, own: &ToolUse) {
        self.parent = None;
        let call = self.ids.last(&own.id);
        let named = self.result_ids.and_then(|ids| ids.get(&own.id)?.as_str());
        let content = own.shown_output();
        self.messages.push(Message::Tool {
            id: named.map_or_else(|| result_id(&call), str::to_owned),
            error: own.is_error().then(|| content.clone()),
            content,
            tool_call_id: call,
        });
    }

    fn server_tools(&mut self, block: &Block, after: bool) {
        let records = block.metadata.raw(block_meta::SERVER_TOOLS.id());
        for record in records.and_then(Value::as_array).into_iter().flatten() {
            let Ok(tool) = ServerTool::deserialize(record) else {
                continue;
            };
            if record.get("after").is_some() != after {
                continue;
            }
            let mut activity = Activity::default();
            activity.add(&tool);
            activity.end(false);
            let call = record.get("call").and_then(Value::as_str);
            self.messages.push(Message::Activity {
                id: activity_id(call.unwrap_or_default(), &tool),
                activity_type: activity.kind().to_owned(),
                content: activity.content(),
            });
        }
    }
}

/// Returns the id of the activity of a call of a provider's tool, within a provider call.
pub(super) fn activity_id(call: &str, tool: &ServerTool) -> String {
    format!("{call}:{}:{}", tool.tool, tool.item_id)
}

fn parts(content: &User) -> Vec<RawJson> {
    let mut parts = Vec::new();
    if !content.text.is_empty() {
        parts.push(json!({"type": "text", "text": content.text}));
    }
    parts.extend(content.images.iter().filter_map(image));
    parts.extend(content.files.iter().filter_map(file));
    parts.iter().map(RawJson::of).collect()
}

fn image(part: &ImagePart) -> Option<Value> {
    let source = match &part.source {
        MediaSource::FileId(id) => json!({"type": "file", "value": id}),
        _ => source(&part.to_url()?, part.media_type.as_deref()),
    };
    Some(json!({"type": "image", "source": source}))
}

fn file(part: &FilePart) -> Option<Value> {
    let source = match &part.source {
        MediaSource::FileId(id) => json!({"type": "file", "value": id}),
        MediaSource::Url(url) => source(url, part.media_type.as_deref()),
        _ => source(&part.to_data_url()?, part.media_type.as_deref()),
    };
    Some(json!({"type": "document", "source": source}))
}

fn source(url: &str, media_type: Option<&str>) -> Value {
    let data = url
        .strip_prefix("data:")
        .and_then(|own| own.split_once(','));
    let mut source = match data {
        Some((head, value)) => {
            let own = head.split(';').next().unwrap_or_default();
            let own = if own.is_empty() {
                media_type.unwrap_or_default()
            } else {
                own
            };
            return json!({"type": "data", "value": value, "mimeType": own});
        }
        None => json!({"type": "url", "value": url}),
    };
    if let (Some(media_type), Some(fields)) = (media_type, source.as_object_mut()) {
        fields.insert("mimeType".to_owned(), media_type.into());
    }
    source
}
