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
        let taken = {
            let mut state = session.lock();
            if run.token.is_cancelled() {
                return Vec::new();
            }
            let taken = state.queue.take_joining();
            if !taken.is_empty() {
                session.queue_changed(&state);
            }
            taken
        };
        let taken = taken.into_iter();
        taken.map(|own| joining(&session, &run, own)).collect()
    }
}

fn joining(session: &Session, run: &Arc<Run>, waiting: Waiting) -> JoiningInput {
    let blocks = waiting.request.input.blocks().to_vec();
    let extensions = waiting.request.options.extensions.clone();
    let (session, run) = (session.clone(), Arc::clone(run));
    let settle = move |fate: InputFate<'_>| match fate {
        InputFate::Joined(seq) => {
            {
                // Under the lock, which a cancellation of the prompt takes as well.
                let _state = session.lock();
                waiting.run.joined(&run, seq.saturating_sub(1));
            }
            if waiting.run.token.is_cancelled() {
                run.token.cancel();
            }
        }
        InputFate::Refused(error) => {
            let error = EngineError::new(error.kind(), error.to_string());
            let error = SessionError::NotRecorded(Arc::new(error));
            waiting.run.not_started(session.latest(), error);
        }
        // It is the next prompt.
        _ => {
            let mut state = session.lock();
            state.queue.put_back(waiting);
            session.queue_changed(&state);
            scheduler::start_next(&session, state);
        }
    };
    JoiningInput::new(blocks, settle).with_extensions(extensions)
}
