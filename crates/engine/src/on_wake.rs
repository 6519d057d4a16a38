//! [`OnWake`]: a future that is polled only after a wake-up.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

#[cfg(test)]
mod tests;

/// Polls a future once, and then only after it was woken.
///
/// A task that waits for several futures polls all of them whenever one of them wakes it. For a
/// wait that hardly ever ends, such as a cancellation or a time limit, each of these polls takes
/// locks and touches otherwise unused memory. This future checks a flag instead. It also polls
/// again if the waiting task has changed.
///
/// ```
/// use std::{pin::pin, time::Duration};
/// use geppetto_engine::OnWake;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// let mut limit = pin!(OnWake::new(Box::pin(tokio::time::sleep(Duration::from_secs(60)))));
/// loop {
///     tokio::select! {
///         () = &mut limit => break,
///         () = tokio::time::sleep(Duration::from_secs(1)) => { /* polls `limit` twice in all */ }
///     }
/// }
/// # }
/// ```
#[must_use = "futures do nothing unless they are polled"]
pub struct OnWake<F> {
    future: F,
    shared: Arc<Shared>,
    /// The waiting task, as in `shared`.
    task: Option<Waker>,
}

struct Shared {
    woken: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        // Woken outside the lock: a waker is foreign code.
        let task = self.lock().clone();
        if let Some(task) = task {
            task.wake();
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Waker>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> OnWake<F> {
    /// Wraps `future`.
    pub fn new(future: F) -> Self {
        Self {
            future,
            shared: Arc::new(Shared {
                woken: AtomicBool::new(false),
                task: Mutex::new(None),
            }),
            task: None,
        }
    }

    /// Returns the wrapped future.
    pub fn get_ref(&self) -> &F {
        &self.future
    }

    /// Returns the wrapped future for modification. The next poll polls it.
    pub fn get_mut(&mut self) -> &mut F {
        self.task = None;
        &mut self.future
    }
}

impl<F: Future + Unpin> Future for OnWake<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let task = self.task.as_ref();
        if !task.is_some_and(|task| task.will_wake(cx.waker())) {
            let replaced = self.shared.lock().replace(cx.waker().clone());
            drop(replaced);
            self.task = Some(cx.waker().clone());
        } else if !self.shared.woken.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        // Before the poll, so that a wake-up during it is not missed.
        self.shared.woken.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&self.shared));
        Pin::new(&mut self.future).poll(&mut Context::from_waker(&waker))
    }
}

impl<F> fmt::Debug for OnWake<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnWake").finish_non_exhaustive()
    }
}
