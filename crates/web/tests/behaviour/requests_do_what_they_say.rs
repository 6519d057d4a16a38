//! Each route, once.

use std::time::Duration;

use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_session::BusyPolicy;
use geppetto_store::MemoryStore;
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_timeline::Entity;
use geppetto_toolloop::{ToolRegistry, raw_tool_fn};
use geppetto_web::{Options, Profile};
use serde_json::{Value, json};

use crate::support::{Server, Window, answer, is_answered, paying};

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn hello() -> ScriptedEngine {
    ScriptedEngine::always(Script::new().text("Hello."))
}

#[tokio::test]
async fn a_session_is_created_listed_renamed_and_deleted() {
    let server = Server::new(hello()).await;
    let first = server.session().await;
    let second = server.session().await;
    server.tell(&first, "What is new?").await;
    let list = server.get("/sessions").await.json();
    let ids = list["sessions"].as_array().unwrap().iter();
    let ids: Vec<_> = ids
        .map(|own| format!("/sessions/{}", own["id"].as_str().unwrap()))
        .collect();
    assert_eq!(ids, [first.as_str(), &second]);
    assert_eq!(list["sessions"][0]["title"], "What is new?");

    let page = server.get("/sessions?limit=1").await.json();
    let next = page["next"].as_str().unwrap();
    let page = server
        .get(&format!("/sessions?limit=1&after={next}"))
        .await
        .json();
    assert_eq!(page["sessions"][0]["id"], second[10..]);

    let title = json!({"title": "News"}).to_string();
    let renamed = server.send("PATCH", &first, &[JSON], &title).await;
    assert_eq!(
        (renamed.status, &renamed.json()["title"]),
        (200, &json!("News"))
    );

    let mut window = Window::open(&server, &first).await;
    window.until(is_answered).await;
    assert_eq!(server.send("DELETE", &first, &[], "").await.status, 204);
    let last = window.next().await.unwrap();
    assert_eq!((last.name.as_str(), window.next().await), ("deleted", None));
    assert_eq!(server.get(&first).await.problem(), "no-such-session");
    assert_eq!(server.get(&format!("{first}/events")).await.status, 404);
}

#[tokio::test]
async fn a_message_is_answered_and_shown() {
    let server = Server::new(hello()).await;
    let session = server.session().await;
    let mut window = Window::open(&server, &session).await;
    let sent = server
        .post(
            &format!("{session}/messages"),
            &json!({"text": "Say hello"}),
        )
        .await;
    assert_eq!(
        (sent.status, &sent.json()["state"]),
        (202, &json!("started"))
    );
    window.until(is_answered).await;
    assert_eq!(answer(&window.view), "Hello.");
    server.host.session(&session[10..]).idle().await;
    let snapshot = server.get(&session).await.json();
    assert_eq!(snapshot["session"]["state"], "idle");
    assert_eq!(
        snapshot["view"],
        serde_json::to_value(&window.view).unwrap()
    );
    assert_eq!(snapshot["seq"], window.last_id.unwrap());
}

#[tokio::test]
async fn images_are_part_of_a_message() {
    let engine = hello();
    let server = Server::new(engine.clone()).await;
    let session = server.session().await;
    let messages = format!("{session}/messages");
    let image = json!({"data": "iVBORw0KGgo=", "media_type": "image/png"});
    let sent = server
        .post(&messages, &json!({"text": "", "images": [image]}))
        .await;
    assert_eq!(sent.status, 202);
    server.host.session(&session[10..]).idle().await;
    let view = server.get(&session).await.json()["view"].clone();
    assert_eq!(
        view["entities"][0]["attachments"][0]["media_type"],
        "image/png"
    );
    let images = format!(
        "{session}/images/{}",
        view["entities"][0]["id"].as_str().unwrap()
    );
    let image = server.get(&format!("{images}/0")).await;
    assert_eq!(
        (image.status, image.header("content-type")),
        (200, Some("image/png"))
    );
    assert!(image.body.contains("PNG"), "{image:?}");
    let none = server.get(&format!("{images}/1")).await;
    assert_eq!(
        (none.status, none.problem().as_str()),
        (404, "no-such-image")
    );
    for wrong in [
        json!({"data": "iVBORw0KGgo=", "media_type": "image/svg+xml"}),
        json!({"data": "<svg>", "media_type": "image/png"}),
        json!({"url": "file:///etc/passwd"}),
        json!({"url": "http://169.254.169.254/"}),
        json!({}),
    ] {
        let refused = server.post(&messages, &json!({"images": [wrong]})).await;
        assert_eq!(
            (refused.status, refused.problem().as_str()),
            (422, "refused"),
            "{wrong}"
        );
    }
    assert_eq!(engine.inferences(), 1);
}

