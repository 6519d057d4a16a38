//! Signals of the system.

/// A signal that a chat handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGTERM, or SIGHUP because the terminal is gone.
    Terminate,
    /// SIGINT, from another program if the terminal sends keys one by one.
    Interrupt,
    /// SIGCONT.
    Continue,
}

#[cfg(unix)]
pub(crate) use unix::{Signals, stop};

#[cfg(not(unix))]
pub(crate) use other::Signals;

#[cfg(unix)]
mod unix {
    use std::io;

    use rustix::process::{Signal as Number, kill_current_process_group};
    use tokio::signal::unix::{self, SignalKind, signal};

    use super::Signal;

    /// Receives signals.
    #[derive(Debug)]
    pub(crate) struct Signals {
        terminate: unix::Signal,
        hang_up: unix::Signal,
        interrupt: unix::Signal,
        resume: unix::Signal,
    }

    impl Signals {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
                interrupt: signal(SignalKind::interrupt())?,
                resume: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
            })
        }

        /// Waits for a signal. Cancel safe.
        pub(crate) async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.terminate.recv() => Signal::Terminate,
                _ = self.hang_up.recv() => Signal::Terminate,
                _ = self.interrupt.recv() => Signal::Interrupt,
                _ = self.resume.recv() => Signal::Continue,
            }
        }
    }

    /// Stops the programs of the terminal's foreground, as Ctrl+Z does, until the shell continues them.
    pub(crate) fn stop() -> io::Result<()> {
        kill_current_process_group(Number::TSTP).map_err(Into::into)
    }
}

#[cfg(not(unix))]
mod other {
    use std::io;

    use super::Signal;

    /// Receives signals.
    #[derive(Debug)]
    pub(crate) struct Signals;

    impl Signals {
        #[allow(clippy::unnecessary_wraps, reason = "as on Unix")]
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits for a signal. Cancel safe.
        pub(crate) async fn next(&mut self) -> Signal {
            match tokio::signal::ctrl_c().await {
                Ok(()) => Signal::Interrupt,
                Err(_) => std::future::pending().await,
            }
        }
    }
}
