//! Settings of a run, and the record of its start.

use std::sync::Arc;

use geppetto_turns::Turn;

use super::RunContext;
use crate::{ConfigError, RunSettings, config::Applied};

impl RunContext {
    /// Sets the settings of this run, which take precedence over the turn's; see [`RunSettings`].
    /// Contexts of inner work do not have them.
    #[must_use]
    pub fn with_run_settings(mut self, settings: RunSettings) -> Self {
        self.settings = (!settings.is_empty()).then(|| Arc::new(settings));
        self
    }

    /// Returns the settings of this run, if it has any.
    #[must_use]
    pub fn run_settings(&self) -> Option<&RunSettings> {
        self.settings.as_deref()
    }

    /// Marks the journal's barrier at the start of the run as passed, so that the runner does not
    /// await it again. For sessions that acknowledge a prompt after that barrier.
    #[must_use]
    pub fn with_start_recorded(mut self) -> Self {
        self.start_recorded = true;
        self
    }

    /// Returns `true` if the journal's barrier at the start of the run has already been passed.
    #[must_use]
    pub fn is_start_recorded(&self) -> bool {
        self.start_recorded
    }

    /// Writes the run's settings to the data of the turn, for one engine call. The returned context
    /// and guard are for that call.
    pub(crate) fn apply_settings<'t>(
        &self,
        turn: &'t mut Turn,
    ) -> Result<(Self, SettingsApplied<'t>), ConfigError> {
        let applied = match &self.settings {
            None => Applied::default(),
            Some(settings) => settings.apply(turn)?,
        };
        Ok(self.applied(turn, applied))
    }

    /// Removes the model from the data of the turn, for one call of an engine other than the one it
    /// is intended for.
    pub(crate) fn without_model<'t>(
        &self,
        turn: &'t mut Turn,
    ) -> Result<(Self, SettingsApplied<'t>), ConfigError> {
        let applied = Applied::without_model(turn)?;
        Ok(self.applied(turn, applied))
    }

    fn applied<'t>(&self, turn: &'t mut Turn, applied: Applied) -> (Self, SettingsApplied<'t>) {
        let applied = Arc::new(applied);
        let mut ctx = self.clone();
        ctx.applied = Some(Arc::new(AppliedHere {
            applied: Arc::clone(&applied),
            outer: self.applied.clone(),
        }));
        (ctx, SettingsApplied { turn, applied })
    }

    /// Removes the values written for the current call from a turn that is the engine's input.
    pub(super) fn undo_settings(&self, turn: &mut Turn) {
        let mut here = self.applied.as_deref();
        while let Some(own) = here {
            own.applied.undo(turn);
            here = own.outer.as_deref();
        }
    }
}

/// Values written to the data of the turn for the current call, innermost first.
pub(super) struct AppliedHere {
    applied: Arc<Applied>,
    outer: Option<Arc<AppliedHere>>,
}

/// A turn whose data is changed for the duration of one call. Restores the previous values on drop.
pub(crate) struct SettingsApplied<'t> {
    pub(crate) turn: &'t mut Turn,
    applied: Arc<Applied>,
}

impl Drop for SettingsApplied<'_> {
    fn drop(&mut self) {
        self.applied.undo(self.turn);
    }
}
