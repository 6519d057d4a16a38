//! [`Case`]: a scenario of the simulator.

use std::{error::Error, fmt, sync::Arc};

use geppetto_engine::{Decision, EngineBuilder};
use geppetto_turns::Turn;

use super::{Observation, World, drive::Observed};

/// A simulated case: how to build what a session runs, and its prompts.
///
/// It is built anew for every cut. Any randomness in it must come from its [`World`].
pub struct Case {
    name: String,
    setup: Box<BuildSetup>,
    check: Option<Box<OwnCheck>>,
}

type OwnCheck = dyn Fn(&Observation) -> Vec<String> + Send + Sync;
type BuildSetup = dyn Fn(&World) -> Result<Setup, SetupError> + Send + Sync;

/// Error of building a case, of any type.
pub type SetupError = Box<dyn Error + Send + Sync>;

impl Case {
    /// Creates a case with a name, and the function that builds it.
    pub fn new(
        name: impl Into<String>,
        setup: impl Fn(&World) -> Result<Setup, SetupError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            setup: Box::new(setup),
            check: None,
        }
    }

    /// Adds a check of the application, called after every simulated session. It returns the
    /// problems that it found.
    #[must_use]
    pub fn with_check(
        mut self,
        check: impl Fn(&Observation) -> Vec<String> + Send + Sync + 'static,
    ) -> Self {
        self.check = Some(Box::new(check));
        self
    }

    /// Returns the problems that the application's own check found.
    pub(super) fn own_problems(&self, seen: &Observed) -> Vec<String> {
        let Some(check) = &self.check else {
            return Vec::new();
        };
        let turns = (0..seen.session.turn_count()).filter_map(|n| seen.session.turn(n));
        check(&Observation {
            history: seen.setup.history.clone(),
            steps: seen.recorder.steps(),
            turns: turns.collect(),
        })
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn setup(&self, world: &World) -> Result<Setup, SetupError> {
        (self.setup)(world)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A session's builder and prompts.
#[must_use]
pub struct Setup {
    pub(super) builder: Arc<dyn EngineBuilder>,
    pub(super) prompt: String,
    pub(super) next_prompt: String,
    pub(super) next_text: Option<String>,
    pub(super) slow_reader: bool,
    pub(super) answers_calls: bool,
    pub(super) history: Vec<Turn>,
    pub(super) decisions: Vec<(String, Decision)>,
}

impl Setup {
    /// Creates the setup of a session that runs what `builder` builds.
    pub fn new(builder: impl EngineBuilder + 'static) -> Self {
        Self {
            builder: Arc::new(builder),
            prompt: "first prompt".to_owned(),
            next_prompt: "next prompt".to_owned(),
            next_text: None,
            slow_reader: false,
            answers_calls: true,
            history: Vec::new(),
            decisions: Vec::new(),
        }
    }

    /// Sets the prompt of the disturbed run.
    pub fn prompt(mut self, text: impl Into<String>) -> Self {
        self.prompt = text.into();
        self
    }

    /// Sets the prompt of the run after it, which is not disturbed.
    pub fn next_prompt(mut self, text: impl Into<String>) -> Self {
        self.next_prompt = text.into();
        self
    }

    /// Sets the expected answer to the next prompt. Any answer by default.
    pub fn next_text(mut self, text: impl Into<String>) -> Self {
        self.next_text = Some(text.into());
        self
    }

    /// Restores a session whose last turn has tool calls that wait for a person, and continues with
    /// these decisions in place of the first prompt.
    pub fn answers(
        mut self,
        history: impl IntoIterator<Item = Turn>,
        decisions: impl IntoIterator<Item = (String, Decision)>,
    ) -> Self {
        self.history = history.into_iter().collect();
        self.decisions = decisions.into_iter().collect();
        self
    }

    /// Declares that the session runs no tools, so calls stay open.
    pub fn leaves_calls_open(mut self) -> Self {
        self.answers_calls = false;
        self
    }

    /// Adds a slow reader of the session's events, which must receive all of them.
    pub fn slow_reader(mut self) -> Self {
        self.slow_reader = true;
        self
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("prompt", &self.prompt)
            .field("next_prompt", &self.next_prompt)
            .finish_non_exhaustive()
    }
}
