use proptest::prelude::*;

use super::*;
use crate::{ImagePart, Incomplete, ToolCall};

/// `u` user, `s` system, `t` text, `r` reasoning, `cN` call N, `dN` call N with other arguments, `aN` answer N,
/// `mN` answer N with an image, `!` marks the preceding block as incomplete.
pub(super) fn history(spec: &str) -> Blocks {
    let mut blocks: Vec<Block> = Vec::new();
    for (n, word) in spec.split_whitespace().enumerate() {
        let (word, incomplete) = match word.strip_suffix('!') {
            Some(word) => (word, true),
            None => (word, false),
        };
        let (letter, id) = word.split_at(1);
        let block = match letter {
            "u" => Block::user(format!("user {n}")),
            "s" => Block::system("system"),
            "t" => Block::llm_text(format!("text {n}")),
            "r" => Block::reasoning("hm"),
            "c" => Block::tool_call(ToolCall::new(id, "tool", "{}")),
            "d" => Block::tool_call(ToolCall::new(id, "tool", r#"{"x":1}"#)),
            "a" => Block::tool_result(id, "ok"),
            "b" => Block::tool_result(id, "other"),
            "m" => with_image(Block::tool_result(id, "")),
            _ => panic!("{word}"),
        };
        blocks.push(if incomplete {
            block.with_incomplete(Incomplete::Cancelled)
        } else {
            block
        });
    }
    blocks.into_iter().collect()
}

fn with_image(mut block: Block) -> Block {
    if let Content::ToolUse(answer) = &mut block.content {
        answer.images.push(ImagePart::file_id("image"));
    }
    block
}

pub(super) fn spec(blocks: &[Arc<Block>]) -> String {
    let words: Vec<String> = blocks
        .iter()
        .map(|block| {
            let mark = if block.incomplete().is_some() {
                "!"
            } else {
                ""
            };
            let word = match &block.content {
                Content::User(said) if said.text.starts_with("(late ") => {
                    format!("l{}", block.id.trim_start_matches("repair:late:"))
                }
                Content::User(_) => "u".to_owned(),
                Content::System(_) => "s".to_owned(),
                Content::LlmText(_) => "t".to_owned(),
                Content::Reasoning(_) => "r".to_owned(),
                Content::ToolCall(call) => format!("c{}", call.id),
                Content::ToolUse(answer) if answer.has_media() => format!("m{}", answer.id),
                Content::ToolUse(answer) if answer.is_error() => format!("x{}", answer.id),
                Content::ToolUse(answer) => format!("a{}", answer.id),
                Content::Other(_) => "o".to_owned(),
            };
            format!("{word}{mark}")
        })
        .collect();
    words.join(" ")
}

fn check(before: &str, expect: &str) {
    assert_eq!(
        spec(&repair(&history(before))),
        expect,
        "repair of: {before}"
    );
}

#[test]
fn a_valid_history_stays_as_it_is() {
    check("s u r c1 c2 a1 a2 t u t", "s u r c1 c2 a1 a2 t u t");
    check("u c1 a2 a1 u", "u c1 a1 u");
}

#[test]
fn missing_answers_are_synthesised_in_place() {
    check("u c1 c2 a1 u", "u c1 c2 a1 x2 u");
    check("u c1", "u c1 x1");
    check("u c1 a1 c2 t", "u c1 a1 c2 t x2");
    check("u c1 c2 a2 t", "u c1 c2 a2 x1 t");
}

#[test]
fn strays_and_duplicates_are_left_out() {
    check("a1 u a2 t", "u t");
    check("u c1 a1 a1 t", "u c1 a1 t");
    check("u c1 c1 a1 t", "u c1 a1 t");
    check("u c1! u a1 t", "u u t");
}

/// A tool that first says that it has begun, and then its result.
///
/// Report: <https://github.com/google/adk-python/issues/2215>.
#[test]
fn a_second_answer_that_says_something_else_is_a_text_after_the_answers() {
    check("u c1 a1 b1 t", "u c1 a1 l1 t");
    check("u c1 c2 a1 a2 b1", "u c1 c2 a1 a2 l1");
    check("u c1 c2 a1 b1 a2 u", "u c1 c2 a1 a2 l1 u");
    check("u c1 c2 a1 b1 b1 t", "u c1 c2 a1 x2 l1 t");
    check("u c1 a1 b1 a1 t", "u c1 a1 l1 l1 t");
}

#[test]
fn answers_behind_a_prompt_are_moved_to_their_calls() {
    check("u c1 u a1 t", "u c1 a1 u t");
    check("u c1 c2 s u a2 u a1 u t", "u c1 c2 a2 a1 s u u u t");
    check("u c1 c2 u a2 t a1", "u c1 c2 a2 x1 u t l1");
    check("u c1 u", "u c1 x1 u");
}

#[test]
fn late_answers_are_texts() {
    check("u c1 u t a1 u", "u c1 x1 u t l1 u");
    check("u c1 t u t m1 t", "u c1 t x1 u t l1 t");
    // Not twice, and not what was said before.
    check("u c1 u t a1 a1 t a1", "u c1 x1 u t l1 t");
    check("u c1 a1 t u a1 b1 t", "u c1 a1 t u l1 t");
    // Not within the answers of other calls.
    check("u c1 u c2 c3 a2 a1 a3 t", "u c1 x1 u c2 c3 a2 a3 l1 t");
    check("u c1 u c2 c3 a2 a1 u", "u c1 x1 u c2 c3 a2 x3 l1 u");
    // In their place, also if it is right after the answers of other calls.
    check("u c1 u t u c2 a2 a1", "u c1 x1 u t u c2 a2 l1");
    check("u c1 u t u c2 a2 a1 u", "u c1 x1 u t u c2 a2 l1 u");
    check("u c1 u c2 u a1 a2 u t", "u c1 x1 u c2 a2 u l1 u t");
    // A call that has the id again gets the answer.
    check("u c1 u c1 a1 b1 t b1", "u c1 x1 u c1 a1 l1 t");
    let repaired = repair(&history("u c1 u t b1"));
    let said = repaired[5].text();
    assert_eq!(
        said,
        Some("(late result of the earlier call of tool, id 1):\nother")
    );
}

/// Report: <https://github.com/openclaw/openclaw/issues/84730>.
#[test]
fn calls_with_one_id_are_told_apart_by_the_order_of_their_answers() {
    check("u c1 d1 a1 b1 t", "u c1 c1:2 a1 a1:2 t");
    check("u c1 c2 d1 a1 a2 b1 u", "u c1 c2 c1:2 a1 a2 a1:2 u");
    check("u c1 u d1 a1 b1 t", "u c1 x1 u c1 a1 l1 t");
    check(
        "u c1 d1 a1 b1 c1 d1 b1 a1",
        "u c1 c1:2 a1 a1:2 c1 c1:2 a1 a1:2",
    );
    // One answer cannot be told apart, and a call that is repeated unchanged is one.
    check("u c1 d1 a1 t", "u c1 a1 t");
    check("u c1 d1 t", "u c1 t x1");
    check("u c1 c1 a1 b1 t", "u c1 a1 l1 t");
    check("u c1 d1 c1 a1 b1 a1 t", "u c1 c1:2 a1 a1:2 t");
    // What follows a prompt is too late for a call that was left out.
    check("u c1 d1 a1 u b1 t", "u c1 a1 u l1 t");
    check("u c1 d1 u a1 b1 t", "u c1 a1 u l1 t");
    // No other call has the new id.
    check("u c1 d1 d1:2 a1 b1 a1:2", "u c1 c1:2 c1:2:2 a1 a1:2 a1:2:2");
    check("u c1:2 c1 d1 a1 b1 a1:2", "u c1:2 c1 c1:3 a1 a1:3 a1:2");
    let blocks = history("u c1 d1 b1 a1");
    let repaired = repair(&blocks);
    let call = repaired[2].as_tool_call().unwrap();
    assert_eq!(
        (call.id.as_str(), call.args.as_str()),
        ("1:2", r#"{"x":1}"#)
    );
    assert_eq!(repaired[2].id, blocks.get(2).unwrap().id);
    assert_eq!(repaired[4].id, blocks.get(4).unwrap().id);
}

#[test]
fn a_call_id_may_be_used_again_later() {
    check("u c0 a0 c0 a0 t u c0", "u c0 a0 c0 a0 t u c0 x0");
}

#[test]
fn what_is_not_whole_is_left_out_except_text() {
    check("u r! t! c1! a1 u", "u t! u");
    check("u r c1 c2! a1 a2 u", "u r c1 a1 u");
}

#[test]
fn calls_without_id_or_name_are_left_out() {
    let blocks: Blocks = [
        Block::tool_call(ToolCall::new("", "tool", "{}")),
        Block::tool_call(ToolCall::new("1", "", "{}")),
        Block::tool_result("1", "ok"),
    ]
    .into_iter()
    .collect();
    assert!(repair(&blocks).is_empty());
}

/// What a history contains costs no more than its length.
#[test]
fn many_calls_with_one_id_are_told_apart() {
    const MANY: usize = 40_000;
    let call = |number: usize| Block::tool_call(ToolCall::new("1", "f", number.to_string()));
    let other = |number: usize| Block::tool_call(ToolCall::new(format!("1:{number}"), "f", "{}"));
    let calls = (0..MANY).map(other).chain((0..MANY).map(call));
    let answers = (0..MANY).map(|number| Block::tool_result("1", number.to_string()));
    let all: Blocks = calls.chain([Block::user("wait")]).chain(answers).collect();
    let repaired = repair(&all);
    assert!(is_answered_in_order(&repaired));
    assert_eq!(repaired.len(), 4 * MANY + 1);
}

/// Returns `true` if each call has one answer, and ids are distinct.
fn is_answered_in_order(blocks: &[Arc<Block>]) -> bool {
    let mut open = std::collections::HashSet::new();
    blocks.iter().all(|block| match &block.content {
        Content::ToolCall(call) => open.insert(call.id.clone()),
        Content::ToolUse(answer) => open.remove(&answer.id),
        _ => true,
    }) && open.is_empty()
}

pub(super) fn any_history() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("u".to_owned()),
        Just("s".to_owned()),
        Just("t".to_owned()),
        Just("r".to_owned()),
        Just("t!".to_owned()),
        Just("r!".to_owned()),
        (0..4).prop_map(|n| format!("c{n}")),
        (0..4).prop_map(|n| format!("c{n}!")),
        (0..4).prop_map(|n| format!("d{n}")),
        (0..4).prop_map(|n| format!("m{n}")),
        (0..4).prop_map(|n| format!("a{n}")),
        (0..4).prop_map(|n| format!("b{n}")),
    ];
    prop::collection::vec(word, 0..30).prop_map(|words| words.join(" "))
}

/// The requirements of providers: calls are answered exactly once, right after the output that made
/// them.
pub(super) fn is_accepted(blocks: &[Arc<Block>]) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let mut answering = false;
    for block in blocks {
        match &block.content {
            Content::ToolCall(call) => {
                if (answering && !open.is_empty()) || open.contains(&call.id.as_str()) {
                    return false;
                }
                answering = false;
                open.push(&call.id);
            }
            Content::ToolUse(answer) => {
                let Some(at) = open.iter().position(|id| *id == answer.id) else {
                    return false;
                };
                open.remove(at);
                answering = true;
            }
            Content::LlmText(_) | Content::Reasoning(_) => {
                if answering && !open.is_empty() {
                    return false;
                }
                answering = false;
            }
            _ => {
                if !open.is_empty() {
                    return false;
                }
                answering = false;
            }
        }
    }
    open.is_empty()
}

