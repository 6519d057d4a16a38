use std::sync::Arc;

use geppetto_engine::{Engine, ErrorKind, RunContext};
use geppetto_testing::{At, ProviderServer, Reply};
use geppetto_transport::{HttpClient, ReqwestTransport, RetryPolicy};
use geppetto_turns::Turn;
use tokio::{task::JoinSet, time::Instant};

use crate::{
    cell::{Cell, Mode},
    lab::engine,
    wire::Wire,
};

const RUNS: u64 = 1000;
/// Initial retries of a budget, which time refills by one per second.
const RESERVE: u64 = 10;

/// Returns the documented maximum of requests: the first one of each run, one retry per five runs,
/// the reserve, and one retry per second that passed.
fn bound(seconds: u64) -> u64 {
    RUNS + RUNS / 5 + RESERVE + seconds
}

/// An overloaded server.
fn busy() -> Reply {
    Reply::error(503, "overloaded", "busy")
}

async fn ask(engine: &dyn Engine, kind: ErrorKind) {
    let ctx = RunContext::new();
    let mut turn = Turn::builder().user("Hi").build();
    let error = engine.run_inference(&ctx, &mut turn).await.unwrap_err();
    assert_eq!(error.kind(), kind);
}

/// Returns the number of requests that the server received, and the bound.
async fn storm(cell: Cell, at_once: usize, reply: Reply, kind: ErrorKind) -> (u64, u64) {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(reply);
    server.forget_requests();
    let http = HttpClient::new(ReqwestTransport::new().unwrap())
        .with_retry_policy(RetryPolicy::new().with_seed(3));
    let engine: Arc<dyn Engine> = engine(cell, server.base_url(), http).into();
    let started = Instant::now();
    let mut runs = JoinSet::new();
    for _ in 0..RUNS {
        if runs.len() >= at_once {
            runs.join_next().await.unwrap().unwrap();
        }
        let engine = Arc::clone(&engine);
        runs.spawn(async move { ask(&*engine, kind).await });
    }
    while let Some(run) = runs.join_next().await {
        run.unwrap();
    }
    (server.request_count(), bound(started.elapsed().as_secs()))
}

#[tokio::test(start_paused = true)]
async fn a_thousand_runs_together_stay_within_the_budget() {
    for wire in Wire::ALL.iter().copied() {
        let (requests, bound) = storm(
            Cell::of(wire, Mode::Streamed),
            100,
            busy(),
            ErrorKind::Overloaded,
        )
        .await;
        assert!(requests <= bound, "{wire:?}: {requests} of {bound}");
        // The budget is actually used.
        assert!(requests > bound - 20, "{wire:?}: {requests} of {bound}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_runs_one_after_the_other_stay_within_the_budget() {
    for wire in Wire::ALL.iter().copied() {
        let (requests, bound) = storm(
            Cell::of(wire, Mode::Single),
            1,
            busy(),
            ErrorKind::Overloaded,
        )
        .await;
        assert!(requests <= bound, "{wire:?}: {requests} of {bound}");
        assert!(
            requests > RUNS + RUNS / 5,
            "{wire:?}: {requests} of {bound}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn connections_that_break_stay_within_the_budget_too() {
    for wire in Wire::ALL.iter().copied() {
        let cell = Cell::of(wire, Mode::Streamed);
        let broken = [
            (cell.good().reset_at(At::Headers), ErrorKind::Disconnected),
            (cell.reply(""), ErrorKind::Truncated),
        ];
        for (reply, kind) in broken {
            let (requests, bound) = storm(cell, 100, reply, kind).await;
            assert!(requests <= bound, "{wire:?} {kind}: {requests} of {bound}");
            assert!(
                requests > RUNS + RUNS / 5,
                "{wire:?} {kind}: {requests} of {bound}"
            );
        }
    }
}
