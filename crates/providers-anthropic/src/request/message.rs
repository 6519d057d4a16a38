//! [`Conversation`]: the instructions and messages of a request.

use std::{borrow::Cow, sync::Arc};

use geppetto_engine::EngineError;
use geppetto_provider::{request::sendable_args, rules::CallIdForm, rules::CallIds};
use geppetto_turns::{
    Block, Content, LlmText, MediaSource, Reasoning, ToolCall, ToolUse, UserContent,
    keys::block_meta,
    repair::{CONTINUE, MISSING_PROMPT},
};
use serde::{Serialize, Serializer, ser::SerializeSeq};
use serde_json::{Value, value::RawValue};

use super::{
    Request,
    cache::Marks,
    history,
    media::Media,
    part::{Marked, Part},
};
use crate::{keys, refused, settings};

/// Longest id of a call, in characters.
const LONGEST_ID: usize = 128;

/// Author of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    User,
    Assistant,
}

/// A message: adjacent content of one author.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub(super) role: Role,
    pub(super) content: Vec<Part<'a>>,
}

/// The instructions and messages of a request.
#[derive(Debug, Default)]
pub(super) struct Conversation<'a> {
    pub(super) system: Vec<Part<'a>>,
    pub(super) messages: Vec<Message<'a>>,
    /// `true` if there is a call or an answer.
    pub(super) has_calls: bool,
}

/// Types of content blocks, as the API names them, that are content of the user.
const OF_USER: [&str; 4] = ["container_upload", "search_result", "document", "image"];

impl<'a> Conversation<'a> {
    /// Groups repaired blocks to messages.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if an image or a file cannot be sent.
    pub(super) fn of(
        blocks: &'a [Arc<Block>],
        request: &'a Request<'a>,
    ) -> Result<Self, EngineError> {
        let mut collector = Collector {
            request,
            ids: CallIds::new(CallIdForm::Plain(LONGEST_ID)),
            system: Vec::new(),
            parts: Vec::new(),
            behind: Vec::new(),
            open_calls: 0,
            is_answering: false,
        };
        for block in blocks {
            collector.take(block)?;
        }
        collector.put_behind();
        let mut parts = collector.parts;
        let is_continued = request.is_paused() || !settings::ends_with_user(request.settings);
        history::clean(&mut parts, is_continued);
        let is_call = |part: &Part<'_>| matches!(part, Part::Call { .. } | Part::Answer { .. });
        let has_calls = parts.iter().any(|(_, part)| is_call(part));
        let mut conversation = Self {
            system: collector.system,
            messages: grouped(parts),
            has_calls,
        };
        conversation.end(request);
        Ok(conversation)
    }

    /// Completes the order of authors: the user begins, and ends unless the reply continues the last
    /// message.
    fn end(&mut self, request: &Request<'_>) {
        if self.messages.is_empty() {
            return;
        }
        let prompt = |text: &'static str| Message {
            role: Role::User,
            content: vec![Part::text(text)],
        };
        if self
            .messages
            .first()
            .is_some_and(|first| first.role == Role::Assistant)
        {
            self.messages.insert(0, prompt(MISSING_PROMPT));
        }
        let is_last = self
            .messages
            .last()
            .is_some_and(|last| last.role == Role::Assistant);
        if !is_last {
            return;
        }
        if settings::ends_with_user(request.settings) && !request.is_paused() {
            self.messages.push(prompt(CONTINUE));
        } else if let Some(last) = self.messages.last_mut()
            && let Some(Part::Text { text, .. }) = last.content.last_mut()
        {
            // "final assistant content cannot end with trailing whitespace"
            *text = Cow::Owned(text.trim_end().to_owned());
        }
    }

    /// Returns `true` if the message whose calls are answered last does not begin with thinking: with a
    /// budget, the API refuses that.
    pub(super) fn lacks_thinking(&self) -> bool {
        let last = self
            .messages
            .iter()
            .rposition(|message| message.role == Role::Assistant);
        let Some(last) = last else { return false };
        let first = |at: usize| {
            self.messages
                .get(at)
                .and_then(|message| message.content.first())
        };
        let is_answered = matches!(first(last + 1), Some(Part::Answer { .. }));
        is_answered && !first(last).is_some_and(Part::is_thinking)
    }

    pub(super) fn system_with(&'a self, marks: &'a Marks) -> impl Serialize + 'a {
        let last = self.system.len().saturating_sub(1);
        Sequence(move || {
            let parts = self.system.iter().enumerate();
            parts.map(move |(at, part)| Marked(part, marks.of_system(at == last)))
        })
    }

    pub(super) fn messages_with(&'a self, marks: &'a Marks) -> impl Serialize + 'a {
        Sequence(move || {
            let messages = self.messages.iter().enumerate();
            messages.map(move |(at, message)| MarkedMessage {
                role: message.role,
                content: &message.content,
                mark: marks.of_message(at),
            })
        })
    }
}