/// Returns `true` if a block is a call or an answer with another id in its place.
fn is_renamed(old: &Block, block: &Block) -> bool {
    let mut new = block.clone();
    match (&mut new.content, &old.content) {
        (Content::ToolCall(new), Content::ToolCall(old)) => new.id.clone_from(&old.id),
        (Content::ToolUse(new), Content::ToolUse(old)) => new.id.clone_from(&old.id),
        _ => return false,
    }
    new == *old
}

proptest! {
    #[test]
    fn any_history_becomes_one_that_is_accepted_and_stays_so(before in any_history()) {
        let once = repair(&history(&before));
        prop_assert!(is_accepted(&once), "{before} -> {}", spec(&once));
        let again = repair(&once.iter().cloned().collect());
        prop_assert_eq!(&once, &again);
    }

    #[test]
    fn repair_only_adds_leaves_out_or_moves_answers(before in any_history()) {
        let blocks = history(&before);
        let after = repair(&blocks);
        let is_answer = |block: &Block| matches!(block.content, Content::ToolUse(_));
        let mut rest = blocks.iter().filter(|block| !is_answer(block));
        let mut answers: Vec<&Arc<Block>> = blocks.iter().filter(|block| is_answer(block)).collect();
        for block in &after {
            if block.id.starts_with("repair:") { continue; }
            let is_same = |old: &Arc<Block>| Arc::ptr_eq(old, block) || is_renamed(old, block);
            let is_there = match is_answer(block) {
                true => {
                    let at = answers.iter().position(|old| is_same(old));
                    at.map(|at| answers.remove(at)).is_some()
                }
                false => rest.any(is_same),
            };
            prop_assert!(is_there, "{before} -> {}", spec(&after));
        }
    }

    #[test]
    fn a_grown_history_keeps_the_old_result_as_prefix(old in any_history(), more in any_history()) {
        // What the model says to a prompt ends its earlier output; nothing before it can change after that.
        let old = format!("{old} u t");
        let before = repair(&history(&old));
        let after = repair(&history(&format!("{old} {more}")));
        prop_assert!(after.starts_with(&before), "{} | {}", spec(&before), spec(&after));
    }

    #[test]
    fn a_grown_history_without_open_calls_keeps_all_of_the_old_result(
        old in any_history(), more in any_history(),
    ) {
        let before = repair(&history(&old));
        // Nothing waits for its answer, and no call can be made in the output that the history ends with.
        prop_assume!(!before.iter().any(|block| block.id.starts_with("repair:") && block.as_tool_use().is_some()));
        let after = repair(&history(&format!("{old} u {more}")));
        prop_assert!(after.starts_with(&before), "{} | {}", spec(&before), spec(&after));
    }
}
