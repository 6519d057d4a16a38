//! [`Answer`]: the content of a reply, for each API.

use crate::{
    demo::gemini::SIGNATURE,
    reply::{ChatBody, GeminiBody, MessagesBody, Reply, ResponsesBody},
};

/// An answer of the demo model, in order, and its tokens.
#[derive(Debug)]
pub(in crate::demo) struct Answer {
    said: Vec<Said>,
    read: u64,
    thought: u64,
    written: u64,
}

#[derive(Debug)]
enum Said {
    Thought(String),
    Text(String),
    Call {
        id: String,
        name: String,
        fragments: Vec<String>,
    },
}

impl Answer {
    pub(super) fn new(read: u64) -> Self {
        Self {
            said: Vec::new(),
            read,
            thought: 0,
            written: 0,
        }
    }

    pub(super) fn think(&mut self, text: &str, tokens: u64) {
        self.thought += tokens;
        self.said.push(Said::Thought(text.to_owned()));
    }

    pub(super) fn say(&mut self, text: &str, tokens: u64) {
        self.written += tokens;
        self.said.push(Said::Text(text.to_owned()));
    }

    pub(super) fn call(&mut self, id: &str, name: &str, fragments: Vec<String>, tokens: u64) {
        self.written += tokens;
        self.said.push(Said::Call {
            id: id.to_owned(),
            name: name.to_owned(),
            fragments,
        });
    }

    /// Returns the answer as a reply of the Chat Completions API.
    pub(in crate::demo) fn chat(self) -> Reply<ChatBody> {
        let (read, generated, thought) = self.usage();
        let said = self.said.into_iter();
        said.fold(Reply::chat(), |reply, said| match said {
            Said::Thought(text) => reply.reasoning_words(&text),
            Said::Text(text) => reply.words(&text),
            Said::Call {
                id,
                name,
                fragments,
            } => reply.tool_call_in_fragments(id, name, fragments),
        })
        .usage(read, generated)
        .reasoning_tokens(thought)
    }

    /// Returns the answer as a reply of the Responses API, with thoughts as a summary; `sealed` is
    /// the encrypted reasoning, if requested.
    pub(in crate::demo) fn responses(self, sealed: Option<&str>) -> Reply<ResponsesBody> {
        let (read, generated, thought) = self.usage();
        let said = self.said.into_iter();
        said.fold(Reply::responses(), |reply, said| match (said, sealed) {
            (Said::Thought(text), None) => reply.summary_words(&text),
            (Said::Thought(text), Some(sealed)) => {
                reply.summary_words(&text).encrypted_content(sealed)
            }
            (Said::Text(text), _) => reply.words(&text),
            (
                Said::Call {
                    id,
                    name,
                    fragments,
                },
                _,
            ) => reply.tool_call_in_fragments(id, name, fragments),
        })
        .usage(read, generated)
        .reasoning_tokens(thought)
    }

    /// Returns the answer as a reply of the generateContent API, with signatures in the places where
    /// the API has them: on the first call, or at the end of the text.
    pub(in crate::demo) fn gemini(self) -> Reply<GeminiBody> {
        let (read, thought, written) = (self.read, self.thought, self.written);
        let mut is_signed = false;
        let reply = self
            .said
            .into_iter()
            .fold(Reply::gemini(), |reply, said| match said {
                Said::Thought(text) => reply.thought_words(&text),
                Said::Text(text) => reply.words(&text),
                Said::Call {
                    name, fragments, ..
                } => {
                    let args: serde_json::Value =
                        serde_json::from_str(&fragments.concat()).unwrap_or_default();
                    let reply = reply.function_call(name, &args);
                    match std::mem::replace(&mut is_signed, true) {
                        true => reply,
                        false => reply.signed(SIGNATURE),
                    }
                }
            });
        let reply = match is_signed {
            true => reply,
            false => reply.text("").signed(SIGNATURE),
        };
        reply
            .usage(read, written)
            .usage_field("thoughtsTokenCount", thought)
    }

    /// Returns the answer as a reply of the Messages API, with thoughts if the request enables them.
    pub(in crate::demo) fn messages(self, thinks: bool) -> Reply<MessagesBody> {
        let (read, generated, thought) = self.usage();
        let said = self.said.into_iter();
        said.fold(Reply::messages(), |reply, said| match said {
            Said::Thought(text) if thinks => reply.thinking_words(&text),
            Said::Thought(_) => reply,
            Said::Text(text) => reply.words(&text),
            Said::Call {
                id,
                name,
                fragments,
            } => reply.tool_call_in_fragments(id, name, fragments),
        })
        .usage(
            read,
            if thinks {
                generated
            } else {
                generated - thought
            },
        )
    }

    /// Returns the token counts: input, output, and the reasoning part of the output.
    fn usage(&self) -> (u64, u64, u64) {
        (self.read, self.thought + self.written, self.thought)
    }
}
