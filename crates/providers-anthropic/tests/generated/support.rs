//! Requests for turns, and histories.

use geppetto_engine::{InferenceConfig, ToolChoice, ToolConfig, ToolDefinition, keys as engine};
use geppetto_provider::{Inference, Server, Settings, Wire};
use geppetto_providers_anthropic::{Cache, Messages, MessagesOptions, keys};
use geppetto_turns::{
    Block, Content, ImagePart, Incomplete, OtherContent, Reasoning, ToolCall, Turn,
};
use proptest::prelude::*;
use serde_json::{Value, json};

pub(crate) const MODELS: [&str; 5] = [
    "claude-3-5-haiku-latest",
    "claude-sonnet-4-5",
    "claude-opus-4-6",
    "claude-opus-4-8",
    "glm-5",
];

/// Returns the request for a turn.
pub(crate) fn body_of(turn: &Turn, model: &str, is_cached: bool) -> (String, Value) {
    let cache = is_cached.then_some(Cache::FiveMinutes);
    let options = MessagesOptions::new().with_cache(cache);
    let wire = Messages::new(options, &Server::new("http://a.test", false)).unwrap();
    let defaults = InferenceConfig::new();
    let mut settings = Settings::of::<Messages>(turn, &defaults, model, true).unwrap();
    wire.adapt(&mut settings, turn).unwrap();
    let request = wire.request(&Inference::new(turn, &settings)).unwrap();
    let text = String::from_utf8(request.body().to_vec()).unwrap();
    let body = serde_json::from_str(&text).unwrap();
    (text, body)
}

fn origin(mut block: Block, server: &str, model: &str) -> Block {
    let origin = json!({"server": server, "model": model});
    block.metadata.set_raw(keys::ORIGIN.id(), origin);
    block
}

fn reasoning(kind: u8) -> Block {
    let mut own = Reasoning::default();
    own.text = "Hm.".to_owned();
    match kind {
        0 | 1 => own.extra.set(keys::SIGNATURE, "signed"),
        2 => own.encrypted_content = Some("sealed".to_owned()),
        3 => {
            own.item_id = Some("rs_1".to_owned());
            own.encrypted_content = Some("gAAAA".to_owned());
        }
        _ => {}
    }
    let block = Block::new(Content::Reasoning(own));
    match kind {
        0 => origin(block, "a.test", "claude-sonnet-4-5"),
        1 => origin(block, "a.test", "claude-opus-4-6"),
        2 => origin(block, "a.test", "claude-opus-4-8"),
        3 => origin(block, "api.openai.com", "gpt-5"),
        4 => origin(block, "deepseek", "deepseek-chat"),
        _ => block,
    }
}

fn raw(payload: &Value, server: &str) -> Block {
    let payload = payload.as_object().cloned().unwrap();
    let content = Content::Other(OtherContent::new(keys::BLOCK_KIND, payload));
    origin(Block::new(content), server, "claude-opus-4-6")
}

/// Any block, valid in its place or not.
pub(crate) fn block() -> impl Strategy<Value = Block> {
    let id = prop_oneof![Just("a"), Just("b"), Just("call|x.1"), Just("")];
    let text = prop_oneof![Just("Hello."), Just(""), Just(" \n"), Just("It is ")];
    let cut = any::<bool>();
    let server = prop_oneof![Just("a.test"), Just("other.test")];
    prop_oneof![
        1 => text.clone().prop_map(Block::system),
        3 => text.clone().prop_map(Block::user),
        3 => (text, cut).prop_map(|(text, cut)| marked(Block::llm_text(text), cut)),
        3 => (0_u8..6, cut).prop_map(|(kind, cut)| marked(reasoning(kind), cut)),
        4 => (id.clone(), cut).prop_map(|(id, cut)| {
            marked(Block::tool_call(ToolCall::new(id, "files.read", "{\"a\": 1}")), cut)
        }),
        4 => (id.clone(), 0_u8..4).prop_map(|(id, kind)| answer(id, kind)),
        2 => (id.clone(), server.clone(), cut).prop_map(|(id, server, cut)| {
            let call = json!({"type": "server_tool_use", "id": id, "name": "web_search", "input": {}});
            marked(raw(&call, server), cut)
        }),
        2 => (id, server).prop_map(|(id, server)| {
            let found = json!({"type": "web_search_tool_result", "tool_use_id": id, "content": []});
            raw(&found, server)
        }),
        1 => Just(raw(&json!({"type": "compaction", "content": "Before."}), "a.test")),
    ]
}

fn answer(id: &str, kind: u8) -> Block {
    let mut block = match kind {
        0 => Block::tool_error(id, "no"),
        1 => Block::tool_result(id, ""),
        _ => Block::tool_result(id, "yes"),
    };
    if let (Content::ToolUse(answer), 0 | 3) = (&mut block.content, kind) {
        answer.images.push(ImagePart::bytes("image/png", "foo"));
    }
    block
}

fn marked(mut block: Block, cut: bool) -> Block {
    if cut {
        block.mark_incomplete(Incomplete::Truncated);
    }
    block
}

/// Settings of a turn.
pub(crate) fn settings() -> impl Strategy<Value = (InferenceConfig, Option<ToolConfig>)> {
    let config =
        (0_u8..6, prop::option::of(0_u8..20), any::<bool>()).prop_map(|(kind, heat, low)| {
            let mut config = InferenceConfig::new();
            config.temperature = heat.map(|heat| f64::from(heat) / 10.0);
            config.max_response_tokens = low.then_some(1500);
            match kind {
                0 => config.with_thinking_budget(2000),
                1 => config.with_reasoning_effort("high"),
                2 => config.with_thinking_type("adaptive"),
                3 => config.with_thinking_type("disabled").with_top_p(0.5),
                _ => config,
            }
        });
    let choice = prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::Required),
        Just(ToolChoice::Tool("files.read".to_owned())),
        Just(ToolChoice::None),
    ];
    let tools = choice.prop_map(|choice| ToolConfig::new().with_tool_choice(choice));
    (config, prop::option::of(tools))
}

/// Returns a turn of these blocks with these settings.
pub(crate) fn turn(
    blocks: impl IntoIterator<Item = Block>,
    (config, tools): &(InferenceConfig, Option<ToolConfig>),
) -> Turn {
    let mut turn = Turn::new();
    blocks.into_iter().for_each(|block| turn.push(block));
    turn.data.set(&engine::INFERENCE_CONFIG, config).unwrap();
    if let Some(tools) = tools {
        let tool = ToolDefinition::new(
            "files.read",
            "",
            json!({"type": "object", "properties": {}}),
        );
        turn.data.set(&engine::TOOL_CONFIG, tools).unwrap();
        turn.data
            .set(&engine::TOOL_DEFINITIONS, &vec![tool])
            .unwrap();
    }
    turn
}
