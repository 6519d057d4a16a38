use geppetto_events::Event;
use serde_json::json;

use super::support::Home;

#[tokio::test]
async fn json_has_the_answer_and_everything_about_it() {
    let home = Home::new();
    let ended = home
        .geppetto("ask -o json --new-session s hello", [])
        .end()
        .await;
    let mut result = ended.json();
    assert!(result["answer"].as_str().unwrap().starts_with("Hello!"));
    result["answer"] = json!("Hello!");
    result["run"] = json!("run");
    let expected = json!({
        "answer": "Hello!",
        "model": "demo",
        "provider": "demo",
        "provider_calls": 1,
        "run": "run",
        "session": "s",
        "status": "finished",
        "stop_reason": "stop",
        "truncated": false,
        "usage": {"input_tokens": 1, "output_tokens": 36, "reasoning_tokens": 5},
    });
    assert_eq!(result, expected);
}

#[tokio::test]
async fn yaml_is_the_same_as_json() {
    let home = Home::new();
    let yaml = home.ok("ask -q -o yaml --new-session s hello", "").await;
    assert!(
        yaml.contains("\nsession: s\n") && yaml.contains("\nstatus: finished\n"),
        "{yaml}"
    );
}

#[tokio::test]
async fn json_lines_are_a_complete_stream_of_events() {
    let home = Home::new();
    let lines = home.ok("ask -o jsonl hello", "").await;
    let events: Vec<Event> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut grammar = geppetto_events::grammar::Grammar::new();
    for event in &events {
        grammar.accept(event).unwrap();
    }
    grammar.finish().unwrap();
    assert!(events.last().unwrap().is_terminal());
    let text: String = events.iter().filter_map(Event::text_delta).collect();
    assert!(text.starts_with("Hello!"), "{text}");
}

#[tokio::test]
async fn an_answer_with_a_schema_is_checked_json() {
    let home = Home::new();
    let schema = r#"{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}"#;
    home.write("number.json", schema);
    let text = home
        .ok("ask --schema number.json", "The number is 42")
        .await;
    assert_eq!(text, "{\n  \"n\": 42\n}\n");
    let ended = home
        .geppetto("ask -o json --schema", [schema, "The number is 42"])
        .end()
        .await;
    assert_eq!(ended.json()["data"], json!({"n": 42}));
}

#[tokio::test]
async fn a_schema_that_is_none_is_an_error_before_anything_is_sent() {
    let home = Home::new();
    home.write("bad.json", "{");
    let ended = home.geppetto("ask --schema bad.json hi", []).end().await;
    ended.fails_with(2, "the schema `bad.json`: it is not JSON");
    let ended = home
        .geppetto("ask --schema missing.json hi", [])
        .end()
        .await;
    ended.fails_with(2, "cannot read the schema `missing.json`");
    home.write("list.json", "[]");
    let ended = home.geppetto("ask --schema list.json hi", []).end().await;
    ended.fails_with(2, "it is not a JSON object");
}

#[cfg(unix)]
#[tokio::test]
async fn a_reader_that_closes_the_output_ends_the_program_quietly() {
    let home = Home::new();
    let program = env!("CARGO_BIN_EXE_geppetto");
    for output in ["text", "jsonl", "json"] {
        let script =
            format!("'{program}' ask -q -o {output} hello | head -c 3; exit ${{PIPESTATUS[0]}}");
        let output = tokio::process::Command::new("bash")
            .args(["-c", &script])
            .env_clear()
            .env("HOME", home.path(""))
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("GEPPETTO_NO_DISCOVERY", "1")
            .output();
        let output = output.await.unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}
