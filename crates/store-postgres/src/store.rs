//! [`PostgresStore`]: sessions in a Postgres database.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use geppetto_events::Event;
use geppetto_store::{
    Appended, Batch, Claim, Effect, Error, ErrorKind, EventSchedule, Lease, Opened, Page, Request,
    SessionInfo, SessionStore, Stats, TurnRow, check_id,
};
use geppetto_turns::Turn;
use tokio::time::timeout;
use tokio_postgres::Row;

use crate::{
    call::{Call, to_i64},
    encode, fault,
    hints::{self, Hints},
    options::PostgresOptions,
    pool::Pool,
    read::{self, get},
    result,
    start::{self, Parts},
    time::{lease_millis, nanos},
    url::Url,
    worker::Worker,
    writer::Writer,
};

/// Maximum number of rows that a step of a deletion removes, approximately.
pub(crate) const STEP: i64 = 2_000;

/// Longest time that [`changed`](SessionStore::changed) waits for a hint.
const HINT_WITHIN: Duration = Duration::from_secs(1);

/// A store in a schema of a Postgres database, which any number of processes on any number of
/// machines share.
///
/// Cheap to clone; clones share the connections. Dropping the last clone ends them after the writes
/// that wait; [`close`](Self::close) waits for that. Needs no particular runtime: the connections are
/// on a thread of the store.
///
/// See the [crate documentation](crate) for what survives a crash, and for several machines.
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    place: Arc<str>,
    worker: Worker,
    pool: Arc<Pool>,
    hints: Arc<Hints>,
    writers: Vec<Writer>,
    schedule: EventSchedule,
}

