use geppetto_testing::{
    ProviderServer, Reply,
    reply::{ChatBody, ReasoningDialect},
};
use serde_json::{Value, json};

use crate::client::{Received, ask, streamed, streamed_with, whole};

/// Returns the same description as a stream and as one object.
async fn both(reply: Reply<ChatBody>) -> (Received, Value) {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(reply.clone());
    server.enqueue(reply);
    let stream = ask(&server, &streamed()).await;
    (stream, ask(&server, &whole()).await.json())
}

fn message(reply: &Value) -> &Value {
    &reply["choices"][0]["message"]
}

#[tokio::test]
async fn text_comes_in_deltas_between_the_role_and_the_finish_reason() {
    let (stream, whole) = both(Reply::chat().text("Hel").text("lo")).await;
    assert_eq!(
        stream.header("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    let chunks = stream.chat_chunks();
    let choice = |delta: Value, finish: Value| json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]);
    let role = json!({"role": "assistant", "content": "", "refusal": null});
    let choices: Vec<Value> = chunks.iter().map(|c| c["choices"].clone()).collect();
    assert_eq!(
        choices,
        [
            choice(role, Value::Null),
            choice(json!({"content": "Hel"}), Value::Null),
            choice(json!({"content": "lo"}), Value::Null),
            choice(json!({}), json!("stop")),
        ]
    );
    for chunk in &chunks {
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert_eq!(chunk["model"], "test-model");
        assert_eq!(chunk["id"], "chatcmpl-scripted");
    }
    assert_eq!(whole["object"], "chat.completion");
    assert_eq!(
        whole["choices"],
        json!([{
            "index": 0,
            "message": {"role": "assistant", "content": "Hello", "refusal": null},
            "logprobs": null,
            "finish_reason": "stop",
        }])
    );
}

#[tokio::test]
async fn words_are_one_delta_each() {
    let (stream, whole) = both(Reply::chat().words("one two  three")).await;
    let texts: Vec<Value> = stream
        .deltas()
        .iter()
        .map(|d| d["content"].clone())
        .collect();
    assert_eq!(
        texts,
        [
            json!("one "),
            json!("two "),
            json!(" "),
            json!("three"),
            Value::Null
        ]
    );
    assert_eq!(message(&whole)["content"], "one two  three");
}