#[tokio::test]
async fn an_idempotent_request_is_carried_out_once() {
    let engine = hello();
    let server = Server::new(engine.clone()).await;
    let session = server.session().await;
    let messages = format!("{session}/messages");
    let headers = [JSON, ("Idempotency-Key", "key-1")];
    let body = json!({"text": "Say hello"}).to_string();
    let first = server.send("POST", &messages, &headers, &body).await.json();
    server.host.session(&session[10..]).idle().await;
    let again = server.send("POST", &messages, &headers, &body).await.json();
    assert_eq!(
        (&again["run"], &again["repeated"]),
        (&first["run"], &json!(true))
    );
    let other = json!({"text": "Say goodbye"}).to_string();
    let other = server.send("POST", &messages, &headers, &other).await;
    assert_eq!(
        (other.status, other.problem().as_str()),
        (422, "idempotency-key-reused")
    );
    let wrong = [JSON, ("Idempotency-Key", "")];
    assert_eq!(
        server
            .send("POST", &messages, &wrong, &body)
            .await
            .problem(),
        "bad-request"
    );
    assert_eq!(engine.inferences(), 1);
}

#[tokio::test]
async fn a_busy_session_names_its_run_until_it_is_cancelled() {
    let gate = Gate::new();
    let script = Script::new().text("Once ").hold_at(&gate).text("upon.");
    let server = Server::new(ScriptedEngine::always(script)).await;
    let session = server.session().await;
    let messages = format!("{session}/messages");
    let run = server
        .post(&messages, &json!({"text": "A story"}))
        .await
        .json()["run"]
        .clone();
    gate.reached().await;
    let busy = server.post(&messages, &json!({"text": "Another"})).await;
    assert_eq!(
        (busy.status, busy.problem().as_str(), &busy.json()["run"]),
        (409, "busy", &run)
    );
    for change in ["undo", "retry"] {
        let busy = server
            .post(&format!("{session}/{change}"), &json!({}))
            .await;
        assert_eq!(
            (busy.status, busy.problem().as_str()),
            (409, "busy"),
            "{change}"
        );
    }
    assert_eq!(server.get(&session).await.json()["session"]["run"], run);
    let cancel = format!("{session}/cancel");
    assert_eq!(
        server.post(&cancel, &json!({})).await.json(),
        json!({"cancelled": true})
    );
    server.host.session(&session[10..]).idle().await;
    assert_eq!(
        server.post(&cancel, &json!({})).await.json(),
        json!({"cancelled": false})
    );
    let snapshot = server.get(&session).await.json();
    assert_eq!(
        (&snapshot["session"]["state"], &snapshot["session"]["turns"]),
        (&json!("idle"), &json!(1))
    );
}

#[tokio::test]
async fn a_queued_message_is_answered_at_once_and_shown() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([
        Script::new().hold_at(&gate).text("One."),
        Script::new().text("Two."),
    ]);
    let host = Host::builder(MemoryStore::new(), Builder::new(engine));
    let host = host.busy_policy(BusyPolicy::Queue { max: 4 }).build();
    let server = Server::of(host, Options::new()).await;
    let session = server.session().await;
    let messages = format!("{session}/messages");
    server.post(&messages, &json!({"text": "First"})).await;
    gate.reached().await;
    let queued = server
        .post(&messages, &json!({"text": "Second"}))
        .await
        .json();
    assert_eq!(queued["state"], "queued");
    let snapshot = server.get(&session).await.json();
    assert_eq!(
        snapshot["queued"],
        json!([{"run": queued["run"], "text": "Second", "joins": false}])
    );
    let mut window = Window::open(&server, &session).await;
    gate.open();
    window
        .until(|view| answer(view) == "Two." && is_answered(view))
        .await;
}

