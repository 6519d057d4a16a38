//! The history as instructions and contents.

use std::{borrow::Cow, sync::Arc};

use geppetto_engine::EngineError;
use geppetto_provider::{
    Settings,
    request::{schema_in_words, sendable_args, sent_blocks},
};
use geppetto_turns::{
    Block, Content as Said, OtherContent, Rules, ToolCall, ToolUse, Turn, UserContent,
    repair::{CONTINUE, MISSING_PROMPT, repair_with},
};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    To, is_output_in_words, media,
    parts::{Call, Content, FunctionCall, FunctionResponse, Media, Part, Response, Role, Text},
    response::response,
};
use crate::{keys, models::Model, refused};

/// Replaces the signature of a call that cannot have one, because another model made it.
///
/// Source: <https://ai.google.dev/gemini-api/docs/thought-signatures#faqs>.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// Field of the signature in a part.
const SIGNATURE: &str = "thoughtSignature";

/// Parts that are accepted without their signature.
const UNSIGNED: [&str; 4] = [
    "executableCode",
    "codeExecutionResult",
    "inlineData",
    "fileData",
];

/// Returns the history that is sent, in the order that the API requires.
pub(super) fn history(turn: &Turn, settings: &Settings) -> Vec<Arc<Block>> {
    let is_refused = settings.unsent.has(refused::INSTRUCTIONS);
    let mut rules = Rules::new();
    rules.system_first = true;
    rules.system_joined = true;
    rules.system_as_user = is_refused || Model::named(&settings.model).has_no_instructions();
    rules.no_empty = true;
    let blocks = sent_blocks(&turn.blocks, &settings.unsent, &media::SENDABLE);
    repair_with(&blocks, &rules)
}

/// Instructions and contents of a request.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    system: System<'a>,
    contents: Vec<Content<'a>>,
}

/// `systemInstruction`.
#[derive(Debug, Serialize)]
pub(super) struct System<'a> {
    parts: Vec<Part<'a>>,
}

impl<'a> Contents<'a> {
    /// # Errors
    ///
    /// An error of kind `Configuration` if a file cannot be sent.
    pub(super) fn of(
        history: &'a [Arc<Block>],
        settings: &'a Settings,
        to: &'a To<'a>,
    ) -> Result<Self, EngineError> {
        let mut writer = Writer {
            settings,
            to,
            model: Model::named(&settings.model),
            system: Vec::new(),
            contents: Vec::new(),
            side: Side::User,
            calls: Vec::new(),
            answers: Vec::new(),
            shown: Vec::new(),
        };
        for block in history {
            writer.take(block)?;
        }
        writer.turn_to(Side::User);
        writer.begin_and_end();
        let output = settings.output.as_ref();
        if let Some(output) = output.filter(|_| is_output_in_words(settings)) {
            writer.system.push(Part::text(schema_in_words(output)));
        }
        Ok(Self {
            system: System {
                parts: writer.system,
            },
            contents: writer.contents,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }

    pub(super) fn system(&self) -> Option<&System<'a>> {
        Some(&self.system).filter(|system| !system.parts.is_empty())
    }

    pub(super) fn all(&self) -> &[Content<'a>] {
        &self.contents
    }
}

/// What the last content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    User,
    Model,
    Responses,
}

struct Writer<'a> {
    settings: &'a Settings,
    to: &'a To<'a>,
    model: Model,
    system: Vec<Part<'a>>,
    contents: Vec<Content<'a>>,
    side: Side,
    /// Calls of the last content of the model, with the ids that were sent.
    calls: Vec<(&'a ToolCall, Option<&'a str>)>,
    /// Responses to them, with their positions.
    answers: Vec<(usize, Part<'a>)>,
    /// Media of the responses that do not fit into them.
    shown: Vec<Part<'a>>,
}

