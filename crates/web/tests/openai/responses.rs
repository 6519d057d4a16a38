use geppetto_engine::ErrorKind;
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::{MemoryStore, Page};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_timeline::{Entity, State, View};
use geppetto_web::{Options, Owner, openai::OpenAi};
use serde_json::{Value, json};

use crate::{
    chat_completions::{hello, server},
    support::{Reply, Server, Window, answer, is_answered, paying},
};

pub(crate) const RESPONSES: &str = "/v1/responses";

/// Returns the events of a stream.
pub(crate) fn events(reply: &Reply) -> Vec<Value> {
    let kind = reply.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("text/event-stream"), "{reply:?}");
    let mut names = reply
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("event:"));
    let data = reply
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data:"));
    data.map(|data| {
        let event: Value = serde_json::from_str(data).unwrap();
        assert_eq!(names.next().unwrap().trim(), event["type"]);
        event
    })
    .collect()
}

fn text(response: &Value) -> String {
    let items = response["output"].as_array().unwrap().iter();
    let parts = items.filter_map(|own| own["content"][0]["text"].as_str());
    parts.collect()
}

async fn create(server: &Server, body: Value) -> Value {
    let reply = server.post(RESPONSES, &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

fn pick() -> Value {
    json!([{"type": "function", "name": "pick", "strict": false,
        "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}])
}

#[tokio::test]
async fn a_response_is_stored_and_can_be_read_again() {
    let server = server(&hello()).await;
    let body = json!({"input": "Hi", "instructions": "Be brief", "temperature": 0.5,
        "metadata": {"a": "b"}});
    let response = create(&server, body).await;
    assert_eq!(
        (&response["object"], &response["status"]),
        (&"response".into(), &"completed".into())
    );
    assert_eq!(text(&response), "Hello.");
    assert_eq!(response["instructions"], "Be brief");
    assert_eq!(response["metadata"], json!({"a": "b"}));
    assert_eq!(response["usage"]["total_tokens"], 12);
    let path = format!("{RESPONSES}/{}", response["id"].as_str().unwrap());
    assert_eq!(server.get(&path).await.json(), response);

    let again = server.get(&format!("{path}?stream=true")).await;
    assert_eq!(events(&again).last().unwrap()["response"], response);

    let deleted = server.send("DELETE", &path, &[], "").await.json();
    assert_eq!(
        deleted,
        json!({"id": response["id"], "object": "response", "deleted": true})
    );
    let gone = server.get(&path).await;
    assert_eq!(
        (gone.status, &gone.json()["error"]["type"]),
        (404, &"invalid_request_error".into())
    );
    assert!(server.host.list(&Page::newest(9)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_stream_resumes_after_any_event() {
    let engine = ScriptedEngine::always(
        Script::new()
            .reasoning("h")
            .reasoning("m")
            .text("Hel")
            .text("l")
            .text("o wörld")
            .text("."),
    );
    let server = server(&engine).await;
    let live = events(
        &server
            .post(RESPONSES, &json!({"input": "Hi", "stream": true}))
            .await,
    );
    let numbers: Vec<u64> = live
        .iter()
        .map(|own| own["sequence_number"].as_u64().unwrap())
        .collect();
    assert!(numbers.windows(2).all(|two| two[0] < two[1]), "{numbers:?}");
    let id = live[0]["response"]["id"].as_str().unwrap();
    let last = *numbers.last().unwrap();
    let joined = |events: &[Value]| -> String {
        let deltas = events
            .iter()
            .filter(|own| own["type"] == "response.output_text.delta");
        deltas.map(|own| own["delta"].as_str().unwrap()).collect()
    };
    let all = events(&server.get(&format!("{RESPONSES}/{id}?stream=true")).await);
    assert_eq!(joined(&all), "Hello wörld.");
    // The numbers of all deltas, also of those that were merged: text ends where the text is done.
    let done = all
        .iter()
        .find(|own| own["type"] == "response.output_text.done")
        .unwrap();
    let done = done["sequence_number"].as_u64().unwrap();
    let pieces = ["Hel", "l", "o wörld", "."];
    for after in 0..=last {
        let path = format!("{RESPONSES}/{id}?stream=true&starting_after={after}");
        let rest = events(&server.get(&path).await);
        assert!(
            rest.iter()
                .all(|own| own["sequence_number"].as_u64().unwrap() > after)
        );
        assert_eq!(rest.is_empty(), after == last);
        let missing = usize::try_from((done - 1).saturating_sub(after).min(4)).unwrap();
        assert_eq!(
            joined(&rest),
            pieces[4 - missing..].concat(),
            "after {after}"
        );
    }
}

#[tokio::test]
async fn a_conversation_continues_from_any_response() {
    let engine = ScriptedEngine::default();
    for text in ["one", "two", "three", "other"] {
        engine.push(Script::new().text(text));
    }
    let server = server(&engine).await;
    let first = create(&server, json!({"input": "a", "instructions": "x"})).await;
    let second = create(
        &server,
        json!({"input": "b", "previous_response_id": first["id"],
        "instructions": "y"}),
    )
    .await;
    let third = create(
        &server,
        json!({"input": "c", "previous_response_id": second["id"]}),
    )
    .await;
    assert_eq!(text(&third), "three");
    let branch = create(
        &server,
        json!({"input": "d", "previous_response_id": first["id"]}),
    )
    .await;
    assert_eq!(text(&branch), "other");
    let turns = engine.turns();
    let said = |index: usize| -> Vec<String> {
        let blocks = turns[index].blocks.iter();
        blocks
            .map(|own| own.text().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(said(1), ["y", "a", "one", "b"]);
    assert_eq!(said(2), ["a", "one", "b", "two", "c"]);
    assert_eq!(said(3), ["a", "one", "d"]);
    assert_eq!(server.host.list(&Page::newest(9)).await.unwrap().len(), 2);
    // All of them can be read, and the last ones be deleted.
    for response in [&first, &second, &third] {
        let path = format!("{RESPONSES}/{}", response["id"].as_str().unwrap());
        assert_eq!(server.get(&path).await.json(), *response);
    }
    let delete = async |response: &Value| {
        let path = format!("{RESPONSES}/{}", response["id"].as_str().unwrap());
        server.send("DELETE", &path, &[], "").await.status
    };
    assert_eq!(delete(&first).await, 409);
    assert_eq!(delete(&third).await, 200);
    assert_eq!(delete(&second).await, 200);

    let unknown = json!({"input": "x", "previous_response_id": "resp_7"});
    let refused = server.post(RESPONSES, &unknown).await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.json()["error"]["code"],
        "previous_response_not_found"
    );
}

#[tokio::test]
async fn the_clients_tools_are_functions() {
    let engine = ScriptedEngine::new([
        Script::new().tool_call("c1", "pick", r#"{"n": 1}"#),
        Script::new().text("Seven."),
        Script::new().text("Again."),
    ]);
    let server = server(&engine).await;
    let first = create(&server, json!({"input": "Pick", "tools": pick()})).await;
    let call = &first["output"][0];
    assert_eq!(
        (&call["type"], &call["call_id"]),
        (&"function_call".into(), &"c1".into())
    );
    let output = json!({"type": "function_call_output", "call_id": "c1", "output": "7"});
    let second = json!({"input": [output], "tools": pick(), "previous_response_id": first["id"]});
    assert_eq!(text(&create(&server, second).await), "Seven.");
    // The same conversation, sent as a whole.
    let items = json!([{"role": "user", "content": "Pick"}, call, output]);
    let whole = json!({"input": items, "tools": pick(), "store": false});
    assert_eq!(text(&create(&server, whole).await), "Again.");
    let kinds = |index: usize| -> Vec<&'static str> {
        let turns = engine.turns();
        turns[index]
            .blocks
            .iter()
            .map(|own| own.kind().as_str())
            .collect()
    };
    assert_eq!(kinds(1), ["user", "tool_call", "tool_use"]);
    assert_eq!(kinds(2), kinds(1));
}

/// A window of the chat, and a client of the API that executes its own tool.
#[tokio::test]
async fn a_window_shows_what_a_client_answered() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([
        Script::new().tool_call("c1", "pick", r#"{"n":1}"#),
        Script::new().text("Se").hold_at(&gate).text("ven."),
    ]);
    let server = server(&engine).await;
    let first = create(&server, json!({"input": "Pick", "tools": pick()})).await;
    let sessions = server.host.list(&Page::newest(9)).await.unwrap();
    let session = format!("/sessions/{}", sessions[0].0.id);
    let mut window = Window::open(&server, &session).await;
    let state = |view: &View| {
        let call = view.entities().find(|own| own.kind() == "tool_call");
        call.and_then(Entity::state).map(State::as_str)
    };
    window.until(|view| state(view) == Some("waiting")).await;
    let output = json!({"type": "function_call_output", "call_id": "c1", "output": "7"});
    let second = json!({"input": [output], "tools": pick(), "previous_response_id": first["id"]});
    let meanwhile = async {
        window.until(|view| answer(view) == "Se").await;
        assert_eq!(state(&window.view), Some("done"));
        gate.open();
        window
            .until(|view| answer(view) == "Seven." && is_answered(view))
            .await;
    };
    tokio::join!(create(&server, second), meanwhile);
    let mut fresh = Window::open(&server, &session).await;
    fresh.until(|view| !view.is_empty()).await;
    assert_eq!(state(&fresh.view), Some("done"));
    while window.view != fresh.view {
        assert!(window.step().await, "{:#?}", window.view);
    }
}

#[tokio::test]
async fn items_can_be_referred_to() {
    let engine = ScriptedEngine::new([Script::new().text("one"), Script::new().text("two")]);
    let server = server(&engine).await;
    let first = create(&server, json!({"input": "a"})).await;
    let reference = json!({"type": "item_reference", "id": first["output"][0]["id"]});
    let items = json!([{"role": "user", "content": "a"}, reference,
        {"role": "user", "content": [{"type": "input_text", "text": "b"}]}]);
    create(&server, json!({"input": items})).await;
    let turn = &engine.turns()[1];
    let said: Vec<&str> = turn.blocks.iter().filter_map(|own| own.text()).collect();
    assert_eq!(said, ["a", "one", "b"]);
    let gone = json!({"input": [{"type": "item_reference", "id": "msg_1"}]});
    assert_eq!(
        server.post(RESPONSES, &gone).await.json()["error"]["code"],
        "item_not_found"
    );
}

#[tokio::test]
async fn a_person_approves_over_the_api() {
    for (approve, expected) in [(true, "paid 7"), (false, "rejected: no")] {
        let host = paying(MemoryStore::new()).build();
        let server = Server::of(
            host,
            Options::new().openai(OpenAi::new().tools_label("shop")),
        )
        .await;
        let asked = create(&server, json!({"input": "Pay"})).await;
        let request = &asked["output"][0];
        assert_eq!(
            (&request["type"], &request["server_label"]),
            (&"mcp_approval_request".into(), &"shop".into())
        );
        let answer = json!({"type": "mcp_approval_response", "approve": approve,
            "approval_request_id": request["id"], "reason": "no"});
        let body = json!({"input": [answer], "previous_response_id": asked["id"]});
        let paid = create(&server, body).await;
        assert_eq!(text(&paid), "It is paid.");
        let call = &paid["output"][0];
        let result = call["output"]
            .as_str()
            .or(call["error"].as_str())
            .unwrap_or_default();
        assert!(result.contains(expected), "{paid}");
        for response in [&asked, &paid] {
            let path = format!("{RESPONSES}/{}", response["id"].as_str().unwrap());
            assert_eq!(server.get(&path).await.json(), *response);
        }
    }
    // Nobody can answer a response that is not stored.
    let host = paying(MemoryStore::new()).build();
    let server = Server::of(host, Options::new().openai(OpenAi::new())).await;
    let response = create(&server, json!({"input": "Pay", "store": false})).await;
    assert_eq!(text(&response), "It is paid.");
}

#[tokio::test]
async fn a_response_in_the_background_continues_and_can_be_cancelled() {
    let gate = Gate::new();
    let engine = ScriptedEngine::always(Script::new().text("Hel").hold_at(&gate).text("lo"));
    let server = server(&engine).await;
    let response = create(&server, json!({"input": "x", "background": true})).await;
    assert!(matches!(
        response["status"].as_str(),
        Some("queued" | "in_progress")
    ));
    gate.reached().await;
    let path = format!("{RESPONSES}/{}", response["id"].as_str().unwrap());
    let now = server.get(&path).await.json();
    assert_eq!(now["status"], "in_progress");
    let busy = json!({"input": "y", "previous_response_id": response["id"]});
    assert_eq!(server.post(RESPONSES, &busy).await.status, 409);
    let cancelled = server
        .post(&format!("{path}/cancel"), &json!({}))
        .await
        .json();
    assert_eq!(
        (&cancelled["status"], text(&cancelled).as_str()),
        (&"cancelled".into(), "Hel")
    );
    let continued = json!({"input": "y", "previous_response_id": response["id"], "store": false,
        "background": true});
    assert_eq!(server.post(RESPONSES, &continued).await.status, 400);
}

#[tokio::test]
async fn errors_and_refusals() {
    let engine = ScriptedEngine::always(Script::new().fail(ErrorKind::RateLimited, "slow down"));
    let server = server(&engine).await;
    let reply = server.post(RESPONSES, &json!({"input": "x"})).await;
    assert_eq!(
        (reply.status, &reply.json()["error"]["code"]),
        (429, &"rate_limit_exceeded".into())
    );
    let reply = server
        .post(RESPONSES, &json!({"input": "x", "stream": true}))
        .await;
    let last = events(&reply).pop().unwrap();
    assert_eq!(last["type"], "response.failed");
    assert_eq!(last["response"]["error"]["code"], "rate_limit_exceeded");
    for (field, value, param) in [
        ("input", Value::Null, "input"),
        ("input", json!([]), "input"),
        ("input", json!(7), "input"),
        ("input", json!([{"type": "dance"}]), "input[0].type"),
        (
            "input",
            json!([{"role": "tool", "content": "x"}]),
            "input[0].role",
        ),
        ("conversation", json!("conv_1"), "conversation"),
        ("prompt", json!({"id": "p"}), "prompt"),
        ("max_output_tokens", json!(0), "max_output_tokens"),
        (
            "tools",
            json!([{"type": "telepathy", "name": "x"}]),
            "tools[0].type",
        ),
        (
            "text",
            json!({"format": {"type": "json_schema", "name": "x"}}),
            "text.format.schema",
        ),
    ] {
        let mut body = json!({"input": "x"});
        body[field] = value;
        let reply = server.post(RESPONSES, &body).await;
        assert_eq!(
            (reply.status, &reply.json()["error"]["param"]),
            (400, &param.into()),
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn a_response_belongs_to_its_owner() {
    let host = Host::new(MemoryStore::new(), Builder::new(hello()));
    let options = Options::new().openai(OpenAi::new()).owner(|parts| {
        let key = parts.headers.get("authorization")?.to_str().ok()?;
        key.strip_prefix("Bearer ").map(Owner::new)
    });
    let server = Server::of(host, options).await;
    let send = async |owner: &str, method: &str, path: &str, body: &Value| {
        let key = format!("Bearer {owner}");
        let headers = [
            ("Content-Type", "application/json"),
            ("Authorization", key.as_str()),
        ];
        server.send(method, path, &headers, &body.to_string()).await
    };
    let first = send("ann", "POST", RESPONSES, &json!({"input": "a"}))
        .await
        .json();
    let path = format!("{RESPONSES}/{}", first["id"].as_str().unwrap());
    assert_eq!(send("ann", "GET", &path, &json!({})).await.status, 200);
    assert_eq!(send("bob", "GET", &path, &json!({})).await.status, 404);
    assert_eq!(send("bob", "DELETE", &path, &json!({})).await.status, 404);
    assert_eq!(
        send("bob", "POST", &format!("{path}/cancel"), &json!({}))
            .await
            .status,
        404
    );
    let body = json!({"input": "b", "previous_response_id": first["id"]});
    assert_eq!(send("bob", "POST", RESPONSES, &body).await.status, 400);
    let stolen = json!({"input": [{"type": "item_reference", "id": first["output"][0]["id"]}]});
    assert_eq!(send("bob", "POST", RESPONSES, &stolen).await.status, 404);
    send("ann", "POST", RESPONSES, &body).await;
    let forked = send("ann", "POST", RESPONSES, &body).await.json();
    let path = format!("{RESPONSES}/{}", forked["id"].as_str().unwrap());
    assert_eq!(send("ann", "GET", &path, &json!({})).await.status, 200);
}
