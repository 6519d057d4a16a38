//! The answer of a model, read as a value.

use std::{any::type_name, error::Error, fmt};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{BlockKind, Content, FinishClass, Turn, keys::turn_meta};

#[cfg(test)]
mod tests;

/// The property that holds an answer which is no object by itself.
const WRAPPER: &str = "value";

/// Why an answer cannot be read as a value.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReplyError {
    kind: ReplyErrorKind,
    wanted: &'static str,
    source: Option<serde_json::Error>,
}

/// What is wrong with an answer that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplyErrorKind {
    /// There is no text of a model after the last prompt and tool result.
    Missing,
    /// The model refused to answer.
    Refused,
    /// The answer was cut off: by the output limit, a broken stream or a cancel.
    Incomplete,
    /// The answer is not JSON.
    NotJson,
    /// The answer is JSON of another shape.
    WrongShape,
}

impl ReplyError {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> ReplyErrorKind {
        self.kind
    }
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ReplyErrorKind::Missing => {
                f.write_str("there is no reply to read: the model wrote no text after the prompt")
            }
            ReplyErrorKind::Refused => f.write_str("the model refused to answer"),
            ReplyErrorKind::Incomplete => f.write_str(
                "the reply was cut off before its JSON was whole; raise the output limit or ask \
                 again",
            ),
            ReplyErrorKind::NotJson => f.write_str(
                "the reply is not JSON; ask for it with `StructuredOutput`, where the server has it",
            ),
            ReplyErrorKind::WrongShape => write!(f, "the reply is not a `{}`", self.wanted),
        }?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

/// The message has all of the source, so it is not given apart.
impl Error for ReplyError {}

impl Turn {
    /// The answer of the model, read as a `T`.
    ///
    /// The answer is the text after the last prompt and the last tool result. Read are:
    ///
    /// - JSON alone, or in one Markdown code fence, whatever stands around the fence;
    /// - JSON in which fields are `null` that a `T` does not let be null, as if they were absent: in
    ///   strict mode a model has no other way to leave out an optional field;
    /// - a value in an object under `value`, which is how `StructuredOutput::of` asks for what is
    ///   no object.
    ///
    /// ```
    /// use geppetto_turns::Turn;
    ///
    /// let turn = Turn::builder().user("Two primes?").assistant("```json\n[2, 3]\n```").build();
    /// assert_eq!(turn.reply_as::<Vec<u32>>()?, [2, 3]);
    /// # Ok::<(), geppetto_turns::ReplyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The answer is missing, refused, cut off, not JSON, or not a `T`; see [`ReplyErrorKind`].
    pub fn reply_as<T: DeserializeOwned>(&self) -> Result<T, ReplyError> {
        let error = |kind, source| ReplyError {
            kind,
            wanted: type_name::<T>(),
            source,
        };
        let reply = Reply::of(self);
        if reply.text.trim().is_empty() {
            let kind = match (reply.is_refusal, reply.is_cut) {
                (true, _) => ReplyErrorKind::Refused,
                (false, true) => ReplyErrorKind::Incomplete,
                (false, false) => ReplyErrorKind::Missing,
            };
            return Err(error(kind, None));
        }
        let whole = reply.text.trim();
        let text = if serde_json::from_str::<Value>(whole).is_ok() {
            whole
        } else {
            fenced(whole).unwrap_or(whole)
        };
        let problem = match serde_json::from_str::<T>(text) {
            Ok(value) => return Ok(value),
            Err(problem) => problem,
        };
        match serde_json::from_str::<Value>(text) {
            Ok(value) => read_otherwise(value)
                .ok_or_else(|| error(ReplyErrorKind::WrongShape, Some(problem))),
            Err(_) if reply.is_cut => Err(error(ReplyErrorKind::Incomplete, None)),
            Err(_) if reply.is_refusal => Err(error(ReplyErrorKind::Refused, None)),
            Err(problem) => Err(error(ReplyErrorKind::NotJson, Some(problem))),
        }
    }
}

/// What a model said last.
struct Reply {
    text: String,
    is_refusal: bool,
    is_cut: bool,
}

impl Reply {
    fn of(turn: &Turn) -> Self {
        let mut parts = Vec::new();
        let (mut is_refusal, mut is_cut) = (false, false);
        let last = turn
            .blocks
            .iter()
            .rev()
            .take_while(|block| !matches!(block.kind(), BlockKind::User | BlockKind::ToolUse));
        for block in last {
            if let Content::LlmText(content) = &block.content {
                is_cut |= block.incomplete().is_some();
                if content.refusal {
                    is_refusal = true;
                } else {
                    parts.push(content.text.as_str());
                }
            }
        }
        let result = turn
            .metadata
            .get(&turn_meta::INFERENCE_RESULT)
            .ok()
            .flatten();
        is_cut |= result.is_some_and(|result| result.finish_class == FinishClass::MaxTokens);
        parts.reverse();
        Self {
            text: parts.concat(),
            is_refusal,
            is_cut,
        }
    }
}

/// Reads a value that does not deserialize to a `T` directly: without its wrapper, without fields
/// that are null, or both.
fn read_otherwise<T: DeserializeOwned>(value: Value) -> Option<T> {
    let inner = match &value {
        Value::Object(map) if map.len() == 1 => map.get(WRAPPER).cloned(),
        _ => None,
    };
    let forms = [inner, Some(value)];
    let read = |value: &Value| T::deserialize(value).ok();
    forms.into_iter().flatten().find_map(|mut form| {
        read(&form).or_else(|| {
            drop_nulls(&mut form);
            read(&form)
        })
    })
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, field| !field.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// The content of the only Markdown code fence of a text.
fn fenced(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("```")?;
    // The first line names the language.
    let (_, rest) = rest.split_once('\n')?;
    let (inside, after) = rest.split_once("```")?;
    (!after.contains("```")).then_some(inside.trim())
}
