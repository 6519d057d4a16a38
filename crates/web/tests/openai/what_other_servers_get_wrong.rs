//! Cases from public reports about servers of this API and their clients.

use std::time::Duration;

use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::FinishClass;
use geppetto_web::{Options, ServeOptions, openai::OpenAi, router};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    chat_completions::{CHAT, chunks, content, data, hello, server},
    responses::{RESPONSES, events},
    support::Server,
};

fn user(text: &str) -> Value {
    json!([{"role": "user", "content": text}])
}

fn tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name,
        "parameters": {"type": "object", "properties": {}}}})
}

async fn ok(server: &Server, path: &str, body: Value) -> Value {
    let reply = server.post(path, &body).await;
    assert_eq!(reply.status, 200, "{body}: {reply:?}");
    reply.json()
}

async fn code(server: &Server, path: &str, body: Value) -> (u16, String) {
    let reply = server.post(path, &body).await;
    let code = reply.json()["error"]["code"].as_str().map(str::to_owned);
    (reply.status, code.unwrap_or_default())
}

#[tokio::test]
async fn parallel_calls_have_their_own_index_id_and_arguments() {
    let script = Script::new()
        .tool_call_in_fragments("c1", "a", ["{\"x\"", ": 1}"])
        .tool_call_in_fragments("c2", "b", ["{}"])
        .tool_call_in_fragments("c3", "a", ["{\"x\"", ": 2}"]);
    let server = server(&ScriptedEngine::always(script)).await;
    let body = json!({"messages": user("x"), "stream": true, "tools": [tool("a"), tool("b")]});
    let chunks = chunks(&server.post(CHAT, &body).await);
    let mut calls: Vec<(String, String, String)> = Vec::new();
    for call in chunks
        .iter()
        .flat_map(|own| own["choices"][0]["delta"]["tool_calls"].as_array())
        .flatten()
    {
        let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
        let function = &call["function"];
        if let Some(id) = call["id"].as_str() {
            // The first fragment has all names, and no other one repeats them.
            assert_eq!((index, &call["type"]), (calls.len(), &"function".into()));
            let name = function["name"].as_str().unwrap().to_owned();
            calls.push((id.to_owned(), name, String::new()));
        } else {
            assert!(function.get("name").is_none() && call.get("type").is_none());
        }
        calls[index]
            .2
            .push_str(function["arguments"].as_str().unwrap());
    }
    let expected = [
        ("c1", "a", "{\"x\": 1}"),
        ("c2", "b", "{}"),
        ("c3", "a", "{\"x\": 2}"),
    ];
    let expected =
        expected.map(|(id, name, args)| (id.to_owned(), name.to_owned(), args.to_owned()));
    assert_eq!(calls, expected);
    let finishes = chunks
        .iter()
        .filter(|own| !own["choices"][0]["finish_reason"].is_null());
    assert_eq!(finishes.count(), 1);
    assert!(chunks.iter().all(|own| {
        own["choices"][0]
            .as_object()
            .unwrap()
            .contains_key("finish_reason")
    }));
}

#[tokio::test]
async fn text_streams_although_tools_are_offered() {
    let server = server(&hello()).await;
    let body = json!({"messages": user("x"), "stream": true, "tools": [tool("a")]});
    let chunks = chunks(&server.post(CHAT, &body).await);
    let pieces = chunks
        .iter()
        .filter(|own| own["choices"][0]["delta"]["content"].is_string());
    assert!(pieces.count() >= 2);
    let whole = ok(
        &server,
        CHAT,
        json!({"messages": user("x"), "tools": [tool("a")]}),
    )
    .await;
    assert!(whole["choices"][0]["message"].get("tool_calls").is_none());
    assert!(
        whole["choices"][0]["message"]
            .as_object()
            .unwrap()
            .contains_key("refusal")
    );
}

