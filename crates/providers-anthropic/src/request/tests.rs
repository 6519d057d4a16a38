use geppetto_engine::{
    InferenceConfig, StructuredOutput, ToolChoice, ToolConfig, ToolDefinition, keys as engine,
};
use geppetto_provider::{Inference, Server, Settings, Wire, WireRequest};
use geppetto_testing::validate;
use geppetto_turns::{
    Block, Content, DataKey, FilePart, ImagePart, Reasoning, ToolCall, Turn, TurnBuilder,
    keys::block_meta,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Cache, Messages, MessagesOptions, keys};

mod betas;
mod history;
mod thinking;

/// Sets data of a turn, which cannot fail for the types of these tests.
trait With {
    fn with<T: Serialize>(self, key: &DataKey<T>, value: T) -> Self;
}

impl With for TurnBuilder {
    fn with<T: Serialize>(self, key: &DataKey<T>, value: T) -> Self {
        self.data(key, &value).unwrap()
    }
}

const MODEL: &str = "claude-sonnet-4-5";

/// The request for a turn, and the settings that it does not have.
struct Sent {
    request: WireRequest,
    body: Value,
    unsent: Vec<String>,
}

impl Sent {
    fn header(&self, name: &str) -> Option<&str> {
        self.request
            .header(name)
            .and_then(|value| value.to_str().ok())
    }
}

fn send(turn: &Turn, model: &str, options: MessagesOptions) -> Sent {
    send_to("https://api.anthropic.com", turn, model, options)
}

fn send_to(server: &str, turn: &Turn, model: &str, options: MessagesOptions) -> Sent {
    let wire = Messages::new(options, &Server::new(server, true)).unwrap();
    let mut settings =
        Settings::of::<Messages>(turn, &InferenceConfig::new(), model, true).unwrap();
    wire.adapt(&mut settings, turn).unwrap();
    let request = wire.request(&Inference::new(turn, &settings)).unwrap();
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    if let Err(refusal) = validate::messages_request(&body) {
        panic!("{refusal} in {body:#}");
    }
    let names = [
        "temperature",
        "top_p",
        "top_k",
        "seed",
        "thinking",
        "thinking_budget",
        "output_format",
        "stop (white space)",
        "thinking_budget (reduced)",
    ];
    let unsent = names.iter().filter(|name| settings.unsent.has(name));
    Sent {
        body,
        request,
        unsent: unsent.map(|name| (*name).to_owned()).collect(),
    }
}

fn body(turn: &Turn) -> Value {
    send(turn, MODEL, MessagesOptions::new()).body
}

fn configured(config: InferenceConfig) -> Turn {
    Turn::builder()
        .user("Hi")
        .with(&engine::INFERENCE_CONFIG, config)
        .build()
}

fn call(id: &str) -> Block {
    Block::tool_call(ToolCall::new(id, "look", r#"{"a": 1.50}"#))
}

fn tool() -> ToolDefinition {
    ToolDefinition::new(
        "look",
        "Looks.",
        json!({"type": "object", "properties": {}}),
    )
}

fn own(mut block: Block) -> Block {
    let origin = json!({"server": "api.anthropic.com", "model": MODEL});
    block.metadata.set_raw(keys::ORIGIN.id(), origin);
    block
}

fn thinking(text: &str) -> Block {
    let mut reasoning = Reasoning::default();
    reasoning.text = text.to_owned();
    reasoning.extra.set(keys::SIGNATURE, "signed");
    own(Block::new(Content::Reasoning(reasoning)))
}

fn raw(value: Value) -> Block {
    let Value::Object(payload) = value else {
        panic!("no object: {value}");
    };
    let content = geppetto_turns::OtherContent::new(keys::BLOCK_KIND, payload);
    own(Block::new(Content::Other(content)))
}

#[test]
fn roles_are_merged_and_results_are_first() {
    let turn = Turn::builder()
        .system("Be brief.")
        .user("One")
        .user("Two")
        .block(Block::llm_text("Let me look."))
        .block(call("a"))
        .block(call("b"))
        .block(Block::tool_result("b", "right"))
        .block(Block::tool_error("a", "left"))
        .user("Go on")
        .with(&engine::TOOL_DEFINITIONS, vec![tool()])
        .build();
    let body = body(&turn);
    assert_eq!(
        body["system"],
        json!([{"type": "text", "text": "Be brief."}])
    );
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]},
            {"role": "assistant", "content": [
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "a", "name": "look", "input": {"a": 1.5}},
                {"type": "tool_use", "id": "b", "name": "look", "input": {"a": 1.5}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "b", "content": [{"type": "text", "text": "right"}]},
                {"type": "tool_result", "tool_use_id": "a", "content":
                    [{"type": "text", "text": "Error: left"}], "is_error": true},
                {"type": "text", "text": "Go on"},
            ]},
        ])
    );
    assert_eq!(body["tools"][0]["input_schema"]["type"], "object");
    assert_eq!(body["max_tokens"], 32_000);
}

