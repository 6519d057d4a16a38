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
    let program = Program::new(env!("CARGO_BIN_EXE_openai-tools"))
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
async fn reasoning_is_asked_for_and_goes_back() {
    let server = demo_provider().await;
    run(&server, &[]).await;
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    requests[0]
        .assert_path("/v1/responses")
        .assert_tool_names(&["convert_minutes", "find_train"])
        .assert_json("/reasoning", &json!({"effort": "low", "summary": "auto"}))
        .assert_json("/store", &json!(false));
    let kinds: Vec<&str> = requests[3]
        .messages()
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect();
    let call = ["reasoning", "function_call", "function_call_output"];
    let turn = [&["message"][..], &call[..]].concat();
    let answer = ["reasoning", "message"];
    assert_eq!(kinds, [&turn[..], &answer, &turn].concat());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn events_can_be_printed_as_json_and_as_yaml() {
    let server = demo_provider().await;
    let output = run(&server, &["--output", "jsonl", "Which trains go to Bern?"]).await;
    let names: Vec<String> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .collect();
    assert!(names.len() > 20, "{names:?}");
    let output = run(&server, &["--output", "yaml", "Which trains go to Bern?"]).await;
    assert_eq!(output.stdout.matches("---\ntype: ").count(), names.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_key_that_is_missing_is_named() {
    let server = demo_provider().await;
    server.require_key("key");
    let output = run(&server, &[]).await;
    let said = output.stderr;
    assert_eq!(output.code, Some(2), "{said}");
    assert!(said.contains("--openai-api-key"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_failure_of_the_provider_is_one_line() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(
        Reply::responses()
            .text("So")
            .failed("server_error", "Sorry"),
    );
    let output = run(&server, &["Hi"]).await;
    let said = output.stderr;
    assert_eq!(output.code, Some(1), "{said}");
    let error: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("error"))
        .collect();
    assert_eq!(error.len(), 1, "{said}");
    assert!(error[0].contains("Sorry"), "{said}");
    assert!(output.stdout.contains("So"), "{}", output.stdout);
}
