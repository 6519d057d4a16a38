//! The settings of a run, and whether its start is recorded.

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

    /// The settings of this run, if it has any.
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

    /// Returns `true` if the journal's barrier at the start of the run has been awaited already.
    #[must_use]
    pub fn is_start_recorded(&self) -> bool {
        self.start_recorded
    }

    /// Writes the run's settings into the turn's data, for one call of the engine. The returned
    /// context and guard are for that call.
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

    /// Takes the model out of the turn's data, for one call of an engine that it is not meant for.
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

    /// Takes what was written for the current call out of a turn that the engine was given.
    pub(super) fn undo_settings(&self, turn: &mut Turn) {
        let mut here = self.applied.as_deref();
        while let Some(own) = here {
            own.applied.undo(turn);
            here = own.outer.as_deref();
        }
    }
}

/// What the turn's data contain for the current call, the innermost first.
pub(super) struct AppliedHere {
    applied: Arc<Applied>,
    outer: Option<Arc<AppliedHere>>,
}

/// A turn whose data were changed for one call. Puts them back when it is dropped.
pub(crate) struct SettingsApplied<'t> {
    pub(crate) turn: &'t mut Turn,
    applied: Arc<Applied>,
}

impl Drop for SettingsApplied<'_> {
    fn drop(&mut self) {
        self.applied.undo(self.turn);
    }
}
