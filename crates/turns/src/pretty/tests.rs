use super::*;
use crate::{ImagePart, Incomplete, ToolCall};

#[test]
fn a_turn_prints_block_by_block_and_shows_each_cut() {
    let turn = Turn::builder()
        .id("t1")
        .user_with_images(
            "one\ntwo\nthree",
            [ImagePart::url("https://example.com/a.png")],
        )
        .block(Block::tool_call(ToolCall::new("c1", "lookup", "{}")))
        .block(Block::tool_error("c1", "no such city"))
        .block(Block::llm_text("half").with_incomplete(Incomplete::Cancelled))
        .build();
    let expect = "\
turn t1
user:
  one
  two
  … 1 more lines
  <image https://example.com/a.png>
tool_call [c1]: lookup c1 {}
tool_use: c1
  Error: no such city
llm_text (cancelled):
  half
";
    assert_eq!(
        PrettyPrinter::new().ids(true).max_lines(2).print(&turn),
        expect
    );
}

#[test]
fn nothing_that_others_wrote_controls_the_terminal() {
    let bad = "\u{1b}[2J\u{7}\r\u{9b}1m\u{202e}x";
    let file = serde_json::json!({"id": bad, "blocks": [
        {"id": bad, "kind": bad, "payload": {bad: bad}},
        {"id": bad, "kind": "tool_call", "payload": {"id": bad, "name": bad, "args": bad}},
        {"id": bad, "kind": "tool_use", "payload": {"id": bad, "error": bad}},
        {"kind": "user", "payload": {"text": bad, "images": [{"url": bad}]}},
        {"kind": "reasoning", "payload": {"summary": [bad]}},
        {"kind": "llm_text", "payload": {"text": bad}},
    ]});
    let turn: Turn = serde_json::from_value(file).unwrap();
    let shown = PrettyPrinter::new().ids(true).print(&turn);
    let controls = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(
        shown.contains('␛') && !shown.contains(controls),
        "{shown:?}"
    );
}

#[test]
fn images_and_data_of_tools_are_shortened() {
    let image = "A".repeat(100_000);
    let url = format!("data:image/png;base64,{image}");
    let args = serde_json::json!({"file": image}).to_string();
    let other = serde_json::json!({"kind": "screenshot", "payload": {"png": image}});
    let mut turn = Turn::builder()
        .user_with_images(
            "see",
            [
                ImagePart::url(&url),
                ImagePart::bytes("image/png", [7; 9_000]),
            ],
        )
        .block(Block::tool_call(ToolCall::new("c1", "upload", args)))
        .block(Block::tool_result("c1", url))
        .build();
    turn.push(serde_json::from_value::<Block>(other).unwrap());
    let shown = turn.to_string();
    assert!(shown.len() < 700, "{shown}");
    assert_eq!(shown.matches("… (100000 characters)").count(), 4, "{shown}");
}
