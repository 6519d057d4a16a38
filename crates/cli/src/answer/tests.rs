use geppetto_turns::{Block, ToolCall};

use super::*;

#[test]
fn each_call_has_its_own_result_if_ids_come_again() {
    let mut turn = Turn::builder().user("go").build();
    let call = |args: &str| Block::tool_call(ToolCall::new("call_0", "look", args));
    for block in [
        call("1"),
        Block::tool_result("call_0", "one"),
        call("2"),
        Block::tool_result("call_0", "two"),
        call("3"),
    ] {
        turn.push(block);
    }
    let expected = json!([
        {"name": "look", "arguments": "1", "result": "one"},
        {"name": "look", "arguments": "2", "result": "two"},
        {"name": "look", "arguments": "3", "result": null},
    ]);
    assert_eq!(calls(&turn), expected);
}