#[test]
fn arguments_are_sent_byte_for_byte() {
    let turn = Turn::builder()
        .user("Hi")
        .block(call("a"))
        .block(Block::tool_result("a", "x"));
    let sent = send(&turn.build(), MODEL, MessagesOptions::new());
    let text = String::from_utf8(sent.request.body().to_vec()).unwrap();
    assert!(text.contains(r#""input":{"a": 1.50}"#), "{text}");
    // There are calls in the history, but no tools: one stands for them.
    assert_eq!(sent.body["tools"][0]["name"], "unavailable");
    assert_eq!(sent.body["tool_choice"], json!({"type": "none"}));
}

#[test]
fn images_and_documents_have_a_source() {
    let mut turn = Turn::new();
    turn.push_user(
        "What is this?",
        [
            ImagePart::bytes("image/png", b"\xff\xd8\xff\xe0"),
            ImagePart::url("https://a.test/b.png"),
            ImagePart::url("data:image/gif;base64,R0lG"),
            ImagePart::file_id("file_1"),
        ],
    );
    let mut said = geppetto_turns::UserContent::default();
    said.files = vec![
        FilePart::bytes("a.pdf", "application/pdf", "foo"),
        FilePart::bytes("a.csv", "text/csv", "a,b"),
        FilePart::url("https://a.test/c.pdf"),
        FilePart::file_id("file_2").with_name("d.pdf"),
    ];
    if let Some(file) = said.files.first_mut() {
        file.extra.set("citations", json!({"enabled": true}));
    }
    turn.push(Block::new(Content::User(said)));
    let sent = send(&turn, MODEL, MessagesOptions::new());
    assert_eq!(sent.header("anthropic-beta"), Some("files-api-2025-04-14"));
    assert_eq!(
        sent.body["messages"][0]["content"],
        json!([
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "/9j/4A=="}},
            {"type": "image", "source": {"type": "url", "url": "https://a.test/b.png"}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": "R0lG"}},
            {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
            {"type": "text", "text": "What is this?"},
            {"type": "document", "source":
                {"type": "base64", "media_type": "application/pdf", "data": "Zm9v"},
                "title": "a.pdf", "citations": {"enabled": true}},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a,b"},
                "title": "a.csv"},
            {"type": "document", "source": {"type": "url", "url": "https://a.test/c.pdf"}},
            {"type": "document", "source": {"type": "file", "file_id": "file_2"}, "title": "d.pdf"},
        ])
    );
}

#[test]
fn files_of_other_types_are_refused_with_what_is_accepted() {
    let mut said = geppetto_turns::UserContent::default();
    said.files = vec![FilePart::bytes("a.zip", "application/zip", "PK")];
    let turn = Turn::builder()
        .user("Hi")
        .block(Block::new(Content::User(said)))
        .build();
    let wire = Messages::new(MessagesOptions::new(), &Server::new("http://a.test", false)).unwrap();
    let settings = Settings::of::<Messages>(&turn, &InferenceConfig::new(), MODEL, true).unwrap();
    let error = wire.request(&Inference::new(&turn, &settings)).unwrap_err();
    assert!(
        error.to_string().contains("accepts images, PDF and text"),
        "{error}"
    );
}

#[test]
fn media_of_tools_are_in_results_unless_these_are_errors() {
    let shot = |error: Option<&str>| {
        let mut shot = Block::tool_result("a", "done");
        if let Content::ToolUse(answer) = &mut shot.content {
            answer.images.push(ImagePart::bytes("image/png", "foo"));
            answer.error = error.map(str::to_owned);
        }
        let turn = Turn::builder()
            .user("Hi")
            .block(call("a"))
            .block(shot)
            .build();
        body(&turn)["messages"][2]["content"].clone()
    };
    assert_eq!(shot(None)[0]["content"][1]["type"], "image");
    let failed = shot(Some("no"));
    assert_eq!(
        (&failed[0]["is_error"], &failed[1]["type"]),
        (&json!(true), &json!("image"))
    );
}

#[test]
fn the_choice_of_tools_has_all_forms() {
    let choice = |choice: ToolChoice, parallel: u32| {
        let mut config = ToolConfig::new().with_tool_choice(choice);
        config.max_parallel_tools = parallel;
        let turn = Turn::builder()
            .user("Hi")
            .with(&engine::TOOL_DEFINITIONS, vec![tool()])
            .with(&engine::TOOL_CONFIG, config)
            .build();
        body(&turn)["tool_choice"].clone()
    };
    let disabled = "disable_parallel_tool_use";
    assert_eq!(choice(ToolChoice::Auto, 3), Value::Null);
    assert_eq!(
        choice(ToolChoice::Auto, 1),
        json!({"type": "auto", disabled: true})
    );
    assert_eq!(choice(ToolChoice::Required, 3), json!({"type": "any"}));
    assert_eq!(choice(ToolChoice::None, 1), json!({"type": "none"}));
    let named = ToolChoice::Tool("look".to_owned());
    assert_eq!(
        choice(named, 1),
        json!({"type": "tool", "name": "look", disabled: true})
    );
}

#[test]
fn a_schema_is_enforced_or_described() {
    let schema = json!({"type": "object", "properties": {
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "tags": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 3}},
        "required": ["age", "tags"], "additionalProperties": false});
    let turn = Turn::builder()
        .user("Hi")
        .with(
            &engine::STRUCTURED_OUTPUT,
            StructuredOutput::json_schema("person", schema),
        )
        .build();
    let sent = send(&turn, MODEL, MessagesOptions::new());
    let format = &sent.body["output_config"]["format"];
    assert_eq!(format["type"], "json_schema");
    let age = &format["schema"]["properties"]["age"];
    assert_eq!(age.get("minimum"), None);
    assert!(
        age["description"].as_str().unwrap().contains("150"),
        "{age}"
    );
    // A model without schemas is told in words.
    let sent = send(&turn, "claude-3-5-haiku-latest", MessagesOptions::new());
    assert_eq!(sent.body.get("output_config"), None);
    assert_eq!(sent.unsent, ["output_format"]);
    let told = sent.body["system"][0]["text"].as_str().unwrap();
    assert!(told.contains("must fit this JSON schema"), "{told}");
}

