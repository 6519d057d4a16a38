//! [`Interrupts`]: Ctrl-C, while somebody listens.

#[cfg(unix)]
type Signal = tokio::signal::unix::Signal;
#[cfg(windows)]
type Signal = tokio::signal::windows::CtrlC;

/// Ctrl-C, from the moment of listening on: one that comes between two calls of `next` waits.
#[derive(Debug)]
pub(crate) struct Interrupts {
    /// `None` where the system refuses; Ctrl-C then ends the program, as without us.
    signal: Option<Signal>,
}

impl Interrupts {
    /// Begins to listen; what was pressed before does not count.
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
