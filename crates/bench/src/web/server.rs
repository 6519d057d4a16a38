//! The server, as a process of its own.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get};
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_providers_openai::chat::ChatEngine;
use geppetto_store::MemoryStore;
use geppetto_web::{Options, ServeOptions, router, serve};
use serde_json::json;

use crate::{Failure, cpu, table::print};

/// Serves sessions that ask a provider, until the process is killed.
pub(crate) fn run(provider: &str, threads: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.max(1))
        .enable_all()
        .build()?;
    runtime.block_on(serve_at(provider))
}

async fn serve_at(provider: &str) -> Result<(), Failure> {
    let engine = ChatEngine::builder("gpt-4o-mini")
        .base_url(provider)
        .build()?;
    let host = Host::builder(MemoryStore::new(), Builder::new(Arc::new(engine)))
        .max_runs(100_000)
        .build();
    let options = Options::new()
        .rate(1_000_000, 1_000_000)
        .max_streams(100_000, 100_000);
    let app: Router = router(host, options).route("/usage", get(usage));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    print(false, &json!(null), &format!("{address}\n"))?;
    let options = ServeOptions::new()
        .max_connections(100_000)
        .header_timeout(Duration::from_secs(600));
    Ok(serve(listener, app, options).await?)
}

/// CPU time in microseconds, and resident memory in MiB.
async fn usage() -> String {
    let time = cpu::process_time().unwrap_or_default();
    let bytes = cpu::resident_bytes().unwrap_or_default();
    format!("{} {}", time.as_micros(), bytes >> 20)
}