#[tokio::test]
async fn a_message_joins_the_running_answer() {
    let gate = Gate::new();
    let at_work = gate.clone();
    let work = raw_tool_fn("work", "", json!({"type": "object"}), move |_: Value| {
        let gate = at_work.clone();
        async move {
            gate.pass().await;
            "worked"
        }
    });
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call_1", "work", "{}"),
        Script::new().text("In green."),
    ]);
    let builder = Builder::new(engine).tools(ToolRegistry::new().with(work).unwrap());
    let host = Host::builder(MemoryStore::new(), builder).build();
    let options = Options::new().profile(Profile::new("default"));
    let server = Server::of(host, options).await;
    let session = server.session().await;
    let messages = format!("{session}/messages");
    server.post(&messages, &json!({"text": "Paint it"})).await;
    gate.reached().await;
    let joining = json!({"text": "in green", "join": true});
    let joining = server.post(&messages, &joining).await.json();
    assert_eq!(joining["state"], "queued");
    let snapshot = server.get(&session).await.json();
    assert_eq!(
        snapshot["queued"],
        json!([{"run": joining["run"], "text": "in green", "joins": true}])
    );
    let mut window = Window::open(&server, &session).await;
    gate.open();
    window
        .until(|view| answer(view) == "In green." && is_answered(view))
        .await;
    let kinds: Vec<_> = window.view.entities().map(Entity::kind).collect();
    assert_eq!(kinds, ["user", "tool_call", "user", "answer"]);
    let snapshot = server.get(&session).await.json();
    assert_eq!(
        (&snapshot["session"]["turns"], &snapshot["queued"]),
        (&json!(1), &json!([]))
    );
}

#[tokio::test]
async fn messages_of_several_windows_that_join_are_told_apart() {
    let gate = Gate::new();
    let reply = Script::new().hold_at(&gate).text("One.");
    let engine = ScriptedEngine::new([reply]);
    let host = Host::builder(MemoryStore::new(), Builder::new(engine)).build();
    let server = Server::of(host, Options::new()).await;
    let session = server.session().await;
    let messages = format!("{session}/messages");
    server.post(&messages, &json!({"text": "First"})).await;
    gate.reached().await;
    let texts = ["in green", "and small"];
    let sent = texts.map(|text| json!({"text": text, "join": true}));
    let [green, small] = &sent;
    let (green, small) = tokio::join!(server.post(&messages, green), server.post(&messages, small));
    let snapshot = server.get(&session).await.json();
    let queued = snapshot["queued"].as_array().unwrap();
    for (text, reply) in texts.into_iter().zip([green, small]) {
        let own = queued.iter().find(|own| own["text"] == text).unwrap();
        assert_eq!(reply.json()["run"], own["run"], "{text}: {queued:?}");
    }
}

#[tokio::test]
async fn a_message_that_is_sent_again_while_it_waits_waits_once() {
    let gate = Gate::new();
    let reply = Script::new().hold_at(&gate).text("One.");
    let engine = ScriptedEngine::new([reply, Script::new().text("Two.")]);
    let host = Host::builder(MemoryStore::new(), Builder::new(engine)).build();
    let server = Server::of(host, Options::new()).await;
    let session = server.session().await;
    let messages = format!("{session}/messages");
    server.post(&messages, &json!({"text": "First"})).await;
    gate.reached().await;
    let headers = [JSON, ("Idempotency-Key", "key-1")];
    let body = json!({"text": "Second", "join": true}).to_string();
    let first = server.send("POST", &messages, &headers, &body).await.json();
    let again = server.send("POST", &messages, &headers, &body).await.json();
    assert_eq!(first["state"], "queued");
    assert_eq!(
        again,
        json!({"run": first["run"], "state": "queued", "repeated": true})
    );
    let mut window = Window::open(&server, &session).await;
    gate.open();
    window
        .until(|view| answer(view) == "Two." && is_answered(view))
        .await;
    assert_eq!(server.get(&session).await.json()["session"]["turns"], 2);
}

