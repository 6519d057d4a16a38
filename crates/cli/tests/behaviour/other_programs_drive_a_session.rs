use geppetto_testing::{At, ProviderServer, Reply};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
};

use super::support::Home;

/// A program that serves requests.
struct Rpc {
    child: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    /// Types of events, in order.
    events: Vec<String>,
}

impl Rpc {
    async fn start(home: &Home, line: &str) -> (Self, Value) {
        let mut child = home.geppetto(&format!("rpc {line}"), []).start();
        let input = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut rpc = Self {
            child,
            input,
            lines,
            events: Vec::new(),
        };
        let hello = rpc.next().await;
        assert_eq!(
            (&hello["type"], &hello["version"]),
            (&json!("hello"), &json!(1))
        );
        (rpc, hello)
    }

    async fn send(&mut self, line: impl std::fmt::Display) {
        let line = format!("{line}\n");
        self.input
            .as_mut()
            .unwrap()
            .write_all(line.as_bytes())
            .await
            .unwrap();
    }

    /// Returns the next message that is no event.
    async fn next(&mut self) -> Value {
        loop {
            let line = self
                .lines
                .next_line()
                .await
                .unwrap()
                .expect("there is another message");
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["type"] != "event" {
                return message;
            }
            self.events
                .push(message["event"]["type"].as_str().unwrap().to_owned());
        }
    }

    /// Waits for an event, unless it came already. No other message may come before it.
    async fn event(&mut self, kind: &str) {
        while !self.events.iter().any(|own| own == kind) {
            let line = self
                .lines
                .next_line()
                .await
                .unwrap()
                .expect("there is another message");
            let message: Value = serde_json::from_str(&line).unwrap();
            self.events
                .push(message["event"]["type"].as_str().unwrap().to_owned());
        }
    }

    async fn ask(&mut self, request: Value) -> Value {
        self.send(request).await;
        self.next().await
    }

    /// Ends the input, and returns the exit code.
    async fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        while self.lines.next_line().await.unwrap().is_some() {}
        self.child.wait().await.unwrap().code()
    }
}

fn submit(prompt: &str) -> Value {
    json!({"id": 1, "type": "submit", "prompt": prompt})
}

#[tokio::test]
async fn a_prompt_is_answered_with_events_and_an_end() {
    let home = Home::new();
    let (mut rpc, hello) = Rpc::start(&home, "").await;
    let reply = rpc.ask(submit("My name is Ada")).await;
    assert_eq!((&reply["type"], &reply["id"]), (&json!("reply"), &json!(1)));
    let done = rpc.next().await;
    assert_eq!(done["type"], "done");
    assert_eq!(done["run"], reply["result"]["run"]);
    assert_eq!(done["status"], "finished");
    assert!(
        done["answer"]
            .as_str()
            .unwrap()
            .starts_with("Nice to meet you, Ada.")
    );
    assert_eq!(rpc.events.first().unwrap(), "run-started");
    assert_eq!(rpc.events.last().unwrap(), "run-finished");
    rpc.ask(submit("What is my name?")).await;
    assert!(rpc.next().await["answer"].as_str().unwrap().contains("Ada"));
    let snapshot = rpc.ask(json!({"id": "s", "type": "snapshot"})).await;
    assert_eq!(snapshot["id"], "s");
    let result = &snapshot["result"];
    assert_eq!(
        (&result["state"], &result["turns"]),
        (&json!("idle"), &json!(2))
    );
    let events = rpc.ask(json!({"type": "events", "after": 0})).await;
    assert_eq!(events["result"]["events"][0]["type"], "run-started");
    assert_eq!(rpc.end().await, Some(0));
    // The session is there for other verbs.
    let line = format!("ask -s {}", hello["session"].as_str().unwrap());
    assert!(home.ok(&line, "What is my name?").await.contains("Ada"));
}

#[tokio::test]
async fn what_was_asked_is_answered_when_the_input_ends() {
    let home = Home::new();
    let run = home
        .geppetto("rpc", [])
        .input(format!("{}\n", submit("hello")));
    let ended = run.end().await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let last: Value = serde_json::from_str(ended.out.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["type"], &last["status"]),
        (&json!("done"), &json!("finished"))
    );
}

