//! `geppetto serve`: its page is on the sessions, profiles and tools of the program.
#![cfg(unix)]

use geppetto_testing::{At, ProviderServer, Reply};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::Child,
};

use super::support::{Home, Run};

/// A server that listens.
struct Served {
    child: Child,
    /// Address with a slash at its end, as it was printed.
    url: String,
    client: Client,
}

impl Served {
    async fn start(run: Run) -> Self {
        let mut child = run.background();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut url = String::new();
        out.read_line(&mut url).await.unwrap();
        if url.is_empty() {
            let ended = child.wait_with_output().await.unwrap();
            panic!("{}", String::from_utf8_lossy(&ended.stderr));
        }
        Self {
            child,
            url: url.trim().to_owned(),
            client: Client::builder().build().unwrap(),
        }
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.url));
        if method == Method::POST {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let reply = request.send().await.unwrap();
        let status = reply.status();
        let text = reply.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, value) = self.send(Method::GET, path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, value) = self.send(Method::POST, path, body).await;
        assert!(status.is_success(), "{path}: {status} {value}");
        value
    }

    /// Reads the events of a session until its view contains a text and nothing runs.
    async fn until(&self, session: &str, text: &str) {
        let url = format!("{}sessions/{session}/events?as=events", self.url);
        let mut stream = self.client.get(url).send().await.unwrap();
        let mut seen = String::new();
        while let Some(bytes) = stream.chunk().await.unwrap() {
            seen.push_str(&String::from_utf8_lossy(&bytes));
            if seen.contains(text) {
                return;
            }
        }
        panic!("the stream ended without {text}: {seen}");
    }

    async fn idle(&self, session: &str) -> Value {
        loop {
            let own = self.get(&format!("sessions/{session}")).await;
            if own["session"]["state"] != "running" {
                return own;
            }
            tokio::task::yield_now().await;
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        let sent = std::process::Command::new("kill")
            .args([name, &id])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Ends the server, and returns its exit code and what it wrote on standard error.
    async fn end(mut self, signal: &str) -> (i32, String) {
        self.signal(signal);
        let mut err = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut err).await.unwrap();
        let status = self.child.wait().await.unwrap();
        (status.code().unwrap_or(-1), err)
    }
}

#[tokio::test]
async fn with_ask_and_the_other_way_round() {
    let home = Home::new();
    home.ok("ask --new-session s", "My name is Ada").await;
    let served = Served::start(home.geppetto("serve --port 0", [])).await;
    assert!(
        served.url.starts_with("http://127.0.0.1:"),
        "{}",
        served.url
    );
    let listed = served.get("sessions").await;
    assert_eq!(listed["sessions"][0]["title"], "My name is Ada");
    served
        .post("sessions/s/messages", json!({"text": "What is my name?"}))
        .await;
    let own = served.idle("s").await;
    let entities = own["view"]["entities"].as_array().unwrap();
    let answer = entities.last().unwrap()["text"].as_str().unwrap();
    assert!(answer.contains("Ada"), "{answer}");
    let page = served.client.get(&served.url).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("the built-in demo answers"), "{page}");

    let (code, err) = served.end("-INT").await;
    assert_eq!(code, 0, "{err}");
    assert!(!err.contains("panicked"), "{err}");
    let said = home
        .ok("ask -s s", "How many questions have I asked?")
        .await;
    assert!(!said.is_empty());
    assert!(home.ok("sessions list", "").await.contains("3 turns"));
}

