//! Structured answers: parsing, validation and retries.
//!
//! For implementations of [`InferenceRunner`](crate::InferenceRunner): [`AnswerRetries`] validates
//! the reply that ends a run and requests another one. Applications use
//! [`StructuredOutput::read_answer`](crate::StructuredOutput::read_answer).

use geppetto_events::{EventKind, kind::Info};
use geppetto_turns::{
    Block, BlockKind, FinishClass, InferenceResult, ReplyError, ReplyErrorKind, Turn,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{RunContext, StructuredOutput, keys, schema};

/// Maximum length of a validation error sent to the model, in characters.
const LONGEST_REASON: usize = 2_000;

/// Marks the question with which a run requested another answer after an invalid one
/// ([`keys::ANSWER_RETRY`]). The answer precedes the block.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AnswerRetry {
    /// Validation error of the answer.
    pub reason: String,
    /// Number of the retry within its run, starting at 1.
    pub retry: u32,
}

impl StructuredOutput {
    /// Returns the requested structured output: that of the settings of the last run on the turn,
    /// or that of the turn's data. `None` if there is none.
    #[must_use]
    pub fn of_turn(turn: &Turn) -> Option<Self> {
        let of_run = turn.metadata.get(&keys::RUN_SETTINGS).ok().flatten();
        Self::in_force(of_run.and_then(|settings| settings.output), turn)
    }

    /// Returns the answer of the model as JSON, validated against the requested schema, if any.
    ///
    /// Reads the text after the last prompt and the last tool result: plain JSON, JSON in a single
    /// Markdown code fence, or a single JSON object with other text around it. Optional fields that
    /// are null are removed if the schema does not allow null. A value requested as an object under
    /// [`schema::WRAPPER`] may arrive unwrapped, and vice versa; the result has the form of the
    /// schema.
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
    /// If the answer is missing, refused, truncated, not JSON, or does not match; see
    /// [`ReplyErrorKind`].
    pub fn read_answer(turn: &Turn) -> Result<Value, ReplyError> {
        match Self::of_turn(turn) {
            Some(output) => output.read(turn),
            None => turn.reply_value(),
        }
    }

    /// Like [`read_answer`](Self::read_answer), validated against this schema instead of the
    /// requested one.
    ///
    /// # Errors
    ///
    /// The errors of [`read_answer`](Self::read_answer).
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

    /// Returns the structured output in effect. An invalid one, which engines ignore, counts as
    /// none.
    fn in_force(of_run: Option<Self>, turn: &Turn) -> Option<Self> {
        let own = || turn.data.get(&keys::STRUCTURED_OUTPUT).ok().flatten();
        let output = of_run.or_else(own)?;
        (output.is_on() && output.validate().is_ok()).then_some(output)
    }
}

/// Removes the wrapper of a value, or adds it.
fn other_form(value: Value) -> Value {
    match value {
        Value::Object(mut fields) if fields.len() == 1 && fields.contains_key(schema::WRAPPER) => {
            fields.remove(schema::WRAPPER).unwrap_or_default()
        }
        value => Value::Object(Map::from_iter([(schema::WRAPPER.to_owned(), value)])),
    }
}

/// Counts the retries of a run's answer ([`StructuredOutput::retries`](crate::StructuredOutput)).
#[derive(Debug, Default)]
pub struct AnswerRetries {
    asked: u32,
}

impl AnswerRetries {
    /// Creates a counter without retries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Validates the reply that is about to end a run. Returns the rejected answer if a retry is
    /// left.
    ///
    /// An invalid answer is announced by an `info` event. A refused or truncated answer keeps its
    /// finish class and is not retried, nor is a reply with tool calls.
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

/// Returns the indices of the blocks of the last reply, which calls no tools.
fn answer(turn: &Turn) -> std::ops::Range<usize> {
    let last = turn.blocks.iter().rev();
    let reply = last.take_while(|block| {
        !matches!(
            block.kind(),
            BlockKind::User | BlockKind::System | BlockKind::ToolCall | BlockKind::ToolUse
        )
    });
    let len = turn.blocks.len();
    len.saturating_sub(reply.count())..len
}

/// An invalid answer, returned by [`AnswerRetries::check`].
#[derive(Debug)]
#[must_use = "nothing is asked again until `ask` is called"]
pub struct RejectedAnswer {
    mark: AnswerRetry,
    of: u32,
    name: String,
}

impl RejectedAnswer {
    /// Appends the question to the turn: a user block with the validation error. The next provider
    /// call sends it.
    ///
    /// The answer stays in the turn. Its blocks and the question are marked with
    /// [`keys::ANSWER_RETRY`], so that a user interface can hide both. Its provider calls, those made since
    /// [`RunContext::provider_calls`] was `since`, are announced as discarded when the next one
    /// produces output, so that readers of events display one answer.
    pub fn ask(self, ctx: &RunContext, turn: &mut Turn, since: u32) {
        let Self { mark, of, name } = self;
        let told = format!(
            "the answer does not fit its schema and is asked for again ({} of {of}): {}",
            mark.retry, mark.reason
        );
        ctx.publish(EventKind::Info(Info::new(told, None)));
        let reason = format!("the answer does not fit its schema: {}", mark.reason);
        ctx.set_answer_aside(since, &reason);
        // A text and a number can always be serialized.
        for index in answer(turn) {
            if let Some(block) = turn.blocks.make_mut(index) {
                let _ = block.metadata.set(&keys::ANSWER_RETRY, &mark);
            }
        }
        let mut question = Block::user(format!(
            "Your answer cannot be used: {}. Answer again with JSON alone, without a code fence and \
             without other words, that fits the schema `{name}`.",
            mark.reason
        ));
        question.id = ctx.next_id();
        let _ = question.metadata.set(&keys::ANSWER_RETRY, &mark);
        turn.push(question);
    }
}
