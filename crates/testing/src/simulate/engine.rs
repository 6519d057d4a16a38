//! Scripted engines of a simulated session.

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, RunContext};
use geppetto_turns::{InferenceResult, Turn};

use super::World;
use crate::{Script, ScriptedEngine};

impl World {
    /// Creates an engine that plays `first` in the first run, one script per provider call, and
    /// `next` in later runs.
    pub fn scripted<F, N>(&self, first: F, next: N) -> impl Engine + use<F, N>
    where
        F: IntoIterator<Item = Script>,
        N: IntoIterator<Item = Script>,
    {
        Scripted {
            world: self.clone(),
            first: ScriptedEngine::new(first),
            next: ScriptedEngine::new(next),
        }
    }
}

struct Scripted {
    world: World,
    first: ScriptedEngine,
    next: ScriptedEngine,
}

#[async_trait]
impl Engine for Scripted {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let engine = match self.world.is_second() {
            true => &self.next,
            false => &self.first,
        };
        engine.run_inference(ctx, turn).await
    }
}
