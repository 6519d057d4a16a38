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
fn a_fence_may_be_written_in_odd_ways() {
    for text in [
        "```json {\"city\": \"Oslo\"} ```",
        "```{\"city\": \"Oslo\"}```",
        "```JSON\r\n{\"city\": \"Oslo\"}\r\n```",
        "```json\n{\"city\": \"Oslo\"}",
        "\u{feff}{\"city\": \"Oslo\"}",
    ] {
        assert_eq!(read(text).unwrap(), oslo(), "{text}");
    }
    let text = "```json\n{\"city\": \"```sh\\nls\\n```\"}\n```";
    assert_eq!(read(text).unwrap().city, "```sh\nls\n```");
    let number = turn(Block::llm_text("```\n12\n```"));
    assert_eq!(number.reply_as::<u8>().unwrap(), 12);
    let two = "```json\n{\"city\": \"Oslo\"}\n```\nor\n```json\n{\"city\": \"Rome\"}\n```";
    assert_eq!(read(two).unwrap_err().kind(), ReplyErrorKind::NotJson);
}

#[test]
fn one_object_is_read_with_words_or_brackets_around_it() {
    for text in [
        "Sure! {\"city\": \"Oslo\"}",
        "{\"city\": \"Oslo\"}\nAnything else?",
        "{\"city\": \"Oslo\"}\n]}",
        "As {said} in [1]: {\"city\": \"Oslo\"}.",
    ] {
        assert_eq!(read(text).unwrap(), oslo(), "{text}");
    }
    let cut =
        turn(Block::llm_text("{\"city\": \"Oslo\"} and").with_incomplete(Incomplete::Truncated));
    let error = cut.reply_as::<Weather>().unwrap_err();
    assert_eq!(error.kind(), ReplyErrorKind::Incomplete);
}

#[test]
fn words_around_other_json_are_an_error_that_says_so() {
    for text in [
        "{\"city\": \"Oslo\"} or {\"city\": \"Rome\"}",
        "{\"city\": \"Oslo\", \"wind\": {\"speed\": 1}",
        "Sure! [1, 2]",
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.kind(), ReplyErrorKind::NotJson);
        let words = error.to_string();
        assert!(words.contains("or has words around it: "), "{words}");
    }
}

#[test]
fn the_value_can_be_read_whatever_its_shape() {
    let reply = turn(Block::llm_text("```json\n{\"town\": [1, null]}\n```"));
    let value = serde_json::json!({"town": [1, null]});
    assert_eq!(reply.reply_value().unwrap(), value);
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

fn ended(text: &str, class: FinishClass) -> Result<Value, ReplyErrorKind> {
    let mut turn = turn(Block::llm_text(text));
    let mut result = crate::InferenceResult::new("openai", "m");
    result.finish_class = class;
    turn.metadata
        .set(&turn_meta::INFERENCE_RESULT, &result)
        .unwrap();
    turn.reply_value().map_err(|error| error.kind())
}

#[test]
fn an_answer_that_a_limit_cut_is_incomplete() {
    for class in [FinishClass::MaxTokens, FinishClass::ContextWindow] {
        let cut = Err(ReplyErrorKind::Incomplete);
        assert_eq!(ended(r#"{"city": "#, class.clone()), cut);
        assert_eq!(ended("12", class.clone()), cut);
        assert!(ended("{}", class).is_ok());
    }
}

#[test]
fn an_answer_that_a_filter_stopped_is_refused() {
    let refused = Err(ReplyErrorKind::Refused);
    assert_eq!(ended(r#"{"city": "#, FinishClass::Refused), refused);
}
