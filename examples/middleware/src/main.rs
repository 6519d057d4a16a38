//! Two custom middlewares. [`AgentMode`] works before and after each call of the model: it tells
//! the model which mode it is in, and reads from the answer whether to switch. [`Trace`] only
//! observes. The first middleware of a stack is the outermost.
//!
//! ```text
//! $ cargo run -p middleware
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

mod agent_mode;

use std::{error::Error, sync::Arc};

use agent_mode::{AgentMode, Mode};
use async_trait::async_trait;
use example_run::{print, println};
use geppetto_engine::{Engine, EngineError, Middleware, Next, RunContext, Stack};
use geppetto_events::{EventKind, EventSink, sink_fn};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::{InferenceResult, Turn, keys::data::AGENT_MODE};

/// Prints when the rest of the chain begins and ends, and changes nothing.
struct Trace(&'static str);

#[async_trait]
impl Middleware for Trace {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        println!("{} begins, blocks: {}", self.0, turn.blocks.len());
        let outcome = next.run(ctx, turn).await;
        println!("{} ends, blocks: {}", self.0, turn.blocks.len());
        outcome
    }
}

/// In place of a model: asks for another mode once it has a plan.
fn model() -> ScriptedEngine {
    ScriptedEngine::new([
        Script::new().text("First the roof. <switch-mode>build</switch-mode>"),
        Script::new().text("The roof is done."),
    ])
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    let modes = AgentMode::new([
        Mode::new(
            "plan",
            "You make plans. When one is ready, switch to the mode `build`.",
        ),
        Mode::new("build", "You carry out the plan."),
    ]);
    let middlewares: [Arc<dyn Middleware>; 3] = [
        Arc::new(Trace("outer")),
        Arc::new(modes),
        Arc::new(Trace("inner")),
    ];
    let engine = Stack::new(Arc::new(model()), middlewares);

    let switches: Arc<dyn EventSink> = Arc::new(sink_fn(|event| {
        if let EventKind::AgentModeSwitch(switch) = &event.kind {
            println!("event: {}", switch.message);
        }
    }));
    let ctx = RunContext::new().with_event_sinks([switches]);

    let mut turn = Turn::new();
    for prompt in ["Build me a house.", "Go on."] {
        println!("--- {prompt}");
        turn.push_user(prompt, []);
        engine.run_inference(&ctx, &mut turn).await?;
        println!("mode: {}", turn.data.get(&AGENT_MODE)?.unwrap_or_default());
    }
    println!("--- the conversation");
    print!("{turn}");
    Ok(())
}
