use geppetto_turns::ToolCall;

use super::*;

fn blocks(texts: &[&str]) -> Blocks {
    texts.iter().map(|text| Block::user(*text)).collect()
}

#[test]
fn new_blocks_begin_where_the_old_ones_ended() {
    let before = blocks(&["a", "b"]);
    let mut now = before.clone();
    assert_eq!(first_new(&before, &now), 2);
    now.push(Block::llm_text("c"));
    assert_eq!(first_new(&before, &now), 2);
    assert_eq!(first_new(&Blocks::new(), &now), 0);
}

#[test]
fn blocks_put_in_front_or_taken_away_do_not_confuse() {
    let before = blocks(&["a", "b", "c"]);
    let mut now = before.clone();
    now.insert(0, Block::system("s"));
    now.push(Block::llm_text("d"));
    assert_eq!(first_new(&before, &now), 4);
    let mut shorter: Blocks = before.range(2..3).cloned().collect();
    shorter.push(Block::llm_text("d"));
    assert_eq!(first_new(&before, &shorter), 1);
    assert_eq!(first_new(&before, &blocks(&["x"])), 0);
}

#[test]
fn a_summary_counts_and_names_the_calls() {
    let request = |name: &str| Request {
        call: ToolCall::new("c", name, "{}"),
        correlation: Arc::default(),
        repeated: 0,
        offer: None,
        refusal: None,
        resumed: None,
        keeps_waiting: false,
    };
    assert_eq!(summary(&[request("a")], "to run"), "1 tool call to run: a");
    assert_eq!(
        summary(&[request("a"), request("b")], "to run"),
        "2 tool calls to run: a, b"
    );
}
