//! However a server fails, and whichever layer retries, many runs through the default builder make
//! no more requests than documented: N + N / 5 + 10 + seconds passed.

use geppetto_enginebuilder::Builder;
use geppetto_providers_openai::ChatEngine;
use geppetto_session::Session;
use geppetto_testing::{At, ProviderServer, Reply};
use geppetto_transport::{HttpClient, ReqwestTransport, RetryPolicy};
use tokio::{task::JoinSet, time::Instant};

/// Returns the number of requests that the server received, and the maximum.
async fn storm(runs: u64, reply: Reply) -> (u64, u64) {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(reply);
    server.forget_requests();
    let http = HttpClient::new(ReqwestTransport::new().unwrap())
        .with_retry_policy(RetryPolicy::new().with_seed(3));
    let engine = ChatEngine::builder("gpt-4.1-mini")
        .base_url(server.base_url())
        .http_client(http)
        .build()
        .unwrap();
    let builder = Builder::new(engine);
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..runs {
        if tasks.len() >= 50 {
            tasks.join_next().await.unwrap().unwrap();
        }
        let builder = builder.clone();
        tasks.spawn(async move {
            let run = Session::new(builder).submit("Hi").await.unwrap();
            run.wait().await.unwrap_err();
        });
    }
    while let Some(run) = tasks.join_next().await {
        run.unwrap();
    }
    let bound = runs + runs / 5 + 10 + started.elapsed().as_secs();
    (server.request_count(), bound)
}

async fn check(name: &str, runs: u64, reply: impl Into<Reply>) {
    let (requests, bound) = storm(runs, reply.into()).await;
    assert!(requests <= bound, "{name}: {requests} of {bound}");
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_ever_answered() {
    check(
        "reset before the reply",
        1000,
        Reply::chat().reset_at(At::Headers),
    )
    .await;
    check(
        "closed before the reply",
        150,
        Reply::chat().cut_at(At::Byte(0)),
    )
    .await;
    check("an empty stream", 1000, Reply::sse_raw("")).await;
    check("no content", 150, Reply::raw(204, "text/plain", "")).await;
    check("overloaded", 150, Reply::error(503, "overloaded", "busy")).await;
    let bad_chunk = Reply::sse_raw("data: {}").corrupt_at(0, "\u{0}\u{0}\u{0}");
    check("a bad event", 150, bad_chunk).await;
}

#[tokio::test(start_paused = true)]
async fn where_every_reply_breaks_off_half_way() {
    let half = || Reply::chat().text("half an ").text("answer");
    check("cut after output", 1000, half().cut_at(At::Event(2))).await;
    check("reset after output", 150, half().reset_at(At::Event(2))).await;
}
