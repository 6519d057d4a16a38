//! Conversations as documents.

use std::fmt::Write as _;

use geppetto_events::kind::Attachment;
use geppetto_turns::printable::shorten_data;

use crate::{
    Content, Entity, NoticeKind, State, View,
    entity::{Answer, Message, Reasoning, Source, ToolCall},
};

#[cfg(test)]
mod tests;

/// Returns the conversation as Markdown: messages, answers, reasoning and tool calls, and how runs
/// ended. Other notices and the work of agents are not part of it.
///
/// Texts are unchanged: control characters stay. Tool arguments and results are in code fences that
/// are longer than any run of backticks in them, and base64 in them is shortened. Images and files
/// are named, without their content.
#[must_use]
pub fn markdown(view: &View) -> String {
    let mut document = Document::default();
    for entity in view.entities().filter(|own| own.parent.is_none()) {
        document.entity(entity);
    }
    document.text
}

#[derive(Default)]
struct Document {
    text: String,
    /// Author of the section so far.
    author: &'static str,
}

impl Document {
    fn entity(&mut self, entity: &Entity) {
        match &entity.content {
            Content::User(own) => self.message("User", own),
            Content::System(own) => self.message("System", own),
            Content::Answer(own) => self.answer(own),
            Content::Reasoning(own) => self.reasoning(own),
            Content::ToolCall(own) => self.tool_call(own),
            Content::ServerTool(own) => {
                self.author("Assistant");
                self.paragraph(&format!("**Tool of the provider:** {}", code(&own.name)));
                if !own.arguments.is_empty() {
                    self.fence("", &own.arguments, own.arguments_omitted);
                }
                self.sources(&own.sources);
            }
            Content::Error(own) if !own.is_live_only => self.quote("Error", &own.text),
            Content::Notice(own)
                if matches!(own.notice, NoticeKind::Cancelled | NoticeKind::Limit) =>
            {
                self.quote("Stopped", &own.text);
            }
            _ => {}
        }
    }

    /// Begins a section, unless it is the current one.
    fn author(&mut self, author: &'static str) {
        if self.author != author {
            self.author = author;
            self.paragraph(&format!("## {author}"));
        }
    }

    fn paragraph(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text.trim_end_matches(['\n', '\r']));
        self.text.push('\n');
    }

    fn message(&mut self, author: &'static str, message: &Message) {
        // Two messages in a row are two sections.
        self.author = "";
        self.author(author);
        if !message.text.trim().is_empty() {
            self.paragraph(&message.text);
        }
        self.attachments(&message.attachments);
    }

    fn answer(&mut self, answer: &Answer) {
        self.author("Assistant");
        self.paragraph(&answer.text);
        let mark = match answer.state {
            State::Done if answer.refusal => "refused",
            State::Done => "",
            State::Streaming => "unfinished",
            state => state.as_str(),
        };
        if !mark.is_empty() {
            self.paragraph(&format!("*({mark})*"));
        }
        self.sources(&answer.sources);
    }

    fn reasoning(&mut self, reasoning: &Reasoning) {
        self.author("Assistant");
        for text in [&reasoning.summary, &reasoning.text] {
            if !text.trim().is_empty() {
                self.quote("Reasoning", text);
            }
        }
    }

    fn tool_call(&mut self, call: &ToolCall) {
        self.author("Assistant");
        let mut head = format!("**Tool call:** {}", code(&call.name));
        match (call.state, call.duration_ms) {
            (State::Done, Some(took @ 1_000..)) => {
                let _ = write!(head, " ({} s)", took / 1_000);
            }
            (State::Done, _) => {}
            (State::NotRun, _) => head.push_str(" (not run)"),
            (state, _) => {
                let _ = write!(head, " ({})", state.as_str());
            }
        }
        self.paragraph(&head);
        self.fence("json", &call.arguments, call.arguments_omitted);
        if !call.ran_with.is_empty() {
            self.paragraph("Run with other arguments:");
            self.fence("json", &call.ran_with, 0);
        }
        if !call.question.is_empty() {
            self.quote("Question", &call.question);
        }
        if !call.result.is_empty() {
            self.paragraph("Result:");
            self.fence("", &call.result, call.result_omitted);
        }
        self.attachments(&call.attachments);
    }

    fn fence(&mut self, language: &str, text: &str, omitted: u64) {
        let text = shorten_data(text);
        let mark = "`".repeat(longest_run(&text).max(2) + 1);
        self.paragraph(&format!(
            "{mark}{language}\n{}\n{mark}",
            text.trim_end_matches('\n')
        ));
        if omitted > 0 {
            self.paragraph(&format!("*({omitted} bytes more)*"));
        }
    }

    fn quote(&mut self, name: &str, text: &str) {
        let mut quoted = format!("> **{name}:**");
        for (index, line) in text.trim().lines().enumerate() {
            let start = if index == 0 { " " } else { "\n> " };
            quoted.push_str(start);
            quoted.push_str(line);
        }
        self.paragraph(&quoted);
    }

    fn attachments(&mut self, attachments: &[Attachment]) {
        for own in attachments {
            let name = own
                .name
                .as_deref()
                .or(own.media_type.as_deref())
                .unwrap_or(&own.kind);
            let name = label(name);
            let text = match (&own.url, &own.file_id, own.bytes) {
                (Some(url), ..) if own.kind == "image" => format!("![{name}]({})", address(url)),
                (Some(url), ..) => format!("[{name}]({})", address(url)),
                (_, Some(id), _) => format!("*({}: {name}, uploaded as {})*", own.kind, code(id)),
                (_, _, Some(bytes)) => format!("*({}: {name}, {bytes} bytes)*", own.kind),
                _ => format!("*({}: {name})*", own.kind),
            };
            self.paragraph(&text);
        }
    }

    fn sources(&mut self, sources: &[Source]) {
        let mut list = String::new();
        for source in sources {
            let title = if source.title.is_empty() {
                &source.url
            } else {
                &source.title
            };
            let line = match source.url.as_str() {
                "" => format!("- {}\n", label(title)),
                url => format!("- [{}]({})\n", label(title), address(url)),
            };
            list.push_str(&line);
        }
        if !list.is_empty() {
            self.paragraph(&list);
        }
    }
}

/// Returns the length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`');
    runs.map(str::len).max().unwrap_or_default()
}

/// Returns a name as inline code.
fn code(name: &str) -> String {
    let name = name.replace(['\n', '\r'], " ");
    match longest_run(&name) {
        0 => format!("`{name}`"),
        run => {
            let mark = "`".repeat(run + 1);
            format!("{mark} {name} {mark}")
        }
    }
}

/// Returns the text of a link, on one line.
fn label(text: &str) -> String {
    let mut label = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => label.push(' '),
            '[' | ']' | '\\' | '`' | '<' | '*' | '_' => label.extend(['\\', c]),
            _ => label.push(c),
        }
    }
    label
}

/// Returns a URL as the destination of a link, from which it cannot break out.
fn address(url: &str) -> String {
    let mut address = String::with_capacity(url.len() + 2);
    address.push('<');
    for c in url.chars() {
        match c {
            '<' => address.push_str("%3C"),
            '>' => address.push_str("%3E"),
            '\\' => address.push_str("%5C"),
            '\n' | '\r' => {}
            _ => address.push(c),
        }
    }
    address.push('>');
    address
}