#[tokio::test]
async fn requests_that_are_wrong_are_answered_and_harm_nothing() {
    let home = Home::new();
    let (mut rpc, _) = Rpc::start(&home, "").await;
    let wrong = [
        "nonsense",
        "[1]",
        r#"{"id":7}"#,
        r#"{"id":7,"type":"wonder"}"#,
        r#"{"id":7,"type":"submit"}"#,
        r#"{"id":7,"type":"submit","prompt":" "}"#,
        r#"{"id":7,"type":"submit","prompt":"x","wonder":1}"#,
        r#"{"id":7,"type":"submit","prompt":"x","files":["missing"]}"#,
        r#"{"id":7,"type":"submit","prompt":"x","images":["-"]}"#,
        r#"{"id":7,"type":"approve","decisions":{"c":{}}}"#,
        r#"{"id":7,"type":"approve","decisions":{"c":{"allow":true}}}"#,
    ];
    for line in wrong {
        rpc.send(line).await;
        let error = rpc.next().await;
        assert_eq!(error["type"], "error", "{line}: {error}");
        assert_ne!(error["message"], "", "{line}");
        if line.contains("\"id\"") {
            assert_eq!(error["id"], 7, "{line}");
        }
    }
    rpc.send("").await;
    rpc.ask(submit("hello")).await;
    assert_eq!(rpc.next().await["status"], "finished");
    assert_eq!(rpc.end().await, Some(0));
}

#[tokio::test]
async fn a_run_is_cancelled_and_the_next_one_starts() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().text("never ending").stall_at(At::Event(2)));
    server.enqueue(Reply::chat().text("Hello."));
    let line = format!("-m test --openai-base-url {}", server.base_url());
    let (mut rpc, _) = Rpc::start(&home, &line).await;
    let run = rpc.ask(submit("Wait")).await["result"]["run"].clone();
    rpc.event("text-delta").await;
    let busy = rpc.ask(submit("Me too")).await;
    assert_eq!(
        (&busy["type"], &busy["code"]),
        (&json!("error"), &json!("busy"))
    );
    let cancelled = rpc.ask(json!({"id": 2, "type": "cancel"})).await;
    let done = rpc.next().await;
    let (cancelled, done) = if cancelled["type"] == "done" {
        (done, cancelled)
    } else {
        (cancelled, done)
    };
    assert_eq!(cancelled["result"]["cancelled"], true);
    assert_eq!((&done["run"], &done["status"]), (&run, &json!("cancelled")));
    rpc.ask(submit("Again")).await;
    assert_eq!(rpc.next().await["answer"], "Hello.");
    assert_eq!(rpc.end().await, Some(0));
}

#[tokio::test]
async fn a_shutdown_ends_a_run() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().text("never ending").stall_at(At::Event(2)));
    let line = format!("-m test --openai-base-url {}", server.base_url());
    let (mut rpc, _) = Rpc::start(&home, &line).await;
    rpc.ask(submit("Wait")).await;
    rpc.send(json!({"type": "shutdown"})).await;
    let (first, second) = (rpc.next().await, rpc.next().await);
    let done = if first["type"] == "done" {
        first
    } else {
        second
    };
    assert_eq!(done["status"], "cancelled");
    assert_eq!(rpc.end().await, Some(0));
}

#[tokio::test]
async fn tools_wait_for_approval() {
    let home = Home::new();
    home.write("notes.txt", "the notes");
    let server = ProviderServer::start().await.unwrap();
    let read = r#"{"path":"notes.txt"}"#;
    server.enqueue(Reply::chat().tool_call("a", "read_file", read).tool_call(
        "b",
        "read_file",
        read,
    ));
    server.enqueue(Reply::chat().text("I read it."));
    let line = format!(
        "-m test -t read-file --openai-base-url {}",
        server.base_url()
    );
    let (mut rpc, _) = Rpc::start(&home, &line).await;
    rpc.ask(submit("Read")).await;
    let done = rpc.next().await;
    assert_eq!(done["status"], "waiting");
    let calls: Vec<_> = done["waiting"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| &own["call_id"])
        .collect();
    assert_eq!(calls, ["a", "b"]);
    let decisions =
        json!({"a": {"allow": true}, "b": {"allow": false, "reason": "once is enough"}});
    rpc.ask(json!({"id": 2, "type": "approve", "decisions": decisions}))
        .await;
    assert_eq!(rpc.next().await["answer"], "I read it.");
    let said = server.requests()[1].json().to_string();
    assert!(
        said.contains("the notes") && said.contains("once is enough"),
        "{said}"
    );
    assert_eq!(rpc.end().await, Some(0));
}

#[tokio::test]
async fn a_repeated_request_runs_once() {
    let home = Home::new();
    let (mut rpc, _) = Rpc::start(&home, "").await;
    let request = json!({"id": 1, "type": "submit", "prompt": "hello", "idempotency_key": "k"});
    let first = rpc.ask(request.clone()).await;
    rpc.next().await;
    let second = rpc.ask(request).await;
    assert_eq!(first["result"]["run"], second["result"]["run"]);
    assert_eq!(second["result"]["repeated"], true);
    assert_eq!(rpc.end().await, Some(0));
}

#[tokio::test]
async fn a_session_without_a_prompt_is_not_kept() {
    let home = Home::new();
    let (rpc, _) = Rpc::start(&home, "").await;
    assert_eq!(rpc.end().await, Some(0));
    assert_eq!(home.ok("sessions list", "").await, "");
}