#[tokio::test]
async fn parallel_calls_have_their_own_index_and_fragments() {
    let reply = Reply::chat()
        .tool_call("call_1", "a", r#"{"x":1}"#)
        .tool_call_begin("call_2", "b")
        .tool_call_begin("call_3", "c")
        .tool_arguments("call_3", "{")
        .tool_arguments("call_2", "{}")
        .tool_arguments("call_3", "}");
    let (stream, whole) = both(reply).await;
    let begin = |index: u8, id: &str, name: &str| {
        json!({"tool_calls": [{
            "index": index, "id": id, "type": "function",
            "function": {"name": name, "arguments": ""},
        }]})
    };
    let fragment = |index: u8, text: &str| json!({"tool_calls": [{"index": index, "function": {"arguments": text}}]});
    assert_eq!(
        stream.deltas(),
        [
            begin(0, "call_1", "a"),
            fragment(0, r#"{"x":1}"#),
            begin(1, "call_2", "b"),
            begin(2, "call_3", "c"),
            fragment(2, "{"),
            fragment(1, "{}"),
            fragment(2, "}"),
            json!({}),
        ]
    );
    let call = |id: &str, name: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    assert_eq!(
        message(&whole)["tool_calls"],
        json!([
            call("call_1", "a", r#"{"x":1}"#),
            call("call_2", "b", "{}"),
            call("call_3", "c", "{}"),
        ])
    );
    assert_eq!(message(&whole)["content"], Value::Null);
    assert_eq!(whole["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn arguments_can_be_given_in_fragments() {
    let reply = Reply::chat().tool_call_in_fragments("call_1", "a", ["{\"x\"", ":1}"]);
    let (stream, whole) = both(reply).await;
    assert_eq!(stream.deltas().len(), 4);
    let arguments = &message(&whole)["tool_calls"][0]["function"]["arguments"];
    assert_eq!(arguments, r#"{"x":1}"#);
}

#[tokio::test]
async fn reasoning_travels_in_the_field_of_the_dialect() {
    let cases = [
        (
            ReasoningDialect::ReasoningContent,
            json!({"reasoning_content": "hm"}),
        ),
        (ReasoningDialect::Reasoning, json!({"reasoning": "hm"})),
        (
            ReasoningDialect::Both,
            json!({"reasoning": "hm", "reasoning_content": "hm"}),
        ),
    ];
    for (dialect, expected) in cases {
        let reply = Reply::chat().reasoning("hm").reasoning_dialect(dialect);
        let (stream, whole) = both(reply).await;
        assert_eq!(stream.deltas()[0], expected);
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&message(&whole)[field], value);
        }
    }
}

#[tokio::test]
async fn refusals_have_their_own_field() {
    let (stream, whole) = both(Reply::chat().refusal("I ").refusal("won't")).await;
    assert_eq!(stream.deltas()[0], json!({"refusal": "I "}));
    assert_eq!(message(&whole)["refusal"], "I won't");
    assert_eq!(message(&whole)["content"], Value::Null);
}

#[tokio::test]
async fn usage_is_streamed_when_asked_for() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(
        Reply::chat()
            .text("a")
            .usage(3, 2)
            .cached_tokens(1)
            .reasoning_tokens(1),
    );
    let usage = json!({
        "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 1},
    });
    let asked = streamed_with("stream_options", json!({"include_usage": true}));
    let chunks = ask(&server, &asked).await.chat_chunks();
    let (last, others) = chunks.split_last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]), (&json!([]), &usage));
    assert!(
        others
            .iter()
            .all(|chunk| chunk.get("usage") == Some(&Value::Null))
    );

    let chunks = ask(&server, &streamed()).await.chat_chunks();
    assert!(chunks.iter().all(|chunk| chunk.get("usage").is_none()));
    assert_eq!(ask(&server, &whole()).await.json()["usage"], usage);
}

#[tokio::test]
async fn the_end_and_the_envelope_can_be_chosen() {
    let reply = Reply::chat()
        .text("a")
        .finish("length")
        .model("other")
        .id("id-1");
    let (stream, whole) = both(reply).await;
    let last = stream.chat_chunks().pop().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "length");
    assert_eq!(
        (&whole["model"], &whole["id"]),
        (&json!("other"), &json!("id-1"))
    );

    let (stream, whole) = both(Reply::chat().text("a").without_finish()).await;
    assert_eq!(stream.chat_chunks().len(), 2);
    assert_eq!(whole["choices"][0]["finish_reason"], Value::Null);
}

#[tokio::test]
async fn an_error_inside_a_stream_ends_it() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(
        Reply::chat()
            .text("a")
            .error_in_stream("overloaded", "too busy"),
    );
    let stream = ask(&server, &streamed()).await;
    assert_eq!(stream.status, 200);
    let events = stream.events();
    assert_eq!(events.len(), 3);
    let error: Value = serde_json::from_str(&events[2]).unwrap();
    assert_eq!(error["error"]["code"], "overloaded");
    let whole = ask(&server, &whole()).await;
    assert_eq!(whole.status, 500);
    assert_eq!(whole.json(), error);
}

#[tokio::test]
async fn raw_events_are_sent_between_deltas() {
    let (stream, whole) = both(Reply::chat().raw_event("one\ntwo").text("a")).await;
    assert!(
        stream
            .text()
            .contains("\n\ndata: one\ndata: two\n\ndata: {")
    );
    assert_eq!(message(&whole)["content"], "a");
}
