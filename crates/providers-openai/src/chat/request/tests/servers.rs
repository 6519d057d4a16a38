//! The history of a conversation for servers with specific rules.

use super::*;
use crate::chat::keys as chat_keys;

/// Sends a history to a named server, for a model; returns the messages.
fn messages(blocks: &[Block], server: &str, model: &str) -> Vec<Value> {
    let turn = blocks
        .iter()
        .cloned()
        .fold(Turn::builder(), TurnBuilder::block)
        .build();
    let dialect = Dialect::named(server).unwrap_or_default();
    let settings = settings(&turn, &InferenceConfig::new(), model, false, &dialect).unwrap();
    let body = encode(&settings, &turn, &dialect, server).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    body["messages"].as_array().unwrap().clone()
}

fn roles(messages: &[Value]) -> String {
    let roles: Vec<&str> = messages
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect();
    roles.join(" ")
}

fn made_by(mut block: Block, server: &str, model: &str) -> Block {
    let origin = Origin::new(server, model);
    block.metadata.set(&chat_keys::ORIGIN, &origin).unwrap();
    block
}

fn call(id: &str) -> Block {
    Block::tool_call(ToolCall::new(id, "weather", "{}"))
}

/// A turn of a conversation that called a tool, and the next prompt.
fn with_tools() -> Vec<Block> {
    vec![
        Block::user("Weather in Oslo?"),
        call("call_Zk3v9QmP1xTg7yRb2WcN5uLd"),
        Block::tool_result("call_Zk3v9QmP1xTg7yRb2WcN5uLd", "rain"),
        Block::llm_text("It rains."),
        Block::user("And in Rome?"),
    ]
}

#[test]
fn users_in_a_row_are_joined_but_for_servers_that_take_any_order() {
    let blocks = [Block::user("one"), Block::user("two")];
    for (server, model) in [
        ("perplexity", "sonar"),
        ("deepseek", "deepseek-reasoner"),
        ("", "devstral-small"),
        ("", "google/gemma-3-27b-it"),
        ("", "a-template-that-nobody-knows"),
    ] {
        let joined = messages(&blocks, server, model);
        assert_eq!(joined, [json!({"role": "user", "content": "one\n\ntwo"})]);
    }
    for server in ["openai", "azure"] {
        assert_eq!(roles(&messages(&blocks, server, "gpt-4o")), "user user");
    }
}

#[test]
fn leading_instructions_are_one_message_but_for_servers_that_take_any_order() {
    let blocks = [Block::system("A"), Block::system("B"), Block::user("Hi")];
    let joined = messages(&blocks, "", "a-template-that-nobody-knows");
    assert_eq!(roles(&joined), "system user");
    assert_eq!(joined[0]["content"], "A\n\nB");
    let apart = messages(&blocks, "openai", "gpt-4o");
    assert_eq!(roles(&apart), "system system user");
}

