use std::time::Duration;

use super::{FIELDS, Values, fields_of, listed, render};
use crate::tidy::tree::Tree;

/// Its `{:#?}` output is parsed.
#[derive(Debug, Default)]
#[allow(dead_code, reason = "only shown")]
struct Settings {
    wait: Duration,
    limit: Option<u8>,
    name: String,
    inner: Inner,
    mode: Mode,
}

#[derive(Debug, Default)]
#[allow(dead_code, reason = "only shown")]
struct Inner {
    hidden: u8,
}

#[derive(Debug, Default)]
enum Mode {
    #[default]
    Auto,
}

#[test]
fn defaults_are_those_of_the_value() {
    let shown = format!("{:#?}", Settings::default());
    let values = fields_of(&shown);
    let values: Vec<_> = values.iter().map(|(k, v)| format!("{k} {v}")).collect();
    let expected = [
        "inner see below",
        "limit not set",
        "mode `Auto`",
        "name not set",
        "wait `0ns`",
    ];
    assert_eq!(values, expected);
    assert_eq!(
        listed(&shown),
        "`limit` not set, `mode` `Auto`, `name` not set, `wait` `0ns`"
    );
}

#[test]
fn a_field_that_the_default_does_not_show_is_an_error() {
    let source = "pub struct Timeouts {\n    /// How long.\n    pub unknown: u8,\n}\n";
    let (name, path) = FIELDS.iter().find(|(name, _)| *name == "Timeouts").unwrap();
    let tree = Tree::of(&[(path, source)]);
    let values = Values::of_default(name, "Timeouts {\n    known: 1,\n}");
    let error = render(name, &tree, &values).unwrap_err().to_string();
    assert!(error.contains("does not show `unknown`"), "{error}");
    assert!(render("Nothing", &tree, &values).is_err());
    let error = values.default_of("RetryConfig").unwrap_err();
    assert!(error.to_string().contains("RetryConfig"), "{error}");
}
