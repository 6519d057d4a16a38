//! [`TypedPrompt`] and [`TypedRun`]: runs whose answer is parsed into a value.

use std::{error::Error, fmt, marker::PhantomData, ops::Deref};

use geppetto_engine::StructuredOutput;
use geppetto_turns::{ReplyError, Turn};
use serde::de::DeserializeOwned;

use crate::{ExecutionHandle, Prompt, RunError, SessionError};

/// A prompt whose answer is deserialized as a `T`; created by [`Prompt::output_as`].
///
/// ```
/// use geppetto_engine::StructuredOutput;
/// use geppetto_session::Session;
/// use geppetto_testing::{Script, ScriptedEngine};
/// use serde_json::json;
///
/// #[derive(serde::Deserialize)]
/// struct Weather { degrees: f64 }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // In place of a provider's engine.
/// let engine = ScriptedEngine::always(Script::new().text(r#"{"degrees": 21.5}"#));
/// let session = Session::from_engine(engine);
/// let schema = json!({"type": "object", "properties": {"degrees": {"type": "number"}}});
///
/// let run = session
///     .prompt("How warm is it?")
///     .output_as::<Weather>(StructuredOutput::json_schema("weather", schema))
///     .submit()
///     .await?;
/// let answer = run.wait().await?;
/// assert_eq!(answer.value.degrees, 21.5);
/// assert_eq!(answer.turn.blocks.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing runs until it is submitted"]
pub struct TypedPrompt<T> {
    prompt: Prompt,
    answer: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> TypedPrompt<T> {
    pub(crate) fn new(prompt: Prompt) -> Self {
        Self {
            prompt,
            answer: PhantomData,
        }
    }

    /// Submits the prompt; see [`Prompt::submit`].
    ///
    /// # Errors
    ///
    /// The errors of [`Prompt::submit`].
    pub async fn submit(self) -> Result<TypedRun<T>, SessionError> {
        Ok(TypedRun::new(self.prompt.submit().await?))
    }

    /// Submits the prompt without waiting; see [`Prompt::try_submit`].
    ///
    /// # Errors
    ///
    /// The errors of [`Prompt::try_submit`].
    pub fn try_submit(self) -> Result<TypedRun<T>, SessionError> {
        Ok(TypedRun::new(self.prompt.try_submit()?))
    }
}

/// A run whose answer is deserialized as a `T`. Dereferences to its [`ExecutionHandle`].
#[must_use = "the run goes on by itself, but its answer is only seen by waiting for it"]
pub struct TypedRun<T> {
    handle: ExecutionHandle,
    answer: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> TypedRun<T> {
    fn new(handle: ExecutionHandle) -> Self {
        Self {
            handle,
            answer: PhantomData,
        }
    }

    /// Waits until the run is over, and returns its answer.
    ///
    /// # Errors
    ///
    /// The errors of [`ExecutionHandle::wait`], or an error if the answer does not match the
    /// requested schema ([`StructuredOutput::read_answer`]), or is not a `T`
    /// ([`Turn::reply_as`](geppetto_turns::Turn::reply_as)).
    pub async fn wait(&self) -> Result<Answer<T>, AnswerError> {
        let turn = self.handle.wait().await.map_err(AnswerError::Run)?;
        match StructuredOutput::read_answer(&turn).and_then(|_| turn.reply_as()) {
            Ok(value) => Ok(Answer { value, turn }),
            Err(error) => Err(AnswerError::NotReadable {
                error,
                turn: Box::new(turn),
            }),
        }
    }
}

impl<T> TypedRun<T> {
    /// Returns the plain handle.
    pub fn into_handle(self) -> ExecutionHandle {
        self.handle
    }
}

impl<T> Deref for TypedRun<T> {
    type Target = ExecutionHandle;

    fn deref(&self) -> &ExecutionHandle {
        &self.handle
    }
}

impl<T> Clone for TypedRun<T> {
    fn clone(&self) -> Self {
        Self {
            handle: self.handle.clone(),
            answer: PhantomData,
        }
    }
}

impl<T> fmt::Debug for TypedRun<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedRun").field(&self.handle).finish()
    }
}

/// Answer of a [`TypedRun`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Answer<T> {
    /// The deserialized answer.
    pub value: T,
    /// The turn that ends with the answer.
    pub turn: Turn,
}

/// Error of a [`TypedRun`] without an answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum AnswerError {
    /// The run did not complete.
    Run(RunError),
    /// The run completed, but its answer cannot be deserialized.
    NotReadable {
        /// Cause.
        error: ReplyError,
        /// The turn with the unmodified answer.
        turn: Box<Turn>,
    },
}

impl AnswerError {
    /// Returns the turn in its current state.
    #[must_use]
    pub fn turn(&self) -> &Turn {
        match self {
            Self::Run(error) => error.turn(),
            Self::NotReadable { turn, .. } => turn,
        }
    }
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(error) => error.fmt(f),
            Self::NotReadable { error, .. } => error.fmt(f),
        }
    }
}

impl Error for AnswerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Run(error) => error.source(),
            Self::NotReadable { error, .. } => error.source(),
        }
    }
}
