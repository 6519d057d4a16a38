use super::*;

#[test]
fn an_object_goes_back_byte_for_byte_and_anything_else_inside_of_one() {
    for (written, sent) in [
        ("", "{}"),
        (" \n", "{}"),
        (r#"{ "a" : 1.0 }"#, r#"{ "a" : 1.0 }"#),
        ("\n{}", "\n{}"),
        (r#"{"a": "b"#, r#"{"invalid_arguments":"{\"a\": \"b"}"#),
        (r#"{} {}"#, r#"{"invalid_arguments":"{} {}"}"#),
        ("null", "{}"),
        (
            r#"{"n":2e9999}"#,
            r#"{"invalid_arguments":"{\"n\":2e9999}"}"#,
        ),
        ("[1]", r#"{"invalid_arguments":"[1]"}"#),
    ] {
        assert_eq!(sendable_args(&Args::new(written)), sent, "{written:?}");
    }
}
