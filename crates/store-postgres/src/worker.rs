//! [`Worker`]: the thread of a store.

use std::{future::Future, thread};

use geppetto_store::{Error, ErrorKind};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

use crate::fault;

/// A thread with a runtime of its own, on which all connections are. A store needs no particular
/// runtime of its caller, and stores what is left while that shuts down.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    runtime: Handle,
}

impl Worker {
    /// Runs a future on a new thread, which ends with it.
    pub(crate) fn start<F: Future<Output = ()>>(
        work: impl FnOnce(Worker) -> F + Send + 'static,
    ) -> Result<(), Error> {
        let run = move |runtime: tokio::runtime::Runtime| {
            let worker = Self {
                runtime: runtime.handle().clone(),
            };
            runtime.block_on(work(worker));
            runtime.shutdown_background();
        };
        let mut builder = Builder::new_current_thread();
        let runtime = builder
            .enable_all()
            .build()
            .map_err(|error| not_started(&error))?;
        let thread = thread::Builder::new().name("geppetto-postgres".to_owned());
        let started = thread.spawn(move || run(runtime));
        started.map(drop).map_err(|error| not_started(&error))
    }

    /// Runs a future on the thread.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, result) = oneshot::channel();
        self.runtime.spawn(async move {
            let _ = reply.send(work.await);
        });
        result.await.map_err(|_| fault::ended())?
    }

    /// Runs a future on the thread, whose end nobody waits for.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// Runs a computation on a thread of its own.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let computed = self.runtime.spawn_blocking(work).await;
        computed.map_err(|_| fault::ended())?
    }
}

fn not_started(error: &std::io::Error) -> Error {
    let message = format!("a thread cannot be started ({error}); check the limit of the process");
    Error::new(ErrorKind::Unavailable, message)
}
