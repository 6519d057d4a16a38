use serde::Deserialize;

use super::*;
use crate::{Block, Incomplete};

#[derive(Debug, PartialEq, Deserialize)]
struct Weather {
    city: String,
    #[serde(default)]
    wind: u32,
    rain: Option<bool>,
}

fn turn(reply: Block) -> Turn {
    Turn::builder().user("Weather?").block(reply).build()
}

fn read(text: &str) -> Result<Weather, ReplyError> {
    turn(Block::llm_text(text)).reply_as()
}

fn oslo() -> Weather {
    Weather {
        city: "Oslo".to_owned(),
        wind: 0,
        rain: None,
    }
}

#[test]
fn json_is_read_alone_and_in_a_fence() {
    for text in [
        r#"{"city": "Oslo"}"#,
        " \n{\"city\": \"Oslo\", \"rain\": null}\n",
        "```json\n{\"city\": \"Oslo\"}\n```",
        "Here it is:\n\n```\n{\"city\": \"Oslo\"}\n```\nAnything else?",
    ] {
        assert_eq!(read(text).unwrap(), oslo(), "{text}");
    }
}

#[test]
fn a_fence_inside_of_a_json_text_is_text() {
    let text = serde_json::json!({"city": "a\n```\nb\n```\n"}).to_string();
    assert_eq!(read(&text).unwrap().city, "a\n```\nb\n```\n");
}

#[test]
fn null_stands_for_an_absent_field() {
    assert_eq!(read(r#"{"city": "Oslo", "wind": null}"#).unwrap(), oslo());
}

#[test]
fn what_is_no_object_is_taken_out_of_its_wrapper() {
    let reply = turn(Block::llm_text(r#"{"value": [1, 2]}"#));
    assert_eq!(reply.reply_as::<Vec<u8>>().unwrap(), [1, 2]);
    let reply = turn(Block::llm_text(
        r#"{"value": [{"city": "Oslo", "wind": null}]}"#,
    ));
    assert_eq!(reply.reply_as::<Vec<Weather>>().unwrap(), [oslo()]);
}

#[test]
fn only_what_came_last_is_the_answer() {
    let turn = Turn::builder()
        .user("Weather?")
        .assistant("I look it up.")
        .block(Block::tool_result("1", "rain"))
        .assistant(r#"{"city": "#)
        .assistant(r#""Oslo"}"#)
        .build();
    assert_eq!(turn.reply_as::<Weather>().unwrap(), oslo());
}

#[test]
fn the_error_says_what_is_wrong() {
    let kind = |block: Block| turn(block).reply_as::<Weather>().unwrap_err().kind();
    assert_eq!(kind(Block::llm_text("")), ReplyErrorKind::Missing);
    assert_eq!(kind(Block::reasoning("hm")), ReplyErrorKind::Missing);
    assert_eq!(kind(Block::refusal("I can't.")), ReplyErrorKind::Refused);
    assert_eq!(kind(Block::llm_text("It rains.")), ReplyErrorKind::NotJson);
    assert_eq!(
        kind(Block::llm_text("{\"town\": 1}")),
        ReplyErrorKind::WrongShape
    );
    let cut = Block::llm_text(r#"{"city": "Os"#).with_incomplete(Incomplete::Truncated);
    assert_eq!(kind(cut), ReplyErrorKind::Incomplete);
    let error = read(r#"{"town": "Oslo"}"#).unwrap_err().to_string();
    assert!(error.contains("Weather`: missing field `city`"), "{error}");
}

#[test]
fn an_answer_that_the_output_limit_cut_is_incomplete() {
    let mut turn = turn(Block::llm_text(r#"{"city": "#));
    let mut result = crate::InferenceResult::new("openai", "m");
    result.finish_class = FinishClass::MaxTokens;
    turn.metadata
        .set(&turn_meta::INFERENCE_RESULT, &result)
        .unwrap();
    let error = turn.reply_as::<Weather>().unwrap_err();
    assert_eq!(error.kind(), ReplyErrorKind::Incomplete);
}
