//! The turn after a reply is a history that the server accepts, and that its cache knows.

use geppetto_engine::{ToolDefinition, keys};
use geppetto_testing::{ProviderServer, Reply};
use geppetto_turns::{Block, Turn};
use serde_json::json;

use crate::support::{Run, engine};

#[tokio::test]
async fn a_conversation_goes_on_over_tools_and_turns() {
    let server = ProviderServer::start().await.unwrap();
    server.require_key("k-1234567890");
    server.enqueue(
        Reply::chat()
            .reasoning("hm")
            .tool_call("call_1", "lookup", r#"{"city": "Zurich"}"#)
            .tool_call("call_2", "lookup", ""),
    );
    server.enqueue(Reply::chat().text("21 C and unknown."));
    server.enqueue(Reply::chat().refusal("I would rather not."));
    server.enqueue(Reply::chat().text("Fine."));
    let tools = vec![ToolDefinition::new(
        "lookup",
        "Weather.",
        json!({"type": "object"}),
    )];
    let turn = Turn::builder().system("Be terse.").user("Weather?");
    let mut run = Run::of(turn.data(&keys::TOOL_DEFINITIONS, &tools).unwrap().build());
    let engine = engine(&server)
        .api_key(geppetto_transport::ApiKey::new("k-1234567890"))
        .build()
        .unwrap();

    run.with(&engine).await.unwrap();
    let pending = run.turn.pending_tool_calls(0).len();
    assert_eq!(pending, 2);
    run.turn.push(Block::tool_result("call_1", "21 C"));
    // The second answer is missing: the history is repaired in the request.
    run.with(&engine).await.unwrap();
    run.turn.push_user("And tomorrow?", []);
    run.with(&engine).await.unwrap();
    run.turn.push_user("Why?", []);
    run.with(&engine).await.unwrap();
    assert_eq!(run.turn.assistant_text(), "Fine.");

    let requests = server.requests();
    requests[0]
        .assert_roles(&["system", "user"])
        .assert_tool_names(&["lookup"]);
    requests[1]
        .assert_roles(&["system", "user", "assistant", "tool", "tool"])
        .assert_json(
            "/messages/2/tool_calls/0/function/arguments",
            &json!(r#"{"city": "Zurich"}"#),
        )
        .assert_json("/messages/2/tool_calls/1/function/arguments", &json!("{}"))
        .assert_tool_output("call_1", "21 C");
    requests[3].assert_json("/messages/7/content", &json!("I would rather not."));
    for pair in requests.windows(2) {
        let body = |at: usize| String::from_utf8(pair[at].body().to_vec()).unwrap();
        let (old, new) = (body(0), body(1));
        let end = old.find(r#"],"tools""#).unwrap();
        assert!(new.starts_with(&old[..end]), "{old}\n{new}");
    }
}