#[test]
fn settings_that_the_model_refuses_are_left_out() {
    let config = InferenceConfig::new()
        .with_temperature(0.5)
        .with_top_p(0.9)
        .with_seed(1)
        .with_stop(["END", " \n"]);
    let turn = configured(config);
    let options = || MessagesOptions::new().with_top_k(5);
    let sent = send(&turn, MODEL, options());
    assert_eq!(sent.body["temperature"], 0.5);
    assert_eq!(sent.body["top_k"], 5);
    assert_eq!(sent.body["stop_sequences"], json!(["END"]));
    assert_eq!(sent.unsent, ["top_p", "seed", "stop (white space)"]);
    let sent = send(&turn, "claude-opus-4-7", options());
    assert_eq!(
        sent.unsent,
        [
            "temperature",
            "top_p",
            "top_k",
            "seed",
            "stop (white space)"
        ]
    );
    let hot = configured(InferenceConfig::new().with_temperature(1.5));
    assert_eq!(send(&hot, MODEL, options()).unsent, ["temperature"]);
    // Models of other vendors have both.
    let sent = send(&turn, "glm-5", options());
    assert_eq!(
        (&sent.body["top_p"], &sent.body["max_tokens"]),
        (&json!(0.9), &json!(8192))
    );
}

#[test]
fn the_limit_is_that_of_the_model_unless_it_is_set() {
    let limit = |model: &str| {
        send(
            &configured(InferenceConfig::new()),
            model,
            MessagesOptions::new(),
        )
        .body["max_tokens"]
            .clone()
    };
    assert_eq!(limit("claude-3-haiku-20240307"), 4096);
    assert_eq!(limit("claude-opus-4-1"), 32_000);
    assert_eq!(limit("my-claude-deployment"), 32_000);
    let set = configured(InferenceConfig::new().with_max_response_tokens(7));
    assert_eq!(body(&set)["max_tokens"], 7);
}

#[test]
fn the_ends_of_the_cached_prefix_are_marked() {
    let turn = |more: bool| {
        let builder = Turn::builder()
            .system("Long.")
            .user("One")
            .block(call("a"))
            .block(Block::tool_result("a", "x"))
            .with(&engine::TOOL_DEFINITIONS, vec![tool()]);
        match more {
            true => builder.block(Block::llm_text("Two")).user("Three").build(),
            false => builder.build(),
        }
    };
    let mark = json!({"type": "ephemeral", "ttl": "1h"});
    let cached =
        |turn: &Turn| send(turn, MODEL, MessagesOptions::new().with_cache(Cache::Hour)).body;
    let first = cached(&turn(false));
    assert_eq!(first["system"][0]["cache_control"], mark);
    assert_eq!(first["tools"][0]["cache_control"], mark);
    assert_eq!(first["messages"][0]["content"][0]["cache_control"], mark);
    assert_eq!(first["messages"][2]["content"][0]["cache_control"], mark);
    let second = cached(&turn(true));
    assert_eq!(
        second["messages"][0]["content"][0].get("cache_control"),
        None
    );
    assert_eq!(second["messages"][2]["content"][0]["cache_control"], mark);
    assert_eq!(second["messages"][4]["content"][0]["cache_control"], mark);
    // Off by default.
    assert!(!body(&turn(true)).to_string().contains("cache_control"));
}

