//! Structured answers: read, checked, and asked for again.
//!
//! For implementations of [`InferenceRunner`](crate::InferenceRunner), [`AnswerRetries`] checks the
//! reply that ends a run and asks again; everyone else uses
//! [`StructuredOutput::read_answer`](crate::StructuredOutput::read_answer).

use geppetto_events::{EventKind, kind::Info};
use geppetto_turns::{
    Block, BlockKind, FinishClass, InferenceResult, ReplyError, ReplyErrorKind, Turn,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{RunContext, StructuredOutput, keys, schema};

/// The most characters of a reason that are sent to the model.
const LONGEST_REASON: usize = 2_000;

/// Marks the question with which a run asked again for an answer that did not fit
/// ([`keys::ANSWER_RETRY`]). The answer is before the block.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AnswerRetry {
    /// Why the answer does not fit.
    pub reason: String,
    /// The number of the retry within its run, from 1.
    pub retry: u32,
}

impl StructuredOutput {
    /// The shape that was asked for: by the settings of the last run on the turn, or by the turn's
    /// data. `None` if there is none.
    #[must_use]
    pub fn of_turn(turn: &Turn) -> Option<Self> {
        let of_run = turn.metadata.get(&keys::RUN_SETTINGS).ok().flatten();
        Self::in_force(of_run.and_then(|settings| settings.output), turn)
    }

    /// The answer of the model as JSON, checked against the schema that was asked for, if one was.
    ///
    /// Read is the text after the last prompt and the last tool result: JSON alone, or in one
    /// Markdown code fence. Optional fields that are null, which the schema does not allow, are left
    /// out. A value that is asked for in an object under [`schema::WRAPPER`] may come without it,
    /// and the reverse; the result has the form of the schema.
    ///
    /// ```
    /// use geppetto_engine::{StructuredOutput, keys};
    /// use geppetto_turns::Turn;
    /// use serde_json::json;
    ///
    /// let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    /// let output = StructuredOutput::json_schema("place", schema);
    /// let turn = |answer: &str| {
    ///     let turn = Turn::builder().user("Where?").assistant(answer);
    ///     Ok::<_, geppetto_turns::KeyError>(turn.data(&keys::STRUCTURED_OUTPUT, &output)?.build())
    /// };
    ///
    /// let value = StructuredOutput::read_answer(&turn("```json\n{\"city\": \"Oslo\"}\n```")?)?;
    /// assert_eq!(value, json!({"city": "Oslo"}));
    ///
    /// let error = StructuredOutput::read_answer(&turn("{\"ville\": \"Oslo\"}")?).unwrap_err();
    /// assert_eq!(error.to_string(), "the reply is not a `place`: $.city: missing");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The answer is missing, refused, cut off, not JSON, or does not fit; see [`ReplyErrorKind`].
    pub fn read_answer(turn: &Turn) -> Result<Value, ReplyError> {
        match Self::of_turn(turn) {
            Some(output) => output.read(turn),
            None => turn.reply_value(),
        }
    }

    /// As [`read_answer`](Self::read_answer), checked against this schema, whatever the turn says.
    ///
    /// # Errors
    ///
    /// As for [`read_answer`](Self::read_answer).
    pub fn read(&self, turn: &Turn) -> Result<Value, ReplyError> {
        let value = turn.reply_value()?;
        let mismatch = match schema::fit(&self.schema, value.clone()) {
            Ok(value) => return Ok(value),
            Err(mismatch) => mismatch,
        };
        let other = other_form(value);
        schema::fit(&self.schema, other)
            .map_err(|_| ReplyError::wrong_shape(&self.name, mismatch.to_string()))
    }

    /// The shape that is in force. What cannot work and is ignored by engines asks for nothing.
    fn in_force(of_run: Option<Self>, turn: &Turn) -> Option<Self> {
        let own = || turn.data.get(&keys::STRUCTURED_OUTPUT).ok().flatten();
        let output = of_run.or_else(own)?;
        (output.is_on() && output.validate().is_ok()).then_some(output)
    }
}

