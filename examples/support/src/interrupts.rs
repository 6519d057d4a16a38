//! [`Interrupts`]: a listener for Ctrl-C.

#[cfg(unix)]
type Signal = tokio::signal::unix::Signal;
#[cfg(windows)]
type Signal = tokio::signal::windows::CtrlC;

/// Ctrl-C from the moment of listening on. A Ctrl-C between two calls of `next` is kept for the
/// later one.
#[derive(Debug)]
pub(crate) struct Interrupts {
    /// `None` if the system refuses; Ctrl-C then ends the program, as it does by default.
    signal: Option<Signal>,
}

impl Interrupts {
    /// Begins to listen; an earlier Ctrl-C does not count.
    pub(crate) fn listen() -> Self {
        #[cfg(unix)]
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt());
        #[cfg(windows)]
        let signal = tokio::signal::windows::ctrl_c();
        Self {
            signal: signal.ok(),
        }
    }

    /// Waits for the next Ctrl-C.
    pub(crate) async fn next(&mut self) {
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