#[tokio::test]
async fn a_queued_message_can_be_removed() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([
        Script::new().hold_at(&gate).text("One."),
        Script::new().text("Three."),
    ]);
    let host = Host::builder(MemoryStore::new(), Builder::new(engine));
    let host = host.busy_policy(BusyPolicy::Queue { max: 4 }).build();
    let server = Server::of(host, Options::new()).await;
    let session = server.session().await;
    let messages = format!("{session}/messages");
    let first = server.post(&messages, &json!({"text": "First"})).await;
    gate.reached().await;
    let second = server.post(&messages, &json!({"text": "Second"})).await;
    server.post(&messages, &json!({"text": "Third"})).await;
    let path = |reply: &crate::support::Reply| {
        format!("{session}/queue/{}", reply.json()["run"].as_str().unwrap())
    };
    let removed = server.send("DELETE", &path(&second), &[], "").await;
    assert_eq!((removed.status, removed.body.as_str()), (204, ""));
    let left = server.get(&session).await.json();
    let texts: Vec<&Value> = left["queued"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| &own["text"])
        .collect();
    assert_eq!(texts, ["Third"]);
    // Removed already; running.
    for wrong in [&second, &first] {
        let refused = server.send("DELETE", &path(wrong), &[], "").await;
        assert_eq!(
            (refused.status, refused.problem().as_str()),
            (409, "not-queued")
        );
    }
    let mut window = Window::open(&server, &session).await;
    gate.open();
    window
        .until(|view| answer(view) == "Three." && is_answered(view))
        .await;
    let users = window.view.entities().filter(|own| own.kind() == "user");
    let texts: Vec<_> = users.filter_map(|own| own.text()).collect();
    assert_eq!(texts, ["First", "Third"]);
}

#[tokio::test]
async fn the_last_prompt_is_retried_edited_and_undone() {
    let engine =
        ScriptedEngine::new(["One.", "Two.", "Three."].map(|text| Script::new().text(text)));
    let server = Server::new(engine).await;
    let session = server.session().await;
    let mut window = Window::open(&server, &session).await;
    server.tell(&session, "Count").await;
    window.until(|view| answer(view) == "One.").await;
    assert_eq!(
        server
            .post(&format!("{session}/retry"), &json!({}))
            .await
            .status,
        202
    );
    window
        .until(|view| answer(view) == "Two." && is_answered(view))
        .await;
    server.host.session(&session[10..]).idle().await;
    let edit = json!({"text": "Count on"});
    assert_eq!(
        server.post(&format!("{session}/edit"), &edit).await.status,
        202
    );
    window
        .until(|view| answer(view) == "Three." && is_answered(view))
        .await;
    let users = window.view.entities().filter(|own| own.kind() == "user");
    assert_eq!(
        users.filter_map(|own| own.text()).collect::<Vec<_>>(),
        ["Count on"]
    );
    server.host.session(&session[10..]).idle().await;
    let undone = server.post(&format!("{session}/undo"), &json!({})).await;
    assert_eq!(undone.status, 200, "{undone:?}");
    window.until(geppetto_timeline::View::is_empty).await;
    let again = server.post(&format!("{session}/undo"), &json!({})).await;
    assert_eq!((again.status, again.problem().as_str()), (422, "refused"));
}