#[tokio::test]
async fn a_call_that_the_limit_cuts_is_not_complete() {
    let script = Script::new()
        .tool_call_in_fragments("c1", "a", ["{\"x\": \"long"])
        .finish(FinishClass::MaxTokens);
    let server = server(&ScriptedEngine::always(script)).await;
    let body = json!({"messages": user("x"), "tools": [tool("a")]});
    assert_eq!(
        ok(&server, CHAT, body).await["choices"][0]["finish_reason"],
        "length"
    );
    let response = ok(
        &server,
        RESPONSES,
        json!({"input": "x", "tools": [{"type": "function",
        "name": "a", "parameters": null}]}),
    )
    .await;
    assert_eq!(
        (
            &response["status"],
            &response["incomplete_details"]["reason"]
        ),
        (&"incomplete".into(), &"max_output_tokens".into())
    );
}

#[tokio::test]
async fn at_most_one_call_where_the_client_wants_one() {
    let script = Script::new()
        .tool_call("c1", "a", "{}")
        .tool_call("c2", "a", "{}");
    let server = server(&ScriptedEngine::always(script)).await;
    let body = json!({"messages": user("x"), "tools": [tool("a")], "parallel_tool_calls": false});
    let calls = ok(&server, CHAT, body).await["choices"][0]["message"]["tool_calls"].clone();
    assert_eq!(calls.as_array().unwrap().len(), 1);
    let body = json!({"input": "x", "parallel_tool_calls": false,
        "tools": [{"type": "function", "name": "a"}]});
    assert_eq!(
        ok(&server, RESPONSES, body).await["output"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn requests_that_clients_send() {
    let server = server(&hello()).await;
    for body in [
        json!({"messages": user("x"), "stream_options": {"include_usage": true}}),
        json!({"messages": user("x"), "tools": [], "tool_choice": "none"}),
        json!({"messages": user("x"), "mirostat": 1, "top_k": 40, "repetition_penalty": 1.1}),
        // Names next to the function, no parameters, parameters without properties, null.
        json!({"messages": user("x"), "tools": [
            {"type": "function", "name": "a", "function": {"parameters": {"type": "object"}}},
            {"type": "function", "function": {"name": "b"}},
            {"function": {"name": "c", "parameters": {}, "description": null, "strict": null}},
            {"type": "web_search_preview"}]}),
        json!({"messages": [{"role": "user", "content": [
            {"type": "text", "text": ""}, {"type": "text", "text": "x"}, "y"]}]}),
        json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "a",
            "refusal": null, "annotations": [], "audio": null, "function_call": null,
            "tool_calls": null}, {"role": "user", "content": "y"}]}),
        json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant",
            "tool_calls": [{"id": "c", "type": "function", "index": 0,
                "function": {"name": "f", "arguments": ""}}]},
            {"role": "tool", "tool_call_id": "c", "name": "f", "content": ""}]}),
        json!({"messages": [{"role": "system", "content": null}, {"role": "user", "content": "x"}]}),
        json!({"messages": user("x"), "response_format": {"type": "json_object"}}),
        json!({"messages": user("x"), "tool_choice": {"type": "allowed_tools", "allowed_tools":
            {"mode": "auto", "tools": [tool("a")]}}, "tools": [tool("a"), tool("b")]}),
    ] {
        ok(&server, CHAT, body).await;
    }
    let call = json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}",
        "id": "fc_1", "status": "completed"});
    for body in [
        json!({"input": [{"type": "message", "role": "developer", "content": "x"},
            {"role": "user", "content": [{"type": "input_text", "text": "x"},
                {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "auto"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}]}]}),
        json!({"input": [{"role": "user", "content": "x"}, call, {"type": "function_call_output",
            "call_id": "c", "output": [{"type": "input_text", "text": "1"},
                {"type": "input_image", "image_url": "https://example.com/a.png"}]}]}),
        json!({"input": [{"role": "user", "content": "x"}, {"type": "reasoning", "id": "rs_1",
            "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}],
            "encrypted_content": null, "status": null}, {"type": "message", "id": "msg_1",
            "role": "assistant", "status": "completed", "content": [{"type": "output_text",
                "text": "a", "annotations": [], "logprobs": []}]}, {"role": "user", "content": "y"}],
            "store": false}),
        json!({"input": "x", "include": ["reasoning.encrypted_content"], "truncation": "auto",
            "metadata": null, "store": null, "service_tier": "auto", "prompt_cache_key": "k",
            "stream_options": {"include_obfuscation": false}, "text": {"verbosity": "low"},
            "reasoning": {"effort": "low", "summary": "auto"}, "max_tool_calls": 3}),
        json!({"input": "x", "text": {"format": {"type": "json_object"}}}),
        json!({"input": "x", "tools": [{"type": "function", "name": "a", "parameters":
            {"type": "object"}, "strict": true}, {"type": "web_search"},
            {"type": "code_interpreter", "container": {"type": "auto"}}],
            "tool_choice": {"type": "function", "name": "a"}}),
    ] {
        ok(&server, RESPONSES, body).await;
    }
}

