use geppetto_engine::{OutputMode, keys};
use geppetto_turns::{Content, MediaSource};
use serde_json::{Value, json};

use crate::{
    chat_completions::{CHAT, hello, server},
    support::Server,
};

fn with(field: &str, value: Value) -> Value {
    let mut body = json!({"model": "default", "messages": [{"role": "user", "content": "x"}]});
    body[field] = value;
    body
}

async fn refused(server: &Server, field: &str, value: Value, param: &str) {
    let reply = server.post(CHAT, &with(field, value.clone())).await;
    assert_eq!(reply.status, 400, "{field} {value}: {reply:?}");
    let error = &reply.json()["error"];
    assert_eq!(error["param"], param, "{error}");
    assert_eq!(error["type"], "invalid_request_error");
    assert_ne!(error["message"], "");
}

#[tokio::test]
async fn what_is_not_supported_is_refused_by_name() {
    let server = server(&hello()).await;
    for (field, value, param) in [
        ("n", json!(2), "n"),
        ("logprobs", json!(true), "logprobs"),
        ("top_logprobs", json!(3), "top_logprobs"),
        ("logit_bias", json!({"7": 1}), "logit_bias"),
        ("audio", json!({"voice": "x"}), "audio"),
        ("modalities", json!(["text", "audio"]), "modalities"),
        ("functions", json!([{"name": "f"}]), "functions"),
        ("function_call", json!({"name": "f"}), "function_call"),
        (
            "tools",
            json!([{"type": "custom", "custom": {"name": "f"}}]),
            "tools[0].type",
        ),
        ("tools", json!([{"type": "function"}]), "tools[0].name"),
        ("tools", json!({}), "tools"),
        ("tool_choice", json!("maybe"), "tool_choice"),
        ("messages", json!([]), "messages"),
        ("messages", Value::Null, "messages"),
        ("messages", json!("hi"), "messages"),
        ("messages", json!([7]), "messages[0]"),
        ("messages", json!([{"content": "x"}]), "messages[0].role"),
        (
            "messages",
            json!([{"role": "robot", "content": "x"}]),
            "messages[0].role",
        ),
        (
            "messages",
            json!([{"role": "user", "content": 7}]),
            "messages[0].content",
        ),
        (
            "messages",
            json!([{"role": "tool", "content": "x"}]),
            "messages[0].tool_call_id",
        ),
    ] {
        refused(&server, field, value, param).await;
    }
}

#[tokio::test]
async fn values_that_mean_nothing_are_refused_by_name() {
    let server = server(&hello()).await;
    for (field, value, param) in [
        (
            "messages",
            json!([{"role": "user", "content": [{"type": "video"}]}]),
            "messages[0].content[0].type",
        ),
        (
            "messages",
            json!([{"role": "user", "content": [{"type": "image_url",
                "image_url": {"url": "file:///etc/passwd"}}]}]),
            "messages[0].content[0].image_url",
        ),
        ("temperature", json!(3), "temperature"),
        ("temperature", json!("hot"), "temperature"),
        ("top_p", json!(-0.1), "top_p"),
        ("max_tokens", json!(0), "max_tokens"),
        ("max_completion_tokens", json!(-7), "max_completion_tokens"),
        ("max_tokens", json!(1.5), "max_tokens"),
        ("stop", json!(7), "stop"),
        ("stream", json!("yes"), "stream"),
        (
            "response_format",
            json!({"type": "yaml"}),
            "response_format.type",
        ),
        (
            "response_format",
            json!({"type": "json_schema"}),
            "response_format.json_schema",
        ),
    ] {
        refused(&server, field, value, param).await;
    }
}

#[tokio::test]
async fn what_is_harmless_is_accepted() {
    let engine = hello();
    let server = server(&engine).await;
    for (field, value) in [
        ("n", json!(1)),
        ("logprobs", json!(false)),
        ("logit_bias", json!({})),
        ("modalities", json!(["text"])),
        ("tools", json!([])),
        ("tools", Value::Null),
        ("tool_choice", json!("auto")),
        ("stop", Value::Null),
        ("stop", json!([])),
        ("max_tokens", Value::Null),
        ("max_tokens", json!(-1)),
        ("max_tokens", json!(16.0)),
        ("temperature", json!(0)),
        ("frequency_penalty", json!(0.5)),
        ("presence_penalty", json!(0)),
        ("user", json!("u")),
        ("metadata", json!({"a": "b"})),
        ("store", json!(true)),
        ("service_tier", json!("auto")),
        ("prediction", json!({"type": "content", "content": "x"})),
        ("stream_options", Value::Null),
        ("response_format", json!({"type": "text"})),
        ("parallel_tool_calls", json!(true)),
        ("chat_template_kwargs", json!({"enable_thinking": false})),
        ("model", Value::Null),
    ] {
        let reply = server.post(CHAT, &with(field, value.clone())).await;
        assert_eq!(reply.status, 200, "{field} {value}: {reply:?}");
    }
}

