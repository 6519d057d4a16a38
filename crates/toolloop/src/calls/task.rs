//! [`ToolTask`]: a tool on a task of its own, which can be dropped at once.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::{runtime::Handle, task::JoinHandle};

use crate::isolate::Isolated;

type Work<T> = Isolated<'static, T>;

/// Work on a task of its own. Dropping this drops the work at once, unless it is being polled
/// (it blocks its thread): then it is dropped when that poll returns.
pub(super) struct ToolTask<T: Send + 'static> {
    shared: Arc<Shared<T>>,
    task: JoinHandle<Option<Result<T, String>>>,
}

/// The work. It can be taken and dropped by another task while it is not being polled.
struct Shared<T>(Mutex<State<T>>);

enum State<T> {
    Idle {
        work: Work<T>,
        /// Of the task, which waits for the work.
        waker: Option<Waker>,
    },
    Polled,
    /// To be dropped, or over.
    Gone,
}

/// Where work runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On the runtime's worker threads.
    Worker,
    /// On a thread that may be blocked.
    Blocking,
}

impl<T: Send + 'static> ToolTask<T> {
    /// Starts `work`. Must be called in a tokio runtime.
    pub(super) fn spawn(place: Place, work: impl Future<Output = T> + Send + 'static) -> Self {
        let work = Isolated::new(work);
        let shared = Arc::new(Shared(Mutex::new(State::Idle { work, waker: None })));
        let task = Task(Arc::clone(&shared));
        let runtime = Handle::current();
        let task = match place {
            Place::Worker => runtime.spawn(task),
            Place::Blocking => {
                let inside = runtime.clone();
                runtime.spawn_blocking(move || inside.block_on(task))
            }
        };
        Self { shared, task }
    }
}

impl<T: Send + 'static> Future for ToolTask<T> {
    /// The output, or the message of a panic.
    type Output = Result<T, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.task).poll(cx).map(|joined| {
            let dropped = || Err("its task was dropped by the runtime".to_owned());
            joined.ok().flatten().unwrap_or_else(dropped)
        })
    }
}

impl<T: Send + 'static> Drop for ToolTask<T> {
    fn drop(&mut self) {
        let state = std::mem::replace(&mut *self.shared.lock(), State::Gone);
        // Also frees what is queued and has not begun.
        self.task.abort();
        if let State::Idle { work, waker } = state {
            drop(work);
            waker.into_iter().for_each(Waker::wake);
        }
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The side of the runtime. There is no output when the work was dropped.
struct Task<T>(Arc<Shared<T>>);

impl<T> Future for Task<T> {
    type Output = Option<Result<T, String>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Taken out while it is polled: a tool that blocks must not keep others from giving it up.
        let taken = std::mem::replace(&mut *self.0.lock(), State::Polled);
        let State::Idle { mut work, .. } = taken else {
            *self.0.lock() = State::Gone;
            return Poll::Ready(None);
        };
        let polled = Pin::new(&mut work).poll(cx);
        let mut state = self.0.lock();
        let given_up = matches!(*state, State::Gone);
        if polled.is_pending() && !given_up {
            let waker = Some(cx.waker().clone());
            *state = State::Idle { work, waker };
            return Poll::Pending;
        }
        *state = State::Gone;
        drop(state);
        // Before the output is given: whoever waits for it may rely on the work being gone.
        drop(work);
        match polled {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => Poll::Ready(None),
        }
    }
}