#[test]
fn marks_of_the_application_count() {
    let marked = json!({"type": "web_search_20250305", "name": "web_search",
        "cache_control": {"type": "ephemeral"}});
    let turn = Turn::builder()
        .system("Long.")
        .user("One")
        .block(Block::llm_text("Two"))
        .user("Three")
        .with(&engine::TOOL_DEFINITIONS, vec![tool()])
        .with(&keys::SERVER_TOOLS, vec![marked])
        .build();
    let body = send(
        &turn,
        MODEL,
        MessagesOptions::new().with_cache(Cache::FiveMinutes),
    )
    .body;
    assert_eq!(body["messages"][0]["content"][0].get("cache_control"), None);
    assert_eq!(body.to_string().matches("cache_control").count(), 4);
}

#[test]
fn fields_are_passed_through_and_null_omits_one() {
    let fields = json!({"speed": "fast", "max_tokens": 5, "metadata": null});
    let turn = Turn::builder()
        .user("Hi")
        .with(&keys::CLAUDE_INFERENCE_CONFIG, fields)
        .build();
    let options = MessagesOptions::new()
        .with_user_id("u")
        .with_service_tier("auto");
    let body = send(&turn, MODEL, options).body;
    assert_eq!(
        (&body["speed"], &body["max_tokens"]),
        (&json!("fast"), &json!(5))
    );
    assert_eq!(
        (body.get("metadata"), &body["service_tier"]),
        (None, &json!("auto"))
    );
}

#[test]
fn a_count_has_the_fields_that_it_accepts() {
    use geppetto_provider::CountTokens;
    let turn = configured(
        InferenceConfig::new()
            .with_temperature(0.5)
            .with_thinking_budget(2000),
    );
    let wire = Messages::new(
        MessagesOptions::new(),
        &Server::new("http://a.test/v1", false),
    )
    .unwrap();
    let mut settings =
        Settings::of::<Messages>(&turn, &InferenceConfig::new(), MODEL, true).unwrap();
    wire.adapt(&mut settings, &turn).unwrap();
    let request = wire
        .count_request(&Inference::new(&turn, &settings))
        .unwrap();
    assert_eq!(request.path(), "/messages/count_tokens");
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    validate::messages_count(&body).unwrap();
    assert_eq!(body["thinking"]["budget_tokens"], 2000);
    assert_eq!(Messages::counted(r#"{"input_tokens": 12}"#).unwrap(), 12);
    assert!(Messages::counted("{}").is_err());
}

#[test]
fn base_urls_may_have_a_version() {
    for (base, path) in [
        ("https://api.anthropic.com", "/v1/messages"),
        ("https://api.anthropic.com/v1/", "/messages"),
        ("http://localhost:4000/v1/messages", "/messages"),
        ("https://api.deepseek.com/anthropic", "/v1/messages"),
        ("https://gateway.test/v1?key=1", "/messages"),
    ] {
        let turn = Turn::builder().user("Hi").build();
        assert_eq!(
            send_to(base, &turn, MODEL, MessagesOptions::new())
                .request
                .path(),
            path,
            "{base}"
        );
    }
    let error = Messages::new(
        MessagesOptions::new(),
        &Server::new("https://api.anthropic.com", false),
    );
    assert!(error.unwrap_err().to_string().contains("ANTHROPIC_API_KEY"));
}

#[test]
fn citations_go_back_to_the_server_that_wrote_them() {
    let citation = json!({"type": "char_location", "cited_text": "x", "document_index": 0,
        "document_title": null, "start_char_index": 0, "end_char_index": 1});
    let mut text = Block::llm_text("x");
    text.metadata
        .set_raw(block_meta::ANNOTATIONS.id(), json!([citation]));
    let sent = |block: Block| {
        let turn = Turn::builder().user("Hi").block(block).user("On").build();
        body(&turn)["messages"][1]["content"][0]["citations"].clone()
    };
    assert_eq!(sent(own(text.clone())), json!([citation]));
    let origin = json!({"server": "api.openai.com", "model": "gpt-5"});
    text.metadata.set_raw(keys::ORIGIN.id(), origin);
    assert_eq!(sent(text), Value::Null);
}
