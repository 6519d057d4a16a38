use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::{Value, json};

use super::*;

/// A temporary folder, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("conformance-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn recording(&self, id: &str, meta: &Value, body: &str) {
        let file = meta["response_file"].as_str().unwrap();
        self.write(&format!("{id}/{file}"), body);
        self.write(&format!("{id}/meta.json"), meta.to_string());
    }

    /// Runs the command on the folder and returns its output.
    fn run(&self) -> (Verdict, String) {
        run_with(&self.0, |_| {})
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run_with(path: &Path, change: impl FnOnce(&mut Args)) -> (Verdict, String) {
    let mut args = Args {
        paths: vec![path.to_owned()],
        json: false,
        filter: None,
        seed: 0,
    };
    change(&mut args);
    let mut out = Vec::new();
    let verdict = run(&args, &mut out).unwrap();
    (verdict, String::from_utf8(out).unwrap())
}

const STREAM: &str = concat!(
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"hm\"}}]}\n\n",
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Grü\"}}]}\n\n",
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ezi\"}}]}\n\n",
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,",
    "\"id\":\"call_1\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\": 1}\"}}]}}]}\n\n",
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}],",
    "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7,\"total_tokens\":12}}\n\n",
    "data: [DONE]\n\n",
);

fn meta() -> Value {
    json!({
        "id": "case", "provider": "openai-chat", "status": 200, "stream": true,
        "content_type": "text/event-stream", "headers": {}, "response_file": "response.sse",
        "features": ["reasoning", "tool_call"], "cross_checked": true,
        "expected": {
            "text": "Grüezi", "reasoning_text": "hm", "reasoning_field": "reasoning",
            "tool_calls": [{"id": "call_1", "name": "f", "arguments": {"x": 1},
                "arguments_raw": "{\"x\": 1}"}],
            "finish_reason": "tool_calls",
            "usage": {"input": 5, "output": 7, "total": 12, "cached": null, "reasoning": null},
        },
    })
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut meta = meta();
    *meta.pointer_mut(pointer).unwrap() = value;
    meta
}

#[test]
fn a_recording_passes_wherever_its_body_is_cut() {
    let folder = Folder::new();
    folder.recording("case", &meta(), STREAM);
    for seed in 0..8 {
        let (verdict, said) = run_with(&folder.0, |args| args.seed = seed);
        assert_eq!(
            (verdict, said.as_str()),
            (Verdict::Clean, "1 passed, 0 failed, 0 skipped, 20 cuts\n")
        );
    }
}

#[test]
fn every_wrong_expectation_fails_with_its_difference() {
    for (pointer, value, difference) in [
        ("/expected/text", json!("Grüezi!"), "text"),
        ("/expected/reasoning_text", json!("hm."), "reasoning"),
        ("/expected/finish_reason", json!("stop"), "finish reason"),
        ("/expected/usage/input", json!(6), "input tokens"),
        ("/expected/usage/output", json!(6), "output tokens"),
        ("/expected/usage/cached", json!(1), "cached tokens"),
        ("/expected/usage/reasoning", json!(1), "reasoning tokens"),
        ("/expected/tool_calls", json!([]), "number of tool calls"),
        ("/expected/tool_calls/0/id", json!("call_2"), "tool call id"),
        ("/expected/tool_calls/0/name", json!("g"), "tool name"),
        (
            "/expected/tool_calls/0/arguments",
            json!({"x": 2}),
            "arguments",
        ),
        (
            "/expected/tool_calls/0/arguments_raw",
            json!("{\"x\":1}"),
            "raw arguments",
        ),
    ] {
        let folder = Folder::new();
        folder.recording("case", &changed(pointer, value), STREAM);
        let (verdict, said) = folder.run();
        assert_eq!(verdict, Verdict::Findings, "{pointer}");
        assert!(
            said.starts_with(&format!("case: {difference}")),
            "{pointer}: {said}"
        );
        assert!(
            said.ends_with("\n0 passed, 1 failed, 0 skipped, 0 cuts\n"),
            "{said}"
        );
        assert_eq!(said.lines().count(), 2, "{said}");
    }
}

#[test]
fn an_end_that_is_missing_must_be_noticed() {
    let end = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},";
    let (cut, _) = STREAM.split_once(end).unwrap();
    let mut unfinished = changed("/expected/finish_reason", Value::Null);
    unfinished["expected"]["usage"] = Value::Null;
    let folder = Folder::new();
    folder.recording("said-to-be-whole", &unfinished, cut);
    unfinished["features"] = json!(["no_terminal"]);
    folder.recording("said-to-be-cut", &unfinished, cut);
    // The end marker alone is an end, too.
    folder.recording("marked", &unfinished, &format!("{cut}data: [DONE]\n\n"));
    unfinished["expected"]["text"] = json!("Grü");
    folder.recording("said-to-be-shorter", &unfinished, cut);
    let (_, said) = folder.run();
    let failed: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(case, _)| case)
        .collect();
    assert_eq!(failed, ["said-to-be-shorter", "said-to-be-whole"], "{said}");
}