#[tokio::test]
async fn a_fork_has_the_history_up_to_its_turn() {
    let server = Server::new(hello()).await;
    let session = server.session().await;
    for text in ["First", "Second"] {
        server.tell(&session, text).await;
    }
    let view = server.get(&session).await.json()["view"].clone();
    let turn = view["entities"][0]["turn_id"].clone();
    let fork = format!("{session}/fork");
    let forked = server
        .post(&fork, &json!({"turn_id": turn, "title": "Fork"}))
        .await;
    assert_eq!(
        (forked.status, &forked.json()["title"]),
        (201, &json!("Fork"))
    );
    let path = format!("/sessions/{}", forked.json()["id"].as_str().unwrap());
    let texts = |view: &Value| {
        let entities = view["entities"].as_array().unwrap().iter();
        entities.map(|own| own["text"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        texts(&server.get(&path).await.json()["view"]),
        ["First", "Hello."]
    );
    let wrong = server.post(&fork, &json!({"turn_id": "turn"})).await;
    assert_eq!(
        (wrong.status, wrong.problem().as_str()),
        (404, "no-such-turn")
    );
}

#[tokio::test]
async fn a_person_decides_about_a_tool_call() {
    let decisions = [
        (json!({"decision": "allow"}), "paid 7"),
        (
            json!({"decision": "allow", "arguments": {"amount": 5}}),
            "paid 5",
        ),
        (
            json!({"decision": "reject", "reason": "too much"}),
            "too much",
        ),
        (
            json!({"decision": "answer", "result": "paid in cash"}),
            "paid in cash",
        ),
    ];
    for (decision, result) in decisions {
        let server = Server::of(paying(MemoryStore::new()).build(), Options::new()).await;
        let session = server.session().await;
        server.tell(&session, "Pay").await;
        let snapshot = server.get(&session).await.json();
        assert_eq!(snapshot["session"]["state"], "waiting");
        assert_eq!(snapshot["waits"][0]["question"], "May I pay?");
        let wrong = server
            .post(&format!("{session}/approvals/call-9"), &decision)
            .await;
        assert_eq!((wrong.status, wrong.problem().as_str()), (422, "refused"));
        let mut window = Window::open(&server, &session).await;
        let decided = server
            .post(&format!("{session}/approvals/call-1"), &decision)
            .await;
        assert_eq!(decided.status, 202, "{decided:?}");
        window
            .until(|view| answer(view) == "It is paid." && is_answered(view))
            .await;
        let view = serde_json::to_value(&window.view).unwrap();
        let calls = view["entities"].as_array().unwrap().iter();
        let call = calls
            .clone()
            .find(|own| own["kind"] == "tool_call")
            .unwrap();
        assert!(call["result"].as_str().unwrap().contains(result), "{call}");
    }
}

#[tokio::test]
async fn profiles_are_listed_chosen_and_remembered() {
    let engine = hello();
    let host = Host::new(MemoryStore::new(), Builder::new(engine.clone()));
    let options = Options::new()
        .profile(Profile::new("fast").title("Fast").model("small"))
        .profile(Profile::new("deep").model("large"));
    let server = Server::of(host.clone(), options.clone()).await;
    let list = server.get("/profiles").await.json();
    assert_eq!(
        list["profiles"][0],
        json!({"name": "fast", "title": "Fast", "model": "small"})
    );
    let created = server
        .post("/sessions", &json!({"profile": "deep"}))
        .await
        .json();
    let session = format!("/sessions/{}", created["id"].as_str().unwrap());
    server.tell(&session, "First").await;
    server
        .post(
            &format!("{session}/messages"),
            &json!({"text": "Second", "profile": "fast"}),
        )
        .await;
    host.session(&session[10..]).idle().await;
    // Another server process knows the profile of the session from its last turn.
    let other = Server::of(host.clone(), options).await;
    assert_eq!(other.get(&session).await.json()["profile"], "fast");
    // Before the first message, and after a change, too.
    let path = server.post("/sessions", &json!({"profile": "deep"})).await;
    let path = format!("/sessions/{}", path.json()["id"].as_str().unwrap());
    let own = other.get(&path).await.json();
    assert_eq!(
        (&own["profile"], &own["view"]["entities"]),
        (&json!("deep"), &json!([]))
    );
    let change = json!({"profile": "deep"}).to_string();
    let header = [("Content-Type", "application/json")];
    let changed = server.send("PATCH", &session, &header, &change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(other.get(&session).await.json()["profile"], "deep");
    let unknown = json!({"text": "x", "profile": "free"});
    let unknown = server.post(&format!("{session}/messages"), &unknown).await;
    assert_eq!(
        (unknown.status, unknown.problem().as_str()),
        (422, "no-such-profile")
    );
    assert_eq!(engine.inferences(), 2);
}

#[tokio::test]
async fn a_conversation_is_exported() {
    let server = Server::new(hello()).await;
    let session = server.session().await;
    server.tell(&session, "Say \"hello\"").await;
    let markdown = server.get(&format!("{session}/export")).await;
    assert_eq!(
        markdown.body,
        "## User\n\nSay \"hello\"\n\n## Assistant\n\nHello.\n"
    );
    assert_eq!(
        markdown.header("content-disposition"),
        Some("attachment; filename=\"conversation.md\"")
    );
    let json = server.get(&format!("{session}/export?format=json")).await;
    assert_eq!(json.json().as_array().unwrap().len(), 1);
    let yaml = server.get(&format!("{session}/export?format=yaml")).await;
    assert!(yaml.body.contains("Hello."));
    let wrong = server.get(&format!("{session}/export?format=pdf")).await;
    assert_eq!(wrong.problem(), "bad-request");
}

#[tokio::test]
async fn the_events_of_the_log_are_streamed_too() {
    let server = Server::new(hello()).await;
    let session = server.session().await;
    server.tell(&session, "Say hello").await;
    let mut window = Window::with(&server, &format!("{session}/events?as=events"), "").await;
    let mut ids = Vec::new();
    let mut last = String::new();
    while last != "run-finished" {
        let event = window.next().await.unwrap();
        let json: Value = serde_json::from_str(&event.data).unwrap();
        assert_eq!(event.name, "event");
        ids.push(event.id.unwrap());
        last = json["type"]
            .as_str()
            .unwrap_or_else(|| panic!("{json}"))
            .to_owned();
    }
    assert!(ids.is_sorted() && ids.len() > 3);
    let path = format!("{session}/events?as=events&after={}", ids[1]);
    let mut window = Window::with(&server, &path, "").await;
    assert_eq!(window.next().await.unwrap().id, Some(ids[2]));
}

#[tokio::test]
async fn an_idle_stream_sends_comments_and_a_time_to_reconnect() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let host = Host::new(MemoryStore::new(), Builder::new(hello()));
    let options = Options::new().keep_alive(Duration::from_millis(5));
    let server = Server::of(host, options).await;
    let session = server.session().await;
    let mut stream = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    let request = format!(
        "GET {session}/events HTTP/1.1\r\nHost: {}\r\n\r\n",
        server.address
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut bytes, mut text) = (Vec::new(), String::new());
    while text.matches("\n:").count() < 2 || !text.contains("event: view") {
        stream.read_buf(&mut bytes).await.unwrap();
        text = String::from_utf8_lossy(&bytes).into_owned();
    }
    assert!(text.contains("retry: 1000"), "{text}");
    let head = text.to_lowercase();
    for header in [
        "content-type: text/event-stream",
        "x-accel-buffering: no",
        "cache-control: no-",
    ] {
        assert!(head.contains(header), "{header}: {text}");
    }
}

#[tokio::test]
async fn the_router_can_be_nested_in_an_application() {
    let host = Host::new(MemoryStore::new(), Builder::new(hello()));
    let chat = geppetto_web::router(host.clone(), Options::new());
    let app = axum::Router::new().nest("/apps/chat", chat);
    let server = Server::serving(host, app, geppetto_web::ServeOptions::new()).await;
    let page = server.get("/apps/chat").await;
    assert!(
        page.body.contains("<base href=\"/apps/chat/\">"),
        "{page:?}"
    );
    let files = page
        .body
        .split("href=\"page/")
        .chain(page.body.split("src=\"page/"));
    let files: Vec<_> = files.filter_map(|own| own.split('"').next()).collect();
    assert!(
        files.contains(&"main.js") && files.contains(&"style.css"),
        "{files:?}"
    );
    for file in [
        "main.js",
        "style.css",
        "vendor/preact.mjs",
        "vendor/NOTICE.txt",
    ] {
        assert_eq!(
            server.get(&format!("/apps/chat/page/{file}")).await.status,
            200,
            "{file}"
        );
    }
    assert_eq!(server.get("/apps/chat/sessions").await.status, 200);
    assert_eq!(
        server.get("/apps/chat/nothing").await.problem(),
        "not-found"
    );
}

#[tokio::test]
async fn the_files_of_the_page_name_only_files_that_exist() {
    let server = Server::new(hello()).await;
    let index = server.get("/").await.body;
    for name in [
        "main", "api", "store", "stream", "markdown", "sidebar", "messages", "composer", "icons",
    ] {
        let file = server.get(&format!("/page/{name}.js")).await;
        assert_eq!(
            file.header("content-type"),
            Some("text/javascript; charset=utf-8")
        );
        let tag = file.header("etag").unwrap();
        let again = server
            .send(
                "GET",
                &format!("/page/{name}.js"),
                &[("If-None-Match", tag)],
                "",
            )
            .await;
        assert_eq!(again.status, 304);
        for line in file.body.lines().filter(|line| line.starts_with("import ")) {
            let from = line.split('\'').nth(1).unwrap();
            match from.strip_prefix("./") {
                Some(own) => assert_eq!(
                    server.get(&format!("/page/{own}")).await.status,
                    200,
                    "{line}"
                ),
                None => assert!(
                    index.contains(&format!("\"{from}\": \"./page/vendor/")),
                    "{line}"
                ),
            }
        }
    }
}
