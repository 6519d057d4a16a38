//! The program prints what its README says, and the API accepts its requests.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use example_check::{Output, Program};
use geppetto_testing::{ProviderServer, Reply, demo};
use serde_json::{Value, json};

/// Runs the program against a server, without settings from the environment.
async fn run(server: &ProviderServer, args: &[&str]) -> Output {
    let program = Program::new(env!("CARGO_BIN_EXE_claude-tools"))
        .args(["--base-url", &server.base_url(), "--model", demo::MODEL])
        .args(args);
    let finished = tokio::task::spawn_blocking(|| program.run());
    finished.await.unwrap()
}

async fn demo_provider() -> ProviderServer {
    demo::provider_with_pace(Duration::ZERO).await.unwrap()
}

example_check::answers_as_its_readme_says!();

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn thinking_is_asked_for_and_returns_signed() {
    let server = demo_provider().await;
    run(&server, &[]).await;
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    requests[0]
        .assert_path("/v1/messages")
        .assert_tool_names(&["convert_minutes", "find_train"])
        .assert_json("/thinking/type", &json!("enabled"));
    let call = ["user", "assistant", "user"];
    requests[3].assert_roles(&[&call[..], &["assistant"], &call].concat());
    let reply = requests[3].json()["messages"][1]["content"][0].clone();
    assert_eq!(reply["type"], "thinking");
    assert_ne!(reply["signature"], json!(""));
    let last = requests[3].json()["messages"][6]["content"][0].clone();
    assert_eq!(last["cache_control"]["type"], "ephemeral");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn events_can_be_printed_as_json() {
    let server = demo_provider().await;
    let output = run(&server, &["--output", "jsonl", "Which trains go to Bern?"]).await;
    let events: Vec<Value> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(events.len() > 20, "{}", output.stdout);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_failure_of_the_provider_is_one_line() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::error(400, "", "Sorry"));
    let output = run(&server, &["Hi"]).await;
    let said = output.stderr;
    assert_eq!(output.code, Some(1), "{said}");
    let error: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("error"))
        .collect();
    assert_eq!(error.len(), 1, "{said}");
    assert!(error[0].contains("Sorry"), "{said}");
}