#[test]
fn errors_are_compared_by_kind_and_words() {
    let mut refused = meta();
    refused["status"] = json!(429);
    refused["stream"] = json!(false);
    refused["response_file"] = json!("response.json");
    refused["headers"] = json!({"retry-after": "3"});
    refused["expected"] =
        json!({"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}});
    let body = r#"{"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}}"#;
    let folder = Folder::new();
    folder.recording("right", &refused, body);
    refused["expected"]["error"]["code"] = json!("other");
    folder.recording("wrong-code", &refused, body);
    refused["expected"]["error"]["message"] = json!("Faster.");
    folder.recording("wrong-words", &refused, body);
    // The same in a reply with status 200.
    refused["status"] = json!(200);
    refused["expected"]["error"] = json!({"message": "Slow down.", "code": "content_filter"});
    folder.recording("wrong-kind", &refused, body);
    let (_, said) = folder.run();
    let failed: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(case, _)| case)
        .collect();
    assert_eq!(
        failed,
        ["wrong-code", "wrong-kind", "wrong-words"],
        "{said}"
    );
}

#[test]
fn what_is_skipped_is_counted_by_reason() {
    let folder = Folder::new();
    folder.recording("a", &changed("/provider", json!("smoke-signals")), STREAM);
    folder.recording("b", &changed("/provider", json!("smoke-signals")), STREAM);
    folder.recording("c", &changed("/cross_checked", json!(false)), STREAM);
    folder.recording("d", &meta(), STREAM);
    let (verdict, said) = folder.run();
    assert_eq!(verdict, Verdict::Clean);
    assert_eq!(
        said,
        "skipped 2: no adapter for smoke-signals\n\
         skipped 1: the recorded expectation is not cross-checked\n\
         1 passed, 0 failed, 3 skipped, 20 cuts\n"
    );
    let (_, json) = run_with(&folder.0, |args| args.json = true);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["passed"], &json["skipped"]), (&json!(1), &json!(3)));
    assert_eq!(json["cuts"], json!(20));
    let (_, one) = run_with(&folder.0, |args| args.filter = Some("d".to_owned()));
    assert_eq!(one, "1 passed, 0 failed, 0 skipped, 20 cuts\n");
}

#[test]
fn turns_and_logs_must_come_back_the_same() {
    let folder = Folder::new();
    folder.write(
        "turns/good.yaml",
        "id: t\nblocks:\n  - kind: user\n    payload: {text: Hi, odd: [1]}\n",
    );
    folder.write("turns/broken.yaml", "id: t\nblocks: [\n");
    folder.write(
        "events/good.ndjson",
        "{\"type\":\"info\",\"meta\":{\"message_id\":\"m\"},\"message\":\"x\"}\n\n",
    );
    folder.write(
        "events/unknown.ndjson",
        "{\"type\":\"smoke-signal\",\"meta\":{\"message_id\":\"m\"}}\n",
    );
    folder.write(
        "events/order.ndjson",
        "{\"type\":\"text-delta\",\"meta\":{\"message_id\":\"m\"},\"delta\":\"x\"}\n",
    );
    folder.write("notes.txt", "not a case");
    let (verdict, said) = folder.run();
    assert_eq!(verdict, Verdict::Findings);
    let failed: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(case, _)| case)
        .collect();
    assert_eq!(
        failed,
        ["order.ndjson", "unknown.ndjson", "broken.yaml"],
        "{said}"
    );
    assert!(
        said.contains("unknown.ndjson: line 1: `smoke-signal`"),
        "{said}"
    );
    assert!(
        said.ends_with("2 passed, 3 failed, 0 skipped, 0 cuts\n"),
        "{said}"
    );
}

#[test]
fn a_path_without_cases_is_an_error_of_the_command() {
    let folder = Folder::new();
    folder.write("notes.txt", "not a case");
    let refused = |change: &dyn Fn(&mut Args)| {
        let mut args = Args {
            paths: vec![folder.0.clone()],
            json: false,
            filter: None,
            seed: 0,
        };
        change(&mut args);
        run(&args, &mut Vec::new()).unwrap_err().to_string()
    };
    assert!(refused(&|_| {}).contains("holds no recording"));
    assert!(refused(&|args| args.paths = vec![folder.0.join("absent")]).contains("cannot read"));
    folder.recording("case", &meta(), STREAM);
    assert!(refused(&|args| args.filter = Some("nothing".into())).contains("filter"));
}

#[test]
fn the_next_request_is_held_to_the_rules_of_the_recordings_own_provider() {
    let body = json!({"id": "resp_1", "status": "completed", "model": "m", "output": [
        {"type": "web_search_call", "id": "of_another_form", "status": "completed",
            "action": {"type": "search", "query": "q"}},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "hi", "annotations": []}]},
    ]});
    let said = |vendor: &str| {
        let folder = Folder::new();
        let meta = json!({
            "id": "case", "provider": "openai-responses", "vendor": vendor, "status": 200,
            "stream": false, "content_type": "application/json", "headers": {},
            "response_file": "response.json", "features": [], "cross_checked": true,
            "expected": {"text": "hi", "reasoning_text": "", "tool_calls": [],
                "finish_reason": "completed", "usage": null},
        });
        folder.recording("case", &meta, &body.to_string());
        folder.run().1
    };
    assert!(
        said("xai").starts_with("1 passed, 0 failed"),
        "{}",
        said("xai")
    );
    let openai = said("openai");
    let expected = "Invalid 'input[1].id': 'of_another_form'. Expected an ID that begins with 'ws'";
    assert!(openai.contains(expected), "{openai}");
}
