//! A host: a web server with durable sessions on the shared store.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_providers_openai::chat::ChatEngine;
use geppetto_store::conformance::Wrapped;
use geppetto_store_postgres::PostgresStore;
use geppetto_toolloop::{ToolContext, ToolError, ToolRegistry, raw_tool_fn};
use geppetto_web::{Forward, Options, ServeOptions, router, serve};
use serde::Deserialize;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
};

use crate::{
    HostArgs,
    barrier::{Barriers, Watched},
};

/// Time after which a session is taken over.
pub(crate) const LEASE: Duration = Duration::from_millis(1_500);

/// Token of all hosts.
pub(crate) const TOKEN: &str = "token-of-the-cluster-harness-0123456789";

/// Time that runs have to end when the host stops in order.
const GRACE: Duration = Duration::from_millis(200);

pub(crate) fn run(args: &HostArgs) -> Result<()> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build()?;
    runtime.block_on(work(args))
}

async fn work(args: &HostArgs) -> Result<()> {
    // The database may be down at this moment.
    let store = loop {
        let options = PostgresStore::options().patience(Duration::from_secs(2));
        match options.connect(&args.store).await {
            Ok(store) => break store,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    let engine = ChatEngine::builder("test-model")
        .base_url(&args.provider)
        .build()?;
    let barriers = Barriers::connect(&args.control, &args.name).await?;
    let tools = tools(&args.witness, &args.name, &barriers)?;
    let address = args.address.as_str();
    let watched = Wrapped(Watched {
        store: store.clone(),
        barriers,
    });
    let host = Host::builder(watched, Builder::new(engine).tools(tools))
        .owner(format!("{} {}", args.name, std::process::id()))
        .address(format!("http://{address}"))
        .lease(LEASE)
        .sweep_every(LEASE / 5)
        .build();
    let options = Options::new().forward(Forward::Proxy).rate(10_000, 10_000);
    let app = router(host.clone(), options.without_page());
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| address.to_owned())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let stop = async move {
        terminated.recv().await;
    };
    let options = ServeOptions::new()
        .token(TOKEN)
        .grace(Duration::from_millis(100))
        .shutdown_on(stop);
    serve(listener, app, options).await?;
    host.hand_over(GRACE).await;
    store.close().await;
    Ok(())
}

/// Arguments of every tool: the prompt that the call belongs to, and its number.
#[derive(Debug, Deserialize)]
struct Arguments {
    op: u64,
    call: u64,
}

/// Returns `pay`, which must not be repeated, and `keep`, which may be.
fn tools(witness: &str, host: &str, barriers: &Arc<Barriers>) -> Result<ToolRegistry> {
    let mut registry = ToolRegistry::new();
    let place: Arc<(String, String)> = Arc::new((witness.to_owned(), host.to_owned()));
    for (name, idempotent) in [("pay", false), ("keep", true)] {
        let schema = json!({
            "type": "object",
            "properties": {"op": {"type": "integer"}, "call": {"type": "integer"}},
            "required": ["op", "call"],
        });
        let (place, barriers) = (Arc::clone(&place), Arc::clone(barriers));
        let act = move |args: Arguments, ctx: ToolContext| {
            let (place, barriers) = (Arc::clone(&place), Arc::clone(&barriers));
            async move {
                let (witness, host) = &*place;
                barriers.pass(name, "before").await;
                let Arguments { op, call } = args;
                let key = ctx.idempotency_key;
                let effect =
                    json!({"op": op, "call": call, "tool": name, "key": key, "host": host});
                let told = tell(witness, &effect.to_string()).await;
                told.map_err(|error| ToolError::new(error.to_string()))?;
                barriers.pass(name, "after").await;
                Ok::<_, ToolError>("done")
            }
        };
        let mut tool = raw_tool_fn(name, "Has an effect that is counted", schema, act);
        if idempotent {
            tool = tool.idempotent();
        }
        registry.register(tool)?;
    }
    Ok(registry)
}

/// Has an effect: the witness acknowledges what it has noted.
async fn tell(witness: &str, line: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(witness).await?;
    stream.write_all(format!("{line}\n").as_bytes()).await?;
    stream.read_u8().await.map(drop)
}
