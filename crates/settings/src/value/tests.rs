use serde_json::{Value as Json, json};

use super::{Value, may_be_secret};
use crate::catalogue::by_path;

/// Returns the printed value of a field set by a variable, or the error as text.
fn text(path: &str, given: &str) -> Result<Json, String> {
    let value = Value::parse(by_path(path).unwrap(), given);
    let value = value.map_err(|error| error.to_string())?;
    Ok(value.map_or(Json::Null, |value| value.masked()))
}

fn file(path: &str, given: &Json) -> Result<Json, String> {
    let value = Value::of_file(by_path(path).unwrap(), given);
    let value = value.map_err(|error| error.to_string())?;
    Ok(value.map_or(Json::Null, |value| value.masked()))
}

fn error(result: Result<Json, String>) -> String {
    result.unwrap_err()
}

#[test]
fn empty_texts_leave_a_setting_unset() {
    for path in [
        "chat.engine",
        "chat.temperature",
        "chat.stop",
        "api.api_keys.openai-api-key",
    ] {
        assert_eq!(text(path, " \t\r\n"), Ok(Json::Null));
        assert_eq!(file(path, &json!("")), Ok(Json::Null));
        assert_eq!(file(path, &Json::Null), Ok(Json::Null));
    }
}

#[test]
fn numbers_are_finite_and_within_bounds() {
    assert_eq!(text("chat.temperature", "0.7"), Ok(json!(0.7)));
    assert_eq!(text("chat.temperature", "\"0.7\""), Ok(json!(0.7)));
    assert_eq!(file("chat.temperature", &json!(0)), Ok(json!(0.0)));
    assert_eq!(file("chat.temperature", &json!("0.7")), Ok(json!(0.7)));
    for given in ["nan", "NaN", "inf", "-0.1", "2.1", "0,7", "1e999", "hot"] {
        let said = error(text("chat.temperature", given));
        assert_eq!(
            said,
            format!("{given:?} is not valid; allowed is a number from 0 to 2")
        );
    }
    assert_eq!(text("chat.max_response_tokens", "1000.0"), Ok(json!(1000)));
    for given in ["0", "-1", "1.5", "99999999999999999999", "1_000"] {
        error(text("chat.max_response_tokens", given));
    }
}

#[test]
fn booleans_of_older_yaml_are_read() {
    for given in ["true", "True", "yes", "ON", "y", "1"] {
        assert_eq!(text("openai.parallel_tool_calls", given), Ok(json!(true)));
    }
    for given in ["false", "no", "Off", "n", "0"] {
        assert_eq!(
            file("openai.parallel_tool_calls", &json!(given)),
            Ok(json!(false))
        );
    }
    error(text("openai.parallel_tool_calls", "maybe"));
}

