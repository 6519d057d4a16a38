//! [`ToolTask`]: a tool on a separate task, which can be dropped at once.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::{runtime::Handle, task::JoinHandle};

use crate::isolate::Isolated;

type Work<T> = Isolated<'static, T>;

/// Work on a separate task. Dropping this drops the work at once, unless it is being polled (it
/// blocks its thread): then the work is dropped when that poll returns.
pub(super) struct ToolTask<T: Send + 'static> {
    shared: Arc<Shared<T>>,
    task: JoinHandle<Option<Result<T, String>>>,
}

/// The work. Another task can take and drop it while it is not being polled.
struct Shared<T>(Mutex<State<T>>);

enum State<T> {
    Idle {
        work: Work<T>,
        /// Waker of the task that polls the work.
        waker: Option<Waker>,
    },
    Polled,
    /// Dropped or finished.
    Gone,
}

/// Thread pool for a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The runtime's worker threads.
    Worker,
    /// The runtime's blocking pool.
    Blocking,
}

impl<T: Send + 'static> ToolTask<T> {
    /// Spawns `work`. Must be called within a tokio runtime.
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
        // Also releases a task that is queued and has not started.
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

/// The half that the runtime polls. Resolves to `None` if the work was dropped.
struct Task<T>(Arc<Shared<T>>);

impl<T> Future for Task<T> {
    type Output = Option<Result<T, String>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Moved out during the poll: a blocking tool must not keep others from abandoning it.
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
        // Dropped before the output is returned, so that the receiver of the output can rely on the
        // work being gone.
        drop(work);
        match polled {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => Poll::Ready(None),
        }
    }
}
