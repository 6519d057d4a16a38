use geppetto_turns::Incomplete;

use super::*;

fn roles(turn: &Turn, model: &str) -> Vec<String> {
    let body = send(turn, model, MessagesOptions::new()).body;
    let messages = body["messages"].as_array().unwrap().iter();
    let of = |message: &Value| {
        let parts = message["content"].as_array().unwrap().iter();
        let kinds: Vec<&str> = parts.map(|part| part["type"].as_str().unwrap()).collect();
        format!("{}: {}", message["role"].as_str().unwrap(), kinds.join(" "))
    };
    messages.map(of).collect()
}

fn search(id: &str) -> Block {
    raw(json!({"type": "server_tool_use", "id": id, "name": "web_search", "input": {}}))
}

fn found(id: &str) -> Block {
    raw(json!({"type": "web_search_tool_result", "tool_use_id": id, "content": []}))
}

#[test]
fn thinking_goes_back_to_the_model_that_wrote_it() {
    let of = |model: &str, block: Block| {
        let turn = Turn::builder()
            .user("Hi")
            .block(block)
            .block(Block::llm_text("Yes"))
            .user("On");
        roles(&turn.build(), model)[1].clone()
    };
    assert_eq!(of(MODEL, thinking("Hm")), "assistant: thinking text");
    assert_eq!(
        of("claude-sonnet-4-5-20250929", thinking("Hm")),
        "assistant: thinking text"
    );
    assert_eq!(of("claude-opus-4-5", thinking("Hm")), "assistant: text");
    let mut unsigned = thinking("Hm");
    if let Content::Reasoning(own) = &mut unsigned.content {
        own.extra.set(keys::SIGNATURE, "");
    }
    assert_eq!(of(MODEL, unsigned), "assistant: text");
    let mut redacted = Reasoning::default();
    redacted.encrypted_content = Some("sealed".to_owned());
    let redacted = own(Block::new(Content::Reasoning(redacted)));
    assert_eq!(
        of(MODEL, redacted.clone()),
        "assistant: redacted_thinking text"
    );
    let mut refused = redacted;
    refused.metadata.set_raw(keys::UNREADABLE.id(), json!(true));
    assert_eq!(of(MODEL, refused), "assistant: text");
    // Sealed reasoning of another provider.
    let mut other = Reasoning::default();
    other.encrypted_content = Some("gAAAA".to_owned());
    other.item_id = Some("rs_1".to_owned());
    assert_eq!(
        of(MODEL, Block::new(Content::Reasoning(other))),
        "assistant: text"
    );
    // Without a mark of its origin, it may be of any provider.
    let mut other = Reasoning::default();
    other.encrypted_content = Some("gAAAA".to_owned());
    assert_eq!(
        of(MODEL, Block::new(Content::Reasoning(other))),
        "assistant: text"
    );
}

#[test]
fn thinking_at_the_end_of_a_message_is_left_out() {
    let turn = Turn::builder()
        .user("Hi")
        .block(thinking("Hm"))
        .user("On")
        .build();
    assert_eq!(roles(&turn, MODEL), ["user: text text"]);
    let turn = Turn::builder()
        .user("Hi")
        .block(Block::llm_text("Yes"))
        .block(thinking("Hm"))
        .user("On");
    assert_eq!(roles(&turn.build(), MODEL)[1], "assistant: text");
}

#[test]
fn tools_of_the_provider_have_their_results() {
    let turn = Turn::builder()
        .user("Hi")
        .block(search("1"))
        .block(search("2"))
        .block(found("1"))
        .block(found("3"))
        .block(Block::llm_text("Yes"))
        .user("On");
    assert_eq!(
        roles(&turn.build(), MODEL)[1],
        "assistant: server_tool_use web_search_tool_result text"
    );
    let mut cut = search("4");
    cut.mark_incomplete(Incomplete::Truncated);
    let turn = Turn::builder().user("Hi").block(cut).user("On").build();
    assert_eq!(roles(&turn, MODEL), ["user: text text"]);
    // One that runs while tools of the application are called has its result later.
    let running = Turn::builder()
        .user("Hi")
        .block(search("5"))
        .block(call("a"))
        .block(Block::tool_result("a", "x"));
    assert_eq!(
        roles(&running.build(), MODEL)[1],
        "assistant: server_tool_use tool_use"
    );
}

#[test]
fn a_paused_reply_is_continued_as_it_is() {
    let mut last = search("1");
    last.metadata.set_raw(keys::PAUSED.id(), json!(true));
    let turn = Turn::builder()
        .user("Hi")
        .block(Block::llm_text("I look. "))
        .block(last)
        .build();
    assert_eq!(
        roles(&turn, "claude-opus-4-6"),
        ["user: text", "assistant: text server_tool_use"]
    );
}

#[test]
fn a_text_at_the_end_is_continued_where_the_model_can() {
    let turn = Turn::builder()
        .user("Hi")
        .block(Block::llm_text("It is "))
        .build();
    let body = body(&turn);
    assert_eq!(body["messages"][1]["content"][0]["text"], "It is");
    assert_eq!(
        roles(&turn, "claude-opus-4-6").last().unwrap(),
        "user: text"
    );
}

#[test]
fn the_user_begins() {
    let turn = Turn::builder()
        .block(Block::llm_text("Welcome!"))
        .user("Hi")
        .build();
    assert_eq!(
        roles(&turn, MODEL),
        ["user: text", "assistant: text", "user: text"]
    );
    let turn = Turn::builder()
        .block(search("1"))
        .block(found("1"))
        .user("Hi")
        .build();
    assert_eq!(roles(&turn, MODEL)[0], "user: text");
}

#[test]
fn instructions_in_the_middle_stay_there() {
    let turn = Turn::builder()
        .system("A")
        .user("Hi")
        .block(Block::llm_text("Yes"))
        .block(Block::system("B"))
        .user("On")
        .build();
    let body = body(&turn);
    assert_eq!(body["system"].as_array().unwrap().len(), 1);
    assert_eq!(body["messages"][2]["content"][0]["text"], "B");
}

#[test]
fn ids_and_names_of_other_providers_are_made_to_fit() {
    let odd = Block::tool_call(ToolCall::new("call|1.a", "files.read", "not json"));
    let turn = Turn::builder()
        .user("Hi")
        .block(odd)
        .block(Block::tool_result("call|1.a", "x"))
        .block(Block::tool_call(ToolCall::new(
            "call|1.a",
            "files.read",
            "{}",
        )))
        .block(Block::tool_result("call|1.a", "y"))
        .build();
    let body = body(&turn);
    let of = |message: usize, name: &str| body["messages"][message]["content"][0][name].clone();
    assert_eq!(of(1, "name"), "files_read");
    assert_eq!(of(1, "input"), json!({"invalid_arguments": "not json"}));
    assert_eq!(of(1, "id"), of(2, "tool_use_id"));
    assert_ne!(of(1, "id"), of(3, "id"));
}

#[test]
fn content_of_the_user_in_the_format_of_the_api_is_sent() {
    let upload = raw(json!({"type": "container_upload", "file_id": "file_1"}));
    let turn = Turn::builder().block(upload).user("Hi").build();
    assert_eq!(roles(&turn, MODEL), ["user: container_upload text"]);
}
