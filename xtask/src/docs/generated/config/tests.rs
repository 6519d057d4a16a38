use std::time::Duration;

use super::{FIELDS, listed, render, values};
use crate::tidy::tree::Tree;

/// What `{:#?}` shows of it is read.
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
    let values = values(&shown);
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
    let timeouts = FIELDS
        .iter()
        .find(|fields| fields.name == "Timeouts")
        .unwrap();
    let tree = Tree::of(&[(timeouts.path, source)]);
    let error = render("Timeouts", &tree).unwrap_err().to_string();
    assert!(error.contains("does not show `unknown`"), "{error}");
    assert!(render("Nothing", &tree).is_err());
}