#[test]
fn claude_gets_no_blank_text_and_no_last_word_of_its_own() {
    let blocks = [
        Block::user("Go"),
        call("functions.weather:0"),
        Block::tool_result("functions.weather:0", ""),
        Block::llm_text(" \n"),
        Block::user("  "),
        Block::llm_text("It rains."),
    ];
    for (server, model) in [
        ("anthropic", "claude-sonnet-4-6"),
        ("copilot", "claude-opus-4.6"),
        ("openrouter", "anthropic/claude-sonnet-4.6"),
        ("", "claude-opus-4-6"),
    ] {
        let sent = messages(&blocks, server, model);
        assert_eq!(
            roles(&sent),
            "user assistant tool assistant user",
            "{server}"
        );
        let id = sent[1]["tool_calls"][0]["id"].as_str().unwrap();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        assert!(id.bytes().all(plain), "{id}");
        assert_eq!(sent[2]["tool_call_id"], id);
        assert!(!sent[2]["content"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_history_that_begins_with_a_call_begins_with_a_user_for_gemini() {
    let blocks = [call("c1"), Block::tool_result("c1", "rain")];
    let sent = messages(&blocks, "gemini", "gemini-2.5-flash");
    assert_eq!(roles(&sent), "user assistant tool");
}

#[test]
fn mistral_gets_a_reply_between_a_result_and_a_prompt() {
    let mut blocks = with_tools();
    blocks.remove(3);
    let sent = messages(&blocks, "mistral", "any-name");
    assert_eq!(roles(&sent), "user assistant tool assistant user");
}

#[test]
fn call_ids_are_translated_for_call_and_answer_alike() {
    let sent = messages(&with_tools(), "mistral", "mistral-large");
    let id = sent[1]["tool_calls"][0]["id"].as_str().unwrap();
    assert!(
        id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric()),
        "{id}"
    );
    assert_eq!(sent[2]["tool_call_id"], id);
    let sent = messages(&with_tools(), "openai", "gpt-4o");
    assert_eq!(
        sent[1]["tool_calls"][0]["id"],
        "call_Zk3v9QmP1xTg7yRb2WcN5uLd"
    );
}

#[test]
fn the_key_of_reasoning_stands_in_a_turn_that_called_tools() {
    // Moonshot takes an empty text for a missing field.
    for (server, empty) in [("deepseek", ""), ("moonshot", " ")] {
        let sent = messages(&with_tools(), server, "m");
        assert_eq!(sent[1]["reasoning_content"], empty, "{server}");
    }
    for server in ["openai", "groq", "mistral", ""] {
        let sent = messages(&with_tools(), server, "m");
        assert!(sent[1].get("reasoning_content").is_none(), "{server}");
    }
    // Determined per turn: the answer after the tools has its reasoning, too.
    let mut blocks = with_tools();
    blocks.insert(3, made_by(Block::reasoning("Hm."), "deepseek", "m"));
    blocks.extend([Block::reasoning("Plain."), Block::llm_text("Sun.")]);
    let sent = messages(&blocks, "deepseek", "m");
    assert_eq!(sent[3]["reasoning_content"], "Hm.");
    assert!(sent[5].get("reasoning_content").is_none());
}

#[test]
fn reasoning_goes_to_the_server_that_it_came_from_alone() {
    let mut blocks = with_tools();
    blocks.insert(
        1,
        made_by(Block::reasoning("Kimi's."), "moonshot", "kimi-k2.5"),
    );
    assert_eq!(
        messages(&blocks, "moonshot", "kimi-k3")[1]["reasoning_content"],
        "Kimi's."
    );
    assert_eq!(
        messages(&blocks, "deepseek", "m")[1]["reasoning_content"],
        ""
    );
    let mut encrypted = Block::reasoning("OpenAI's.");
    if let geppetto_turns::Content::Reasoning(reasoning) = &mut encrypted.content {
        reasoning.item_id = Some("rs_1".to_owned());
    }
    let mut blocks = with_tools();
    blocks.insert(1, encrypted);
    assert_eq!(
        messages(&blocks, "deepseek", "m")[1]["reasoning_content"],
        ""
    );
}

#[test]
fn signatures_go_back_in_their_place_to_the_model_that_gave_them() {
    let signature = json!({"google": {"thought_signature": "c2ln"}});
    let signed = |mut block: Block| {
        match &mut block.content {
            geppetto_turns::Content::ToolCall(call) => {
                call.extra.set("extra_content", signature.clone());
            }
            geppetto_turns::Content::LlmText(text) => {
                text.extra.set("extra_content", signature.clone());
            }
            _ => {}
        }
        made_by(block, "gemini", "gemini-3-flash")
    };
    let mut blocks = with_tools();
    blocks[1] = signed(blocks[1].clone());
    blocks[3] = signed(blocks[3].clone());
    let sent = messages(&blocks, "gemini", "gemini-3-flash");
    assert_eq!(sent[1]["tool_calls"][0]["extra_content"], signature);
    assert_eq!(sent[3]["extra_content"], signature);
    let sent = messages(&blocks, "openai", "gpt-4o");
    assert!(!json!(sent).to_string().contains("extra_content"));
    // Another model's call has no signature that Gemini could read.
    let sent = messages(&with_tools(), "gemini", "gemini-3-flash");
    assert_eq!(
        sent[1]["tool_calls"][0]["extra_content"]["google"]["thought_signature"],
        "skip_thought_signature_validator"
    );
}

#[test]
fn instructions_are_one_message_at_the_beginning_where_a_template_wants_that() {
    let blocks = [
        Block::system("A"),
        Block::system("B"),
        Block::user("Hi"),
        Block::llm_text("Hello"),
        Block::system("C"),
        Block::user("Go on"),
    ];
    for (server, model) in [("minimax", "MiniMax-M2"), ("", "Qwen/Qwen3.6-27B")] {
        let sent = messages(&blocks, server, model);
        assert!(
            roles(&sent).starts_with("system user assistant user"),
            "{model}"
        );
        assert_eq!(sent[0]["content"], "A\n\nB");
        assert_eq!(sent[3]["content"], "C\n\nGo on");
    }
}

#[test]
fn an_answer_of_a_shape_is_asked_for_in_words_where_no_schema_is_taken() {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let output = StructuredOutput::json_schema("a", schema);
    let turn = with(&keys::STRUCTURED_OUTPUT, &output);
    let body = body_as(&turn, &Dialect::named("deepseek").unwrap(), false).unwrap();
    assert_eq!(body["response_format"], json!({"type": "json_object"}));
    let words = body["messages"][0]["content"].as_str().unwrap();
    assert!(
        words.contains("JSON") && words.contains("\"integer\""),
        "{words}"
    );
}

#[test]
fn a_shape_beside_tools_is_asked_for_in_words_where_the_server_takes_one_of_them() {
    let output = StructuredOutput::json_schema("a", json!({"type": "object"}));
    let tools = vec![ToolDefinition::new("f", "", json!({"type": "object"}))];
    let turn = |tools: &[ToolDefinition]| {
        let turn = Turn::builder().system("Be terse.").user("Hi");
        let turn = turn.data(&keys::STRUCTURED_OUTPUT, &output).unwrap();
        turn.data(&keys::TOOL_DEFINITIONS, &tools.to_vec())
            .unwrap()
            .build()
    };
    for server in ["gemini", "groq"] {
        let dialect = Dialect::named(server).unwrap();
        let both = body_as(&turn(&tools), &dialect, false).unwrap();
        assert!(both.get("response_format").is_none(), "{server}");
        assert_eq!(roles(both["messages"].as_array().unwrap()), "system user");
        let words = both["messages"][0]["content"].as_str().unwrap();
        assert!(words.starts_with("Be terse.") && words.contains("JSON"));
        let alone = body_as(&turn(&[]), &dialect, false).unwrap();
        assert_eq!(alone["response_format"]["type"], "json_schema", "{server}");
    }
}

#[test]
fn claude_gets_a_tool_where_the_history_has_calls_and_there_is_none() {
    let turn = |blocks: Vec<Block>| {
        let turn = blocks.into_iter().fold(Turn::builder(), TurnBuilder::block);
        turn.build()
    };
    let body = |turn: &Turn, model: &str| {
        let dialect = Dialect::default();
        let settings = settings(turn, &InferenceConfig::new(), model, false, &dialect).unwrap();
        let body = encode(&settings, turn, &dialect, "").unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()
    };
    let called = turn(with_tools());
    assert_eq!(
        body(&called, "claude-sonnet-4-5")["tools"][0]["function"]["name"],
        "unavailable"
    );
    assert!(body(&called, "gpt-4o").get("tools").is_none());
    let plain = turn(vec![Block::user("Hi")]);
    assert!(body(&plain, "claude-sonnet-4-5").get("tools").is_none());
}
