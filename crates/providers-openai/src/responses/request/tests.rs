use geppetto_engine::{
    ErrorKind, InferenceConfig, StructuredOutput, ToolConfig, ToolDefinition, keys,
};
use geppetto_turns::{Block, Content, DataKey, FilePart, ImagePart, ToolCall, TurnBuilder};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::responses::{CUSTOM_TOOL, Responses, keys as own};

mod accepted;
mod foreign;

trait With {
    fn with<T: Serialize>(self, key: &DataKey<T>, value: T) -> Self;
}

impl With for TurnBuilder {
    fn with<T: Serialize>(self, key: &DataKey<T>, value: T) -> Self {
        self.data(key, &value).unwrap()
    }
}

fn settings(turn: &Turn, model: &str) -> Result<Settings, EngineError> {
    let mut settings = Settings::of::<Responses>(turn, &InferenceConfig::default(), model, true)?;
    leave_out(&mut settings, "");
    Ok(settings)
}

fn body_of(turn: &Turn, options: &ResponsesOptions, purpose: Purpose) -> Value {
    let settings = settings(turn, "gpt-5").unwrap();
    let request = Request::of(&settings, turn, "", options).unwrap();
    let bytes = request
        .encode(turn, options, purpose, Sealed::Sent)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn body(turn: &Turn) -> Value {
    body_of(turn, &ResponsesOptions::new(), Purpose::Reply)
}

fn input(blocks: impl IntoIterator<Item = Block>) -> Value {
    let mut turn = Turn::default();
    for block in blocks {
        turn.push(block);
    }
    body(&turn)["input"].clone()
}

fn of_response(mut block: Block, response: &str, item_id: &str) -> Block {
    let key = own::RESPONSE_ID.id();
    block.metadata.set_raw(key, response.into());
    let id = Some(item_id.to_owned());
    match &mut block.content {
        Content::Reasoning(reasoning) => {
            reasoning.item_id = id;
            reasoning.encrypted_content = Some(format!("sealed-{item_id}"));
            block.metadata.set_raw(own::MODEL.id(), "gpt-5".into());
        }
        Content::LlmText(text) => text.item_id = id,
        Content::ToolCall(call) => call.item_id = id,
        _ => {}
    }
    block
}

fn reasoning(response: &str, id: &str) -> Block {
    of_response(Block::reasoning(""), response, id)
}

fn text(response: &str, id: &str) -> Block {
    of_response(Block::llm_text(id), response, id)
}

fn call(response: &str, id: &str) -> Block {
    let call = ToolCall::new(format!("call_{id}"), "f", r#"{"a": 1}"#);
    of_response(Block::tool_call(call), response, id)
}

fn kinds(input: &Value) -> Vec<String> {
    let items = input.as_array().unwrap();
    let kind = |item: &Value| {
        let id = item["id"].as_str().unwrap_or("-");
        format!("{} {id}", item["type"].as_str().unwrap())
    };
    items.iter().map(kind).collect()
}

#[test]
fn a_tool_loop_goes_back_in_the_order_that_the_api_wants() {
    let mut sealed = reasoning("r1", "rs_1");
    if let Content::Reasoning(content) = &mut sealed.content {
        content.summary = vec![geppetto_turns::SummaryPart::new("Need it.")];
    }
    let input = input([
        Block::system("Be terse."),
        Block::user_with_images(
            "What?",
            [ImagePart::url("https://a.test/a.png").with_detail("low")],
        ),
        sealed,
        call("r1", "fc_1"),
        call("r1", "fc_2"),
        Block::tool_result("call_fc_2", "two"),
        Block::tool_error("call_fc_1", "no"),
        text("r2", "msg_1"),
        Block::user("And?"),
    ]);
    let expected = json!([
        {"type": "message", "role": "system",
         "content": [{"type": "input_text", "text": "Be terse."}]},
        {"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "What?"},
            {"type": "input_image", "image_url": "https://a.test/a.png", "detail": "low"}]},
        {"type": "reasoning", "id": "rs_1", "encrypted_content": "sealed-rs_1",
         "summary": [{"type": "summary_text", "text": "Need it."}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_fc_1", "name": "f",
         "arguments": "{\"a\": 1}"},
        {"type": "function_call", "id": "fc_2", "call_id": "call_fc_2", "name": "f",
         "arguments": "{\"a\": 1}"},
        {"type": "function_call_output", "call_id": "call_fc_2", "output": "two"},
        {"type": "function_call_output", "call_id": "call_fc_1", "output": "Error: no"},
        {"type": "message", "id": "msg_1", "role": "assistant",
         "content": [{"type": "output_text", "text": "msg_1"}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "And?"}]},
    ]);
    assert_eq!(input, expected);
}

#[test]
fn images_come_from_addresses_bytes_and_files() {
    let input = input([Block::user_with_images(
        "",
        [
            ImagePart::bytes("image/png", b"x"),
            ImagePart::file_id("file_1"),
        ],
    )]);
    let expected = json!([
        {"type": "input_image", "image_url": "data:image/png;base64,eA==", "detail": "auto"},
        {"type": "input_image", "file_id": "file_1", "detail": "auto"},
    ]);
    assert_eq!(input[0]["content"], expected);
}

#[test]
fn reasoning_without_what_followed_it_stays_behind() {
    let cases = [
        (vec![reasoning("r", "rs")], vec![]),
        (
            vec![reasoning("r", "rs"), Block::user("x")],
            vec!["message -"],
        ),
        (
            vec![reasoning("r", "rs"), text("other", "msg")],
            vec!["message msg"],
        ),
        (
            vec![
                reasoning("r", "rs_1"),
                reasoning("r", "rs_2"),
                text("r", "msg"),
            ],
            vec!["reasoning rs_1", "reasoning rs_2", "message msg"],
        ),
        (
            vec![
                reasoning("r", "rs"),
                text("r", "msg").with_incomplete(geppetto_turns::Incomplete::Truncated),
            ],
            vec!["message -"],
        ),
        (
            vec![
                reasoning("r", "rs").with_incomplete(geppetto_turns::Incomplete::Cancelled),
                Block::user("x"),
            ],
            vec!["message -"],
        ),
    ];
    for (blocks, expected) in cases {
        let blocks = [Block::user("q")].into_iter().chain(blocks);
        let expected: Vec<&str> = ["message -"].into_iter().chain(expected).collect();
        assert_eq!(kinds(&input(blocks)), expected);
    }
}

#[test]
fn reasoning_of_another_model_stays_behind_and_takes_the_ids_along() {
    let mut foreign = reasoning("r", "rs");
    foreign.metadata.set_raw(own::MODEL.id(), "o3".into());
    let blocks = [
        foreign,
        text("r", "msg_1"),
        call("r", "fc"),
        Block::tool_result("call_fc", ""),
        text("r2", "msg_2"),
    ];
    assert_eq!(
        kinds(&input(blocks)),
        [
            "message -",
            "function_call -",
            "function_call_output -",
            "message msg_2"
        ]
    );
}

#[test]
fn reasoning_that_is_not_encrypted_goes_back_where_the_server_keeps_it() {
    let mut turn = Turn::default();
    let mut bare = reasoning("r", "rs");
    if let Content::Reasoning(reasoning) = &mut bare.content {
        reasoning.encrypted_content = None;
    }
    turn.push(bare);
    turn.push(text("r", "msg"));
    let stateless = body(&turn);
    assert_eq!(kinds(&stateless["input"]), ["message -"]);
    for store in [Some(true), None] {
        let options = ResponsesOptions::new().with_store(store);
        let stored = body_of(&turn, &options, Purpose::Reply);
        assert_eq!(kinds(&stored["input"]), ["reasoning rs", "message msg"]);
    }
}

#[test]
fn reasoning_of_other_wires_has_no_id_and_stays_behind() {
    let blocks = [Block::reasoning("hm"), Block::llm_text("yes")];
    assert_eq!(kinds(&input(blocks)), ["message -"]);
}

#[test]
fn parts_of_one_message_are_one_message_again() {
    let mut refusal = Block::refusal("no");
    if let Content::LlmText(text) = &mut refusal.content {
        text.item_id = Some("msg".to_owned());
    }
    let mut first = text("r", "msg");
    let phase = json!({"phase": "commentary"});
    first.metadata.set_raw(own::ITEM_FIELDS.id(), phase);
    let input = input([first, refusal, text("r", "msg_2")]);
    let expected = json!([
        {"type": "message", "id": "msg", "role": "assistant", "phase": "commentary", "content": [
            {"type": "output_text", "text": "msg"}, {"type": "refusal", "refusal": "no"}]},
        {"type": "message", "id": "msg_2", "role": "assistant",
         "content": [{"type": "output_text", "text": "msg_2"}]},
    ]);
    assert_eq!(input, expected);
}

#[test]
fn custom_tools_have_calls_and_answers_of_their_own_type() {
    let mut call = ToolCall::new("c", "patch", "*** Begin");
    call.extra.set("type", CUSTOM_TOOL);
    let input = input([Block::tool_call(call), Block::tool_result("c", "done")]);
    let expected = json!([
        {"type": "custom_tool_call", "call_id": "c", "name": "patch", "input": "*** Begin"},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "done"},
    ]);
    assert_eq!(input, expected);
}

