//! Folds without a network, for unit tests of wires.

use geppetto_engine::{EngineError, ResponseWriter, RunContext};
use geppetto_turns::{InferenceResult, Turn};

use crate::{
    Flow, Fold, Frame, Output,
    harness::{
        Outcome, classify, ended,
        feed::{feed_body, feed_frame},
    },
};

/// Folds the frames of a stream (name and data of each) into `turn`, like
/// [`WireEngine`](crate::WireEngine).
///
/// # Errors
///
/// The errors of an inference; an incomplete stream is truncated.
pub fn fold_frames<'f, F: Fold>(
    ctx: &RunContext,
    turn: &mut Turn,
    fold: F,
    frames: impl IntoIterator<Item = (&'f str, &'f str)>,
) -> Result<InferenceResult, EngineError> {
    let mut frames = frames.into_iter();
    run(ctx, turn, fold, |fold, out| {
        frames
            .try_for_each(|(name, data)| {
                let flow = feed_frame(fold, Frame { name, data }, out)
                    .map_err(|fault| Some(classify::frame(fault, data, FORMAT, out.redactor())));
                match flow? {
                    Flow::End => Err(None),
                    Flow::Continue | Flow::Heartbeat => Ok(()),
                }
            })
            .or_else(|end| end.map_or(Ok(()), Err))
    })
}

/// Folds a body into `turn`.
///
/// # Errors
///
/// The errors of an inference; an incomplete body is truncated.
pub fn fold_body<F: Fold>(
    ctx: &RunContext,
    turn: &mut Turn,
    fold: F,
    body: &str,
) -> Result<InferenceResult, EngineError> {
    run(ctx, turn, fold, |fold, out| {
        feed_body(fold, body, out)
            .map_err(|fault| classify::body(fault, body, FORMAT, out.redactor()))
    })
}

/// Returns an output that writes to `turn`, for tests of a part of a fold. Dropping it ends the
/// reply as failed.
pub fn output<'a>(ctx: &'a RunContext, turn: &'a mut Turn) -> Output<'a> {
    Output::new(ResponseWriter::start(ctx, turn, "test", "test-model"))
}

const FORMAT: &str = "of this wire";

fn run<F: Fold>(
    ctx: &RunContext,
    turn: &mut Turn,
    mut fold: F,
    feed: impl FnOnce(&mut F, &mut Output<'_>) -> Result<(), EngineError>,
) -> Result<InferenceResult, EngineError> {
    let mut out = output(ctx, turn);
    let broken = feed(&mut fold, &mut out).err();
    let outcome = Outcome {
        broken: broken.or_else(|| ended(&fold, FORMAT, &out).err()),
        fold: Box::new(fold),
        request_id: None,
    };
    outcome.end(out, None)
}