impl PostgresStore {
    /// Opens the store in schema `geppetto` of a database, and creates or migrates the schema. `url`
    /// has the form `postgres://user:password@host:5432/database?sslmode=verify-full`.
    ///
    /// `sslmode` has the meanings of [libpq](https://www.postgresql.org/docs/current/libpq-ssl.html):
    /// `disable`, `prefer` (the default), `require` (encrypts, and verifies nothing), `verify-ca` and
    /// `verify-full`; `sslrootcert`, `sslcert` and `sslkey` are files in PEM format. Without
    /// `sslrootcert`, the certificates of the system are trusted. Several hosts, separated by commas,
    /// are tried in order until one is a primary.
    ///
    /// # Errors
    ///
    /// [`Invalid`](ErrorKind::Invalid) if the URL cannot be used, or the server is older than
    /// Postgres 15. [`TooNew`](ErrorKind::TooNew) if a newer version of this crate has migrated the
    /// schema. [`NotFound`](ErrorKind::NotFound) if there is no such database.
    /// [`ReadOnly`](ErrorKind::ReadOnly) if the user may not create the schema, or the server is a
    /// standby. [`Unavailable`](ErrorKind::Unavailable) if the server cannot be reached, or rejects the
    /// login. No error has the password.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        PostgresOptions::new().connect(url).await
    }

    /// Returns the default options, to change them.
    pub fn options() -> PostgresOptions {
        PostgresOptions::new()
    }

    pub(crate) async fn connect_with(url: &Url, options: PostgresOptions) -> Result<Self, Error> {
        let Parts {
            place,
            worker,
            pool,
            hints,
            writers,
        } = start::start(url, options).await?;
        let inner = Inner {
            place,
            worker,
            pool,
            hints,
            writers,
            schedule: EventSchedule::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Returns user, host and database, without the password.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.inner.place
    }

    /// Finishes the writes that wait, and closes the connections that write. All later writes fail as
    /// [`Unavailable`](ErrorKind::Unavailable), those of clones too.
    pub async fn close(&self) {
        for writer in &self.inner.writers {
            writer.close().await;
        }
    }

    /// Returns the writer of a session.
    fn writer(&self, session: &str) -> Result<&Writer, Error> {
        let sum = session.bytes().fold(0_usize, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        let writers = &self.inner.writers;
        let writer = writers.get(sum.checked_rem(writers.len()).unwrap_or(0));
        writer.ok_or_else(fault::ended)
    }

    async fn write(&self, session: &str, call: Call) -> Result<Row, Error> {
        self.writer(session)?.call(call).await
    }

    /// Runs a read on the thread of the store.
    async fn read<T, F>(&self, read: impl FnOnce(Arc<Pool>) -> F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let pool = Arc::clone(&self.inner.pool);
        self.inner.worker.run(read(pool)).await
    }
}

#[async_trait]
impl SessionStore for PostgresStore {
    fn schedule(&self) -> EventSchedule {
        self.inner.schedule.clone()
    }

    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        check_id(session)?;
        let call = Call::new("claim_1")
            .text(session)
            .text(&claim.owner)
            .maybe_text(claim.address.as_deref())
            .number(lease_millis(claim.ttl))
            .flag(claim.takes_over);
        let row = self.write(session, call).await?;
        let Some(epoch) = get::<Option<i64>>(&row, 0)? else {
            let owner = read::text(get::<Option<Vec<u8>>>(&row, 1)?.unwrap_or_default())?;
            let message = format!(
                "session `{session}` is open in `{owner}`; close it there, or take it over"
            );
            return Err(Error::new(ErrorKind::Held, message));
        };
        let turns = read::number(get(&row, 2)?)?;
        let lease = Lease::new(session, read::number(epoch)?, claim.clone());
        // Nobody else can write now, so this is the state as claimed.
        let (id, reads_latest) = (session.to_owned(), claim.reads_latest);
        let state = self.read(|pool| async move {
            let latest = match turns.checked_sub(1).filter(|_| reads_latest) {
                Some(index) => Some(read::turn(&pool, &id, index).await?),
                None => None,
            };
            Ok((read::info(&pool, &id).await?, latest))
        });
        let (info, latest) = state.await?;
        Ok(Opened::new(lease, info, latest))
    }

    async fn renew(&self, lease: &Lease) -> Result<(), Error> {
        let (session, epoch) = (lease.session(), to_i64(lease.epoch())?);
        let ttl = lease_millis(lease.claim().ttl);
        let renewed = self.writer(session)?.renew(session, epoch, ttl).await?;
        if !renewed {
            return Err(Error::fenced(session));
        }
        Ok(())
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        let session = lease.session();
        let call = Call::new("release_1").text(session);
        let row = self.write(session, call.number(to_i64(lease.epoch())?));
        if !get::<bool>(&row.await?, 0)? {
            return Err(Error::fenced(session));
        }
        self.inner.hints.wrote(session);
        Ok(())
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        let session = lease.session();
        let call = if encode::is_small(&batch) {
            encode::append(lease, &batch)?
        } else {
            let lease = Lease::new(session, lease.epoch(), lease.claim().clone());
            let batch = Arc::clone(&batch);
            let encoding = move || encode::append(&lease, &batch);
            self.inner.worker.compute(encoding).await?
        };
        let row = self.write(session, call).await?;
        let appended = result::appended(&row, session, &batch)?;
        if !batch.events.is_empty() || batch.run.is_some() {
            self.inner.hints.wrote(session);
        }
        Ok(appended)
    }

    async fn info(&self, session: &str) -> Result<SessionInfo, Error> {
        let id = session.to_owned();
        self.read(|pool| async move { read::info(&pool, &id).await })
            .await
    }

    async fn turn(&self, session: &str, index: u64) -> Result<Turn, Error> {
        let id = session.to_owned();
        self.read(|pool| async move { read::turn(&pool, &id, index).await })
            .await
    }

    async fn turn_rows(
        &self,
        session: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TurnRow>, Error> {
        let id = session.to_owned();
        self.read(|pool| async move { read::turn_rows(&pool, &id, from, limit).await })
            .await
    }

    async fn events(&self, session: &str, after: u64, limit: usize) -> Result<Vec<Event>, Error> {
        let id = session.to_owned();
        self.read(|pool| async move { read::events(&pool, &id, after, limit).await })
            .await
    }

    async fn effect(&self, session: &str, key: &str) -> Result<Option<Effect>, Error> {
        let (id, key) = (session.to_owned(), key.to_owned());
        self.read(|pool| async move { read::effect(&pool, &id, &key).await })
            .await
    }

    async fn effects(&self, session: &str, turn: u64) -> Result<Vec<Effect>, Error> {
        let id = session.to_owned();
        self.read(|pool| async move { read::effects(&pool, &id, turn).await })
            .await
    }

    async fn request(&self, session: &str, key: &str) -> Result<Option<Request>, Error> {
        let (id, key) = (session.to_owned(), key.to_owned());
        self.read(|pool| async move { read::request(&pool, &id, &key).await })
            .await
    }

    async fn list(&self, page: &Page) -> Result<Vec<SessionInfo>, Error> {
        let page = page.clone();
        self.read(|pool| async move { read::list(&pool, &page).await })
            .await
    }

    async fn fork(
        &self,
        from: &str,
        index: u64,
        to: &str,
        at: SystemTime,
    ) -> Result<SessionInfo, Error> {
        check_id(to)?;
        let wanted = i64::try_from(index).unwrap_or(i64::MAX);
        let call = Call::new("fork_1").text(from).number(wanted).text(to);
        let row = self.write(to, call.number(nanos(at))).await?;
        match get(&row, 0)? {
            0 => self.info(to).await,
            1 => Err(Error::no_session(from)),
            2 => Err(Error::no_turn(from, index)),
            _ => {
                let message = format!("session `{to}` exists already");
                Err(Error::new(ErrorKind::Exists, message))
            }
        }
    }

    /// The session is gone at once. Its content is removed in small steps, between which others
    /// write; what a dropped future leaves is removed later.
    async fn delete(&self, session: &str) -> Result<bool, Error> {
        let row = self.write(session, Call::new("delete_1").text(session));
        let existed: bool = get(&row.await?, 0)?;
        self.inner.hints.wrote(session);
        let mut is_clean = false;
        while !is_clean {
            let step = Call::new("collect_1").number(STEP);
            is_clean = get(&self.write(session, step).await?, 0)?;
        }
        Ok(existed)
    }

    async fn stats(&self) -> Result<Stats, Error> {
        self.read(|pool| async move { read::stats(&pool).await })
            .await
    }

    async fn changed(&self, session: &str) {
        let (hints, pool) = (&self.inner.hints, &self.inner.pool);
        let notify = hints.of(session);
        if hints.begins_to_listen() {
            let listener = hints::listen(Arc::downgrade(hints), pool.connector().clone());
            self.inner.worker.spawn(listener);
        }
        // On the thread of the store, whose clock nobody pauses.
        let waited = self.inner.worker.run(async move {
            let _ = timeout(HINT_WITHIN, notify.notified()).await;
            Ok(())
        });
        // Also when the store is closed.
        let _ = waited.await;
    }

    async fn ask_cancel(&self, session: &str) -> Result<bool, Error> {
        let row = self.write(session, Call::new("ask_cancel_1").text(session));
        get(&row.await?, 0)
    }

    async fn asked_cancels(&self, owner: &str) -> Result<Option<Vec<String>>, Error> {
        let row = self.write(owner, Call::new("asked_cancels_1").text(owner));
        let ids: Vec<Vec<u8>> = get(&row.await?, 0)?;
        ids.into_iter()
            .map(read::text)
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("place", &self.inner.place)
            .finish_non_exhaustive()
    }
}