/// A value without its wrapper, or in one.
fn other_form(value: Value) -> Value {
    match value {
        Value::Object(mut fields) if fields.len() == 1 && fields.contains_key(schema::WRAPPER) => {
            fields.remove(schema::WRAPPER).unwrap_or_default()
        }
        value => Value::Object(Map::from_iter([(schema::WRAPPER.to_owned(), value)])),
    }
}

/// Counts how often a run asked again for its answer
/// ([`StructuredOutput::retries`](crate::StructuredOutput)).
#[derive(Debug, Default)]
pub struct AnswerRetries {
    asked: u32,
}

impl AnswerRetries {
    /// None so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks the reply that is about to end a run. Returns what to ask if there is a next time.
    ///
    /// An answer that does not fit is announced (`info`). One that was refused or cut keeps its
    /// finish class and is not asked for again, and neither is a reply that calls tools.
    pub fn check(
        &mut self,
        ctx: &RunContext,
        turn: &Turn,
        result: &InferenceResult,
    ) -> Option<RejectedAnswer> {
        let of_run = ctx.run_settings().and_then(|own| own.output.clone());
        let output = StructuredOutput::in_force(of_run, turn)?;
        if result.truncated || result.finish_class == FinishClass::Refused || calls_tools(turn) {
            return None;
        }
        let error = output.read(turn).err()?;
        if matches!(
            error.kind(),
            ReplyErrorKind::Refused | ReplyErrorKind::Incomplete
        ) {
            return None;
        }
        let reason: String = error.to_string().chars().take(LONGEST_REASON).collect();
        if self.asked >= output.retries {
            let tried = match self.asked {
                0 => String::new(),
                times => format!(" (asked again {times} times)"),
            };
            let told = format!("the answer does not fit its schema{tried}: {reason}");
            ctx.publish(EventKind::Info(Info::new(told, None)));
            return None;
        }
        self.asked += 1;
        let mark = AnswerRetry {
            reason,
            retry: self.asked,
        };
        Some(RejectedAnswer {
            mark,
            of: output.retries,
            name: output.name,
        })
    }
}

fn calls_tools(turn: &Turn) -> bool {
    let last = turn.blocks.iter().rev();
    let mut last =
        last.take_while(|block| !matches!(block.kind(), BlockKind::User | BlockKind::ToolUse));
    last.any(|block| block.kind() == BlockKind::ToolCall)
}

/// An answer that does not fit, made by [`AnswerRetries::check`].
#[derive(Debug)]
#[must_use = "nothing is asked again until `ask` is called"]
pub struct RejectedAnswer {
    mark: AnswerRetry,
    of: u32,
    name: String,
}

impl RejectedAnswer {
    /// Appends the question to the turn: a user block that says what is wrong, marked with
    /// [`keys::ANSWER_RETRY`]. The next provider call sends it.
    ///
    /// The answer stays in the turn. Its provider calls, which are those since
    /// [`RunContext::provider_calls`] was `since`, are announced as discarded when the next one
    /// produces output, so that readers of events show one answer.
    pub fn ask(self, ctx: &RunContext, turn: &mut Turn, since: u32) {
        let Self { mark, of, name } = self;
        let told = format!(
            "the answer does not fit its schema and is asked for again ({} of {of}): {}",
            mark.retry, mark.reason
        );
        ctx.publish(EventKind::Info(Info::new(told, None)));
        let reason = format!("the answer does not fit its schema: {}", mark.reason);
        ctx.set_answer_aside(since, &reason);
        let mut question = Block::user(format!(
            "Your answer cannot be used: {}. Answer again with JSON alone, without a code fence and \
             without other words, that fits the schema `{name}`.",
            mark.reason
        ));
        question.id = ctx.next_id();
        // A text and a number can be written.
        let _ = question.metadata.set(&keys::ANSWER_RETRY, &mark);
        turn.push(question);
    }
}
