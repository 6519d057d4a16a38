//! Further cases from public reports about servers of this API.

use geppetto_engine::ErrorKind;
use geppetto_testing::{Script, ScriptedEngine};
use serde_json::{Value, json};

use crate::{
    chat_completions::{CHAT, chunks, data, hello, server},
    responses::{RESPONSES, events},
    support::Server,
};

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

fn call(id: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}})
}

async fn accepted(server: &Server, path: &str, body: Value) -> Value {
    let reply = server.post(path, &body).await;
    assert_eq!(reply.status, 200, "{body}: {reply:?}");
    reply.json()
}

fn kinds(engine: &ScriptedEngine) -> Vec<&'static str> {
    let turns = engine.turns();
    let blocks = turns.last().unwrap().blocks.iter();
    blocks.map(|own| own.kind().as_str()).collect()
}

/// Each is a request that another server refused, and should not.
#[tokio::test]
async fn chats_that_others_refuse() {
    let engine = hello();
    let server = server(&engine).await;
    let result = json!({"role": "tool", "tool_call_id": "c", "content": "8"});
    for (report, more) in [
        // https://github.com/vllm-project/vllm/issues/21089
        (
            "empty answer",
            json!({"messages": [user("A"), {"role": "assistant", "content": ""}, user("B")]}),
        ),
        // https://github.com/camel-ai/camel/issues/1585
        (
            "choice without tools",
            json!({"messages": [user("A")], "tool_choice": null, "tools": null}),
        ),
        // https://github.com/tmc/langchaingo/issues/667
        (
            "parts",
            json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "A"}]}]}),
        ),
        // https://github.com/0xPlaygrounds/rig/issues/1362
        (
            "empty list",
            json!({"messages": [user("A"),
            {"role": "assistant", "content": [], "tool_calls": [call("c", "{}")]}, result]}),
        ),
        // https://github.com/vllm-project/vllm/issues/16774
        (
            "text and call",
            json!({"messages": [user("A"),
            {"role": "assistant", "content": "Let me see.", "tool_calls": [call("c", "{}")]}, result]}),
        ),
        // https://github.com/ogx-ai/ogx/issues/3456
        (
            "no arguments",
            json!({"messages": [user("A"),
            {"role": "assistant", "content": null, "tool_calls": [call("c", "")]}, result]}),
        ),
        // https://github.com/mistralai/mistral-vibe/issues/454
        (
            "user after tool",
            json!({"messages": [user("A"),
            {"role": "assistant", "tool_calls": [call("c", "{}")]}, result, user("B")]}),
        ),
        // https://github.com/abetlen/llama-cpp-python/issues/1314
        (
            "tool not chosen",
            json!({"messages": [user("A")], "tools": [{"type": "function",
            "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]}),
        ),
    ] {
        let reply = accepted(&server, CHAT, more).await;
        let message = &reply["choices"][0]["message"];
        assert_eq!(message["content"], "Hello.", "{report}");
        assert_eq!(message.get("tool_calls"), None, "{report}");
        // https://github.com/mlcommons/endpoints/issues/133
        assert_eq!(message.get("refusal"), Some(&Value::Null), "{report}");
    }
}

/// Requests of agents, with items and tools of their own servers.
#[tokio::test]
async fn responses_that_others_refuse() {
    let engine = hello();
    let server = server(&engine).await;
    let asked = json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "A"}]});
    for (report, more, expected) in [
        // https://github.com/CommandCodeAI/command-code/issues/885
        (
            "tools",
            json!({"input": "A", "tools": [
            {"type": "function", "name": "shell", "strict": false, "parameters": {"type": "object", "properties": {}}},
            {"type": "custom", "name": "apply_patch", "format": {"type": "grammar"}},
            {"type": "web_search", "external_web_access": false},
            {"type": "namespace", "name": "functions", "tools": []}]}),
            vec!["user"],
        ),
        // https://github.com/mxyhi/token_proxy/issues/307
        (
            "additional tools",
            json!({"input": [
            {"type": "additional_tools", "role": "developer", "tools": []}, asked]}),
            vec!["user"],
        ),
        // https://github.com/CommandCodeAI/command-code/issues/893
        (
            "tool search",
            json!({"input": [asked,
            {"type": "tool_search_call", "call_id": "t", "execution": "client", "arguments": {"query": "js"}},
            {"type": "tool_search_output", "call_id": "t", "status": "completed", "tools": []}]}),
            vec!["user"],
        ),
        // https://github.com/openai/codex/issues/8829
        (
            "custom call",
            json!({"input": [asked,
            {"type": "custom_tool_call", "call_id": "p", "name": "apply_patch", "input": "*** Begin"},
            {"type": "custom_tool_call_output", "call_id": "p", "output": "Done"}]}),
            vec!["user", "tool_call", "tool_use"],
        ),
        // https://github.com/am17an/llama.cpp/issues/50
        (
            "empty reasoning",
            json!({"input": [
            {"type": "reasoning", "id": "r1", "summary": null}, {"type": "reasoning", "summary": []},
            {"type": "reasoning", "summary": [], "content": [], "encrypted_content": "x"}, asked]}),
            vec!["user"],
        ),
        // https://github.com/ggml-org/llama.cpp/issues/23465, https://github.com/theopenco/llmgateway/pull/2134
        (
            "output in parts",
            json!({"input": [asked,
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": [
                {"type": "input_text", "text": "8"},
                {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}]}]}),
            vec!["user", "tool_call", "tool_use"],
        ),
    ] {
        accepted(&server, RESPONSES, more).await;
        assert_eq!(kinds(&engine), expected, "{report}");
    }
}

