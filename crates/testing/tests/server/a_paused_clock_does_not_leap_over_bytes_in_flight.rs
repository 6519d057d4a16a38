use std::time::Duration;

use geppetto_testing::{At, ProviderServer, Reply};
use tokio::time::{Instant, sleep, timeout};

use crate::client::{Client, ask, streamed};

const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_limit_is_not_reached_while_replies_arrive() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::chat().words(&"word ".repeat(100)));
    let start = Instant::now();
    for _ in 0..20 {
        let short = Duration::from_millis(50);
        timeout(short, ask(&server, &streamed())).await.unwrap();
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_reached_when_a_reply_stalls() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::chat().text("a").stall_at(At::Event(1)));
    let mut client = Client::connect(&server).await;
    client.post(&streamed()).await;
    client.read_until("assistant").await;
    let start = Instant::now();
    assert!(timeout(LIMIT, client.read_until("never")).await.is_err());
    assert_eq!(start.elapsed(), LIMIT);
}

#[tokio::test(start_paused = true)]
async fn a_request_after_a_long_quiet_time_is_in_time_too() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::chat().text("a"));
    for _ in 0..5 {
        sleep(LIMIT).await;
        let short = Duration::from_millis(50);
        timeout(short, ask(&server, &streamed())).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_ordinary_client_with_limits_works_under_a_paused_clock() {
    let server = ProviderServer::start().await.unwrap();
    let pause = Duration::from_secs(50);
    let reply = Reply::chat()
        .text("a")
        .text("b")
        .pause_at(At::Event(2), pause);
    server.respond_always(reply);
    let client = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(LIMIT)
        .build()
        .unwrap();
    let url = format!("{}/chat/completions", server.base_url());
    for _ in 0..3 {
        let reply = client.post(&url).json(&streamed()).send().await.unwrap();
        assert!(reply.text().await.unwrap().ends_with("[DONE]\n\n"));
    }
    server.respond_always(Reply::chat().text("a").stall_at(At::Event(2)));
    let reply = client.post(&url).json(&streamed()).send().await.unwrap();
    let start = Instant::now();
    assert!(reply.text().await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed(), LIMIT);
}

/// On a separate task, like a run: the runtime protects only what the test itself waits for.
#[tokio::test(start_paused = true)]
async fn requests_from_a_spawned_task_are_in_time_too() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::chat().words(&"word ".repeat(20)));
    let mut client = Client::connect(&server).await;
    let requests = tokio::spawn(async move {
        for _ in 0..5 {
            sleep(LIMIT).await;
            let exchange = async {
                client.post(&streamed()).await;
                client.reply().await.unwrap()
            };
            let short = Duration::from_millis(50);
            let reply = timeout(short, exchange).await.unwrap();
            assert_eq!(reply.deltas().len(), 21);
        }
    });
    requests.await.unwrap();
}