impl<'a> Writer<'a> {
    fn take(&mut self, block: &'a Block) -> Result<(), EngineError> {
        match &block.content {
            Said::System(said) => self.system.push(Part::text(&said.text)),
            Said::User(said) => self.user(said)?,
            Said::LlmText(said) => self.text(block, &said.text, false),
            Said::Reasoning(said) => self.reasoning(block, &said.text),
            Said::ToolCall(call) => self.call(block, call),
            Said::ToolUse(answer) => self.answer(answer)?,
            Said::Other(other) if other.kind == keys::PART_KIND => self.own(block, other),
            _ => {}
        }
        Ok(())
    }

    /// Adds a prompt before a history that begins with the model, and after one that ends with it.
    fn begin_and_end(&mut self) {
        let prompt = |text| Content {
            role: Role::User,
            parts: vec![Part::text(text)],
        };
        let is_model = |content: Option<&Content<'_>>| {
            content.is_some_and(|content| content.role == Role::Model)
        };
        if is_model(self.contents.first()) {
            self.contents.insert(0, prompt(MISSING_PROMPT));
        }
        if is_model(self.contents.last()) {
            self.contents.push(prompt(CONTINUE));
        }
    }

    /// Ends the last content, and begins one of the model if it is the model's turn.
    fn turn_to(&mut self, side: Side) {
        if self.side == side && side != Side::User {
            return;
        }
        match self.side {
            Side::Model if side != Side::Model => self.end_model(),
            Side::Responses => self.end_responses(),
            _ => {}
        }
        if side == Side::Model {
            self.calls.clear();
            self.contents.push(Content {
                role: Role::Model,
                parts: Vec::new(),
            });
        }
        self.side = side;
    }

    fn end_model(&mut self) {
        let Some(content) = self.contents.last_mut() else {
            return;
        };
        if content.parts.iter().all(Part::is_nothing) {
            // The API refuses a content without parts.
            self.contents.pop();
            return;
        }
        if self.model.wants_signatures() || self.to.is_remedied {
            sign(&mut content.parts);
        }
    }

    /// Adds the responses in the order of their calls, which the API requires.
    fn end_responses(&mut self) {
        let mut answers = std::mem::take(&mut self.answers);
        answers.sort_by_key(|(position, _)| *position);
        let parts: Vec<Part<'a>> = answers.into_iter().map(|(_, part)| part).collect();
        let shown = std::mem::take(&mut self.shown);
        for parts in [parts, shown].into_iter().filter(|parts| !parts.is_empty()) {
            self.contents.push(Content {
                role: Role::User,
                parts,
            });
        }
    }

    /// Adds a part of the model.
    fn push(&mut self, part: Part<'a>) {
        self.turn_to(Side::Model);
        if let Some(content) = self.contents.last_mut() {
            content.parts.push(part);
        }
    }

    fn user(&mut self, said: &'a UserContent) -> Result<(), EngineError> {
        self.turn_to(Side::User);
        let text = (!said.text.is_empty()).then(|| Part::text(&said.text));
        let mut parts: Vec<Part<'a>> = text.into_iter().collect();
        for image in &said.images {
            parts.push(Part::Media(media::image(image)?));
        }
        for file in &said.files {
            parts.push(Part::Media(media::file(file)?));
        }
        if !parts.is_empty() {
            self.contents.push(Content {
                role: Role::User,
                parts,
            });
        }
        Ok(())
    }

    /// Returns `true` if the server can read the signatures of a block.
    fn can_read(&self, block: &Block) -> bool {
        let is_unreadable = matches!(block.metadata.get(&keys::UNREADABLE), Ok(Some(true)));
        let is_own =
            matches!(block.metadata.get(&keys::ORIGIN), Ok(Some(own)) if own == self.to.origin);
        !self.to.is_remedied && !is_unreadable && is_own
    }

    /// Adds a text as the parts that it was received in, each with its signature.
    fn text(&mut self, block: &'a Block, text: &'a str, thought: bool) {
        let is_readable = self.can_read(block);
        let signed = block.metadata.get(&keys::SIGNED_PARTS).ok().flatten();
        let mut from = 0;
        for part in signed.filter(|_| is_readable).unwrap_or_default() {
            if let Some(piece) = text.get(from..part.end) {
                self.push(Part::Text(Text {
                    text: Cow::Borrowed(piece),
                    thought,
                    thought_signature: Some(part.signature.into()),
                }));
                from = part.end;
            }
        }
        let rest = text.get(from..).unwrap_or_default();
        let last = signature(block).filter(|_| is_readable);
        if !rest.is_empty() || last.is_some() {
            self.push(Part::Text(Text {
                text: Cow::Borrowed(rest),
                thought,
                thought_signature: last.map(Cow::Borrowed),
            }));
        }
    }

    /// Adds thoughts, which are sent to the model that had them. A signature without a thought was
    /// in an empty text.
    fn reasoning(&mut self, block: &'a Block, text: &'a str) {
        if self.can_read(block) {
            self.text(block, text, !text.is_empty());
        }
    }

    fn call(&mut self, block: &'a Block, call: &'a ToolCall) {
        let has_id = matches!(block.metadata.get(&keys::HAS_CALL_ID), Ok(Some(true)));
        let is_sent = has_id && !self.settings.unsent.has(refused::CALL_IDS);
        let is_own = self.to.origin.may_have_made(block);
        let id = (is_sent && is_own).then_some(call.id.as_str());
        let args = RawValue::from_string(sendable_args(&call.args).into_owned());
        let signature = signature(block).filter(|_| self.can_read(block));
        self.push(Part::Call(Call {
            function_call: FunctionCall {
                id,
                name: self.settings.names.sent(&call.name),
                // The arguments were parsed before.
                args: args.unwrap_or_default(),
            },
            thought_signature: signature.map(Cow::Borrowed),
        }));
        self.calls.push((call, id));
    }

    fn answer(&mut self, answer: &'a ToolUse) -> Result<(), EngineError> {
        self.turn_to(Side::Responses);
        let called = self.calls.iter().position(|(call, _)| call.id == answer.id);
        let Some((position, (call, id))) = called.and_then(|at| Some((at, self.calls.get(at)?)))
        else {
            return Ok(());
        };
        let mut parts: Vec<Media<'a>> = Vec::new();
        for image in &answer.images {
            parts.push(media::image(image)?);
        }
        for file in &answer.files {
            parts.push(media::file(file)?);
        }
        let takes_media = self.model.takes_media_in_responses();
        let (parts, shown): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .partition(|media| takes_media && media.fits_response());
        self.shown.extend(shown.into_iter().map(Part::Media));
        let response = Part::Response(Response {
            function_response: FunctionResponse {
                id: *id,
                name: self.settings.names.sent(&call.name),
                response: response(answer),
                parts,
            },
        });
        self.answers.push((position, response));
        Ok(())
    }

    /// Adds a part that the server made, unless it needs a signature that cannot be sent.
    fn own(&mut self, block: &'a Block, other: &'a OtherContent) {
        // A part between responses belongs to no reply.
        let is_between = self.side == Side::Responses && self.answers.len() < self.calls.len();
        if is_between || !self.to.origin.has_made(block) {
            return;
        }
        if self.can_read(block) || !other.payload.contains_key(SIGNATURE) {
            self.push(Part::Own(Cow::Borrowed(&other.payload)));
        } else if UNSIGNED
            .iter()
            .any(|kind| other.payload.contains_key(*kind))
        {
            let mut part = other.payload.clone();
            part.remove(SIGNATURE);
            self.push(Part::Own(Cow::Owned(part)));
        }
    }
}

fn signature(block: &Block) -> Option<&str> {
    block.metadata.raw(keys::THOUGHT_SIGNATURE.id())?.as_str()
}

/// Gives the first call of a content a signature if it has none: Gemini 3 refuses a call without
/// one, and of parallel calls only the first has one.
fn sign(parts: &mut [Part<'_>]) {
    let first = parts.iter_mut().find_map(|part| match part {
        Part::Call(call) => Some(call),
        _ => None,
    });
    if let Some(call) = first {
        call.thought_signature
            .get_or_insert(Cow::Borrowed(NO_SIGNATURE));
    }
}
