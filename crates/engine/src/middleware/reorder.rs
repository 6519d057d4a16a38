//! [`ReorderToolResults`]: middleware that moves tool answers to their calls.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_turns::{Block, Blocks, InferenceResult, Turn};

use crate::{EngineError, Middleware, Next, RunContext};

/// Moves each tool's answer directly behind the calls of the model output that requested it.
///
/// Providers require this order. For applications that append answers late or out of order; the
/// tool loop maintains the order itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReorderToolResults;

impl ReorderToolResults {
    pub(super) fn apply(turn: &mut Turn) {
        let mut answers: Vec<Option<&Arc<Block>>> = turn
            .blocks
            .iter()
            .map(|block| block.as_tool_use().map(|_| block))
            .collect();
        if answers.iter().all(Option::is_none) {
            return;
        }
        let mut ordered: Vec<Arc<Block>> = Vec::with_capacity(turn.blocks.len());
        let mut calls: Vec<(usize, &str)> = Vec::new();
        for (index, block) in turn.blocks.iter().enumerate() {
            if let Some(call) = block.as_tool_call() {
                calls.push((index, &call.id));
            } else if block.as_tool_use().is_none()
                || answers.get(index).is_some_and(Option::is_some)
            {
                take_answers(&mut calls, &mut answers, &mut ordered);
            }
            match block.as_tool_use() {
                None => ordered.push(Arc::clone(block)),
                // An answer without a preceding call stays where it is.
                Some(_) => ordered.extend(answers.get_mut(index).and_then(Option::take).cloned()),
            }
        }
        take_answers(&mut calls, &mut answers, &mut ordered);
        let moved = ordered
            .iter()
            .zip(&turn.blocks)
            .any(|(a, b)| !Arc::ptr_eq(a, b));
        if moved {
            turn.blocks = ordered.into_iter().collect::<Blocks>();
        }
    }
}

/// Takes the first answer to each call, in the order of the calls.
fn take_answers(
    calls: &mut Vec<(usize, &str)>,
    answers: &mut [Option<&Arc<Block>>],
    ordered: &mut Vec<Arc<Block>>,
) {
    for (index, id) in calls.drain(..) {
        let answer = answers.iter_mut().skip(index).find(|answer| {
            answer
                .and_then(|block| block.as_tool_use())
                .is_some_and(|answer| answer.id == id)
        });
        ordered.extend(answer.and_then(Option::take).cloned());
    }
}

#[async_trait]
impl Middleware for ReorderToolResults {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        Self::apply(turn);
        next.run(ctx, turn).await
    }
}