/// <https://github.com/NousResearch/hermes-agent/pull/108713>: the items of a response are the input of
/// the next request, with the results.
#[tokio::test]
async fn the_output_of_a_response_can_be_sent_back() {
    let engine = ScriptedEngine::new([
        Script::new()
            .reasoning("Hm.")
            .text("Let me see.")
            .tool_call("c1", "f", "{}"),
        Script::new().text("Eight."),
    ]);
    let server = server(&engine).await;
    let tools = json!([{"type": "function", "name": "f", "strict": false,
        "parameters": {"type": "object", "properties": {}}}]);
    let first = json!({"input": [user("A")], "tools": tools, "store": false});
    let first = accepted(&server, RESPONSES, first).await;
    let mut input = vec![user("A")];
    input.extend(first["output"].as_array().unwrap().clone());
    input.push(json!({"type": "function_call_output", "call_id": "c1", "output": "8"}));
    accepted(
        &server,
        RESPONSES,
        json!({"input": input, "tools": tools, "store": false}),
    )
    .await;
    assert_eq!(
        kinds(&engine),
        ["user", "reasoning", "llm_text", "tool_call", "tool_use"]
    );
}

/// <https://github.com/vllm-project/vllm/pull/55974>: an item that means nothing is the client's mistake.
/// <https://github.com/unslothai/unsloth/pull/10261>: content that cannot be passed on is not dropped.
#[tokio::test]
async fn what_is_not_understood_is_named() {
    let server = server(&hello()).await;
    let audio = json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}});
    for (input, param) in [
        (json!([{"type": "teleport", "id": "x"}]), "input[0].type"),
        (
            json!([{"role": "user", "content": [audio]}]),
            "input[0].content[0].type",
        ),
    ] {
        let reply = server.post(RESPONSES, &json!({"input": input})).await;
        let error = &reply.json()["error"];
        assert_eq!(
            (reply.status, &error["param"]),
            (400, &json!(param)),
            "{error}"
        );
    }
}

/// <https://github.com/ROCm/ATOM/pull/1711>, <https://github.com/osaurus-ai/osaurus/issues/1661>,
/// <https://github.com/NVIDIA/NeMo-Agent-Toolkit/issues/818>,
/// <https://github.com/NousResearch/hermes-agent/pull/80822>: every event of a stream is a chunk with
/// `choices`, and only that of the usage, which the client asked for, has none in it.
#[tokio::test]
async fn chunks_have_choices() {
    let server = server(&hello()).await;
    for wants_usage in [false, true] {
        let body = json!({"messages": [user("A")], "stream": true,
            "stream_options": {"include_usage": wants_usage}});
        let reply = server.post(CHAT, &body).await;
        assert!(
            !data(&reply)
                .iter()
                .any(|own| own == "null" || own.is_empty())
        );
        let chunks = chunks(&reply);
        let empty: Vec<&Value> = chunks
            .iter()
            .filter(|own| own["choices"] == json!([]))
            .collect();
        assert_eq!(empty.len(), usize::from(wants_usage));
        assert!(empty.iter().all(|own| own["usage"]["total_tokens"] == 12));
        for chunk in &chunks {
            assert_eq!(chunk["object"], "chat.completion.chunk");
            let choices = chunk["choices"].as_array().unwrap();
            assert!(
                choices
                    .iter()
                    .all(|own| own["delta"].is_object() && own["index"] == 0)
            );
        }
    }
}

