//! [`PostgresOptions`]: how a store is opened.

use std::{fmt, time::Duration};

use geppetto_store::Error;

use crate::{PostgresStore, url::Url};

/// Options of a [`PostgresStore`].
#[derive(Clone)]
#[must_use = "nothing is opened until `connect` is called"]
pub struct PostgresOptions {
    pub(crate) schema: String,
    pub(crate) readers: usize,
    pub(crate) writers: usize,
    pub(crate) patience: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "geppetto".to_owned(),
            readers: 4,
            writers: 2,
            patience: Duration::from_secs(10),
        }
    }
}

impl PostgresOptions {
    /// Creates the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name of the schema, which is created if it does not exist: 1 to 63 bytes of letters,
    /// digits, `_`, `-` and spaces. `geppetto` by default. Two schemas of one database are two stores.
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// Sets the maximum number of connections that read, at least 1. 4 by default. They are made when
    /// they are needed. The store has two more at most, beside those that
    /// [write](Self::writers).
    pub fn readers(mut self, connections: usize) -> Self {
        self.readers = connections.max(1);
        self
    }

    /// Sets the number of connections that write, at least 1. 2 by default. The writes of a session
    /// always use the same one; a large batch delays the sessions of its connection.
    pub fn writers(mut self, connections: usize) -> Self {
        self.writers = connections.max(1);
        self
    }

    /// Sets the time limit of an operation, with all reconnections, after which it fails as
    /// [`Unavailable`](geppetto_store::ErrorKind::Unavailable). 10 seconds by default, at least 100 ms.
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time.max(Duration::from_millis(100));
        self
    }

    /// Opens a store; see [`PostgresStore::connect`].
    ///
    /// # Errors
    ///
    /// Those of [`PostgresStore::connect`].
    pub async fn connect(self, url: &str) -> Result<PostgresStore, Error> {
        let is_allowed = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-' | ' ');
        if !(1..=63).contains(&self.schema.len()) || !self.schema.chars().all(is_allowed) {
            return Err(Error::invalid(
                "the name of a schema has 1 to 63 bytes: letters, digits, `_`, `-` and spaces",
            ));
        }
        PostgresStore::connect_with(&Url::parse(url)?, self).await
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("schema", &self.schema)
            .field("readers", &self.readers)
            .field("writers", &self.writers)
            .field("patience", &self.patience)
            .finish()
    }
}
