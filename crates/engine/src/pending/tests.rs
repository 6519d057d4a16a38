use geppetto_turns::Block;

use super::*;

fn call(id: &str, name: &str) -> Block {
    Block::tool_call(ToolCall::new(id, name, "{}"))
}

fn waits(blocks: impl IntoIterator<Item = Block>) -> Vec<String> {
    let mut turn = Turn::builder().user("go").build();
    blocks.into_iter().for_each(|block| turn.push(block));
    let record = ["a", "b"].map(|id| PendingCall::new(id, "send", "{}", "Send it?"));
    PendingCall::record(&mut turn, &record);
    let waits = PendingCall::of(&turn);
    waits.into_iter().map(|own| own.call_id).collect()
}

#[test]
fn recorded_calls_of_the_last_output_wait_until_they_are_answered() {
    assert_eq!(waits([call("a", "send"), call("b", "send")]), ["a", "b"]);
    let answered = Block::tool_result("a", "sent");
    let blocks = [call("a", "send"), call("b", "send"), answered.clone()];
    assert_eq!(waits(blocks), ["b"]);
    assert_eq!(waits([call("a", "send"), answered]), [""; 0]);
}

#[test]
fn what_is_not_a_call_of_the_last_output_does_not_wait() {
    let went_on = [call("a", "send"), Block::user("never mind")];
    assert_eq!(waits(went_on), [""; 0]);
    let replied = [
        call("a", "send"),
        Block::tool_result("x", "of another"),
        Block::llm_text("Well."),
    ];
    assert_eq!(waits(replied), [""; 0]);
    assert_eq!(waits([call("a", "delete")]), [""; 0], "another tool");
    assert_eq!(waits([]), [""; 0]);
}

#[test]
fn calls_that_are_not_recorded_do_not_wait() {
    let mut turn = Turn::default();
    turn.push(call("a", "send"));
    assert_eq!(PendingCall::of(&turn), []);
    PendingCall::record(&mut turn, &[PendingCall::new("a", "send", "", "")]);
    assert_eq!(PendingCall::of(&turn).len(), 1);
    PendingCall::record(&mut turn, &[]);
    assert!(!turn.metadata.contains(&keys::WAITING_FOR));
}
