//! [`Joins`]: the queued prompts that join the running inference.

use std::sync::{Arc, Weak};

use geppetto_engine::{EngineError, InputFate, InputSource, JoiningInput};

use super::Waiting;
use crate::{Session, SessionError, run::Run, scheduler, session::Inner};

/// The queue of a session, as the source of the messages that join one of its runs.
pub(crate) struct Joins {
    session: Weak<Inner>,
    run: Weak<Run>,
}

impl Joins {
    pub(crate) fn new(session: &Session, run: &Arc<Run>) -> Self {
        Self {
            session: Arc::downgrade(&session.inner),
            run: Arc::downgrade(run),
        }
    }
}

impl InputSource for Joins {
    fn take(&self) -> Vec<JoiningInput> {
        let (Some(inner), Some(run)) = (self.session.upgrade(), self.run.upgrade()) else {
            return Vec::new();
        };
        let session = Session { inner };
        let (taken, replaced) = {
            let mut state = session.lock();
            if run.token.is_cancelled() {
                return Vec::new();
            }
            let taken = state.queue.take_joining();
            if !taken.is_empty() {
                session.queue_changed(&state);
            }
            (taken, state.queue.replacements())
        };
        let taken = taken.into_iter();
        let taken = taken.map(|own| joining(&session, &run, own, replaced));
        taken.collect()
    }
}

/// `replaced` is the number of replacements of the queue before the prompt was taken.
fn joining(session: &Session, run: &Arc<Run>, waiting: Waiting, replaced: u64) -> JoiningInput {
    let blocks = waiting.request.input.blocks().to_vec();
    let extensions = waiting.request.options.extensions.clone();
    let (session, run) = (session.clone(), Arc::clone(run));
    let settle = move |fate: InputFate<'_>| match fate {
        InputFate::Joined => {
            {
                // Under the lock, which a cancellation of the prompt takes as well.
                let _state = session.lock();
                waiting.run.joined(&run, session.stream().last_seq());
            }
            if waiting.run.token.is_cancelled() && !waiting.run.is_withdrawn() {
                run.token.cancel();
            }
        }
        InputFate::Refused(error) => {
            let error = EngineError::new(error.kind(), error.to_string());
            let error = SessionError::NotRecorded(Arc::new(error));
            waiting.run.not_started(session.latest(), error);
        }
        _ => put_back(&session, waiting, replaced),
    };
    JoiningInput::new(blocks, settle).with_extensions(extensions)
}

/// Makes a prompt that was taken and not read the next one, unless it was cancelled or replaced since.
fn put_back(session: &Session, waiting: Waiting, replaced: u64) {
    let mut state = session.lock();
    let is_cancelled = waiting.run.token.is_cancelled();
    if !is_cancelled && state.queue.replacements() == replaced {
        state.queue.put_back(waiting);
        session.queue_changed(&state);
        scheduler::start_next(session, state);
        return;
    }
    let latest = state.history.latest().cloned();
    drop(state);
    if is_cancelled {
        waiting.run.not_started(latest, SessionError::Cancelled);
    } else {
        scheduler::was_replaced(&waiting.run, latest);
    }
}
