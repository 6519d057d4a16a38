use geppetto_turns::{Block, Turn};
use serde_json::json;

use super::messages;

#[test]
fn the_prompt_that_asks_for_another_answer_is_no_message() {
    let mut turn = Turn::default();
    turn.id = "t".to_owned();
    turn.push(Block::user("Where?").with_id("u"));
    let retry = |mut block: Block| {
        block
            .metadata
            .set_raw("geppetto.answer_retry@v1", json!({"retry": 1}));
        block
    };
    turn.push(retry(Block::llm_text("{}").with_id("a")));
    turn.push(retry(Block::user("Answer again").with_id("q")));
    turn.push(Block::user("In Norway").with_id("joined"));
    turn.push(Block::llm_text("Oslo").with_id("b"));
    let messages = messages(&[turn]);
    let ids: Vec<_> = messages.iter().map(|own| own.id.as_str()).collect();
    assert_eq!(ids, ["u", "joined", "t"]);
}