#[tokio::test]
async fn settings_reach_the_engine() {
    let engine = hello();
    let server = server(&engine).await;
    let body = json!({"messages": [{"role": "user", "content": "x"}], "temperature": 0.5,
        "top_p": 0.25, "max_completion_tokens": 99, "max_tokens": 7, "stop": "END", "seed": 11,
        "reasoning_effort": "low", "response_format": {"type": "json_schema",
            "json_schema": {"name": "N", "strict": true, "schema": {"type": "object",
                "properties": {"a": {"type": "string"}}, "required": ["a"],
                "additionalProperties": false}}}});
    let reply = server.post(CHAT, &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let turn = &engine.turns()[0];
    let config = turn.data.get(&keys::INFERENCE_CONFIG).unwrap().unwrap();
    assert_eq!(
        serde_json::to_value(&config).unwrap(),
        json!({"temperature": 0.5, "top_p": 0.25, "max_response_tokens": 99, "stop": ["END"],
            "seed": 11, "reasoning_effort": "low"})
    );
    let output = turn.data.get(&keys::STRUCTURED_OUTPUT).unwrap().unwrap();
    assert_eq!(
        (output.mode, output.name.as_str(), output.strict),
        (OutputMode::JsonSchema, "N", Some(true))
    );
}

async fn blocks(
    server: &Server,
    engine: &geppetto_testing::ScriptedEngine,
    messages: Value,
) -> Vec<Content> {
    let reply = server.post(CHAT, &json!({"messages": messages})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let turns = engine.turns();
    let blocks = turns.last().unwrap().blocks.iter();
    blocks.map(|own| own.content.clone()).collect()
}

#[tokio::test]
async fn messages_of_all_roles_and_forms() {
    let engine = hello();
    let server = server(&engine).await;
    let messages = json!([
        {"role": "developer", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "user", "content": [
            {"type": "text", "text": "see"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
            {"type": "text", "text": "and"},
            {"type": "image_url", "image_url": "https://example.com/x.png"},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
        ], "name": "ann"},
        {"role": "assistant", "content": null, "reasoning_content": "hm", "refusal": null,
            "tool_calls": [{"id": "c1", "type": "function",
                "function": {"name": "f", "arguments": "{\"a\":1}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "1"}]},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "go"},
    ]);
    let blocks = blocks(&server, &engine, messages).await;
    let kinds: Vec<&str> = blocks.iter().map(|own| own.kind().as_str()).collect();
    assert_eq!(
        kinds,
        [
            "system",
            "user",
            "user",
            "reasoning",
            "tool_call",
            "tool_use",
            "llm_text",
            "user"
        ]
    );
    let Content::User(first) = &blocks[1] else {
        panic!()
    };
    assert_eq!(first.text, "see");
    assert_eq!(
        first.images[0].source,
        MediaSource::Inline("data:image/png;base64,AAAA".to_owned())
    );
    assert_eq!(first.images[0].detail.as_deref(), Some("low"));
    let Content::User(second) = &blocks[2] else {
        panic!()
    };
    assert_eq!((second.text.as_str(), second.images.len()), ("and", 1));
    assert_eq!(second.files[0].name.as_deref(), Some("a.pdf"));
    let Content::System(system) = &blocks[0] else {
        panic!()
    };
    assert_eq!(system.text, "a\n\nb");
}

#[tokio::test]
async fn histories_that_others_refuse() {
    let engine = hello();
    let server = server(&engine).await;
    for messages in [
        json!([{"role": "system", "content": "only"}]),
        json!([{"role": "user", "content": "x"}, {"role": "assistant", "content": ""}]),
        json!([{"role": "tool", "tool_call_id": "gone", "content": "x"},
            {"role": "user", "content": "x"}]),
        json!([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]),
        json!([{"role": "user", "content": ""}]),
        json!([{"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "x"}]),
        json!([{"role": "assistant", "tool_calls": [{"id": "c", "function":
            {"name": "f", "arguments": {"a": 1}}}]}, {"role": "tool", "tool_call_id": "c"}]),
    ] {
        blocks(&server, &engine, messages).await;
    }
}