/// <https://github.com/NousResearch/hermes-agent/issues/119758>,
/// <https://github.com/Wei-Shaw/sub2api/pull/4468>, <https://github.com/Sophomoresty/gemini-web2api/pull/57>,
/// <https://github.com/teabranch/open-responses-server/issues/44>,
/// <https://github.com/BerriAI/litellm/pull/28899>, <https://github.com/ggml-org/llama.cpp/pull/24957>,
/// <https://github.com/tilesprivacy/tiles/pull/126>: clients build the response from its events.
#[tokio::test]
async fn a_response_can_be_built_from_its_events() {
    let script = Script::new()
        .text("Hel")
        .text("lo.")
        .tool_call_in_fragments("c1", "f", ["{\"a\"", ":1}"]);
    let server = server(&ScriptedEngine::always(script)).await;
    let body = json!({"input": "A", "stream": true, "tools": [{"type": "function", "name": "f",
        "strict": false, "parameters": {"type": "object", "properties": {}}}]});
    let events = events(&server.post(RESPONSES, &body).await);
    let mut built: Vec<Value> = Vec::new();
    let mut last = None;
    for event in &events {
        // Merged deltas have the number of the last one.
        let number = event["sequence_number"].as_u64();
        assert!(number > last, "{event}");
        last = number;
        let at = event["output_index"]
            .as_u64()
            .map(|own| usize::try_from(own).unwrap());
        let part = event["content_index"]
            .as_u64()
            .map(|own| usize::try_from(own).unwrap());
        match event["type"].as_str().unwrap() {
            "response.output_item.added" => {
                assert_eq!(at, Some(built.len()));
                built.push(event["item"].clone());
            }
            "response.content_part.added" => {
                let content = built[at.unwrap()]["content"].as_array_mut().unwrap();
                assert_eq!(part, Some(content.len()));
                content.push(event["part"].clone());
            }
            "response.output_text.delta" => {
                let text = &mut built[at.unwrap()]["content"][part.unwrap()]["text"];
                *text = format!(
                    "{}{}",
                    text.as_str().unwrap(),
                    event["delta"].as_str().unwrap()
                )
                .into();
            }
            "response.function_call_arguments.delta" => {
                let text = &mut built[at.unwrap()]["arguments"];
                *text = format!(
                    "{}{}",
                    text.as_str().unwrap(),
                    event["delta"].as_str().unwrap()
                )
                .into();
            }
            "response.output_item.done" => {
                let own = &mut built[at.unwrap()];
                own["status"] = event["item"]["status"].clone();
                assert_eq!(*own, event["item"]);
            }
            _ => {}
        }
    }
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(last["response"]["output"], Value::Array(built));
}

/// <https://github.com/open-webui/open-webui/issues/29628>, <https://github.com/BerriAI/litellm/pull/39748>,
/// <https://github.com/bigduu/Bamboo-agent/issues/355>,
/// <https://github.com/diegosouzapw/OmniRoute/pull/8210>: a failure after some text is an event of the
/// stream. <https://github.com/azrtydxb/Fastllm-proxy/issues/28>: one before it is a status.
#[tokio::test]
async fn a_failure_in_the_middle_is_not_a_complete_answer() {
    let broken = Script::new()
        .text("Half")
        .fail(ErrorKind::InvalidRequest, "it broke");
    let early = Script::new().fail(ErrorKind::RateLimited, "slow down");
    let engine = ScriptedEngine::new([broken.clone(), broken, early]);
    let server = server(&engine).await;
    let chat = json!({"messages": [user("A")], "stream": true});
    let reply = server.post(CHAT, &chat).await;
    let data = data(&reply);
    // The marker of a complete stream would make it one for clients that read no errors.
    let error: Value = serde_json::from_str(data.last().unwrap()).unwrap();
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains("it broke")
    );
    assert!(!reply.body.contains("\"finish_reason\":\"stop\""));
    let events = events(
        &server
            .post(RESPONSES, &json!({"input": "A", "stream": true}))
            .await,
    );
    assert_eq!(events.last().unwrap()["type"], "response.failed");
    let early = server.post(CHAT, &chat).await;
    assert_eq!(
        (early.status, &early.json()["error"]["type"]),
        (429, &"rate_limit_error".into())
    );
}