#[test]
fn lists_of_variables_have_commas_and_maybe_brackets() {
    let list = |given| text("chat.stop", given).unwrap();
    assert_eq!(list("END"), json!(["END"]));
    assert_eq!(list("a, b ,,c"), json!(["a", "b", "c"]));
    assert_eq!(list("[a,'b']"), json!(["a", "b"]));
    assert_eq!(list(r#"["a,b", "\n"]"#), json!(["a,b", "\n"]));
    assert_eq!(list("[]"), json!([]));
}

#[test]
fn a_text_in_a_file_is_a_list_of_one() {
    assert_eq!(file("chat.stop", &json!("a,b")), Ok(json!(["a,b"])));
    assert_eq!(file("chat.stop", &json!([])), Ok(json!([])));
    assert_eq!(file("chat.stop", &json!(["a", 1])), Ok(json!(["a", "1"])));
    assert_eq!(
        file("profile.registries", &json!("a.yaml,b.yaml")),
        Ok(json!(["a.yaml", "b.yaml"]))
    );
    error(file("chat.stop", &json!([["a"]])));
}

#[test]
fn durations_are_whole_seconds() {
    let seconds = |given| text("client.timeout", given);
    assert_eq!(seconds("90"), Ok(json!(90)));
    assert_eq!(seconds("1m30s"), Ok(json!(90)));
    assert_eq!(seconds("2h"), Ok(json!(7200)));
    for given in ["-1", "1.5s", "90 s", "s", "", "9999999999999999h"] {
        assert!(given.is_empty() || seconds(given).is_err(), "{given}");
    }
}

#[test]
fn addresses_have_a_scheme_and_a_host() {
    let url = |given| text("api.base_urls.openai-base-url", given);
    assert_eq!(url("https://u:p@h/v1"), Ok(json!("https://***@h/v1")));
    for given in [
        "localhost:11434",
        "ftp://h",
        "https://",
        "http://:80",
        "https://a b",
    ] {
        assert!(error(url(given)).ends_with("a URL that begins with http:// or https://"));
    }
    assert_eq!(
        text("client.proxy_url", "socks5://h:1"),
        Ok(json!("socks5://h:1"))
    );
    let said = error(url("u:s3cret@h"));
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn keys_are_one_line_and_never_shown() {
    let key = |given: Json| file("api.api_keys.openai-api-key", &given);
    assert_eq!(key(json!("sk-1\n")), Ok(json!("***")));
    assert_eq!(key(json!(1234)), Ok(json!("***")));
    let quoted = Value::parse(by_path("api.api_keys.openai-api-key").unwrap(), "'sk-1'");
    assert_eq!(
        quoted.unwrap(),
        Some(Value::Secret(crate::Secret::new("sk-1")))
    );
    assert!(error(key(json!("Bearer sk-1"))).contains("without `Bearer`"));
    for given in [
        json!("sk-1 2"),
        json!("sk\n1"),
        json!(1.5),
        json!(["sk-1"]),
        json!({"a": "sk-1"}),
    ] {
        let said = error(key(given));
        assert!(!said.contains("sk") && !said.contains("1.5"), "{said}");
    }
}

#[test]
fn a_key_in_the_wrong_place_is_not_shown() {
    for secret in [
        "sk-proj-abc",
        "AIzaSyD-9tSrke72PouQMn",
        "0123456789abcdef0123456789abcdef",
    ] {
        assert!(may_be_secret(secret));
        let said = error(text("chat.temperature", secret));
        assert!(said.starts_with("*** is not valid"), "{said}");
    }
    for model in [
        "gpt-4o-mini-2024-07-18",
        "claude-sonnet-4-20250514",
        "llama3.1:8b",
    ] {
        assert!(!may_be_secret(model), "{model}");
    }
}

#[test]
fn schemas_are_objects_as_text_or_as_maps() {
    let schema = json!({"type": "object"});
    assert_eq!(
        text("chat.structured_output_schema", r#"{"type":"object"}"#),
        Ok(schema.clone())
    );
    assert_eq!(file("chat.structured_output_schema", &schema), Ok(schema));
    error(text("chat.structured_output_schema", "[1]"));
    error(text("chat.structured_output_schema", "{"));
}

#[test]
fn prices_are_numbers_of_at_least_zero() {
    let cost = |given: Json| file("model_info.cost", &given);
    assert!(cost(json!({"input": 1, "output": 2.5})).is_ok());
    error(cost(json!({"input": -1})));
    error(cost(json!({"input": "x"})));
}

#[test]
fn keys_are_ascii() {
    for given in [
        "\u{201c}sk-1\u{201d}",
        "sk-1\u{200b}",
        "sk-\u{2026}",
        "sk-é",
    ] {
        let said = error(text("api.api_keys.openai-api-key", given));
        assert!(said.starts_with("*** is not valid"), "{said}");
        assert!(said.contains("in ASCII"), "{said}");
    }
}

#[test]
fn texts_have_no_control_characters() {
    for given in ["\u{1b}[2J", "a\u{7}b", "a\rb", "a\u{9b}2J"] {
        let said = error(text("chat.engine", given));
        assert!(said.contains("without control characters"), "{said}");
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }
    let lines = "one\n\ttwo";
    let path = "chat.structured_output_description";
    assert_eq!(text(path, lines), Ok(json!(lines)));
}

#[test]
fn a_number_that_lost_digits_is_no_text() {
    let said = error(file("chat.engine", &json!(4.1)));
    assert!(said.ends_with("text; put it in quotes"), "{said}");
    assert_eq!(file("chat.engine", &json!("4.10")), Ok(json!("4.10")));
    assert_eq!(file("chat.engine", &json!(4)), Ok(json!("4")));
}

#[test]
fn a_reference_is_no_key() {
    for given in [
        "$OPENAI_API_KEY",
        "${OPENAI_API_KEY}",
        "{env:KEY}",
        "<your-key>",
    ] {
        let said = error(text("api.api_keys.openai-api-key", given));
        assert!(said.contains("variables are not replaced"), "{said}");
    }
}
