//! [`repair_with`]: repair that also follows a server's rules on message order.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;

use super::repair;
use crate::{Block, Blocks, Content, ToolUse, UserContent};

#[cfg(test)]
mod tests;

/// Model text inserted where a server requires one between a tool result and a prompt.
pub const MISSING_REPLY: &str = "(no reply)";

/// Prompt inserted where a server requires the history to begin with one.
pub const MISSING_PROMPT: &str = "(start of the conversation)";

/// Prompt appended where a server requires the history to end with one.
pub const CONTINUE: &str = "Continue.";

/// Tool result substituted where a server rejects an empty one.
pub const NO_OUTPUT: &str = "(no output)";

/// Text of a tool result that consists only of images or files, where results must be text.
pub const ATTACHED: &str = "(attached below)";

/// Separator of two joined texts.
const BETWEEN: &str = "\n\n";

/// Requirements of a server on message order, in addition to those on tool calls. None by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
#[non_exhaustive]
pub struct Rules {
    /// System messages must be first, as a single message. Later ones are sent in place as user
    /// messages: moving them to the beginning would invalidate the prompt cache of the entire
    /// request.
    pub system_first: bool,
    /// System messages are not accepted: each is sent in place as a user message.
    pub system_as_user: bool,
    /// Consecutive system messages must be merged.
    pub system_joined: bool,
    /// User and model messages must alternate: consecutive user messages are merged.
    pub users_joined: bool,
    /// A model message is required between a tool result and a user message; see [`MISSING_REPLY`].
    pub reply_after_tools: bool,
    /// The first message must be from the user; see [`MISSING_PROMPT`].
    pub user_first: bool,
    /// The last message must not be from the model; see [`CONTINUE`].
    pub user_last: bool,
    /// Messages must not be empty. Blank prompts, instructions and model texts are dropped; for
    /// tool results see [`NO_OUTPUT`].
    pub no_empty: bool,
    /// Tool results must be text: images and files are sent in a user message after the consecutive
    /// tool results.
    pub media_after_tools: bool,
}

impl Rules {
    /// Creates an empty set of requirements.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            system_first: false,
            system_as_user: false,
            system_joined: false,
            users_joined: false,
            reply_after_tools: false,
            user_first: false,
            user_last: false,
            no_empty: false,
            media_after_tools: false,
        }
    }

    /// Creates a set of all requirements known of any server, except
    /// [`system_as_user`](Self::system_as_user).
    #[must_use]
    pub const fn strict() -> Self {
        Self {
            system_first: true,
            // A system message that is first and alone is accepted by nearly every server.
            system_as_user: false,
            system_joined: true,
            users_joined: true,
            reply_after_tools: true,
            user_first: true,
            user_last: true,
            no_empty: true,
            media_after_tools: true,
        }
    }

    /// Returns the union of both sets of requirements.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            system_first: self.system_first || other.system_first,
            system_as_user: self.system_as_user || other.system_as_user,
            system_joined: self.system_joined || other.system_joined,
            users_joined: self.users_joined || other.users_joined,
            reply_after_tools: self.reply_after_tools || other.reply_after_tools,
            user_first: self.user_first || other.user_first,
            user_last: self.user_last || other.user_last,
            no_empty: self.no_empty || other.no_empty,
            media_after_tools: self.media_after_tools || other.media_after_tools,
        }
    }
}

/// Same as [`repair`], in the message order required by `rules`.
///
/// Pure, deterministic and idempotent. The result for a longer history has the result for the
/// shorter one as a prefix, with two exceptions. A prompt that follows an unanswered one is merged
/// with it ([`Rules::users_joined`]), as are consecutive instructions ([`Rules::system_joined`]),
/// so the last message grows at its end. [`Rules::user_last`] appends a message to a single request
/// only.
#[must_use]
pub fn repair_with(history: &Blocks, rules: &Rules) -> Vec<Arc<Block>> {
    let blocks = repair(history);
    if *rules == Rules::new() {
        return blocks;
    }
    let mut order = Order {
        rules,
        out: Vec::with_capacity(blocks.len()),
        last: Role::None,
        user: 0,
        heard: false,
        tools: HashMap::new(),
        media: Vec::new(),
    };
    for block in blocks {
        order.take(block);
    }
    order.show_media();
    if rules.user_last && order.last == Role::Model {
        order.push(
            Block::user(CONTINUE).with_id("repair:continue").into(),
            Role::User,
        );
    }
    order.out
}

/// Author of the last message that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    None,
    System,
    User,
    Model,
    Tool,
}

struct Order<'a> {
    rules: &'a Rules,
    out: Vec<Arc<Block>>,
    last: Role,
    /// Position of the last prompt.
    user: usize,
    /// `true` after the first user message.
    heard: bool,
    /// Tool names by call id, for [`Rules::media_after_tools`].
    tools: HashMap<String, String>,
    /// Media returned by tools since the last message of another kind.
    media: Vec<Arc<Block>>,
}