/// A message whose last content block has a mark of the cache.
struct MarkedMessage<'a> {
    role: Role,
    content: &'a [Part<'a>],
    mark: Option<&'a Value>,
}

impl Serialize for MarkedMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let last = self.content.len().saturating_sub(1);
        let content = Sequence(|| {
            let parts = self.content.iter().enumerate();
            parts.map(|(at, part)| Marked(part, self.mark.filter(|_| at == last)))
        });
        let mut message = serializer.serialize_struct("Message", 2)?;
        message.serialize_field("role", &self.role)?;
        message.serialize_field("content", &content)?;
        message.end()
    }
}

/// A list that is serialized from an iterator.
struct Sequence<F>(F);

impl<F, I> Serialize for Sequence<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for item in self.0() {
            list.serialize_element(&item)?;
        }
        list.end()
    }
}

/// Merges adjacent content of one author.
fn grouped(parts: Vec<(Role, Part<'_>)>) -> Vec<Message<'_>> {
    let mut messages: Vec<Message<'_>> = Vec::new();
    for (role, part) in parts {
        match messages.last_mut() {
            Some(last) if last.role == role => last.content.push(part),
            _ => messages.push(Message {
                role,
                content: vec![part],
            }),
        }
    }
    messages
}

/// Converts blocks to content.
struct Collector<'a> {
    request: &'a Request<'a>,
    ids: CallIds<'a>,
    system: Vec<Part<'a>>,
    parts: Vec<(Role, Part<'a>)>,
    /// Content that follows the results, which must be first and together.
    behind: Vec<(Role, Part<'a>)>,
    /// Number of calls without a result so far.
    open_calls: usize,
    /// `true` after the first result of the last calls.
    is_answering: bool,
}

impl<'a> Collector<'a> {
    fn take(&mut self, block: &'a Block) -> Result<(), EngineError> {
        match &block.content {
            Content::System(system) => self.system.push(Part::text(&system.text)),
            Content::User(said) => self.user(said)?,
            Content::LlmText(text) => self.text(block, text),
            Content::Reasoning(own) if self.request.is_thinking_sent(block) => self.thinking(own),
            Content::ToolCall(call) => self.call(block, call)?,
            Content::ToolUse(answer) => self.answer(answer)?,
            Content::Other(other) if other.kind == keys::BLOCK_KIND => {
                let kind = other.payload.get("type").and_then(Value::as_str);
                let is_of_user = kind.is_some_and(|kind| OF_USER.contains(&kind));
                let is_marked = || matches!(block.metadata.get(&keys::UNREADABLE), Ok(Some(true)));
                if kind.is_some_and(settings::is_server_tool)
                    && (self.request.settings.unsent.has(refused::BLOCKS) || is_marked())
                {
                    return Ok(());
                }
                let is_own = self.request.origin.may_have_made(block);
                if is_of_user {
                    self.push(Role::User, Part::Raw(&other.payload));
                } else if is_own && block.incomplete().is_none() {
                    self.model(Part::Raw(&other.payload));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn model(&mut self, part: Part<'a>) {
        self.push(Role::Assistant, part);
    }

    /// Adds content, after the results if some are still missing.
    fn push(&mut self, role: Role, part: Part<'a>) {
        if self.is_answering && self.open_calls > 0 {
            self.behind.push((role, part));
            return;
        }
        self.is_answering = false;
        self.put_behind();
        self.parts.push((role, part));
    }

    fn put_behind(&mut self) {
        self.parts.append(&mut self.behind);
    }

    fn user(&mut self, said: &'a UserContent) -> Result<(), EngineError> {
        // Images before the text, as the vendor recommends.
        for image in &said.images {
            self.push(Role::User, Part::Media(Media::image(image)?));
        }
        for file in &said.files {
            self.push(Role::User, Part::Media(Media::file(file)?));
        }
        if !said.text.trim().is_empty() {
            self.push(Role::User, Part::text(&said.text));
        }
        Ok(())
    }

    fn text(&mut self, block: &'a Block, said: &'a LlmText) {
        let is_own = self.request.origin.has_made(block) && block.incomplete().is_none();
        let citations = block.metadata.get(&block_meta::ANNOTATIONS).ok().flatten();
        let citations = citations.filter(|list| is_own && list.iter().all(is_citation));
        self.model(Part::Text {
            text: Cow::Borrowed(&said.text),
            citations: citations.map(Cow::Owned),
        });
    }

    fn thinking(&mut self, own: &'a Reasoning) {
        let signature = own.extra.get(keys::SIGNATURE).and_then(Value::as_str);
        let part = match (signature, own.encrypted_content.as_deref()) {
            (Some(signature), _) if !signature.is_empty() => Part::Thinking {
                thinking: &own.text,
                signature: Some(signature),
            },
            (_, Some(data)) => Part::Redacted(data),
            _ => Part::Thinking {
                thinking: &own.text,
                signature: None,
            },
        };
        self.model(part);
    }

    fn call(&mut self, block: &'a Block, call: &'a ToolCall) -> Result<(), EngineError> {
        let args = sendable_args(&call.args).into_owned();
        // The text is an object, whose bytes stay the same.
        let input = RawValue::from_string(args).map_err(|error| {
            let message = format!("the arguments of the call `{}` cannot be sent", call.id);
            EngineError::new(geppetto_engine::ErrorKind::Configuration, message).with_source(error)
        })?;
        let caller = call.extra.get(keys::CALLER);
        let id = self.ids.call(&call.id);
        self.model(Part::Call {
            id,
            name: self.request.settings.names.sent(&call.name),
            input,
            caller: caller.filter(|_| self.request.origin.has_made(block)),
        });
        self.open_calls += 1;
        Ok(())
    }

    fn answer(&mut self, answer: &'a ToolUse) -> Result<(), EngineError> {
        let text = answer.output();
        let mut content = Vec::new();
        if !text.trim().is_empty() {
            content.push(Part::owned_text(text));
        }
        let is_error = answer.is_error();
        let mut media = Vec::new();
        for image in &answer.images {
            media.push(Part::Media(Media::image(image)?));
        }
        for file in &answer.files {
            media.push(Part::Media(Media::file(file)?));
        }
        // The result of a failed tool is text: "all content must be type text if is_error is true".
        match is_error {
            true => self
                .behind
                .extend(media.into_iter().map(|part| (Role::User, part))),
            false => content.extend(media),
        }
        let id = self.ids.answer(&answer.id);
        let answer = Part::Answer {
            id,
            content,
            is_error,
        };
        self.open_calls = self.open_calls.saturating_sub(1);
        self.is_answering = true;
        self.parts.push((Role::User, answer));
        Ok(())
    }
}

/// Returns `true` if an annotation is a citation of this API.
fn is_citation(annotation: &Value) -> bool {
    let kind = annotation.get("type").and_then(Value::as_str);
    kind.is_some_and(|kind| kind.ends_with("_location"))
}

/// Returns `true` if an upload is part of the conversation.
pub(super) fn has_uploads(blocks: &geppetto_turns::Blocks) -> bool {
    let is_upload = |source: &MediaSource| matches!(source, MediaSource::FileId(_));
    blocks.iter().any(|block| match &block.content {
        Content::User(said) => {
            said.images.iter().any(|image| is_upload(&image.source))
                || said.files.iter().any(|file| is_upload(&file.source))
        }
        Content::ToolUse(answer) => {
            answer.images.iter().any(|image| is_upload(&image.source))
                || answer.files.iter().any(|file| is_upload(&file.source))
        }
        _ => false,
    })
}
