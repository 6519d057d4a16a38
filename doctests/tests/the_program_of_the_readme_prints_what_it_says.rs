//! The program on the front page is the one that runs here, and it prints what the page says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{process::Command, time::Duration};

use geppetto_testing::{ProviderServer, demo};

const README: &str = include_str!("../../README.md");

/// The fenced block of `language` after a heading.
fn block<'a>(heading: &str, language: &str) -> &'a str {
    let (_, after) = README.split_once(heading).unwrap();
    let (_, block) = after.split_once(&format!("```{language}\n")).unwrap();
    block.split_once("```\n").unwrap().0
}

#[test]
fn the_program_is_the_one_of_the_page() {
    let program = include_str!("../src/bin/readme.rs");
    let (_, program) = program.split_once("\n\n").unwrap();
    assert_eq!(block("## A program", "rust,no_run"), program);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_program_prints_what_the_page_says() {
    let server = ProviderServer::start().await.unwrap();
    // The demo provider, under the model name that the program uses.
    server.respond_with(|request| demo::reply(request).pace(Duration::ZERO));
    let mut command = Command::new(env!("CARGO_BIN_EXE_readme"));
    command
        .env("OPENAI_BASE_URL", server.base_url())
        .env_remove("OPENAI_API_KEY");
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.unwrap().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let expected = block("## A program", "text");
    assert_eq!(printed.trim_end(), expected.trim_end());
    assert_eq!(output.status.code(), Some(0));
}
