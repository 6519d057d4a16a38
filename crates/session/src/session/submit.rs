//! Submission of runs.

use geppetto_turns::{Block, Content, ImagePart};

use super::Session;
use crate::{ExecutionHandle, Prompt, SessionError, options::Input};

impl Session {
    /// Returns a prompt with options that apply to its run alone: model, settings, deadline,
    /// extensions and others. Nothing happens until it is [submitted](Prompt::submit).
    pub fn prompt(&self, text: impl Into<String>) -> Prompt {
        Prompt::new(self, Input::Prompt(vec![Block::user(text)]))
    }

    /// Returns an inference on the latest turn with options that apply to it alone. The run changes
    /// that turn; no turn is added. Nothing happens until it is [submitted](Prompt::submit), which
    /// refuses while another inference is running, even in a session that queues prompts: there is
    /// no prompt to queue.
    ///
    /// If the last run on the turn waits ([`waiting_for`](Self::waiting_for)) or was interrupted
    /// (its process ended, and the session was restored from a store), its settings apply; settings
    /// given here take precedence.
    pub fn inference(&self) -> Prompt {
        Prompt::new(self, Input::Latest)
    }

    /// Returns a run that asks the last prompt again: a new turn with the same prompt takes the place
    /// of the latest one when the run starts, and the earlier answer is removed from the history.
    /// Nothing happens until it is [submitted](Prompt::submit), which refuses like
    /// [`inference`](Self::inference).
    ///
    /// Messages that joined the earlier run ([`Prompt::join_running`]) follow the prompt.
    ///
    /// The settings of the earlier run, such as its model, apply again; settings given here take
    /// precedence.
    pub fn retry(&self) -> Prompt {
        Prompt::new(self, Input::Replaces(None))
    }

    /// Like [`retry`](Self::retry), with another text. The images and files of the last prompt are
    /// kept; messages that joined the earlier run are not.
    pub fn edit_prompt(&self, text: impl Into<String>) -> Prompt {
        let last = self.lock().history.last_prompt();
        let last = last.into_iter().find_map(|block| match block.content {
            Content::User(user) => Some(user),
            _ => None,
        });
        let mut user = last.unwrap_or_default();
        user.text = text.into();
        Prompt::new(
            self,
            Input::Replaces(Some(vec![Block::new(Content::User(user))])),
        )
    }

    /// Appends a prompt and starts an inference on it, atomically; see [`Prompt::submit`].
    ///
    /// # Errors
    ///
    /// The errors of [`Prompt::submit`]; the history is unchanged.
    pub async fn submit(&self, text: impl Into<String>) -> Result<ExecutionHandle, SessionError> {
        self.prompt(text).submit().await
    }

    /// Submits a prompt that joins the running inference, if there is one: the model reads it when it is
    /// called again, instead of after the end of the run; see [`Prompt::join_running`].
    ///
    /// # Errors
    ///
    /// The errors of [`Prompt::submit`], and [`SessionError::QueueFull`] if 100 prompts wait.
    pub async fn steer(&self, text: impl Into<String>) -> Result<ExecutionHandle, SessionError> {
        self.prompt(text).join_running().submit().await
    }

    /// Like [`submit`](Self::submit), without waiting; see [`Prompt::try_submit`].
    ///
    /// # Errors
    ///
    /// The errors of [`Prompt::try_submit`].
    pub fn try_submit(&self, text: impl Into<String>) -> Result<ExecutionHandle, SessionError> {
        self.prompt(text).try_submit()
    }

    /// Like [`submit`](Self::submit), with images.
    ///
    /// # Errors
    ///
    /// The errors of [`submit`](Self::submit).
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
    /// [`SessionError::Busy`] while an inference is running (even in a session that queues prompts:
    /// there is no prompt to queue), [`SessionError::Empty`] if there is no input.
    pub async fn start_inference(&self) -> Result<ExecutionHandle, SessionError> {
        self.inference().submit().await
    }
}
