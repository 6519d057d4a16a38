//! [`Writer`]: the task that writes, in groups.

use std::{sync::Arc, time::Duration};

use geppetto_store::{Error, ErrorKind};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout_at},
};
use tokio_postgres::{Client, Row};

use crate::{
    call::Call,
    connector::Connector,
    fault::{self, Effect},
    pool::Pool,
};

mod group;
mod in_order;

use group::{Group, Job, Reply};
use in_order::in_order;

/// Delay after a deadlock, which doubles.
const DELAY: Duration = Duration::from_millis(5);

/// A connection that writes.
///
/// All calls that wait when a transaction begins become part of it, so that a thousand sessions share
/// a sync of the disk. A transaction is sent at once, `commit` included: the server never waits for
/// this process with locks held.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    jobs: mpsc::UnboundedSender<Job>,
}

impl Writer {
    /// Starts the task on the current runtime.
    pub(crate) fn start(
        connector: Connector,
        is_asynchronous: bool,
        pool: Arc<Pool>,
    ) -> (Self, impl Future<Output = ()>) {
        let (jobs, receiver) = mpsc::unbounded_channel();
        let task = Task {
            begin: begin(&connector, is_asynchronous),
            connector,
            client: None,
            pool,
        };
        (Self { jobs }, task.run(receiver))
    }

    /// Runs a call, and returns its row once the transaction is committed.
    pub(crate) async fn call(&self, call: Call) -> Result<Row, Error> {
        let (reply, result) = oneshot::channel();
        self.send(Job::Call(call, reply))?;
        result.await.map_err(|_| fault::ended())?
    }

    /// Renews a lease, together with others. Returns `false` if it is not valid.
    pub(crate) async fn renew(
        &self,
        session: &str,
        epoch: i64,
        ttl: Option<i64>,
    ) -> Result<bool, Error> {
        let (reply, result) = oneshot::channel();
        let session = session.as_bytes().to_vec();
        self.send(Job::Renew {
            session,
            epoch,
            ttl,
            reply,
        })?;
        result.await.map_err(|_| fault::ended())?
    }

    /// Ends the task after the calls that wait.
    pub(crate) async fn close(&self) {
        let (closed, result) = oneshot::channel();
        if self.send(Job::Close(closed)).is_ok() {
            // Also when the task has ended already.
            let _ = result.await;
        }
    }

    fn send(&self, job: Job) -> Result<(), Error> {
        self.jobs.send(job).map_err(|_| fault::ended())
    }
}

/// Returns the start of each transaction. What the database or the user have as defaults must not
/// matter: it may be read-only, serializable, or not synced.
fn begin(connector: &Connector, is_asynchronous: bool) -> String {
    let patience = connector.patience.as_millis();
    let mut sql = format!(
        "begin isolation level read committed read write; set local statement_timeout = {patience}; \
         set local lock_timeout = {}; set local idle_in_transaction_session_timeout = {patience}",
        (patience / 4).max(1)
    );
    if is_asynchronous {
        sql.push_str("; set local synchronous_commit = on");
    }
    sql
}

struct Task {
    connector: Connector,
    begin: String,
    client: Option<Client>,
    pool: Arc<Pool>,
}

/// What came of an attempt.
enum Attempt {
    Committed(Vec<Row>),
    /// Nothing was written; another attempt may succeed.
    Retry(Error),
    /// The outcome is unknown.
    Lost(Error),
    /// Nothing was written.
    Refused(Error),
}

impl Task {
    async fn run(mut self, mut jobs: mpsc::UnboundedReceiver<Job>) {
        while let Some(job) = jobs.recv().await {
            let mut group = Group::default();
            group.add(job);
            while group.has_room()
                && let Ok(job) = jobs.try_recv()
            {
                group.add(job);
            }
            let closed = group.closed.take();
            let (calls, replies) = group.into_calls();
            self.commit(calls, replies).await;
            if let Some(closed) = closed {
                drop(self);
                let _ = closed.send(());
                return;
            }
        }
    }

