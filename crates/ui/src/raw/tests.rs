use super::*;

#[test]
fn spaces_between_tokens_are_removed_and_all_else_is_kept() {
    let text = "{ \"b\" :\r\n 12345678901234567890123 ,\t\"a\\\" x\" : [ \"\\\\\" , 1.50 ] }";
    let raw = RawJson::parse(text).unwrap();
    assert_eq!(
        raw.get(),
        r#"{"b":12345678901234567890123,"a\" x":["\\",1.50]}"#
    );
}

#[test]
fn only_objects_and_lists_are_structures() {
    assert_eq!(RawJson::structure_or_text("[1, 2]").get(), "[1,2]");
    assert_eq!(RawJson::structure_or_text("42").get(), r#""42""#);
    assert_eq!(RawJson::structure_or_text("{oops").get(), r#""{oops""#);
}

#[test]
fn deeply_nested_json_does_not_overflow_the_stack() {
    let text = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(RawJson::parse(&text).unwrap().get(), text);
}
