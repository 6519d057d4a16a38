//! [`Pool`]: the connections that read.

use std::sync::{Mutex, MutexGuard, PoisonError};

use geppetto_store::Error;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};
use tokio_postgres::{
    Client, Row,
    types::{ToSql, Type},
};

use crate::{
    connector::Connector,
    fault::{self, Effect},
};

/// A few connections, each of which is made when it is needed and kept.
pub(crate) struct Pool {
    connector: Connector,
    places: Semaphore,
    idle: Mutex<Vec<Client>>,
}

impl Pool {
    pub(crate) fn new(connector: Connector, readers: usize) -> Self {
        Self {
            connector,
            places: Semaphore::new(readers.max(1)),
            idle: Mutex::default(),
        }
    }

    pub(crate) fn connector(&self) -> &Connector {
        &self.connector
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connections that nobody uses. After a failover, they may be to a server that is a
    /// standby now, and goes on to answer with what it has.
    pub(crate) fn clear(&self) {
        self.idle().clear();
    }

    /// Adds a connection.
    pub(crate) fn put(&self, client: Client) {
        if !client.is_closed() {
            self.idle().push(client);
        }
    }

    /// Runs a statement that may be run twice, on a connection that nobody else uses. Repeats it if
    /// the connection was lost.
    ///
    /// The statement has no name: a pooler may give each statement another server.
    pub(crate) async fn query(
        &self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, Error> {
        let _place = self.places.acquire().await.map_err(|_| fault::ended())?;
        let deadline = Instant::now() + self.connector.patience;
        loop {
            let kept = self.idle().pop().filter(|client| !client.is_closed());
            let client = match kept {
                Some(client) => client,
                None => self.connector.connect_by(deadline).await?,
            };
            let place = &self.connector.place;
            let queried = client.query_typed(sql, parameters);
            match timeout_at(deadline, queried).await {
                Ok(Ok(rows)) => {
                    self.put(client);
                    return Ok(rows);
                }
                Ok(Err(cause)) => {
                    let may_repeat = match fault::effect(&cause) {
                        Effect::Lost => true,
                        Effect::Retry => {
                            self.put(client);
                            true
                        }
                        Effect::Refused | Effect::Follows => {
                            self.put(client);
                            false
                        }
                    };
                    if !may_repeat || Instant::now() >= deadline {
                        return Err(fault::error(cause, place));
                    }
                }
                Err(_) => return Err(fault::silent(place)),
            }
        }
    }
}
