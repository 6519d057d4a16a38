//! [`Gate`]: a point in a reply at which the server waits for the test.

use tokio::sync::watch;

/// A point in a reply at which the server waits until the test opens it; see
/// [`Reply::hold_at`](super::Reply::hold_at).
///
/// A test that acts "while the reply is half sent" needs no sleep: it waits for
/// [`reached`](Self::reached), acts, and opens the gate. Clones refer to the same gate. An open
/// gate stays open.
///
/// ```
/// use geppetto_testing::{At, Gate, Reply};
///
/// let gate = Gate::new();
/// let reply = Reply::chat().text("first").text("second").hold_at(At::Event(2), &gate);
/// // ... the client reads "first" ...
/// gate.open();
/// # let _ = reply;
/// ```
#[derive(Debug, Clone, Default)]
pub struct Gate(watch::Sender<Point>);

#[derive(Debug, Clone, Copy, Default)]
struct Point {
    reached: bool,
    open: bool,
}

impl Gate {
    /// Creates a closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Releases every reply that waits here, now or later.
    pub fn open(&self) {
        self.0.send_modify(|point| point.open = true);
    }

    /// Waits until a reply has been sent up to this point. Its bytes have then been passed to the
    /// operating system; the client may not have read them yet.
    pub async fn reached(&self) {
        self.wait_until(|point| point.reached).await;
    }

    /// Reports that the reply reached the gate, and waits until it opens. Called by the reply; a
    /// test's own tools, hooks and persisters may wait here too.
    pub async fn pass(&self) {
        self.0.send_modify(|point| point.reached = true);
        self.wait_until(|point| point.open).await;
    }

    async fn wait_until(&self, condition: impl Fn(&Point) -> bool) {
        // The sender lives in `self`, so the channel cannot close while this waits.
        let _ = self.0.subscribe().wait_for(|point| condition(point)).await;
    }
}
