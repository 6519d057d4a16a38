//! [`SqliteStore`]: sessions in one SQLite file.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use async_trait::async_trait;
use geppetto_events::Event;
use geppetto_store::{
    Appended, Batch, Claim, Durability, Effect, Error, EventSchedule, Lease, Opened, Page, Request,
    SessionInfo, SessionStore, Stats, TurnRow, check_id,
};
use geppetto_turns::Turn;

use crate::{
    connection,
    encode::{self, Encoded},
    file,
    options::SqliteOptions,
    read,
    worker::Workers,
    write,
    writer::Writer,
};

/// A store in one SQLite file.
///
/// Cheap to clone; clones share the file's connections. Dropping the last clone ends them after the
/// writes that wait; [`close`](Self::close) waits for that. Needs no particular runtime.
///
/// See the [crate documentation](crate) for what survives a crash, and for several processes.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) path: PathBuf,
    pub(crate) writer: Writer,
    pub(crate) workers: Workers,
    schedule: EventSchedule,
}

impl SqliteStore {
    /// Opens a store, and creates its file if it does not exist, with missing folders above it. Only
    /// their owner can read the created file and folders.
    ///
    /// # Errors
    ///
    /// [`Invalid`](geppetto_store::ErrorKind::Invalid) if the path is a folder, empty, or `:memory:`:
    /// [`MemoryStore`](geppetto_store::MemoryStore) keeps sessions in memory.
    /// [`Corrupt`](geppetto_store::ErrorKind::Corrupt) if the file is no session store, or damaged.
    /// [`TooNew`](geppetto_store::ErrorKind::TooNew) if a newer version of this crate has written
    /// it. [`ReadOnly`](geppetto_store::ErrorKind::ReadOnly),
    /// [`Full`](geppetto_store::ErrorKind::Full) or
    /// [`Unavailable`](geppetto_store::ErrorKind::Unavailable) if it cannot be created, opened or
    /// written to.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        SqliteOptions::new().open(path).await
    }

    /// Returns the default options, to change them.
    #[must_use]
    pub fn options() -> SqliteOptions {
        SqliteOptions::new()
    }

    pub(crate) async fn open_with(path: &Path, options: SqliteOptions) -> Result<Self, Error> {
        connection::check_version(rusqlite::version_number())?;
        // The process may change its folder later, and threads open the file again.
        let path = file::absolute(path)?;
        let writer = Writer::start(&path, &options).await?;
        let workers = Workers::start(&path, &options)?;
        let inner = Inner {
            path,
            writer,
            workers,
            schedule: EventSchedule::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Returns the absolute path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Finishes the writes that wait, and closes the file for writing. All later writes fail as
    /// [`Unavailable`](geppetto_store::ErrorKind::Unavailable), those of clones too.
    pub async fn close(&self) {
        self.inner.writer.close().await;
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }
}

#[async_trait]
impl SessionStore for SqliteStore {
    fn schedule(&self) -> EventSchedule {
        self.inner.schedule.clone()
    }

    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        check_id(session)?;
        let (id, own) = (session.to_owned(), claim.clone());
        let writer = &self.inner.writer;
        let claimed = writer.write(Durability::Synced, move |conn| {
            write::claim(conn, &id, &own)
        });
        let epoch = claimed.await?;
        // Nobody else can write now, so this is the state as claimed.
        let (id, reads_latest) = (session.to_owned(), claim.reads_latest);
        let state = self.inner.workers.read(move |conn| {
            let info = read::info(conn, &id)?;
            let latest = if reads_latest {
                read::latest(conn, &id)?
            } else {
                None
            };
            Ok((info, latest))
        });
        let (info, latest) = state.await?;
        let lease = Lease::new(session, epoch, claim.clone());
        Ok(Opened::new(lease, info, latest))
    }

    async fn renew(&self, lease: &Lease) -> Result<(), Error> {
        let lease = own(lease);
        let writer = &self.inner.writer;
        let renewed = writer.write(Durability::Written, move |conn| write::renew(conn, &lease));
        renewed.await
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        let lease = own(lease);
        let writer = &self.inner.writer;
        let released = writer.write(Durability::Written, move |conn| {
            write::release(conn, &lease)
        });
        released.await
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        let durability = batch.durability;
        let encoded = if encode::is_small(&batch) {
            Encoded::new(batch)?
        } else {
            let compute = self.inner.workers.compute(|| Encoded::new(batch));
            compute.await??
        };
        let lease = own(lease);
        let writer = &self.inner.writer;
        let appended = writer.write(durability, move |conn| {
            write::append(conn, &lease, &encoded)
        });
        appended.await
    }

    async fn info(&self, session: &str) -> Result<SessionInfo, Error> {
        let id = session.to_owned();
        let workers = &self.inner.workers;
        workers.read(move |conn| read::info(conn, &id)).await
    }

    async fn turn(&self, session: &str, index: u64) -> Result<Turn, Error> {
        let id = session.to_owned();
        let workers = &self.inner.workers;
        workers.read(move |conn| read::turn(conn, &id, index)).await
    }

    async fn turn_rows(
        &self,
        session: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TurnRow>, Error> {
        let id = session.to_owned();
        let workers = &self.inner.workers;
        let rows = workers.read(move |conn| read::turn_rows(conn, &id, from, limit));
        rows.await
    }

    async fn events(&self, session: &str, after: u64, limit: usize) -> Result<Vec<Event>, Error> {
        let id = session.to_owned();
        let workers = &self.inner.workers;
        let events = workers.read(move |conn| read::events(conn, &id, after, limit));
        events.await
    }

    async fn effect(&self, session: &str, key: &str) -> Result<Option<Effect>, Error> {
        let (id, key) = (session.to_owned(), key.to_owned());
        let workers = &self.inner.workers;
        workers
            .read(move |conn| read::effect(conn, &id, &key))
            .await
    }

    async fn effects(&self, session: &str, turn: u64) -> Result<Vec<Effect>, Error> {
        let id = session.to_owned();
        let workers = &self.inner.workers;
        workers
            .read(move |conn| read::effects(conn, &id, turn))
            .await
    }

    async fn request(&self, session: &str, key: &str) -> Result<Option<Request>, Error> {
        let (id, key) = (session.to_owned(), key.to_owned());
        let workers = &self.inner.workers;
        let request = workers.read(move |conn| read::request(conn, &id, &key));
        request.await
    }

    async fn list(&self, page: &Page) -> Result<Vec<SessionInfo>, Error> {
        let page = page.clone();
        let workers = &self.inner.workers;
        workers.read(move |conn| read::list(conn, &page)).await
    }

    async fn fork(
        &self,
        from: &str,
        index: u64,
        to: &str,
        at: SystemTime,
    ) -> Result<SessionInfo, Error> {
        check_id(to)?;
        let (origin, id) = (from.to_owned(), to.to_owned());
        let writer = &self.inner.writer;
        let forked = writer.write(Durability::Synced, move |conn| {
            write::fork(conn, &origin, index, &id, at)?;
            read::info(conn, &id)
        });
        forked.await
    }

    /// The session is gone at once. Its content is removed in small steps, between which others
    /// write; what a dropped future leaves is removed later.
    async fn delete(&self, session: &str) -> Result<bool, Error> {
        let id = session.to_owned();
        let writer = &self.inner.writer;
        let deleted = writer.write(Durability::Synced, move |conn| write::delete(conn, &id));
        let existed = deleted.await?;
        let mut is_clean = !existed;
        while !is_clean {
            let step = writer.write(Durability::Written, write::collect_garbage);
            is_clean = step.await?;
        }
        Ok(existed)
    }

    async fn stats(&self) -> Result<Stats, Error> {
        self.inner.workers.read(read::stats).await
    }
}

/// Returns a lease that another thread can have.
fn own(lease: &Lease) -> Lease {
    Lease::new(lease.session(), lease.epoch(), lease.claim().clone())
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.inner.path)
            .finish_non_exhaustive()
    }
}
