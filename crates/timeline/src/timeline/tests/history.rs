//! Timelines made from turns.

use super::*;

fn turn(id: &str, blocks: &[Block]) -> Turn {
    let mut turn = Turn::new();
    turn.id = id.to_owned();
    blocks.iter().for_each(|block| turn.push(block.clone()));
    turn
}

fn lines(timeline: &Timeline) -> Vec<String> {
    timeline.view().entities().map(line).collect()
}

#[test]
fn blocks_that_turns_share_are_shown_once_and_ends_stay_with_their_turns() {
    let mut first = turn("t1", &[Block::user("one").with_id("u1")]);
    let end = RunEnd::failed("r1", "status 503", "overloaded");
    first.metadata.set(&turn_meta::RUN_END, &end).unwrap();
    let mut second = first.clone();
    second.id = "t2".to_owned();
    second.metadata.remove(&turn_meta::RUN_END);
    second.push(Block::user("two").with_id("u2"));
    second.push(Block::llm_text("fine").with_id("a2"));
    let timeline = Timeline::from_turns([&first, &second]);
    let expected = [
        "user one",
        "error status 503",
        "user two",
        "answer done fine",
    ];
    assert_eq!(lines(&timeline), expected);
}

#[test]
fn what_the_model_no_longer_sees_is_still_shown() {
    let blocks = ["one", "two", "three"].map(|text| Block::user(text).with_id(text));
    let first = turn("t1", &blocks);
    let summary = Block::system("They counted.").with_id("s");
    let compacted = turn("t2", &[summary, Block::user("four").with_id("four")]);
    let timeline = Timeline::from_turns([&first, &compacted]);
    let expected = [
        "user one",
        "user two",
        "user three",
        "system They counted.",
        "user four",
    ];
    assert_eq!(lines(&timeline), expected);
}

#[test]
fn a_turn_that_the_application_edited_is_shown_as_it_is() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    stream.text("a", &["Hello"]);
    stream.end_text("Hello", None);
    stream.finish();
    let edited = turn(
        "t",
        &[
            Block::system("Be brief.").with_id("s"),
            Block::user("hi there").with_id("t-0"),
        ],
    );
    let mut screen = stream.timeline.view().clone();
    for patch in stream.timeline.sync(&edited) {
        screen.apply(patch);
    }
    assert_eq!(&screen, stream.timeline.view());
    assert_eq!(stream.shown(), ["system Be brief.", "user hi there"]);
    assert_eq!(stream.timeline.sync(&edited), []);
}

#[test]
fn calls_are_matched_with_their_answers_in_every_turn() {
    let call = |id: &str| Block::tool_call(ToolCall::new(id, "look", "{}"));
    let first = turn("t1", &[call("a"), call("b"), Block::tool_result("b", "B")]);
    let mut second = first.clone();
    second.id = "t2".to_owned();
    second.push(Block::tool_error("a", "not decided"));
    second.push(call("a"));
    second.push(Block::tool_result("a", "A"));
    let timeline = Timeline::from_turns([&first, &second]);
    let expected = [
        "tool_call failed look {} Error: not decided",
        "tool_call done look {} B",
        "tool_call done look {} A",
    ];
    assert_eq!(lines(&timeline), expected);
    assert_eq!(
        lines(&Timeline::from_turns([&first]))[0],
        "tool_call not_run look {}"
    );
}