    /// Commits calls in one transaction, and replies to each.
    async fn commit(&mut self, calls: Vec<Call>, replies: Vec<Reply>) {
        if calls.is_empty() {
            return;
        }
        let deadline = Instant::now() + self.connector.patience;
        match self.commit_all(&calls, deadline).await {
            Attempt::Committed(rows) => {
                for (reply, row) in replies.into_iter().zip(rows) {
                    reply.send(Ok(row));
                }
            }
            Attempt::Refused(error) if calls.len() == 1 => {
                replies
                    .into_iter()
                    .for_each(|reply| reply.send(Err(copy_of(&error))));
            }
            // The failure of one is no other one's.
            Attempt::Refused(_) | Attempt::Retry(_) if calls.len() > 1 => {
                for (call, reply) in calls.into_iter().zip(replies) {
                    let deadline = Instant::now() + self.connector.patience;
                    let one = self.commit_all(std::slice::from_ref(&call), deadline).await;
                    reply.send(match one {
                        Attempt::Committed(rows) => {
                            rows.into_iter().next().ok_or_else(fault::ended)
                        }
                        Attempt::Retry(error) | Attempt::Lost(error) | Attempt::Refused(error) => {
                            Err(error)
                        }
                    });
                }
            }
            Attempt::Retry(error) | Attempt::Lost(error) | Attempt::Refused(error) => {
                replies
                    .into_iter()
                    .for_each(|reply| reply.send(Err(copy_of(&error))));
            }
        }
    }

    /// Attempts a transaction until its outcome is known, or the time is over. After a lost
    /// connection, each function finds out whether it was applied.
    async fn commit_all(&mut self, calls: &[Call], deadline: Instant) -> Attempt {
        let mut again = false;
        let mut delay = DELAY;
        loop {
            let attempt = self.attempt(calls, again, deadline).await;
            match &attempt {
                Attempt::Committed(_) | Attempt::Refused(_) => return attempt,
                Attempt::Lost(_) => {
                    again = true;
                    self.client = None;
                    self.pool.clear();
                }
                Attempt::Retry(_) => {}
            }
            // An error of the server says more than one of the clock.
            let least = match &attempt {
                Attempt::Retry(_) => self.connector.patience / 3,
                _ => delay,
            };
            if Instant::now() + least >= deadline {
                return attempt;
            }
            sleep(delay.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            delay = (delay * 2).min(Duration::from_millis(500));
        }
    }

    async fn attempt(&mut self, calls: &[Call], again: bool, deadline: Instant) -> Attempt {
        let connector = &self.connector;
        let client = match self.client.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => match connector.connect_by(deadline).await {
                Ok(client) => client,
                Err(error) if error.kind() == ErrorKind::Unavailable => {
                    return Attempt::Lost(error);
                }
                Err(error) => return Attempt::Refused(error),
            },
        };
        let place = &connector.place;
        let sent = send(&client, &self.begin, calls, again, &connector.schema);
        let Ok(results) = timeout_at(deadline, sent).await else {
            return Attempt::Lost(fault::silent(place));
        };
        let failed = |effect| {
            let mut all = results.iter();
            all.position(|result| {
                result
                    .as_ref()
                    .is_err_and(|cause| fault::effect(cause) == effect)
            })
        };
        let first = [
            Effect::Lost,
            Effect::Refused,
            Effect::Retry,
            Effect::Follows,
        ]
        .into_iter()
        .find_map(|effect| failed(effect).map(|place| (effect, place)));
        let Some((effect, at)) = first else {
            self.client = Some(client);
            let rows = results.into_iter().flatten().flatten();
            return Attempt::Committed(rows.collect());
        };
        let begins = at == 0;
        let cause = results.into_iter().nth(at).and_then(Result::err);
        let error = cause.map_or_else(fault::ended, |cause| fault::error(cause, place));
        if effect == Effect::Lost || begins {
            // Without a transaction, each call was one.
            return Attempt::Lost(error);
        }
        self.client = Some(client);
        match effect {
            Effect::Retry => Attempt::Retry(error),
            _ => Attempt::Refused(error),
        }
    }
}

type Sent = Result<Vec<Row>, tokio_postgres::Error>;

/// Sends a transaction at once. Returns the results of its beginning, of its calls, and of its end.
async fn send(
    client: &Client,
    begin: &str,
    calls: &[Call],
    again: bool,
    schema: &Arc<str>,
) -> Vec<Sent> {
    let again = &again;
    let mut sent: Vec<in_order::Boxed<'_, Sent>> = Vec::with_capacity(calls.len() + 2);
    sent.push(Box::pin(async move {
        client.batch_execute(begin).await.map(|()| Vec::new())
    }));
    for call in calls {
        sent.push(Box::pin(async move {
            let (sql, parameters) = (call.sql(schema), call.parameters(again));
            client.query_typed(&sql, &parameters).await
        }));
    }
    sent.push(Box::pin(async move {
        client.batch_execute("commit").await.map(|()| Vec::new())
    }));
    in_order(sent).await
}

/// Returns the error of a call whose transaction was not committed.
fn copy_of(error: &Error) -> Error {
    Error::new(error.kind(), error.to_string())
}
