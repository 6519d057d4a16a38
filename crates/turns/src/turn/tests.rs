use super::*;
use crate::Incomplete;

fn call(id: &str) -> Block {
    Block::tool_call(ToolCall::new(id, "lookup", "{}"))
}

#[test]
fn builder_leaves_blank_prompts_out() {
    let turn = Turn::builder().system(" ").user("").user("hi").build();
    assert_eq!(turn.blocks.len(), 1);
    assert_eq!(turn.system_prompt(), None);
}

#[test]
fn assistant_text_is_what_came_after_the_last_prompt() {
    let turn = Turn::builder()
        .user("a")
        .assistant("old")
        .user("b")
        .assistant("new ")
        .block(Block::refusal("no"))
        .assistant("text")
        .build();
    assert_eq!(turn.assistant_text(), "new text");
}

#[test]
fn pending_calls_are_whole_unanswered_and_in_order() {
    let mut turn = Turn::builder()
        .user("a")
        .block(call("old"))
        .user("b")
        .block(call("1"))
        .block(call("2"))
        .block(call("cut").with_incomplete(Incomplete::Truncated))
        .block(call("3"))
        .build();
    let ids = |turn: &Turn| -> Vec<String> {
        turn.pending_tool_calls(3)
            .iter()
            .map(|call| call.id.clone())
            .collect()
    };
    assert_eq!(ids(&turn), ["1", "2", "3"]);
    turn.push(Block::tool_result("2", "done"));
    assert_eq!(ids(&turn), ["1", "3"]);
}

#[test]
fn a_call_id_that_is_used_again_is_pending_again() {
    let mut turn = Turn::builder()
        .block(call("call_0"))
        .block(Block::tool_result("call_0", "first"))
        .build();
    let answer = |turn: &Turn| turn.tool_answer("call_0").map(ToolUse::output);
    assert_eq!(answer(&turn).as_deref(), Some("first"));
    turn.push(call("call_0"));
    assert_eq!(turn.pending_tool_calls(0).len(), 1);
    assert_eq!(answer(&turn), None);
    turn.push(Block::tool_result("call_0", "second"));
    assert_eq!(answer(&turn).as_deref(), Some("second"));
}

#[test]
fn ids_are_given_only_to_blocks_without_one() {
    let mut turn = Turn::builder()
        .user("a")
        .block(Block::user("b").with_id("own"))
        .user("c")
        .build();
    let mut n = 0;
    turn.assign_block_ids(0, || {
        n += 1;
        format!("id-{n}")
    });
    let ids: Vec<&str> = turn.blocks.iter().map(|block| block.id.as_str()).collect();
    assert_eq!(ids, ["id-1", "own", "id-2"]);
}

#[test]
fn blocks_are_inserted_at_their_places() {
    let mut turn = Turn::builder().user("1").user("3").build();
    turn.insert_before_last(Block::user("2"));
    turn.prepend(Block::user("0"));
    let texts: Vec<&str> = turn
        .blocks
        .iter()
        .filter_map(|block| block.text())
        .collect();
    assert_eq!(texts, ["0", "1", "2", "3"]);
}
