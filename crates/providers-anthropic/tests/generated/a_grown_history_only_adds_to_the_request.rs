use geppetto_turns::{Block, Content, Reasoning, ToolCall};
use proptest::{collection::vec, prelude::*};

use crate::support::{body_of, turn};

/// One step of a conversation, which ends with the user or with a result.
fn step(kind: u8, number: usize) -> Vec<Block> {
    let id = format!("toolu_{number}");
    let mut own = Reasoning::default();
    own.text = format!("Hm {number}.");
    own.extra.set("signature", "signed");
    let thinking = Block::new(Content::Reasoning(own));
    let call = Block::tool_call(ToolCall::new(id.as_str(), "files.read", "{\"a\": 1.0}"));
    let result = Block::tool_result(id.as_str(), "yes");
    let text = Block::llm_text(format!("Text {number}. "));
    match kind {
        0 => vec![thinking, text, Block::user("On.")],
        1 => vec![thinking, text, call, result],
        2 => vec![call, result],
        3 => vec![thinking, Block::user("On.")],
        _ => vec![text, Block::user("On.")],
    }
}

/// Returns the messages of a request, without the end of their list.
fn messages(text: &str) -> &str {
    let (_, messages) = text.split_once("\"messages\":").unwrap();
    messages.strip_suffix("]}]}").unwrap()
}

proptest! {
    #[test]
    fn and_keeps_its_bytes(before in vec(0_u8..5, 1..8), after in vec(0_u8..5, 1..4)) {
        let steps = |kinds: &[u8]| -> Vec<Block> {
            let steps = kinds.iter().enumerate().flat_map(|(number, kind)| step(*kind, number));
            [Block::system("Be brief."), Block::user("Hi.")].into_iter().chain(steps).collect()
        };
        let all: Vec<u8> = before.iter().chain(&after).copied().collect();
        let body = |kinds: &[u8]| {
            body_of(&turn(steps(kinds), &Default::default()), "claude-opus-4-6", false).0
        };
        let (old, new) = (body(&before), body(&all));
        prop_assert!(messages(&new).starts_with(messages(&old)), "{old}\n{new}");
    }
}
