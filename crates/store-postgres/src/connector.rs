//! [`Connector`]: makes connections.

use std::{sync::Arc, time::Duration};

use geppetto_store::{Error, ErrorKind};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::{AsyncMessage, Client, Config};

use crate::{fault, hints::Hints, tls::MakeTls};

/// Oldest supported version, as `server_version_num` has it.
const OLDEST: i32 = 150_000;

/// Shortest and longest delay between attempts to connect.
const DELAYS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Makes connections to the server.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) config: Config,
    pub(crate) tls: MakeTls,
    /// Time limit for a connection and for a statement.
    pub(crate) patience: Duration,
    /// User, host and database, for messages.
    pub(crate) place: Arc<str>,
    /// Quoted name of the schema.
    pub(crate) schema: Arc<str>,
}

/// What a connection found at the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server {
    /// `true` if commits are not synced by default.
    pub(crate) is_asynchronous: bool,
}

impl Connector {
    /// Connects once. The driver of the connection runs on a task of its own, and ends with the
    /// client.
    pub(crate) async fn connect(&self, hints: Option<Arc<Hints>>) -> Result<Client, Failure> {
        let connecting = self.config.connect(self.tls.clone());
        let (client, mut connection) = match timeout(self.patience, connecting).await {
            Ok(Ok(connected)) => connected,
            Ok(Err(cause)) => return Err(self.failure(cause)),
            Err(_) => return Err(Failure::temporary(fault::silent(&self.place))),
        };
        tokio::spawn(async move {
            loop {
                let message = std::future::poll_fn(|cx| connection.poll_message(cx)).await;
                match message {
                    Some(Ok(AsyncMessage::Notification(note))) => {
                        if let Some(hints) = &hints {
                            hints.received(note.payload());
                        }
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                }
            }
        });
        Ok(client)
    }

    /// Connects, with as many attempts as the time allows.
    pub(crate) async fn connect_by(&self, deadline: Instant) -> Result<Client, Error> {
        let mut delay = DELAYS.0;
        loop {
            let failure = match self.connect(None).await {
                Ok(client) => return Ok(client),
                Err(failure) => failure,
            };
            if !failure.is_temporary || Instant::now() + delay >= deadline {
                return Err(failure.error);
            }
            sleep(delay.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            delay = (delay * 2).min(DELAYS.1);
        }
    }

    /// Checks that a server is one that can hold a store.
    pub(crate) async fn check(&self, client: &Client) -> Result<Server, Error> {
        let sql = "select current_setting('server_version_num')::integer, \
                   current_setting('synchronous_commit'), current_setting('fsync'), \
                   pg_is_in_recovery()";
        let row = client.query_typed(sql, &[]).await;
        let row = row.map_err(|cause| fault::error(cause, &self.place))?;
        let row = row.first().ok_or_else(fault::ended)?;
        let place = &self.place;
        let (version, commit, fsync): (i32, String, String) = (row.get(0), row.get(1), row.get(2));
        if version < OLDEST {
            let message = format!(
                "Postgres at `{place}` has version {}.{}; 15 or later is required",
                version / 10_000,
                version % 10_000
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        if row.get(3) {
            let message = format!(
                "Postgres at `{place}` is a standby and read-only; connect to the primary, or list all \
                 hosts in the URL"
            );
            return Err(Error::new(ErrorKind::ReadOnly, message));
        }
        if fsync == "off" {
            tracing::warn!(
                server = &**place,
                "the server has `fsync` off: a power loss damages the store"
            );
        }
        Ok(Server {
            is_asynchronous: commit == "off",
        })
    }

    fn failure(&self, cause: tokio_postgres::Error) -> Failure {
        Failure {
            is_temporary: fault::is_temporary(&cause),
            is_starting: fault::is_starting(&cause),
            error: fault::error(cause, &self.place),
        }
    }
}

/// Failure of an attempt to connect.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) is_temporary: bool,
    pub(crate) is_starting: bool,
}

impl Failure {
    fn temporary(error: Error) -> Self {
        Self {
            error,
            is_temporary: true,
            is_starting: false,
        }
    }
}