#[test]
fn items_of_built_in_tools_go_back_unchanged() {
    let item = json!({"type": "web_search_call", "id": "ws_1", "status": "completed",
        "action": {"type": "search", "query": "x", "sources": null}});
    let content = |kind: &str| {
        let payload = item.as_object().unwrap().clone();
        Block::new(Content::Other(geppetto_turns::OtherContent::new(
            kind, payload,
        )))
    };
    let cut = content(own::ITEM_KIND).with_incomplete(geppetto_turns::Incomplete::Failed);
    let search = of_response(content(own::ITEM_KIND), "r", "");
    let input = input([reasoning("r", "rs"), search, content("note"), cut]);
    assert_eq!(kinds(&input), ["reasoning rs", "web_search_call ws_1"]);
    assert_eq!(input[1], item);
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one request with all settings, and its fields"
)]
fn settings_become_fields() {
    let mut config = InferenceConfig::new()
        .with_temperature(0.0)
        .with_max_response_tokens(9)
        .with_reasoning_effort("none");
    config.reasoning_summary = Some("auto".to_owned());
    let mut tools = ToolConfig::default();
    tools.max_parallel_tools = 1;
    tools.tool_choice = geppetto_engine::ToolChoice::Tool("web_search".to_owned());
    let schema = json!({"type": "object", "properties": {}});
    let closed = json!({
        "type": "object", "properties": {}, "required": [], "additionalProperties": false,
    });
    let turn = Turn::builder()
        .user("q")
        .with(&keys::INFERENCE_CONFIG, config)
        .with(&keys::TOOL_CONFIG, tools)
        .with(
            &keys::TOOL_DEFINITIONS,
            vec![ToolDefinition::new("f", "d", schema.clone())],
        )
        .with(
            &keys::STRUCTURED_OUTPUT,
            StructuredOutput::json_schema("s", schema.clone()),
        )
        .with(&own::SERVER_TOOLS, vec![json!({"type": "web_search"})])
        .with(
            &crate::keys::OPENAI_INFERENCE_CONFIG,
            json!({"top_logprobs": 2, "store": null}),
        )
        .build();
    let options = ResponsesOptions::new()
        .with_verbosity("low")
        .with_service_tier("flex")
        .with_metadata("k", "v")
        .with_truncation("auto")
        .with_max_tool_calls(3);
    let mut body = body_of(&turn, &options, Purpose::Reply);
    body.as_object_mut().unwrap().remove("input");
    let tools = json!([
        {"type": "function", "name": "f", "description": "d", "parameters": schema, "strict": false},
        {"type": "web_search"},
    ]);
    let format = json!({"type": "json_schema", "name": "s", "schema": closed, "strict": true});
    let expected = json!({
        "model": "gpt-5", "tools": tools, "tool_choice": {"type": "web_search"},
        "parallel_tool_calls": false, "max_tool_calls": 3,
        "text": {"format": format, "verbosity": "low"},
        "reasoning": {"effort": "none", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "max_output_tokens": 9, "temperature": 0.0, "truncation": "auto",
        "service_tier": "flex", "metadata": {"k": "v"}, "stream": true, "top_logprobs": 2,
    });
    assert_eq!(body, expected);
    let mut counted = body_of(&turn, &options, Purpose::Count);
    counted.as_object_mut().unwrap().remove("input");
    let expected = json!({
        "model": "gpt-5", "tools": tools, "tool_choice": {"type": "web_search"},
        "parallel_tool_calls": false, "text": {"format": format, "verbosity": "low"},
        "reasoning": {"effort": "none", "summary": "auto"}, "truncation": "auto",
    });
    assert_eq!(counted, expected);
}

#[test]
fn a_choice_is_a_word_or_names_a_tool() {
    use geppetto_engine::ToolChoice as Choice;
    let choose = |choice: Choice| {
        let mut config = ToolConfig::default();
        config.tool_choice = choice;
        let tool = ToolDefinition::new("f", "", json!({"type": "object"}));
        let server = vec![
            json!({"type": "mcp", "server_label": "zip"}),
            json!({"type": "custom", "name": "patch"}),
        ];
        let turn = Turn::builder()
            .user("q")
            .with(&keys::TOOL_CONFIG, config)
            .with(&keys::TOOL_DEFINITIONS, vec![tool])
            .with(&own::SERVER_TOOLS, server)
            .build();
        body(&turn)["tool_choice"].clone()
    };
    assert_eq!(choose(Choice::Auto), Value::Null);
    assert_eq!(choose(Choice::None), "none");
    assert_eq!(choose(Choice::Required), "required");
    let tool = |name: &str| choose(Choice::Tool(name.to_owned()));
    assert_eq!(tool("f"), json!({"type": "function", "name": "f"}));
    assert_eq!(tool("zip"), json!({"type": "mcp", "server_label": "zip"}));
    assert_eq!(tool("patch"), json!({"type": "custom", "name": "patch"}));
}

#[test]
fn the_tools_that_may_be_called_are_named_beside_the_whole_offer() {
    use geppetto_engine::ToolChoice as Choice;
    let options = ResponsesOptions::new().with_allowed_tools(["f", "web_search"]);
    let choose = |choice: Choice| {
        let mut config = ToolConfig::default();
        config.tool_choice = choice;
        let tool = |name| ToolDefinition::new(name, "", json!({"type": "object"}));
        let turn = Turn::builder()
            .user("q")
            .with(&keys::TOOL_CONFIG, config)
            .with(&keys::TOOL_DEFINITIONS, vec![tool("f"), tool("g")])
            .with(&own::SERVER_TOOLS, vec![json!({"type": "web_search"})])
            .build();
        let body = body_of(&turn, &options, Purpose::Reply);
        assert_eq!(body["tools"].as_array().unwrap().len(), 3);
        geppetto_testing::validate::responses_request(&body).unwrap();
        body["tool_choice"].clone()
    };
    let allowed = |mode: &str| {
        let tools = json!([{"type": "function", "name": "f"}, {"type": "web_search"}]);
        json!({"type": "allowed_tools", "mode": mode, "tools": tools})
    };
    assert_eq!(choose(Choice::Auto), allowed("auto"));
    assert_eq!(choose(Choice::Required), allowed("required"));
    assert_eq!(choose(Choice::None), "none");
    let one = json!({"type": "function", "name": "g"});
    assert_eq!(choose(Choice::Tool("g".to_owned())), one);
}

#[test]
fn models_that_do_not_reason_are_not_asked_for_reasoning() {
    let options = ResponsesOptions::new();
    for model in ["gpt-4o-mini", "gpt-4.1", "openai/gpt-4o", "gpt-3.5-turbo"] {
        assert!(options.include.of(model).is_empty(), "{model}");
    }
    for model in ["gpt-5-mini", "o3", "grok-4", "openai/gpt-5"] {
        assert_eq!(options.include.of(model), ["reasoning.encrypted_content"]);
    }
    let only = ResponsesOptions::new().with_include(["x"]);
    assert_eq!(only.include.of("gpt-4o"), ["x"]);
}

#[test]
fn after_a_stored_response_only_what_is_new_is_sent() {
    let mut turn = Turn::builder().user("one").build();
    turn.push(text("resp_1", "msg_1"));
    turn.push(Block::user("two"));
    let options = ResponsesOptions::new().with_previous_response_id("resp_1");
    let body = body_of(&turn, &options, Purpose::Reply);
    assert_eq!(body["previous_response_id"], "resp_1");
    assert_eq!(body["input"].as_array().unwrap().len(), 1);
    let other = ResponsesOptions::new().with_previous_response_id("resp_9");
    let body = body_of(&turn, &other, Purpose::Reply);
    assert_eq!(body["input"].as_array().unwrap().len(), 3);
}

#[test]
fn settings_that_cannot_work_are_named() {
    let refused = |value: Value| {
        let turn = Turn::builder()
            .user("q")
            .with(&crate::keys::OPENAI_INFERENCE_CONFIG, value)
            .build();
        settings(&turn, "m").unwrap_err()
    };
    for value in [json!({"input": []}), json!([1])] {
        let error = refused(value);
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("openai_inference_config"));
    }
    let turn = Turn::default();
    let settings = settings(&turn, "m").unwrap();
    let own = ResponsesOptions::new();
    let error = Request::of(&settings, &turn, "", &own).unwrap().encode(
        &turn,
        &ResponsesOptions::new(),
        Purpose::Reply,
        Sealed::Sent,
    );
    assert!(error.unwrap_err().to_string().contains("nothing to send"));
}

