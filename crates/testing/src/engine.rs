//! [`ScriptedEngine`]: an engine with scripted replies.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, ErrorKind, ResponseWriter, RunContext};
use geppetto_turns::{InferenceResult, Turn};

mod play;
mod script;

#[cfg(test)]
mod tests;

pub use script::Script;

/// An engine that plays the next script for each inference, without a network.
///
/// Cheap to clone; clones share their scripts. It keeps the input turn of each inference.
///
/// ```
/// use geppetto_engine::{Engine, RunContext};
/// use geppetto_testing::{Script, ScriptedEngine};
/// use geppetto_turns::Turn;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let engine = ScriptedEngine::new([Script::new().reasoning("hm").text("Hel").text("lo")]);
/// let mut turn = Turn::builder().user("hi").build();
/// engine.run_inference(&RunContext::new(), &mut turn).await?;
/// assert_eq!(turn.assistant_text(), "Hello");
/// assert_eq!(engine.turns()[0].blocks.len(), 1);
/// # Ok::<(), geppetto_engine::EngineError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Default)]
pub struct ScriptedEngine {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    scripts: VecDeque<Script>,
    always: Option<Script>,
    turns: Vec<Turn>,
}

impl ScriptedEngine {
    /// Creates an engine that plays these scripts, one per inference. An inference without a script
    /// fails with [`ErrorKind::Configuration`].
    pub fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let engine = Self::default();
        engine.lock().scripts = scripts.into_iter().collect();
        engine
    }

    /// Creates an engine that plays the same script for every inference.
    #[must_use]
    pub fn always(script: Script) -> Self {
        let engine = Self::default();
        engine.lock().always = Some(script);
        engine
    }

    /// Appends a script.
    pub fn push(&self, script: Script) {
        self.lock().scripts.push_back(script);
    }

    /// Returns the input turns of all inferences so far.
    #[must_use]
    pub fn turns(&self) -> Vec<Turn> {
        self.lock().turns.clone()
    }

    /// Returns the number of inferences so far.
    #[must_use]
    pub fn inferences(&self) -> usize {
        self.lock().turns.len()
    }

    /// Clears the input turns, and thereby resets [`inferences`](Self::inferences); for long runs.
    pub fn forget_turns(&self) {
        self.lock().turns.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Engine for ScriptedEngine {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let (script, number) = {
            let mut state = self.lock();
            state.turns.push(turn.clone());
            let number = state.turns.len();
            let next = state.scripts.pop_front().or_else(|| state.always.clone());
            (next, number)
        };
        let Some(script) = script else {
            let message = format!("the scripted engine has no script for inference {number}");
            return Err(EngineError::new(ErrorKind::Configuration, message));
        };
        let writer = ResponseWriter::start(ctx, turn, "scripted", "scripted-1");
        play::play(script, ctx, writer).await
    }
}

impl fmt::Debug for ScriptedEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("ScriptedEngine")
            .field("scripts_left", &state.scripts.len())
            .field("inferences", &state.turns.len())
            .finish_non_exhaustive()
    }
}
