//! Changes to the history while no inference is running.

use geppetto_turns::{Block, Turn};

use super::Session;
use crate::{SessionError, history::identify, prompt};

impl Session {
    /// Appends a turn to the history.
    ///
    /// # Errors
    ///
    /// [`SessionError::Busy`] while an inference is running.
    pub fn append(&self, turn: Turn) -> Result<(), SessionError> {
        let mut state = self.lock();
        self.refuse_if_running(&state)?;
        let ids = &*self.inner.ids;
        state.history.append(turn, &self.inner.id, ids);
        Ok(())
    }

    /// Appends a turn that extends the latest one with a user's prompt. Returns that turn.
    ///
    /// [`prompt`](Self::prompt) appends a prompt and runs it, and can edit its turn.
    ///
    /// # Errors
    ///
    /// [`SessionError::Busy`] while an inference is running, [`SessionError::EmptyPrompt`] if the
    /// text is blank.
    pub fn append_user_prompt(&self, text: impl Into<String>) -> Result<Turn, SessionError> {
        self.append_user_prompts([text])
    }

    /// Appends a turn that extends the latest one with one block per text; blank texts are omitted.
    /// Returns that turn.
    ///
    /// # Errors
    ///
    /// The errors of [`append_user_prompt`](Self::append_user_prompt).
    pub fn append_user_prompts<T: Into<String>>(
        &self,
        texts: impl IntoIterator<Item = T>,
    ) -> Result<Turn, SessionError> {
        let blocks = texts.into_iter().map(|text| Block::user(text)).collect();
        let blocks = prompt::prompt(blocks)?;
        let mut state = self.lock();
        self.refuse_if_running(&state)?;
        let ids = &*self.inner.ids;
        Ok(state.history.append_prompt(blocks, &self.inner.id, ids))
    }

    /// Removes the latest turn and returns it. The totals of the session stay.
    ///
    /// # Errors
    ///
    /// [`SessionError::Busy`] while an inference is running, [`SessionError::Empty`] if there is no
    /// turn.
    pub fn undo(&self) -> Result<Turn, SessionError> {
        let mut state = self.lock();
        self.refuse_if_running(&state)?;
        let removed = state.history.undo();
        drop(state);
        removed.ok_or_else(|| SessionError::Empty {
            session_id: self.inner.id.clone(),
        })
    }

    /// Updates the latest turn, such as its system prompt or its data. Returns the updated turn.
    ///
    /// `update` receives a copy; it is called again if another task changed the history in the
    /// meantime.
    ///
    /// # Errors
    ///
    /// [`SessionError::Busy`] while an inference is running, [`SessionError::Empty`] if there is no
    /// turn. The history is unchanged in these cases.
    pub fn update_latest(&self, mut update: impl FnMut(&mut Turn)) -> Result<Turn, SessionError> {
        loop {
            let (latest, version) = {
                let state = self.lock();
                self.refuse_if_running(&state)?;
                let latest = state.history.latest().cloned();
                (latest, state.history.version())
            };
            let Some(latest) = latest else {
                return Err(SessionError::Empty {
                    session_id: self.inner.id.clone(),
                });
            };
            let mut turn = latest.clone();
            update(&mut turn);
            let from = turn.blocks.common_prefix(&latest.blocks);
            identify(&mut turn, from, &self.inner.id, &*self.inner.ids);
            let mut state = self.lock();
            self.refuse_if_running(&state)?;
            if state.history.replace_latest(turn.clone(), version) {
                return Ok(turn);
            }
        }
    }
}