/// A response of a model with answers to its calls, or a user message.
fn step(kind: u8, number: usize) -> Vec<Block> {
    let response = format!("r{number}");
    let id = |prefix: &str| format!("{prefix}_{number}");
    match kind {
        0 => vec![Block::user(id("user"))],
        1 => vec![reasoning(&response, &id("rs")), text(&response, &id("msg"))],
        2 => vec![
            reasoning(&response, &id("rs")),
            call(&response, &id("fc")),
            Block::tool_result(format!("call_{}", id("fc")), "ok"),
        ],
        3 => vec![reasoning(&response, &id("rs")), Block::user(id("user"))],
        4 => {
            let mut foreign = reasoning(&response, &id("rs"));
            foreign.metadata.set_raw(own::MODEL.id(), "o3".into());
            vec![foreign, text(&response, &id("msg"))]
        }
        _ => vec![text(&response, &id("msg"))],
    }
}

proptest! {
    #[test]
    fn a_history_that_grew_keeps_its_beginning(
        before in prop::collection::vec(0_u8..6, 1..12),
        after in prop::collection::vec(0_u8..6, 1..6),
    ) {
        let mut turn = Turn::builder().system("s").build();
        let mut number = 0;
        let mut grow = |turn: &mut Turn, kinds: &[u8]| {
            for kind in kinds {
                number += 1;
                for block in step(*kind, number) {
                    turn.push(block);
                }
            }
        };
        grow(&mut turn, &before);
        let encode = |turn: &Turn| {
            let settings = settings(turn, "gpt-5").unwrap();
            let own = ResponsesOptions::new();
            let request = Request::of(&settings, turn, "", &own).unwrap();
            let options = ResponsesOptions::new();
            let bytes = request.encode(turn, &options, Purpose::Reply, Sealed::Sent).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let old = encode(&turn);
        grow(&mut turn, &after);
        let new = encode(&turn);
        let (old, _) = old.rsplit_once("],\"include\"").unwrap();
        prop_assert!(new.starts_with(old), "{old}\n{new}");
        // Requirement of the API: no reasoning without a following item of its response.
        let body: Value = serde_json::from_str(&new).unwrap();
        let items = body["input"].as_array().unwrap();
        for (at, item) in items.iter().enumerate().filter(|(_, item)| item["type"] == "reasoning") {
            let number = item["id"].as_str().unwrap().trim_start_matches("rs_");
            let next = items.get(at + 1).and_then(|next| next["id"].as_str()).unwrap_or_default();
            prop_assert!(next.ends_with(&format!("_{number}")), "{new}");
        }
    }
}

#[test]
fn images_of_tools_go_into_results_where_the_server_accepts_them() {
    let mut shot = Block::tool_result("a", "done");
    if let Content::ToolUse(answer) = &mut shot.content {
        answer.images.push(ImagePart::bytes("image/png", "foo"));
    }
    let call = Block::tool_call(ToolCall::new("a", "look", "{}"));
    let turn = Turn::builder().user("Hi").block(call).block(shot).build();
    let is_in_result = |server: &str, options: ResponsesOptions| {
        let settings = settings(&turn, "gpt-5").unwrap();
        let own = ResponsesOptions::new();
        let request = Request::of(&settings, &turn, server, &own).unwrap();
        let bytes = request.encode(&turn, &options, Purpose::Reply, Sealed::Sent);
        let body: Value = serde_json::from_slice(&bytes.unwrap()).unwrap();
        assert_eq!(body["input"][2]["call_id"], "a");
        let in_result = body["input"][2]["output"].is_array();
        assert_eq!(body["input"][3]["role"] == "user", !in_result, "{body}");
        in_result
    };
    for (server, expected) in [
        ("api.openai.com", true),
        ("me.openai.azure.com:443", true),
        ("127.0.0.1:8080", false),
        ("notopenai.com", false),
    ] {
        let by_host = is_in_result(server, ResponsesOptions::new());
        assert_eq!(by_host, expected, "{server}");
        for set in [true, false] {
            let options = ResponsesOptions::new().with_media_in_results(set);
            assert_eq!(is_in_result(server, options), set);
        }
    }
}

#[test]
fn images_and_files_of_tools_are_parts_of_the_output() {
    let mut shot = Block::tool_result("a", "done");
    if let Content::ToolUse(answer) = &mut shot.content {
        answer.images.push(ImagePart::bytes("image/png", "foo"));
        answer.files = vec![
            FilePart::bytes("a.pdf", "application/pdf", "foo"),
            FilePart::file_id("f1").with_name("b.pdf"),
            FilePart::url("https://example.com/c.pdf"),
        ];
    }
    let call = Block::tool_call(ToolCall::new("a", "look", "{}"));
    let turn = Turn::builder().user("Hi").block(call).block(shot).build();
    let options = ResponsesOptions::new().with_media_in_results(true);
    let all = body_of(&turn, &options, Purpose::Reply);
    assert_eq!(
        all["input"][2],
        json!({"type": "function_call_output", "call_id": "a", "output": [
            {"type": "input_text", "text": "done"},
            {"type": "input_image", "image_url": "data:image/png;base64,Zm9v", "detail": "auto"},
            {"type": "input_file", "filename": "a.pdf",
                "file_data": "data:application/pdf;base64,Zm9v"},
            {"type": "input_file", "file_id": "f1"},
            {"type": "input_file", "file_url": "https://example.com/c.pdf"},
        ]})
    );
}

#[test]
fn server_tools_of_the_options_are_for_turns_without_any() {
    let options = ResponsesOptions::new().with_server_tool(json!({"type": "web_search"}));
    let turn = |tools: Option<Vec<Value>>| {
        let builder = Turn::builder().user("Hi");
        match tools {
            Some(tools) => builder.with(&own::SERVER_TOOLS, tools).build(),
            None => builder.build(),
        }
    };
    let sent = |tools| body_of(&turn(tools), &options, Purpose::Reply)["tools"].clone();
    assert_eq!(sent(None), json!([{"type": "web_search"}]));
    let other = json!({"type": "file_search"});
    assert_eq!(sent(Some(vec![other.clone()])), json!([other]));
    assert_eq!(sent(Some(Vec::new())), Value::Null);
}
