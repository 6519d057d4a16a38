//! Runs are submitted.

use geppetto_turns::{Block, ImagePart};

use super::Session;
use crate::{ExecutionHandle, Prompt, SessionError, options::Input};

impl Session {
    /// A prompt with options that hold for its run alone: model, settings, deadline, extensions
    /// and others. Nothing happens until it is [submitted](Prompt::submit).
    pub fn prompt(&self, text: impl Into<String>) -> Prompt {
        Prompt::new(self, Input::Prompt(vec![Block::user(text)]))
    }

    /// An inference on the latest turn with options that hold for it alone. The run changes that
    /// turn; no turn is added. Nothing happens until it is [submitted](Prompt::submit), which
    /// refuses in a session that queues, too: there is no prompt to wait.
    ///
    /// If the last run on the turn waits ([`waiting_for`](Self::waiting_for)) or was cut off (its
    /// process ended, and the session was restored from a store), its settings apply, and those that are given here take
    /// precedence.
    pub fn inference(&self) -> Prompt {
        Prompt::new(self, Input::Latest)
    }

    /// Appends a prompt and starts an inference on it, atomically; see [`Prompt::submit`].
    ///
    /// # Errors
    ///
    /// As for [`Prompt::submit`]; the history is as it was.
    pub async fn submit(&self, text: impl Into<String>) -> Result<ExecutionHandle, SessionError> {
        self.prompt(text).submit().await
    }

    /// As [`submit`](Self::submit), without waiting for anything; see [`Prompt::try_submit`].
    ///
    /// # Errors
    ///
    /// As for [`Prompt::try_submit`].
    pub fn try_submit(&self, text: impl Into<String>) -> Result<ExecutionHandle, SessionError> {
        self.prompt(text).try_submit()
    }

    /// As [`submit`](Self::submit), with images.
    ///
    /// # Errors
    ///
    /// As for [`submit`](Self::submit).
    pub async fn submit_with_images(
        &self,
        text: impl Into<String>,
        images: impl IntoIterator<Item = ImagePart>,
    ) -> Result<ExecutionHandle, SessionError> {
        self.prompt(text).images(images).submit().await
    }

    /// Starts an inference on the latest turn; see [`inference`](Self::inference).
    ///
    /// # Errors
    ///
    /// [`SessionError::Busy`] while an inference is running (a session that queues refuses too:
    /// there is no prompt to wait), [`SessionError::Empty`] when there is nothing to run on.
    pub async fn start_inference(&self) -> Result<ExecutionHandle, SessionError> {
        self.inference().submit().await
    }
}
