//! Names of the places at which harnesses stop or kill a host.

use geppetto_store::{Batch, EffectWrite, RunPhase};

/// Returns the place of the write of a batch.
#[must_use]
pub fn place(batch: &Batch) -> &'static str {
    let phase = batch.run.as_ref().map(|run| &run.phase);
    match (phase, batch.effects.first()) {
        (_, Some(EffectWrite::Begin(_))) => "begin",
        (_, Some(_)) => "finish",
        (Some(RunPhase::Started), None) => "prompt",
        (Some(RunPhase::Calling), None) => "call",
        (Some(RunPhase::Replied), None) => "reply",
        (Some(RunPhase::Ended(_)), None) => "end",
        _ => "events",
    }
}
