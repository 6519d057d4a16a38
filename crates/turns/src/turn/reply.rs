//! The model's answer as a typed value.

use std::{any::type_name, error::Error, fmt};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{BlockKind, Content, FinishClass, Turn, keys::turn_meta};

#[cfg(test)]
mod tests;

/// Name of the property that wraps an answer that is not an object.
const WRAPPER: &str = "value";

/// Error returned if an answer cannot be parsed as a typed value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplyError {
    kind: ReplyErrorKind,
    wanted: String,
    details: Option<String>,
}

/// Reason that an answer cannot be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplyErrorKind {
    /// There is no model text after the last prompt and tool result.
    Missing,
    /// The model refused to answer.
    Refused,
    /// The answer was cut off by the output limit, a broken stream or cancellation.
    Incomplete,
    /// The answer is not JSON.
    NotJson,
    /// The answer is JSON but does not match the requested type.
    WrongShape,
}

impl ReplyError {
    /// Creates the error for a JSON answer that does not match `wanted`, the name of a type or of a
    /// schema. `details` describe the mismatch.
    pub fn wrong_shape(wanted: impl Into<String>, details: impl Into<String>) -> Self {
        Self {
            kind: ReplyErrorKind::WrongShape,
            wanted: wanted.into(),
            details: Some(details.into()),
        }
    }

    fn new(kind: ReplyErrorKind, problem: Option<serde_json::Error>) -> Self {
        Self {
            kind,
            wanted: String::new(),
            details: problem.map(|problem| problem.to_string()),
        }
    }

    /// Returns the kind of error.
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
            ReplyErrorKind::NotJson => f.write_str("the reply is not JSON, or has words around it"),
            ReplyErrorKind::WrongShape => write!(f, "the reply is not a `{}`", self.wanted),
        }?;
        match &self.details {
            Some(details) => write!(f, ": {details}"),
            None => Ok(()),
        }
    }
}

impl Error for ReplyError {}

impl Turn {
    /// Parses the model's answer as a `T`.
    ///
    /// The answer is the text after the last prompt and the last tool result. Accepted forms:
    ///
    /// - JSON, either alone or in a single Markdown code fence with any text around it;
    /// - a single JSON object with other text around it;
    /// - JSON with `null` in fields that are not nullable in `T`, which is treated as absent: in
    ///   strict mode a model cannot omit an optional field;
    /// - a value wrapped in an object under `value`, as requested by `StructuredOutput::of` for
    ///   types that are not objects.
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
    /// Returns an error if the answer is missing, refused, cut off, not JSON, or not a `T`; see
    /// [`ReplyErrorKind`].
    pub fn reply_as<T: DeserializeOwned>(&self) -> Result<T, ReplyError> {
        let reply = Reply::of(self);
        let (text, value) = reply.json()?;
        let problem = match serde_json::from_str::<T>(text) {
            Ok(value) => return Ok(value),
            Err(problem) => problem,
        };
        read_otherwise(value)
            .ok_or_else(|| ReplyError::wrong_shape(type_name::<T>(), problem.to_string()))
    }

    /// Returns the model's answer as JSON of any type, alone or in a single Markdown code fence.
    ///
    /// # Errors
    ///
    /// Same as [`reply_as`](Self::reply_as).
    pub fn reply_value(&self) -> Result<Value, ReplyError> {
        Reply::of(self).json().map(|(_, value)| value)
    }
}

/// Last answer of the model.
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
        if let Some(result) = result {
            is_cut |= matches!(
                result.finish_class,
                FinishClass::MaxTokens | FinishClass::ContextWindow
            );
            is_refusal |= result.finish_class == FinishClass::Refused;
        }
        parts.reverse();
        Self {
            text: parts.concat(),
            is_refusal,
            is_cut,
        }
    }

    /// The JSON of the answer, as text and as a value.
    fn json(&self) -> Result<(&str, Value), ReplyError> {
        let whole = self.text.trim_start_matches('\u{feff}').trim();
        if whole.is_empty() {
            return Err(ReplyError::new(self.excuse(ReplyErrorKind::Missing), None));
        }
        let problem = match serde_json::from_str::<Value>(whole) {
            // A number that was cut off has an unknown value.
            Ok(Value::Number(_)) if self.is_cut => {
                return Err(ReplyError::new(ReplyErrorKind::Incomplete, None));
            }
            Ok(value) => return Ok((whole, value)),
            Err(problem) => problem,
        };
        if let Some(text) = fenced(whole)
            && let Ok(value) = serde_json::from_str(text)
        {
            return Ok((text, value));
        }
        if !self.is_cut
            && let Some(found) = embedded(whole)
        {
            return Ok(found);
        }
        match self.excuse(ReplyErrorKind::NotJson) {
            ReplyErrorKind::NotJson => Err(ReplyError::new(ReplyErrorKind::NotJson, Some(problem))),
            kind => Err(ReplyError::new(kind, None)),
        }
    }

    /// Returns the reason that there is no JSON: the reply was refused or cut off, or otherwise
    /// `kind`.
    fn excuse(&self, kind: ReplyErrorKind) -> ReplyErrorKind {
        match (self.is_refusal, self.is_cut) {
            (true, _) => ReplyErrorKind::Refused,
            (false, true) => ReplyErrorKind::Incomplete,
            (false, false) => kind,
        }
    }
}

/// Reads a value that does not deserialize to a `T` directly: without its wrapper, without null
/// fields, or both.
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

/// Returns the content of the only Markdown code fence of a text, whose end may be missing. A fence
/// inside the content belongs to it.
fn fenced(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("```")?;
    let inside = rest.rsplit_once("```").map_or(rest, |(inside, _)| inside);
    // The fence may name a language.
    let language = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
    let named = inside.trim_start_matches(language);
    // Without a line break after it, the word belongs to the content: `true`, `12`.
    let is_name = named.starts_with(['\n', '\r', ' ', '\t', '{', '[', '"']);
    Some(if is_name { named } else { inside }.trim())
}

/// Maximum number of opening braces that [`embedded`] tries.
const MOST_BRACES: usize = 16;

/// Returns the only JSON object in a text, with other text or stray brackets around it. If there
/// are several objects, the answer is ambiguous and the result is `None`.
///
/// Reports: <https://github.com/browser-use/browser-use/pull/4971>,
/// <https://github.com/pydantic/pydantic-ai/issues/3840>.
fn embedded(text: &str) -> Option<(&str, Value)> {
    let mut found = None;
    let mut at = 0;
    for _ in 0..MOST_BRACES {
        let Some(begin) = text.get(at..)?.find('{') else {
            return found;
        };
        let rest = text.get(at + begin..)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        at += begin + 1;
        match values.next() {
            Some(Ok(_)) if found.is_some() => return None,
            Some(Ok(value)) => {
                let end = values.byte_offset();
                found = Some((rest.get(..end)?, value));
                at += end - 1;
            }
            // An unreadable object; nothing inside it is the answer.
            _ if rest.get(1..)?.trim_start().starts_with(['"', '\'', '}']) => return None,
            _ => {}
        }
    }
    None
}
