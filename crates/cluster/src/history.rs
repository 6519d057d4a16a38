//! What happened, as seen from outside.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Result;
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

/// An effect of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Effect {
    pub(crate) op: u64,
    pub(crate) call: u64,
    pub(crate) tool: String,
    pub(crate) key: String,
    pub(crate) host: String,
}

/// A prompt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prompt {
    pub(crate) session: String,
    pub(crate) acknowledged: bool,
}

/// What a reader saw: first and last number of each event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) session: String,
    pub(crate) ranges: Vec<(u64, u64)>,
    pub(crate) connections: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) effects: Vec<Effect>,
    pub(crate) prompts: BTreeMap<u64, Prompt>,
    pub(crate) readers: Vec<Seen>,
    pub(crate) problems: Vec<String>,
}

#[derive(Clone, Default)]
pub(crate) struct History(Arc<Mutex<Notes>>);

impl History {
    pub(crate) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens for effects, and returns the address.
    pub(crate) async fn witness(&self, ip: &str) -> Result<String> {
        let listener = TcpListener::bind((ip, 0)).await?;
        let address = listener.local_addr()?.to_string();
        let own = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let mut line = String::new();
                    if stream.read_line(&mut line).await.is_ok()
                        && let Ok(effect) = serde_json::from_str(&line)
                    {
                        own.notes().effects.push(effect);
                        let _ = stream.get_mut().write_all(b"1").await;
                    }
                });
            }
        });
        Ok(address)
    }
}
