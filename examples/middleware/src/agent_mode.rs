//! [`AgentMode`]: modes that the model can switch between.

use async_trait::async_trait;
use geppetto_engine::{EngineError, ErrorKind, Middleware, Next, RunContext};
use geppetto_events::{EventKind, kind::AgentModeSwitch};
use geppetto_turns::{
    Block, InferenceResult, KeyError, Turn,
    keys::{block_meta::AGENTMODE, data::AGENT_MODE},
};
use serde_json::json;

/// A mode and its instructions for the model.
#[derive(Debug, Clone)]
pub(crate) struct Mode {
    name: String,
    prompt: String,
}

impl Mode {
    pub(crate) fn new(name: &str, prompt: &str) -> Self {
        let (name, prompt) = (name.to_owned(), prompt.to_owned());
        Self { name, prompt }
    }
}

/// Tells the model which mode it is in, and lets it switch with `<switch-mode>name</switch-mode>`.
/// The mode belongs to the conversation and is stored in the turn's data.
#[derive(Debug)]
pub(crate) struct AgentMode {
    modes: Vec<Mode>,
}

impl AgentMode {
    /// Creates the middleware. The first mode is the initial one.
    pub(crate) fn new(modes: impl IntoIterator<Item = Mode>) -> Self {
        Self {
            modes: modes.into_iter().collect(),
        }
    }

    fn find(&self, name: &str) -> Option<&Mode> {
        self.modes.iter().find(|mode| mode.name == name)
    }

    /// Before the call: states the mode, unless the conversation already does. The statement goes
    /// before the prompt, so that the earlier blocks stay the same and prompt caches still hit.
    fn announce(&self, turn: &mut Turn) -> Result<(), KeyError> {
        let current = turn.data.get(&AGENT_MODE)?;
        let known = current.as_deref().and_then(|name| self.find(name));
        let Some(mode) = known.or(self.modes.first()) else {
            return Ok(());
        };
        let mut said = turn
            .blocks
            .iter()
            .rev()
            .filter_map(|block| block.metadata.get(&AGENTMODE).ok().flatten());
        if said.next().as_ref() != Some(&mode.name) {
            let mut block = Block::system(&mode.prompt);
            block.metadata.set(&AGENTMODE, &mode.name)?;
            turn.insert_before_last(block);
        }
        turn.data.set(&AGENT_MODE, &mode.name)
    }

    /// After the call: switches the mode if the model asked for it.
    fn switch(&self, ctx: &RunContext, turn: &mut Turn) -> Result<(), KeyError> {
        let answer = turn.assistant_text();
        let Some(to) = wanted(&answer).and_then(|name| self.find(name)) else {
            return Ok(());
        };
        let from = turn.data.get(&AGENT_MODE)?.unwrap_or_default();
        if from == to.name {
            return Ok(());
        }
        turn.data.set(&AGENT_MODE, &to.name)?;
        let mut event = AgentModeSwitch::default();
        event.message = format!("from {from} to {}", to.name);
        event.data = Some(json!({"from": from, "to": to.name}));
        ctx.publish(EventKind::AgentModeSwitch(event));
        Ok(())
    }
}

/// Returns the mode that an answer asks for.
fn wanted(answer: &str) -> Option<&str> {
    let (_, after) = answer.rsplit_once("<switch-mode>")?;
    let (name, _) = after.split_once("</switch-mode>")?;
    Some(name.trim())
}

fn malformed(error: KeyError) -> EngineError {
    EngineError::new(
        ErrorKind::Configuration,
        "the agent mode cannot be read or written",
    )
    .with_source(error)
}

#[async_trait]
impl Middleware for AgentMode {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        self.announce(turn).map_err(malformed)?;
        let result = next.run(ctx, turn).await?;
        self.switch(ctx, turn).map_err(malformed)?;
        Ok(result)
    }
}
