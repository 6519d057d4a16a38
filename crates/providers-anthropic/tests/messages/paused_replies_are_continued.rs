use std::sync::Arc;

use geppetto_engine::{InferenceRunner, RunContext, RunStop};
use geppetto_providers_anthropic::{MessagesEngine, MessagesOptions};
use geppetto_testing::{ProviderServer, Reply};
use geppetto_toolloop::{ToolLoop, ToolRegistry};
use geppetto_turns::Turn;
use serde_json::json;

#[tokio::test]
async fn with_the_same_history_and_the_reply_so_far() {
    let server = ProviderServer::start().await.unwrap();
    let query = json!({"query": "rust"});
    let result = json!({"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": []});
    let container = json!({"container": {"id": "container_1"}});
    let paused = Reply::messages()
        .text("I look.")
        .server_tool_call("srv_1", "web_search", &query);
    server.enqueue(paused.finish_with("pause_turn", container));
    server.enqueue(Reply::messages().block(result).text("Found."));
    let tool = json!({"type": "web_search_20250305", "name": "web_search"});
    let engine = MessagesEngine::builder("claude-opus-4-6")
        .base_url(server.base_url())
        .options(MessagesOptions::new().with_server_tool(tool))
        .build()
        .unwrap();
    let tool_loop = ToolLoop::new(Arc::new(engine), ToolRegistry::new());
    let mut turn = Turn::builder().user("Search.").build();
    let report = tool_loop.run(&RunContext::new(), &mut turn).await.unwrap();
    assert_eq!((report.stop, report.provider_calls), (RunStop::Finished, 2));
    assert_eq!(turn.assistant_text(), "I look.Found.");
    server.next_request().await;
    let second = server.next_request().await;
    second.assert_roles(&["user", "assistant"]);
    second.assert_json("/messages/1/content/1/id", &json!("srv_1"));
    second.assert_json("/container", &json!("container_1"));
    // The next prompt is accepted as well.
    turn.push_user("More.", []);
    server.enqueue(Reply::messages().text("Done."));
    tool_loop.run(&RunContext::new(), &mut turn).await.unwrap();
}
