use geppetto_testing::{At, ProviderServer, Reply, reply::ResponsesBody};
use serde_json::{Value, json};

use crate::client::{
    End, Received, ask, responses_streamed as streamed, responses_whole as whole, try_to_ask,
};

/// Returns the same description as a stream and as one object.
async fn both(reply: Reply<ResponsesBody>) -> (Vec<Value>, Value) {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(reply.clone());
    server.enqueue(reply);
    let events = events(&ask(&server, &streamed()).await);
    (events, ask(&server, &whole()).await.json())
}

/// Returns the events, after checking their common properties.
fn events(received: &Received) -> Vec<Value> {
    let named = received.named_events();
    for (number, (name, event)) in named.iter().enumerate() {
        assert_eq!(&event["type"], name);
        assert_eq!(event["sequence_number"], number);
    }
    named.into_iter().map(|(_, event)| event).collect()
}

/// Returns the types of the events without `response.`, and without the two that start every
/// stream.
fn kinds(events: &[Value]) -> Vec<&str> {
    let mut kinds = events.iter().map(|event| event["type"].as_str().unwrap());
    assert_eq!(kinds.next(), Some("response.created"));
    assert_eq!(kinds.next(), Some("response.in_progress"));
    kinds
        .map(|kind| kind.strip_prefix("response.").unwrap_or(kind))
        .collect()
}

/// Returns the events of this type.
fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events
        .iter()
        .filter(|event| event["type"].as_str().unwrap().ends_with(kind))
        .collect()
}

/// Returns the completed items, in the order of the output.
fn done(events: &[Value]) -> Vec<Value> {
    let mut items = of(events, "output_item.done");
    items.sort_by_key(|event| event["output_index"].as_u64());
    items.iter().map(|event| event["item"].clone()).collect()
}

