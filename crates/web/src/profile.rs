//! [`Profile`]: a named way to run a prompt, such as a model.

use std::{fmt, sync::Arc};

use geppetto_host::Submit;
use geppetto_turns::{Turn, TurnMetaKey};

/// Name of the profile that a turn ran with.
const PROFILE: TurnMetaKey<String> = TurnMetaKey::new("geppetto_web.profile@v1");

type Apply = Arc<dyn Fn(Submit) -> Submit + Send + Sync>;

/// A named way to run prompts, which the user of the page can choose: a model, settings, or another
/// engine builder.
///
/// A run that is cut off by a restart keeps its model and settings, which are stored; it continues
/// with the engine builder of the host.
#[derive(Clone)]
pub struct Profile {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) model: Option<String>,
    apply: Option<Apply>,
}

impl Profile {
    /// Creates a profile that runs what the host's engine builder builds.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            title: None,
            description: None,
            model: None,
            apply: None,
        }
    }

    /// Sets the title, which the page shows instead of the name.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets a description of one sentence.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the model.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Sets a function that is applied to every request for a run with this profile, after the
    /// model: to set sampling and limits ([`Submit::settings`]) or an engine builder
    /// ([`Submit::engine_builder`]).
    #[must_use]
    pub fn apply(mut self, apply: impl Fn(Submit) -> Submit + Send + Sync + 'static) -> Self {
        self.apply = Some(Arc::new(apply));
        self
    }

    /// Returns a request with this profile.
    pub(crate) fn on(&self, submit: Submit) -> Submit {
        let mut submit = submit;
        if let Some(model) = &self.model {
            submit = submit.model(model.as_str());
        }
        if let Some(apply) = &self.apply {
            submit = apply(submit);
        }
        let name = self.name.clone();
        submit.with(move |prompt| prompt.edit(move |turn| Self::note(turn, &name)))
    }

    /// Notes the name of a profile in a turn.
    pub(crate) fn note(turn: &mut Turn, name: &String) {
        if let Err(error) = turn.metadata.set(&PROFILE, name) {
            tracing::warn!(%error, "the profile of a turn was not noted");
        }
    }

    /// Returns the name of the profile that a turn runs with, if it has one.
    ///
    /// For engines that choose a provider by profile. Unlike an engine builder that
    /// [`apply`](Self::apply) sets, such an engine is also used by a run that continues after a
    /// restart.
    #[must_use]
    pub fn of(turn: &Turn) -> Option<String> {
        turn.metadata.get(&PROFILE).ok().flatten()
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("name", &self.name)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}