#[tokio::test]
async fn clients_of_the_openai_api_use_it_too() {
    let home = Home::new();
    let served = Served::start(home.geppetto("serve --demo --port 0", [])).await;
    let models = served.get("v1/models").await;
    let model = models["data"][0]["id"].as_str().unwrap();
    let messages = json!([{"role": "user", "content": "My name is Ada"},
        {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "What is my name?"}]);
    let reply = served
        .post(
            "v1/chat/completions",
            json!({"model": model, "messages": messages}),
        )
        .await;
    let answer = reply["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(answer.contains("Ada"), "{reply}");
    assert_eq!(served.get("sessions").await["sessions"], json!([]));
    let response = served
        .post("v1/responses", json!({"input": "My name is Ada"}))
        .await;
    assert_eq!(response["status"], "completed");
    let sessions = served.get("sessions").await;
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(served.end("-INT").await.0, 0);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = home
        .geppetto("serve --demo --port", [port.as_str()])
        .end()
        .await;
    ended.fails_with(1, &format!("another program listens on 127.0.0.1:{port}"));
    assert!(ended.err.contains("--port"), "{ended:?}");
    let ended = home
        .geppetto("serve --demo --port 0 --address 203.0.113.7", [])
        .end()
        .await;
    ended.fails_with(1, "203.0.113.7 is no address of this machine");
    let ended = home.geppetto("serve --address nowhere", []).end().await;
    ended.fails_with(2, "nowhere");
}

#[tokio::test]
async fn a_token_is_printed_only_if_the_program_made_it() {
    const TOKEN: &str = "0123456789abcdef-own";
    let home = Home::new();
    // On addresses that others can reach.
    let run = home.geppetto("serve --demo --port 0 --address 0.0.0.0", []);
    let served = Served::start(run).await;
    let (base, token) = served.url.split_once("?token=").unwrap();
    assert!(base.starts_with("http://127.0.0.1:") && token.len() == 32);
    let without = served.client.get(format!("{base}sessions")).send().await;
    assert_eq!(without.unwrap().status(), StatusCode::UNAUTHORIZED);
    let with = served
        .client
        .get(format!("{base}sessions"))
        .bearer_auth(token);
    assert_eq!(with.send().await.unwrap().status(), StatusCode::OK);

    home.write("token", format!("{TOKEN}\n"));
    let runs = [
        home.geppetto("serve --demo --no-store --port 0 --token-file token", []),
        home.geppetto("serve --demo --no-store --port 0", [])
            .env("GEPPETTO_SERVE_TOKEN", TOKEN),
    ];
    for run in runs {
        let served = Served::start(run).await;
        assert!(!served.url.contains('?'), "{}", served.url);
        let url = format!("{}sessions", served.url);
        let without = served.client.get(&url).send().await.unwrap();
        assert_eq!(without.status(), StatusCode::UNAUTHORIZED);
        let with = served.client.get(&url).bearer_auth(TOKEN).send().await;
        assert_eq!(with.unwrap().status(), StatusCode::OK);
        let (code, err) = served.end("-TERM").await;
        assert!(code == 0 && !err.contains(TOKEN), "{code} {err}");
    }
    home.write("short", "secret");
    let ended = home.geppetto("serve --demo --port 0 --token-file short", []);
    let ended = ended.end().await;
    ended.fails_with(2, "at least 16");
    assert!(!ended.err.contains("secret"), "{ended:?}");
    let ended = home
        .geppetto("serve --demo --token-file none", [])
        .end()
        .await;
    ended.fails_with(2, "cannot read the token file `none`");
}

#[tokio::test]
async fn profiles_of_the_settings_files_can_be_chosen() {
    let home = Home::new();
    let (one, two) = (
        ProviderServer::start().await.unwrap(),
        ProviderServer::start().await.unwrap(),
    );
    let profile = |name: &str, url: String| {
        format!(
            "  {name}:\n    slug: {name}\n    display_name: The {name}\n    inference_settings:\n      chat: {{api_type: openai, engine: {name}-model}}\n      api: {{base_urls: {{openai-base-url: \"{url}\"}}}}\n"
        )
    };
    let file = format!(
        "slug: mine\nprofiles:\n{}{}",
        profile("one", one.base_url()),
        profile("two", two.base_url())
    );
    let file = home.write("profiles.yaml", file);
    let line = "serve --port 0 --profile one --profile-registries";
    let served = Served::start(home.geppetto(line, [file.to_str().unwrap()])).await;
    let listed = served.get("profiles").await;
    let titles = listed["profiles"].as_array().unwrap().iter();
    let titles: Vec<_> = titles.map(|own| own["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["The one", "The two"]);

    one.enqueue(Reply::chat().text("I am one."));
    two.enqueue(Reply::chat().text("I am two."));
    let created = served.post("sessions", json!({})).await;
    let id = created["id"].as_str().unwrap();
    let messages = format!("sessions/{id}/messages");
    served.post(&messages, json!({"text": "Who?"})).await;
    served.idle(id).await;
    let body = json!({"text": "And now?", "profile": "mine/two"});
    served.post(&messages, body).await;
    let own = served.idle(id).await;
    assert_eq!(own["profile"], "mine/two");
    let shown = own["view"].to_string();
    assert!(
        shown.contains("I am one.") && shown.contains("I am two."),
        "{shown}"
    );
    let asked = two.requests().last().unwrap().json().to_string();
    assert!(
        asked.contains("two-model") && asked.contains("I am one."),
        "{asked}"
    );
}

#[tokio::test]
async fn a_person_approves_a_tool_in_the_page() {
    let home = Home::new();
    home.write("notes.md", "# Notes\n");
    let run = home.geppetto(
        "serve --demo --port 0 --tool list-files --system",
        ["Be brief"],
    );
    let served = Served::start(run).await;
    let created = served.post("sessions", json!({})).await;
    let id = created["id"].as_str().unwrap();
    served
        .post(
            &format!("sessions/{id}/messages"),
            json!({"text": "Use list_files"}),
        )
        .await;
    let own = served.idle(id).await;
    assert_eq!(own["session"]["state"], "waiting", "{own}");
    let call = own["waits"][0]["call_id"].as_str().unwrap();
    assert_eq!(own["waits"][0]["tool"], "list_files");
    assert!(own["view"].to_string().contains("Be brief"), "{own}");
    let path = format!("sessions/{id}/approvals/{call}");
    served.post(&path, json!({"decision": "allow"})).await;
    let own = served.idle(id).await;
    assert_eq!(own["session"]["state"], "idle");
    assert!(own["view"].to_string().contains("notes.md"), "{own}");
}

#[tokio::test]
async fn a_killed_or_terminated_server_goes_on_with_the_answer() {
    for signal in ["-KILL", "-TERM"] {
        let home = Home::new();
        let provider = ProviderServer::start().await.unwrap();
        let url = provider.base_url();
        let line = "serve --port 0 -m test --openai-base-url";
        let served = Served::start(home.geppetto(line, [url.as_str()])).await;
        let created = served.post("sessions", json!({})).await;
        let id = created["id"].as_str().unwrap();
        let text = Reply::chat().text("one ").text("two ").text("three");
        provider.enqueue(text.stall_at(At::Event(3)));
        served
            .post(&format!("sessions/{id}/messages"), json!({"text": "Count"}))
            .await;
        provider.next_request().await;
        served.until(id, "two ").await;
        served.end(signal).await;

        provider.enqueue(Reply::chat().text("All three."));
        let served = Served::start(home.geppetto(line, [url.as_str()])).await;
        // Nobody opens the conversation.
        provider.next_request().await;
        served.until(id, "All three.").await;
        let own = served.idle(id).await;
        assert!(
            own["view"].to_string().contains("All three."),
            "{signal}: {own}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_was_cut_elsewhere_or_imported_waits_for_a_person() {
    let home = Home::new();
    let provider = ProviderServer::start().await.unwrap();
    let url = provider.base_url();
    provider.enqueue(Reply::chat().text("never").stall_at(At::Event(1)));
    let line = "ask -m test --new-session s Wait --openai-base-url";
    let mut child = home.geppetto(line, [url.as_str()]).background();
    provider.next_request().await;
    child.kill().await.unwrap();
    let archive = home.path("s.jsonl");
    let archive = archive.to_str().unwrap();
    home.ok("sessions export s -o", archive).await;
    home.ok("sessions import --id imported", archive).await;
    let line = "serve --port 0 -m test --openai-base-url";
    let served = Served::start(home.geppetto(line, [url.as_str()])).await;
    // What the server continues at its start is asked for before this.
    provider.enqueue(Reply::chat().text("Yes."));
    let created = served.post("sessions", json!({})).await;
    let id = created["id"].as_str().unwrap();
    let messages = format!("sessions/{id}/messages");
    served.post(&messages, json!({"text": "There?"})).await;
    served.idle(id).await;
    for session in ["s", "imported"] {
        let own = served.get(&format!("sessions/{session}")).await;
        assert_eq!(own["session"]["state"], "open", "{own}");
    }
    assert_eq!(provider.request_count(), 2);
}
