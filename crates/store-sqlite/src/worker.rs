//! [`Workers`]: the threads that read.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use geppetto_store::{Error, ErrorKind};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{
    connection::{self, Access},
    fault::Result,
    options::SqliteOptions,
};

type Job = Box<dyn FnOnce(&mut Reader) + Send>;

/// A pool of threads with a read-only connection each. Reads neither wait for the writer, nor do
/// they block the threads of a runtime.
#[derive(Debug)]
pub(crate) struct Workers {
    jobs: mpsc::Sender<Job>,
}

impl Workers {
    /// Starts the threads. Each opens its connection with its first read.
    pub(crate) fn start(path: &std::path::Path, options: &SqliteOptions) -> Result<Self, Error> {
        let (jobs, receiver) = mpsc::channel::<Job>();
        let receiver = Arc::new(Mutex::new(receiver));
        for n in 1..=options.read_threads {
            let receiver = Arc::clone(&receiver);
            let mut reader = Reader {
                path: path.to_owned(),
                options: options.clone(),
                conn: None,
            };
            let name = format!("geppetto-read-{n}");
            let started = thread::Builder::new().name(name).spawn(move || {
                while let Some(job) = next(&receiver) {
                    job(&mut reader);
                }
            });
            started.map_err(|error| not_started(&error))?;
        }
        Ok(Self { jobs })
    }

    /// Runs a read, within one transaction.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.run(|reader| {
            let done = reader.read(read);
            done.map_err(|fault| fault.into_error(&reader.path))
        })
        .await
    }

    /// Runs an operation outside of a transaction.
    pub(crate) async fn outside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.run(|reader| {
            let done = reader.connected().and_then(work);
            done.map_err(|fault| fault.into_error(&reader.path))
        })
        .await
    }

    /// Runs a computation that would block the caller's thread for too long.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        compute: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        self.run(|_| Ok(compute())).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, result) = oneshot::channel();
        let job: Job = Box::new(move |reader| {
            // A caller that went away needs no result.
            if !reply.is_closed() {
                let _ = reply.send(work(reader));
            }
        });
        self.jobs.send(job).map_err(|_| ended())?;
        result.await.map_err(|_| ended())?
    }
}

fn next(receiver: &Mutex<mpsc::Receiver<Job>>) -> Option<Job> {
    let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
    receiver.recv().ok()
}

struct Reader {
    path: PathBuf,
    options: SqliteOptions,
    conn: Option<Connection>,
}

impl Reader {
    fn connected(&mut self) -> Result<&Connection> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => connection::connect(&self.path, &self.options, Access::Read)?,
        };
        Ok(self.conn.insert(conn))
    }

    fn read<T>(&mut self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let conn = self.connected()?;
        conn.prepare_cached("begin")?.execute([])?;
        let result = read(conn);
        let ended = conn.prepare_cached("commit")?.execute([]);
        if ended.is_err() && !conn.is_autocommit() {
            self.conn = None;
        }
        result
    }
}

pub(crate) fn not_started(error: &std::io::Error) -> Error {
    let message = format!("a thread of the store could not be started ({error})");
    Error::new(ErrorKind::Unavailable, message)
}

/// Returns the error of a store whose threads have ended.
pub(crate) fn ended() -> Error {
    Error::new(ErrorKind::Unavailable, "the store is closed; open it again")
}
