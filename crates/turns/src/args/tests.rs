use serde_json::json;

use super::*;

#[test]
fn canonical_text_is_written_as_a_map_and_other_text_as_it_stands() {
    for (text, expect) in [
        (r#"{"city":"Zurich"}"#, json!({"city": "Zurich"})),
        (r#"{"city": "Zurich"}"#, json!(r#"{"city": "Zurich"}"#)),
        (r#"{"b":1,"a":2}"#, json!(r#"{"b":1,"a":2}"#)),
        (r#"{"city": "Zu"#, json!(r#"{"city": "Zu"#)),
        ("[1]", json!("[1]")),
        ("", json!("")),
    ] {
        let args = Args::from(text);
        assert_eq!(args.to_value(), expect, "{text}");
        assert_eq!(Args::from_value(args.to_value()), args, "{text}");
    }
}

#[test]
fn blank_text_means_no_arguments() {
    assert_eq!(Args::from("  ").object().unwrap(), Map::new());
}

#[test]
fn errors_say_what_is_wrong() {
    let said = Args::from("[1]").object().unwrap_err().to_string();
    assert_eq!(said, "the arguments must be a JSON object, not a list");
    let said = Args::from(r#"{"a":"#).object().unwrap_err().to_string();
    assert!(
        said.starts_with("the arguments are not valid JSON: EOF"),
        "{said}"
    );
}

#[test]
fn arguments_are_displayed_as_they_stand() {
    assert_eq!(
        Args::new(r#"{"b": 1,"a":2}"#).to_string(),
        r#"{"b": 1,"a":2}"#
    );
}