#[tokio::test]
async fn text_comes_in_a_part_of_a_message() {
    let (events, whole) = both(Reply::responses().text("Hel").text("lo").usage(3, 2)).await;
    assert_eq!(
        kinds(&events),
        [
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "completed",
        ]
    );
    assert_eq!(
        events[4],
        json!({
            "type": "response.output_text.delta", "sequence_number": 4, "item_id": "msg_1_0",
            "output_index": 0, "content_index": 0, "delta": "Hel", "logprobs": [],
        })
    );
    let part = json!({"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []});
    let message = json!({
        "id": "msg_1_0", "type": "message", "role": "assistant", "status": "completed",
        "content": [part],
    });
    assert_eq!(done(&events), std::slice::from_ref(&message));
    let response = &events.last().unwrap()["response"];
    assert_eq!(response, &whole);
    assert_eq!(whole["output"], json!([message]));
    assert_eq!(whole["usage"]["total_tokens"], 5);
    assert_eq!(
        [&whole["id"], &whole["object"], &whole["status"]],
        ["resp_1", "response", "completed"]
    );
}

#[tokio::test]
async fn reasoning_shows_its_summary_and_its_words_apart() {
    let reply = Reply::responses()
        .summary("One")
        .summary_part()
        .summary("Two")
        .reasoning_text("hm")
        .encrypted_content("gAAA")
        .reasoning_item()
        .text("a");
    let (events, whole) = both(reply).await;
    let summary = |event: &&Value| (event["summary_index"].clone(), event["delta"].clone());
    let deltas = of(&events, "reasoning_summary_text.delta");
    let deltas: Vec<_> = deltas.iter().map(summary).collect();
    assert_eq!(deltas, [(json!(0), json!("One")), (json!(1), json!("Two"))]);
    assert_eq!(of(&events, "reasoning_summary_part.done").len(), 2);
    assert_eq!(of(&events, "reasoning_text.delta")[0]["delta"], "hm");
    let reasoning = json!({
        "id": "rs_1_0",
        "type": "reasoning",
        "summary": [
            {"type": "summary_text", "text": "One"},
            {"type": "summary_text", "text": "Two"},
        ],
        "content": [{"type": "reasoning_text", "text": "hm"}],
        "encrypted_content": "gAAA",
    });
    let silent = json!({"id": "rs_1_1", "type": "reasoning", "summary": []});
    assert_eq!(whole["output"][0], reasoning);
    assert_eq!(whole["output"][1], silent);
    assert_eq!(whole["output"], Value::Array(done(&events)));
}

#[tokio::test]
async fn parallel_calls_may_be_interleaved() {
    let reply = Reply::responses()
        .tool_call("call_1", "a", r#"{"x":1}"#)
        .tool_call_begin("call_2", "b")
        .tool_call_begin("call_3", "c")
        .tool_arguments("call_3", "{")
        .tool_arguments("call_2", "{}")
        .tool_arguments("call_3", "}")
        .tool_call_end("call_3")
        .text("on it");
    let (events, whole) = both(reply).await;
    let deltas: Vec<(Value, Value)> = of(&events, "function_call_arguments.delta")
        .iter()
        .map(|event| (event["output_index"].clone(), event["delta"].clone()))
        .collect();
    let delta = |index: u8, text: &str| (json!(index), json!(text));
    assert_eq!(
        deltas,
        [
            delta(0, r#"{"x":1}"#),
            delta(2, "{"),
            delta(1, "{}"),
            delta(2, "}"),
        ]
    );
    let order: Vec<&Value> = of(&events, "output_item.done")
        .iter()
        .map(|event| &event["item"]["id"])
        .collect();
    assert_eq!(order, ["fc_1_0", "fc_1_2", "fc_1_1", "msg_1_3"]);
    let call = |id: &str, call_id: &str, name: &str, arguments: &str| {
        json!({
            "id": id, "type": "function_call", "status": "completed", "call_id": call_id,
            "name": name, "arguments": arguments,
        })
    };
    assert_eq!(
        whole["output"][0],
        call("fc_1_0", "call_1", "a", r#"{"x":1}"#)
    );
    assert_eq!(whole["output"][1], call("fc_1_1", "call_2", "b", "{}"));
    assert_eq!(whole["output"][2], call("fc_1_2", "call_3", "c", "{}"));
    assert_eq!(whole["output"], Value::Array(done(&events)));
}

#[tokio::test]
async fn arguments_of_a_call_that_is_not_open_are_sent_all_the_same() {
    let (events, whole) = both(Reply::responses().tool_arguments("call_9", "{}")).await;
    assert_eq!(
        kinds(&events),
        ["function_call_arguments.delta", "completed"]
    );
    assert_eq!(whole["output"], json!([]));
}

#[tokio::test]
async fn custom_tools_have_an_input() {
    let reply = Reply::responses().custom_tool_call("call_1", "patch", ["*** ", "Begin"]);
    let (events, whole) = both(reply).await;
    assert_eq!(
        kinds(&events),
        [
            "output_item.added",
            "custom_tool_call_input.delta",
            "custom_tool_call_input.delta",
            "custom_tool_call_input.done",
            "output_item.done",
            "completed",
        ]
    );
    assert_eq!(whole["output"][0]["id"], "ctc_1_0");
    assert_eq!(whole["output"][0]["input"], "*** Begin");
}

#[tokio::test]
async fn a_message_has_several_parts_and_a_reply_several_messages() {
    let reply = Reply::responses()
        .text("a")
        .text_part()
        .text("b")
        .refusal("I ")
        .refusal("won't")
        .message()
        .text("c");
    let (events, whole) = both(reply).await;
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
    assert_eq!(
        whole["output"][0]["content"],
        json!([part("a"), part("b"), {"type": "refusal", "refusal": "I won't"}])
    );
    assert_eq!(whole["output"][1]["content"], json!([part("c")]));
    assert_eq!(whole["output"], Value::Array(done(&events)));
    let indices: Vec<&Value> = of(&events, "content_part.done")
        .iter()
        .map(|event| &event["content_index"])
        .collect();
    assert_eq!(indices, [0, 1, 2, 0]);
}

#[tokio::test]
async fn annotations_stay_on_their_part() {
    let reply = Reply::responses()
        .text("a")
        .url_citation("http://a.test/", "A", 0..1);
    let (events, whole) = both(reply).await;
    let citation = json!({
        "type": "url_citation", "url": "http://a.test/", "title": "A", "start_index": 0,
        "end_index": 1,
    });
    let annotation = of(&events, "annotation.added")[0];
    assert_eq!(annotation["annotation"], citation);
    assert_eq!(annotation["annotation_index"], 0);
    assert_eq!(
        whole["output"][0]["content"],
        json!([{
            "type": "output_text", "text": "a", "annotations": [citation], "logprobs": [],
        }])
    );
}

#[tokio::test]
async fn a_web_search_tells_its_progress() {
    let (events, whole) = both(Reply::responses().web_search("weather").text("mild")).await;
    assert_eq!(
        kinds(&events)[..5],
        [
            "output_item.added",
            "web_search_call.in_progress",
            "web_search_call.searching",
            "web_search_call.completed",
            "output_item.done",
        ]
    );
    assert_eq!(
        whole["output"][0],
        json!({
            "id": "ws_1_0", "type": "web_search_call", "status": "completed",
            "action": {"type": "search", "query": "weather", "queries": ["weather"]},
        })
    );
}

#[tokio::test]
async fn any_item_and_any_event_can_be_sent() {
    let fields = |value: Value| value.as_object().cloned().unwrap();
    let reply = Reply::responses()
        .item(fields(
            json!({"type": "compaction", "id": "cmp_1", "encrypted_content": "x"}),
        ))
        .event("response.novel", fields(json!({"mood": "good"})));
    let (events, whole) = both(reply).await;
    assert_eq!(
        kinds(&events),
        [
            "output_item.added",
            "output_item.done",
            "novel",
            "completed"
        ]
    );
    assert_eq!(events[4]["mood"], "good");
    assert_eq!(whole["output"][0]["id"], "cmp_1");
}

#[tokio::test]
async fn an_incomplete_reply_says_why() {
    let reply = Reply::responses()
        .text("The an")
        .incomplete("max_output_tokens");
    let (events, whole) = both(reply).await;
    assert_eq!(kinds(&events).last(), Some(&"incomplete"));
    assert_eq!(
        whole["incomplete_details"],
        json!({"reason": "max_output_tokens"})
    );
    assert_eq!(
        [&whole["status"], &whole["output"][0]["status"]],
        ["incomplete", "incomplete"]
    );
    assert_eq!(done(&events)[0]["status"], "incomplete");
}

#[tokio::test]
async fn a_failed_reply_leaves_its_item_open() {
    let reply = Reply::responses().text("a").failed("server_error", "Sorry");
    let (events, whole) = both(reply).await;
    assert_eq!(
        kinds(&events),
        [
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "failed"
        ]
    );
    assert_eq!(
        whole["error"],
        json!({"code": "server_error", "message": "Sorry"})
    );
    assert_eq!(whole["status"], "failed");
}

#[tokio::test]
async fn an_error_inside_a_stream_ends_it() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(
        Reply::responses()
            .text("a")
            .error_in_stream("overloaded", "too busy")
            .text("never said"),
    );
    let stream = ask(&server, &streamed()).await;
    let events = events(&stream);
    assert_eq!(kinds(&events).last(), Some(&"error"));
    assert_eq!(events.len(), 6);
    let whole = ask(&server, &whole()).await;
    assert_eq!((stream.status, whole.status), (200, 500));
    assert_eq!(whole.json()["error"], events[5]["error"]);
}

#[tokio::test]
async fn the_end_and_the_envelope_can_be_chosen() {
    let reply = Reply::responses()
        .text("a")
        .without_end()
        .model("other")
        .id("resp_x");
    let (events, whole) = both(reply).await;
    assert_eq!(kinds(&events).last(), Some(&"output_item.done"));
    assert_eq!(
        [&whole["model"], &whole["id"], &whole["output"][0]["id"]],
        ["other", "resp_x", "msg_x_0"]
    );

    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::responses().text("a").without_event_names());
    let bare = ask(&server, &streamed()).await;
    assert_eq!(bare.events().len(), 9);
}

#[tokio::test]
async fn the_response_repeats_the_request() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::responses());
    let mut request = whole();
    request["instructions"] = json!("Be brief.");
    request["store"] = json!(false);
    let whole = ask(&server, &request).await.json();
    assert_eq!(whole["instructions"], "Be brief.");
    assert_eq!(whole["store"], false);
    assert_eq!(whole["tool_choice"], "auto");
}

#[tokio::test]
async fn ids_are_unique_in_a_conversation_and_repeat_with_it() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::responses().text("a"));
    let ask_for_id = async |request: Value| {
        let reply = ask(&server, &request).await.json();
        reply["id"].as_str().unwrap().to_owned()
    };
    let user = json!({"role": "user", "content": "Hi"});
    let request = |input: Value, previous: Option<&str>| json!({"model": "m", "input": input, "previous_response_id": previous});
    let one = request(json!([user]), None);
    let two = request(json!([user, user]), None);
    let going_on = request(json!([user, user]), Some("resp_2"));
    assert_eq!(ask_for_id(one.clone()).await, "resp_1");
    assert_eq!(ask_for_id(one).await, "resp_1");
    assert_eq!(ask_for_id(two).await, "resp_2");
    assert_eq!(ask_for_id(going_on).await, "resp_4");
}

#[tokio::test]
async fn faults_work_as_with_any_reply() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::responses().words("a b c").cut_at(At::Event(5)));
    let received = try_to_ask(&server, &streamed()).await.unwrap();
    assert_eq!(received.end, End::Closed);
    assert_eq!(
        kinds(&events(&received)),
        [
            "output_item.added",
            "content_part.added",
            "output_text.delta"
        ]
    );
}

#[tokio::test]
async fn raw_events_are_sent_between_the_others() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::responses().raw_event("one\ntwo").text("a"));
    let stream = ask(&server, &streamed()).await;
    assert!(
        stream
            .text()
            .contains("\n\ndata: one\ndata: two\n\nevent: ")
    );
    let whole = ask(&server, &whole()).await.json();
    assert_eq!(whole["output"][0]["content"][0]["text"], "a");
}
