//! The program itself, against the same provider.

use example_check::Program;
use geppetto_testing::{ProviderServer, Reply};

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_program_prints_what_its_readme_says() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().tool_call("call_1", "order_status", r#"{"order":7}"#));
    server.enqueue(Reply::chat().words("It was shipped on Monday."));
    server.enqueue(Reply::error(
        401,
        "invalid_api_key",
        "Incorrect API key provided.",
    ));

    let output = Program::new(env!("CARGO_BIN_EXE_testing-your-app"))
        .arg("--base-url")
        .arg(server.base_url())
        .arg("Where is order 7?")
        .arg("And order 8?")
        .run();

    output.assert_answers_as_it_says(include_str!("../../README.md"));
}
