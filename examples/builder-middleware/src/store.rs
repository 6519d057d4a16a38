//! [`YamlStore`]: the latest turn of each session, as YAML. In memory here; a file or a database
//! would do the same.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use example_run::println;
use geppetto_engine::{Persister, RunStatus, StoreError};
use geppetto_turns::{FormatError, Turn};

#[derive(Debug, Default)]
pub(crate) struct YamlStore {
    documents: Mutex<HashMap<String, String>>,
}

impl YamlStore {
    /// The stored turn of a session; `None` where there is none.
    pub(crate) fn load(&self, session_id: &str) -> Result<Option<Turn>, FormatError> {
        let documents = self
            .documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let yaml = documents.get(session_id);
        yaml.map(|yaml| Turn::from_yaml(yaml)).transpose()
    }
}

#[async_trait]
impl Persister for YamlStore {
    async fn persist(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError> {
        // An error here does not undo the run; it is reported along with the outcome.
        let session = turn
            .session_id()
            .ok_or_else(|| StoreError::new("the turn belongs to no session"))?;
        let yaml = turn
            .to_yaml()
            .map_err(|error| StoreError::new("the turn cannot be written").with_source(error))?;
        println!("store: {status:?}, {} blocks", turn.blocks.len());
        let mut documents = self
            .documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        documents.insert(session.to_owned(), yaml);
        Ok(())
    }
}
