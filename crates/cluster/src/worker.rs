//! The clients: each asks one session, at any host, until it is acknowledged.

use std::time::Duration;

use anyhow::{Context as _, Result};
use geppetto_store::SessionStore;
use geppetto_store_postgres::PostgresStore;
use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{
    client,
    history::{History, Prompt},
    hosts::Hosts,
};

/// Delay before a request is sent again.
const AGAIN: Duration = Duration::from_millis(100);

/// Longest time of a prompt, from the first attempt to its end. Faults are over long before.
const LONGEST: Duration = Duration::from_secs(90);

pub(crate) struct Worker {
    pub(crate) hosts: Hosts,
    pub(crate) history: History,
    pub(crate) store: PostgresStore,
    pub(crate) random: fastrand::Rng,
    pub(crate) first_op: u64,
    pub(crate) stop: watch::Receiver<bool>,
}

impl Worker {
    /// Creates a session at any host.
    pub(crate) async fn create(hosts: &Hosts, random: &mut fastrand::Rng) -> Result<String> {
        let deadline = Instant::now() + LONGEST;
        loop {
            let sent = client::send(&hosts.any(random), "POST", "/sessions", None, "{}").await;
            if let Ok(answer) = sent
                && answer.status == 201
            {
                let start = answer.body.find('{').context("no JSON")?;
                let mut json = serde_json::Deserializer::from_str(
                    answer.body.get(start..).unwrap_or_default(),
                );
                let created: Value = serde::Deserialize::deserialize(&mut json)?;
                return Ok(created
                    .get("id")
                    .and_then(Value::as_str)
                    .context("no id")?
                    .to_owned());
            }
            anyhow::ensure!(Instant::now() < deadline, "no session could be created");
            sleep(AGAIN).await;
        }
    }

    pub(crate) async fn work(mut self, session: String) {
        let mut op = self.first_op;
        while !*self.stop.borrow() {
            op += 1;
            if let Err(error) = self.ask(&session, op).await {
                let problem = format!("{session}: prompt {op}: {error:#}");
                self.history.notes().problems.push(problem);
            }
        }
    }

    async fn ask(&mut self, session: &str, op: u64) -> Result<()> {
        let prompt = Prompt {
            session: session.to_owned(),
            acknowledged: false,
        };
        self.history.notes().prompts.insert(op, prompt);
        let (path, key, body) = request(session, op);
        let deadline = Instant::now() + LONGEST;
        let mut last;
        loop {
            let to = self.hosts.any(&mut self.random);
            match client::send(&to, "POST", &path, key.as_deref(), &body).await {
                Ok(answer) if (200..300).contains(&answer.status) => break,
                Ok(answer) => last = answer.body,
                Err(error) => last = error.to_string(),
            }
            anyhow::ensure!(Instant::now() < deadline, "was not acknowledged: {last}");
            sleep(AGAIN).await;
        }
        if let Some(prompt) = self.history.notes().prompts.get_mut(&op) {
            prompt.acknowledged = true;
        }
        // The run may be continued by any host, so its end is looked for in the database.
        loop {
            if let Ok(info) = self.store.info(session).await
                && info.run.is_some_and(|run| run.is_ended())
            {
                return Ok(());
            }
            anyhow::ensure!(Instant::now() < deadline, "its run did not end");
            sleep(AGAIN).await;
        }
    }
}

/// Returns path, idempotency key and body of a prompt: of the chat's own routes, and every third time
/// of the AI SDK's, whose body names the session, and whose messages have ids instead of a key.
fn request(session: &str, op: u64) -> (String, Option<String>, String) {
    let text = format!("op {op}");
    if op.is_multiple_of(3) {
        let part = json!({"type": "text", "text": text});
        let message = json!({"id": format!("m{op}"), "role": "user", "parts": [part]});
        let body = json!({"id": session, "messages": [message]});
        return ("/ui".to_owned(), None, body.to_string());
    }
    let path = format!("/sessions/{session}/messages");
    (
        path,
        Some(format!("key {op}")),
        json!({"text": text}).to_string(),
    )
}
