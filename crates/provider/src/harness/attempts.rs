//! Attempts at one call, until there is a reply.

use std::{future::poll_fn, sync::Arc, task::Poll};

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_transport::{Redactor, Request, Response, Retry};
use geppetto_turns::Turn;

use super::{
    Call, Outcome,
    again::{announce, repeats},
    classify,
    feed::{feed_body, feed_frame},
    open::{self, Reply},
    source::Source,
    stop::Stop,
    truncated,
};
use crate::{Flow, Fold, Output, rules};

/// Sends the request until there is a reply, and reads it. An empty reply is requested once more if it is a
/// fault of the model; if that fails, the empty reply is the reply.
pub(crate) async fn converse<F: Fold>(
    call: &Call<'_>,
    request: &Request,
    out: &mut Output<'_>,
    new_fold: impl Fn(&Turn) -> F + Send,
) -> Outcome<F> {
    let http = call.http;
    let mut stop = Stop::of(call.ctx);
    // A retry after output has already taken a permit from the same budget.
    let mut retry = match out.attempt() {
        1 => http.start_retry(),
        _ => http.retry().start_repeat(),
    };
    let outcome = attempt(call, request, out, &new_fold, &mut stop, &mut retry).await;
    let is_blank = outcome.broken.is_none() && !out.has_output() && outcome.fold.is_blank();
    if !is_blank || !repeats(&mut retry, &blank(), out, &mut stop).await {
        return outcome;
    }
    // Boxed: few calls need it.
    let again = Box::pin(attempt(
        call, request, out, &new_fold, &mut stop, &mut retry,
    ))
    .await;
    let has_failed = |error: &EngineError| !error.is_cancelled() && !out.has_output();
    let (reply, other) = match again.broken.as_ref().is_some_and(has_failed) {
        true => (outcome, again),
        false => (again, outcome),
    };
    call.count(&*other.fold, out);
    reply
}

/// Sends the request until there is a reply, and reads it. An attempt that breaks off before any
/// output is retried like a refused one. Each attempt has its own fold.
async fn attempt<F: Fold>(
    call: &Call<'_>,
    request: &Request,
    out: &mut Output<'_>,
    new_fold: &(impl Fn(&Turn) -> F + Send),
    stop: &mut Stop<'_>,
    retry: &mut Retry,
) -> Outcome<F> {
    let http = call.http;
    let limited =
        |error: EngineError| error.with_retry_limit(Arc::new(http.retry().budget().clone()));
    let mut of_model = false;
    loop {
        // A fold may be large: the future of the call keeps a pointer to it.
        let mut fold = Box::new(new_fold(out.asked()));
        // Boxed separately from the call's own state, which then stays small while the reply is
        // read.
        let opening = Box::pin(http.open_with(request, retry, |failed| announce(out, &failed)));
        let response = match stop.race(opening).await.and_then(|opened| opened) {
            Ok(response) => Box::new(response),
            Err(error) => {
                let request_id = error.request_id().map(|id| Redactor::new().label(id));
                return Outcome {
                    fold,
                    request_id,
                    broken: Some(limited(error)),
                };
            }
        };
        out.begin(response.redactor().clone());
        let request_id = response.request_id().map(|id| out.word(id));
        let broken = read(&mut *fold, response, call, stop, out).await.err();
        if !out.has_output()
            && let Some(error) = &broken
            && !error.is_cancelled()
            // A failure of the model itself is retried once.
            && !(is_of_model(error) && std::mem::replace(&mut of_model, true))
            && repeats(retry, error, out, stop).await
        {
            call.count(&*fold, out);
            continue;
        }
        return Outcome {
            fold,
            broken: broken.map(limited),
            request_id,
        };
    }
}

/// Returns the reason for which an empty reply is repeated.
fn blank() -> EngineError {
    EngineError::new(ErrorKind::Server, "the reply is empty")
}

fn is_of_model(error: &EngineError) -> bool {
    error.provider_code().is_some_and(rules::is_of_model)
}

/// Reads a reply, either a stream or one body, as the server sends it.
async fn read<F: Fold>(
    fold: &mut F,
    response: Box<Response>,
    call: &Call<'_>,
    stop: &mut Stop<'_>,
    out: &mut Output<'_>,
) -> Result<(), EngineError> {
    // Boxed, like the opening: a one-time step occupies no space while the reply is read.
    match Box::pin(open::open(*response, call, stop)).await? {
        Reply::Whole(body) => {
            out.count_replaced(body.replaced);
            feed_body(fold, &body.text, out)
                .map_err(|fault| classify::body(fault, &body.text, call.format, out.redactor()))?;
        }
        Reply::Stream(mut frames) => {
            let read = stream(&mut frames, fold, call, stop, out).await;
            out.count_replaced(frames.invalid_utf8());
            let broken = read?;
            if fold.ends_with_its_last_frame() && frames.ended_within_frame() {
                return Err(broken.unwrap_or_else(truncated));
            }
            // If the server has sent the finish reason, nothing relevant is missing.
            if let Some(error) = broken.filter(|_| !fold.is_complete() && fold.failure().is_none())
            {
                return Err(error);
            }
        }
    }
    ended(fold, call.format, out)
}

/// Returns the error of a reply that has ended without one, but not as its server ends replies.
///
/// # Errors
///
/// If the server has reported a failure without a reason, or the reply is truncated.
pub(crate) fn ended<F: Fold>(fold: &F, format: &str, out: &Output<'_>) -> Result<(), EngineError> {
    match fold.failure() {
        Some(fault) => Err(classify::frame(fault, "", format, out.redactor())),
        None if fold.is_complete() => Ok(()),
        None => Err(truncated()),
    }
}

/// Number of received frames processed before checking the run and yielding to other tasks of the
/// thread.
const FRAMES_AT_ONCE: usize = 128;

/// Reads a stream to its end; returns the error with which it broke off.
///
/// # Errors
///
/// If a frame is not part of a reply, or the run was stopped.
async fn stream<F: Fold>(
    frames: &mut Source,
    fold: &mut F,
    call: &Call<'_>,
    stop: &mut Stop<'_>,
    out: &mut Output<'_>,
) -> Result<Option<EngineError>, EngineError> {
    loop {
        let frame = match stop.race(frames.next()).await? {
            Ok(Some(frame)) => frame,
            Ok(None) => return Ok(None),
            Err(error) => return Ok(Some(error)),
        };
        let mut flow = feed_frame(fold, frame, out)
            .map_err(|fault| classify::frame(fault, frame.data, call.format, out.redactor()))?;
        // Received frames need no waiting.
        for frames_left in (0..FRAMES_AT_ONCE).rev() {
            match flow {
                Flow::Continue => {}
                Flow::Heartbeat => frames.was_heartbeat(),
                Flow::End => {
                    frames.release().await;
                    return Ok(None);
                }
            }
            if frames_left == 0 {
                stop.race(give_way()).await?;
                break;
            }
            let Some(frame) = frames.next_received()? else {
                break;
            };
            flow = feed_frame(fold, frame, out)
                .map_err(|fault| classify::frame(fault, frame.data, call.format, out.redactor()))?;
        }
    }
}

/// Yields to other tasks of the thread.
async fn give_way() {
    let mut gave_way = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut gave_way, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