#[test]
fn secrets_stay_masked_after_a_restart() {
    let mut call = ToolCall::new("c", "login", r#"{"key":"hunter2"}"#);
    call.shown = Some(r#"{"key":"***"}"#.to_owned());
    let mut result = Block::tool_result("c", "key hunter2 is wrong");
    if let geppetto_turns::Content::ToolUse(own) = &mut result.content {
        own.shown = Some("key *** is wrong".to_owned());
    }
    let timeline = Timeline::from_turns([&turn("t", &[Block::tool_call(call), result])]);
    let json = serde_json::to_string(timeline.view()).unwrap();
    assert!(
        json.contains("key *** is wrong") && !json.contains("hunter2"),
        "{json}"
    );
}

#[test]
fn an_answer_that_did_not_fit_is_shown_only_if_no_other_replaced_it() {
    let marked = |mut block: Block| {
        block
            .metadata
            .set_raw("geppetto.answer_retry@v1", json!({"retry": 1}));
        block
    };
    let mut blocks = vec![
        Block::user("json please").with_id("u"),
        marked(Block::llm_text("no").with_id("a1")),
        marked(Block::user("Your answer cannot be used").with_id("q")),
    ];
    let shown = |blocks: &[Block]| lines(&Timeline::from_turns([&turn("t", blocks)]));
    assert_eq!(shown(&blocks), ["user json please", "answer done no"]);
    blocks.push(Block::llm_text("{}").with_id("a2"));
    assert_eq!(shown(&blocks), ["user json please", "answer done {}"]);
}

#[test]
fn a_conversation_without_ids_is_shown() {
    let turn = Turn::builder()
        .system("Be brief.")
        .user("hi")
        .assistant("Hello.")
        .build();
    let timeline = Timeline::from_turns([&turn]);
    assert_eq!(
        lines(&timeline),
        ["system Be brief.", "user hi", "answer done Hello."]
    );
}

#[test]
fn a_turn_that_was_retried_or_removed_vanishes() {
    let mut stream = Stream::new();
    stream.run("r1", "t1", &["one"]);
    stream.finish();
    stream.run("r2", "t2", &["two"]);
    stream.call(1, 1);
    stream.tool("c", "look", "{}");
    stream.publish(E::RunFailed(RunFailed::new("boom")));
    assert_eq!(stream.shown().len(), 4);
    stream.correlation.run_id = Some("r3".to_owned());
    stream.correlation.turn_id = Some("t3".to_owned());
    let mut started = RunStarted::new("two").with_messages([InputMessage::user("t2-0", "two")]);
    started.replaces = Some("t2".to_owned());
    stream.publish(E::RunStarted(started));
    stream.call(2, 1);
    stream.tool("c", "look", "{}");
    stream.finish();
    assert_eq!(
        stream.shown(),
        ["user one", "user two", "tool_call not_run look {}"]
    );
    assert_eq!(stream.entity("t2-0").turn_id.as_deref(), Some("t3"));
    let mut screen = stream.timeline.view().clone();
    for patch in stream.timeline.retract("t3") {
        screen.apply(patch);
    }
    assert_eq!(&screen, stream.timeline.view());
    assert_eq!(stream.shown(), ["user one"]);
}

#[test]
fn nothing_of_a_run_that_was_cut_off_is_shown_as_running() {
    let mut cut = turn("t", &[Block::tool_call(ToolCall::new("c", "look", "{}"))]);
    let run = turn_meta::INFERENCE_ID;
    cut.metadata.set(&run, &"r".to_owned()).unwrap();
    assert_eq!(
        lines(&Timeline::from_turns([&cut])),
        ["tool_call not_run look {}"]
    );
}

/// Turns of a conversation with reasoning and a tool, whose calls have the same id.
fn conversation(count: usize) -> Vec<Turn> {
    let mut turns = Vec::new();
    let mut blocks = vec![Block::system("Be brief.").with_id("s")];
    for number in 0..count {
        blocks.push(Block::user(format!("question {number}")).with_id(format!("u{number}")));
        let call = ToolCall::new("call", "look", format!("{{\"number\":{number}}}"));
        blocks.push(Block::tool_call(call).with_id(format!("c{number}")));
        blocks.push(Block::tool_result("call", format!("{number}")).with_id(format!("r{number}")));
        blocks.push(Block::llm_text(format!("answer {number}")).with_id(format!("a{number}")));
        let mut next = Turn::new();
        next.id = format!("t{number}");
        let before: Option<&Turn> = turns.last();
        next.blocks = before.map(|turn| turn.blocks.clone()).unwrap_or_default();
        for block in blocks.drain(..) {
            next.push(block);
        }
        turns.push(next);
    }
    turns
}

#[test]
fn the_last_turns_alone_are_shown_as_after_all_others() {
    let turns = conversation(6);
    let all = lines(&Timeline::from_turns(&turns));
    for from in 1..6 {
        let mut timeline = Timeline::from_last_turns(&turns[from - 1], &turns[from..]);
        let shown = lines(&timeline);
        assert!(all.ends_with(&shown), "{shown:#?}");
        assert_eq!(shown.len(), 3 * (6 - from));
        assert_eq!(timeline.sync(&turns[5]), []);
        // Removed turns, up to those that are not shown.
        for last in (from - 1..5).rev() {
            timeline.retract(&turns[last + 1].id);
            timeline.sync(&turns[last]);
            assert_eq!(lines(&timeline), shown[..3 * (last + 1 - from)]);
        }
    }
}

#[test]
fn many_blocks_that_come_before_those_that_are_shown_move_them() {
    let block = |number: usize| Block::user(format!("{number}")).with_id(format!("u{number}"));
    let whole: Vec<Block> = (0..10_000).map(block).collect();
    let end = turn("t", whole.get(5_000..).unwrap());
    let whole = turn("t", &whole);
    let timeline = Timeline::from_turns([&end, &whole]);
    assert_eq!(lines(&timeline), lines(&Timeline::from_turns([&whole])));
}