impl Order<'_> {
    fn push(&mut self, block: Arc<Block>, role: Role) {
        if role == Role::User {
            self.user = self.out.len();
            self.heard = true;
        }
        self.out.push(block);
        self.last = role;
    }

    fn take(&mut self, block: Arc<Block>) {
        if self.rules.media_after_tools {
            match &block.content {
                Content::ToolCall(call) => {
                    self.tools.insert(call.id.clone(), call.name.clone());
                }
                Content::ToolUse(answer) if answer.has_media() => {
                    let text = self.take_media(&block, answer);
                    return self.order(text);
                }
                _ => {}
            }
            if !matches!(block.content, Content::ToolUse(_)) {
                self.show_media();
            }
        }
        self.order(block);
    }

    /// Sets the media of an answer aside for a user message; returns the answer without them.
    fn take_media(&mut self, block: &Block, answer: &ToolUse) -> Arc<Block> {
        let tool = self.tools.get(&answer.id).map_or("a tool", String::as_str);
        let mut said = UserContent::default();
        let what = [(answer.images.len(), "image"), (answer.files.len(), "file")];
        let what: Vec<String> = what
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}{}", if count == 1 { "" } else { "s" }))
            .collect();
        said.text = format!("(attached to the result of {tool}: {})", what.join(", "));
        said.images.clone_from(&answer.images);
        said.files.clone_from(&answer.files);
        let id = format!("repair:media:{}", answer.id);
        self.media
            .push(Block::new(Content::User(said)).with_id(id).into());
        let mut text = block.clone();
        if let Content::ToolUse(answer) = &mut text.content {
            if answer.output().trim().is_empty() {
                answer.result = Some(Value::from(ATTACHED));
            }
            answer.images.clear();
            answer.files.clear();
        }
        text.into()
    }

    /// Sends the media that were set aside.
    fn show_media(&mut self) {
        for block in std::mem::take(&mut self.media) {
            self.user(block);
        }
    }

    fn order(&mut self, block: Arc<Block>) {
        match &block.content {
            Content::System(system) if self.rules.no_empty && system.text.trim().is_empty() => {}
            Content::System(system) => {
                let is_later = !matches!(self.last, Role::None | Role::System);
                if self.rules.system_as_user || (self.rules.system_first && is_later) {
                    let as_user = Block::user(&system.text).with_id(block.id.as_str());
                    self.user(as_user.into());
                } else if !self.join_system(&system.text) {
                    self.push(block, Role::System);
                }
            }
            Content::User(_) => self.user(block),
            Content::ToolUse(answer)
                if self.rules.no_empty && answer.output().trim().is_empty() =>
            {
                let mut filled = (*block).clone();
                if let Content::ToolUse(answer) = &mut filled.content {
                    answer.result = Some(Value::from(NO_OUTPUT));
                }
                self.push(filled.into(), Role::Tool);
            }
            Content::ToolUse(_) => self.push(block, Role::Tool),
            Content::LlmText(text) if self.rules.no_empty && text.text.trim().is_empty() => {}
            Content::LlmText(text) if text.text.is_empty() => self.out.push(block),
            Content::LlmText(_) | Content::ToolCall(_) => self.model(block),
            Content::Reasoning(_) | Content::Other(_) => self.out.push(block),
        }
    }

    fn model(&mut self, block: Arc<Block>) {
        if self.rules.user_first && !self.heard {
            self.heard = true;
            let prompt = Block::user(MISSING_PROMPT).with_id("repair:start");
            // Before the reasoning that belongs to the text.
            let is_system = |block: &Arc<Block>| matches!(block.content, Content::System(_));
            let at = self.out.iter().rposition(is_system).map_or(0, |at| at + 1);
            self.out.insert(at, prompt.into());
        }
        self.push(block, Role::Model);
    }

    fn user(&mut self, block: Arc<Block>) {
        let Content::User(said) = &block.content else {
            return;
        };
        if self.rules.no_empty && said.text.trim().is_empty() && !said.has_media() {
            return;
        }
        if self.rules.reply_after_tools && self.last == Role::Tool {
            let reply = Block::llm_text(MISSING_REPLY).with_id("repair:reply");
            self.push(reply.into(), Role::Model);
        }
        if self.rules.users_joined
            && self.last == Role::User
            && let Some(before) = self.out.get_mut(self.user)
        {
            Arc::make_mut(before).join(said);
            self.forget_thoughts(self.user);
            return;
        }
        self.push(block, Role::User);
    }

    /// Appends a text to the preceding instructions, if the rules require it. Returns `true` if it
    /// did.
    fn join_system(&mut self, text: &str) -> bool {
        if self.last != Role::System || !(self.rules.system_joined || self.rules.system_first) {
            return false;
        }
        let is_system = |block: &Arc<Block>| matches!(block.content, Content::System(_));
        let Some(at) = self.out.iter().rposition(is_system) else {
            return false;
        };
        if let Some(before) = self.out.get_mut(at)
            && let Content::System(system) = &mut Arc::make_mut(before).content
        {
            append(&mut system.text, text);
        }
        self.forget_thoughts(at);
        true
    }

    /// Removes reasoning after a position, because no answer followed it.
    fn forget_thoughts(&mut self, after: usize) {
        let rest = self.out.split_off((after + 1).min(self.out.len()));
        let is_thought = |block: &Arc<Block>| matches!(block.content, Content::Reasoning(_));
        self.out
            .extend(rest.into_iter().filter(|block| !is_thought(block)));
    }
}

impl Block {
    fn join(&mut self, said: &UserContent) {
        if let Content::User(own) = &mut self.content {
            append(&mut own.text, &said.text);
            own.images.extend(said.images.iter().cloned());
            own.files.extend(said.files.iter().cloned());
        }
    }
}

fn append(text: &mut String, more: &str) {
    if !text.is_empty() && !more.is_empty() {
        text.push_str(BETWEEN);
    }
    text.push_str(more);
}
