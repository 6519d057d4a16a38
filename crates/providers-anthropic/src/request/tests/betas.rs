use super::*;

#[test]
fn contents_name_their_features_to_anthropics_own_server() {
    let turn = Turn::builder()
        .user("Hi")
        .with(&keys::BETAS, vec!["mine-2026-01-01".to_owned()])
        .build();
    let options = || {
        MessagesOptions::new()
            .with_beta("all-2026-01-01")
            .with_server_tool(json!({"type": "memory_20250818", "name": "memory"}))
            .with_mcp_server(json!({"type": "url", "name": "a", "url": "https://a.test"}))
            .with_context_management(json!({"edits": [{"type": "compact_20260112"}]}))
    };
    let sent = send(&turn, MODEL, options());
    assert_eq!(
        sent.header("anthropic-beta"),
        Some(
            "all-2026-01-01,mine-2026-01-01,context-management-2025-06-27,mcp-client-2025-11-20,\
             compact-2026-01-12"
        )
    );
    assert_eq!(sent.header("anthropic-version"), Some("2023-06-01"));
    let sent = send_to("http://localhost:4000", &turn, MODEL, options());
    assert_eq!(
        sent.header("anthropic-beta"),
        Some("all-2026-01-01,mine-2026-01-01")
    );
}

#[test]
fn the_container_of_the_last_reply_is_used_again() {
    let mut text = Block::llm_text("Done.");
    text.metadata
        .set_raw(keys::CONTAINER.id(), json!("container_1"));
    let turn = |text: &Block| {
        Turn::builder()
            .user("Hi")
            .block(text.clone())
            .user("On")
            .build()
    };
    assert_eq!(body(&turn(&text))["container"], "container_1");
    let options = MessagesOptions::new().with_container("container_2");
    assert_eq!(
        send(&turn(&text), MODEL, options).body["container"],
        "container_2"
    );
    let origin = json!({"server": "localhost", "model": MODEL});
    text.metadata.set_raw(keys::ORIGIN.id(), origin);
    assert_eq!(body(&turn(&text)).get("container"), None);
}