#[tokio::test]
async fn mistakes_of_a_client_are_its_own() {
    let server = server(&hello()).await;
    let named = json!({"type": "function", "function": {"name": "gone"}});
    for (path, body) in [
        (
            CHAT,
            json!({"messages": user("x"), "tools": [tool("a")], "tool_choice": named}),
        ),
        (
            CHAT,
            json!({"messages": user("x"), "tools": [tool("a"), tool("a")]}),
        ),
        (
            CHAT,
            json!({"messages": user("x"), "tools": [{"type": "function",
            "function": {"name": "a", "parameters": {"type": "array"}}}]}),
        ),
        (
            CHAT,
            json!({"messages": user("x"), "response_format": {"type": "json_schema",
            "json_schema": {"name": "not a name", "schema": {"type": "object"}}}}),
        ),
        (
            RESPONSES,
            json!({"input": "x", "tool_choice": {"type": "function", "name": "gone"}}),
        ),
    ] {
        let (status, code) = code(&server, path, body.clone()).await;
        assert_eq!(status, 400, "{body}: {code}");
    }
    for path in ["?stream=maybe", "?starting_after=x&stream=true"] {
        let reply = server.get(&format!("{RESPONSES}/resp_1{path}")).await;
        assert_eq!(
            (reply.status, &reply.json()["error"]["type"]),
            (400, &"invalid_request_error".into())
        );
    }
    for path in [
        "/v1/models/%ff",
        "/v1/responses/%ff",
        "/v1/responses/resp_1/input_items",
    ] {
        let reply = server.get(path).await;
        assert!(reply.json()["error"]["message"].is_string(), "{reply:?}");
    }
}

#[tokio::test]
async fn a_preflight_needs_no_key() {
    let host = Host::new(MemoryStore::new(), Builder::new(hello()));
    let options = Options::new()
        .openai(OpenAi::new())
        .allow_origin("https://app.example");
    let app = router(host.clone(), options);
    let server = Server::serving(host, app, ServeOptions::new().token("0123456789abcdef")).await;
    let origin = ("Origin", "https://app.example");
    let asks = ("Access-Control-Request-Method", "POST");
    let headers = [
        origin,
        asks,
        ("Access-Control-Request-Headers", "authorization"),
    ];
    let reply = server.send("OPTIONS", CHAT, &headers, "").await;
    assert_eq!(reply.status, 204, "{reply:?}");
    let key = ("Authorization", "Bearer 0123456789abcdef");
    let json = ("Content-Type", "application/json");
    let body = json!({"messages": user("x"), "stream": true}).to_string();
    let reply = server.send("POST", CHAT, &[origin, key, json], &body).await;
    assert_eq!(
        reply.header("access-control-allow-origin"),
        Some("https://app.example")
    );
    assert_eq!(content(&chunks(&reply)), "Hello.");
    let other = [("Origin", "https://evil.example"), asks];
    assert_eq!(server.send("OPTIONS", CHAT, &other, "").await.status, 403);
    assert_eq!(server.send("OPTIONS", CHAT, &[], "").await.status, 401);
}

#[tokio::test]
async fn a_model_that_thinks_for_long_keeps_the_connection_alive() {
    let gate = Gate::new();
    let engine = ScriptedEngine::always(Script::new().hold_at(&gate).text("Hi."));
    let host = Host::new(MemoryStore::new(), Builder::new(engine));
    let options = Options::new()
        .openai(OpenAi::new())
        .keep_alive(Duration::from_millis(20));
    let server = Server::of(host, options).await;
    let body = json!({"messages": user("x"), "stream": true}).to_string();
    let mut client = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        server.address,
        body.len()
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    // The head, and then comments.
    while String::from_utf8_lossy(&bytes).matches("\r\n:").count() < 2 {
        assert!(client.read_buf(&mut bytes).await.unwrap() > 0);
    }
    gate.open();
    client.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("Hi.") && text.contains("[DONE]"));
}

