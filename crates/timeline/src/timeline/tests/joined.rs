//! Messages that join a run in progress.

use super::*;

#[test]
fn a_message_that_joins_a_run_is_shown_where_it_was_read() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["paint"]);
    stream.call(1, 1);
    stream.tool("c", "look", "{}");
    stream.end_call();
    let result = ToolResultReady::new("c", "look", "seen", ToolStatus::Success);
    stream.publish(E::ToolResultReady(result));
    let messages = [InputMessage::user("green", "in green")];
    stream.publish(E::InputJoined(InputJoined::new(messages)));
    stream.call(2, 1);
    stream.text("s", &["Done"]);
    stream.end_text("Done", None);
    stream.end_call();
    stream.finish();
    let expected = [
        "user paint",
        "tool_call done look {} seen",
        "user in green",
        "answer done Done",
    ];
    assert_eq!(stream.shown(), expected);

    // The turn has the same.
    let mut turn = Turn::default();
    turn.id = "t".to_owned();
    let call = Block::tool_call(ToolCall::new("c", "look", "{}"));
    turn.push(Block::user("paint").with_id("t-0"));
    turn.push(call);
    turn.push(Block::tool_result("c", "seen"));
    turn.push(Block::user("in green").with_id("green"));
    turn.push(Block::llm_text("Done").with_id("s"));
    let of_turn = Timeline::from_turns([&turn]);
    let lines: Vec<_> = of_turn.view().entities().map(line).collect();
    assert_eq!(lines, expected);
    let mut both = stream.timeline;
    both.sync(&turn);
    let lines: Vec<_> = both.view().entities().map(line).collect();
    assert_eq!(lines, expected);
}
