use geppetto_provider::read::parse;

use super::PartialArgs;
use crate::wire::PartialArg;

#[track_caller]
fn check(pieces: &[&str], expected: &str) {
    let mut args = PartialArgs::default();
    for piece in pieces {
        let piece: PartialArg<'_> = parse(piece).unwrap();
        args.take(&piece);
    }
    assert_eq!(args.into_text(), expected);
}

#[test]
fn values_are_put_at_their_paths() {
    check(
        &[
            r#"{"jsonPath": "$.city", "stringValue": "Zü", "willContinue": true}"#,
            r#"{"jsonPath": "$.city", "stringValue": "rich", "willContinue": true}"#,
            r#"{"jsonPath": "$.city", "stringValue": ""}"#,
            r#"{"jsonPath": "$.days[0].n", "numberValue": 1}"#,
            r#"{"jsonPath": "$.days[0].ok", "boolValue": true}"#,
            r#"{"jsonPath": "$.days[1].n", "numberValue": 2.5}"#,
            r#"{"jsonPath": "$['a b']", "nullValue": "NULL_VALUE"}"#,
        ],
        r#"{"a b":null,"city":"Zürich","days":[{"n":1,"ok":true},{"n":2.5}]}"#,
    );
}

#[test]
fn paths_that_cannot_be_read_are_ignored() {
    check(
        &[
            r#"{"jsonPath": "", "stringValue": "x"}"#,
            r#"{"jsonPath": "$", "stringValue": "x"}"#,
            r#"{"jsonPath": "$[0]", "stringValue": "x"}"#,
            r#"{"jsonPath": "$.a[9000000000]", "stringValue": "x"}"#,
            r#"{"jsonPath": "$.b[", "stringValue": "x"}"#,
        ],
        r#"{"a":[]}"#,
    );
    let deep = format!(
        "{{\"jsonPath\": \"$.c{}\", \"stringValue\": \"x\"}}",
        "[0]".repeat(100)
    );
    check(&[&deep], "{}");
}