#[tokio::test]
async fn a_stream_is_one_completion_from_its_first_to_its_last_byte() {
    let engine = ScriptedEngine::always(Script::new().reasoning("hm").text("a\nb\u{2028}\"\\ ∑"));
    let server = server(&engine).await;
    let reply = server
        .post(CHAT, &json!({"messages": user("x"), "stream": true}))
        .await;
    assert!(
        reply
            .header("content-type")
            .unwrap()
            .starts_with("text/event-stream")
    );
    assert_eq!(reply.header("x-accel-buffering"), Some("no"));
    assert_eq!(
        data(&reply).iter().filter(|own| *own == "[DONE]").count(),
        1
    );
    let chunks = chunks(&reply);
    assert_eq!(content(&chunks), "a\nb\u{2028}\"\\ ∑");
    let roles = chunks
        .iter()
        .filter(|own| own["choices"][0]["delta"].get("role").is_some());
    assert_eq!(roles.count(), 1);
    for field in ["id", "created", "model", "object"] {
        assert!(chunks.iter().all(|own| own[field] == chunks[0][field]));
    }
}

#[tokio::test]
async fn a_reply_of_reasoning_alone_has_an_empty_text() {
    let server = server(&ScriptedEngine::always(Script::new().reasoning("hm"))).await;
    let message =
        ok(&server, CHAT, json!({"messages": user("x")})).await["choices"][0]["message"].clone();
    assert_eq!(
        (&message["content"], &message["reasoning_content"]),
        (&"".into(), &"hm".into())
    );
    let chunks = chunks(
        &server
            .post(CHAT, &json!({"messages": user("x"), "stream": true}))
            .await,
    );
    assert_eq!(
        chunks.last().unwrap()["choices"][0]["finish_reason"],
        "stop"
    );
}

#[tokio::test]
async fn a_second_reader_joins_a_response_that_runs() {
    let gate = Gate::new();
    let engine = ScriptedEngine::always(Script::new().text("Hel").hold_at(&gate).text("lo."));
    let server = server(&engine).await;
    let body = json!({"input": "x", "background": true, "store": true});
    let response = ok(&server, RESPONSES, body).await;
    gate.reached().await;
    let path = format!(
        "{RESPONSES}/{}?stream=true&starting_after=1",
        response["id"].as_str().unwrap()
    );
    let read = server.get(&path);
    let open = async {
        tokio::task::yield_now().await;
        gate.open();
    };
    let (reply, ()) = tokio::join!(read, open);
    let events = events(&reply);
    assert_eq!(events[0]["type"], "response.output_item.added");
    let last = events.last().unwrap();
    assert_eq!(
        (&last["type"], &last["response"]["status"]),
        (&"response.completed".into(), &"completed".into())
    );
}

#[tokio::test]
async fn a_conversation_continues_after_a_response_that_was_cancelled_or_failed() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([
        Script::new().text("Hel").hold_at(&gate),
        Script::new().fail(geppetto_engine::ErrorKind::Server, "it broke"),
        Script::new().text("Fine."),
    ]);
    let server = server(&engine).await;
    let first = ok(
        &server,
        RESPONSES,
        json!({"input": "a", "background": true}),
    )
    .await;
    gate.reached().await;
    let cancel = format!("{RESPONSES}/{}/cancel", first["id"].as_str().unwrap());
    let cancelled = server.send("POST", &cancel, &[], "").await;
    assert_eq!(
        (cancelled.status, &cancelled.json()["status"]),
        (200, &"cancelled".into())
    );
    let second = json!({"input": "b", "stream": true, "previous_response_id": first["id"]});
    let failed = events(&server.post(RESPONSES, &second).await);
    let id = &failed.last().unwrap()["response"]["id"];
    let third = ok(
        &server,
        RESPONSES,
        json!({"input": "c", "previous_response_id": id}),
    )
    .await;
    assert_eq!(third["output"][0]["content"][0]["text"], "Fine.");
    assert_eq!(third["previous_response_id"], *id);
}
