//! Runs that wait for a person, and runs that continue with the answer.

use async_trait::async_trait;
use geppetto_engine::{Decision, PendingCall, RunContext};
use geppetto_toolloop::{Rejection, Tool, ToolExecutor};
use geppetto_turns::{Block, ToolCall, Turn};

use super::{
    Case, Setup, SetupError, World,
    replies::{Said, Wire},
    runs::NEXT,
    tools,
};

/// Asks a person about every `write`.
struct Asks;

#[async_trait]
impl ToolExecutor for Asks {
    async fn is_allowed(
        &self,
        _: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        match call.name.as_str() {
            "write" => Err(Rejection::wait("May it write?")),
            _ => Ok(()),
        }
    }
}

/// One of two calls waits; then the user continues without an answer.
pub(super) fn asks(wire: Wire) -> Case {
    Case::new(format!("{}-waits", wire.as_str()), move |world| {
        let rng = &mut world.rng();
        let calls = Said::new().words(rng).call("call_1", "write", "{}");
        let calls = calls.call("call_2", "look", r#"{"n": 1}"#);
        setup(world, wire, vec![calls, Said::new().words(rng)])
    })
}

/// A restored session whose turn has three waiting calls: one is allowed, one is allowed with
/// changed arguments, and one is rejected.
pub(super) fn is_answered(wire: Wire) -> Case {
    Case::new(format!("{}-answered", wire.as_str()), move |world| {
        let setup = setup(world, wire, vec![Said::new().words(&mut world.rng())])?;
        let decisions = [
            ("call_1", Decision::Allow),
            ("call_2", Decision::allow_with(r#"{"n": 5}"#)),
            ("call_3", Decision::reject("not now")),
        ];
        let decisions = decisions.map(|(id, decision)| (id.to_owned(), decision));
        Ok(setup.answers([waiting(world)?], decisions))
    })
}

fn setup(world: &World, wire: Wire, replies: Vec<Said>) -> Result<Setup, SetupError> {
    let engine = wire.engine(world, replies, vec![Said::new().text(NEXT)])?;
    let builder = world.builder_with_executor(engine, Asks);
    Ok(Setup::new(builder.tools(tools::all(world)?)).next_text(NEXT))
}

/// Returns a turn as restored from a store.
fn waiting(world: &World) -> Result<Turn, SetupError> {
    let mut turn = Turn::builder().id("turn_1").build();
    let call = |id: &str| Block::tool_call(ToolCall::new(id, "write", r#"{"n": 4}"#));
    let blocks = [
        Block::user("first prompt"),
        call("call_1"),
        Block::tool_call(ToolCall::new("call_0", "look", "{}")),
        call("call_2"),
        call("call_3"),
        Block::tool_result("call_0", "seen {}"),
    ];
    for (number, block) in blocks.into_iter().enumerate() {
        turn.push(block.with_id(format!("block_{number}")));
    }
    let waits = ["call_1", "call_2", "call_3"];
    let waits = waits.map(|id| PendingCall::new(id, "write", r#"{"n": 4}"#, "May it write?"));
    PendingCall::record(&mut turn, &waits);
    Ok(match world.rng().bool() {
        true => Turn::from_yaml(&turn.to_yaml()?)?,
        false => Turn::from_json(&turn.to_json()?)?,
    })
}
