use super::words::unlinked;
use super::{Member, Source};
use crate::tidy::tree::Tree;

const SOURCE: &str = r#"
/// Settings of [`Thing`](crate::Thing).
///
/// More.
pub struct Settings {
    /// How long, in [`Duration`]; a | b.
    pub wait: Option<Box<Duration>>,
    /// Names.
    #[serde(skip)]
    pub names: Vec<String>,
    hidden: u8,
}

impl Settings {
    /// Sets it.
    pub fn wait(mut self, wait: Duration) -> Self { self }
    /// Asks.
    pub fn is_set(&self) -> bool { true }
    fn private(self) -> Self { self }
}

/// The limit: 5.
pub const LIMIT: u8 = 5;

kinds! {
    /// It began.
    Began(Box<Start>) = "began";
    /// It ended.
    Ended(End) = "ended";
}
"#;

fn source(text: &str) -> Source {
    Source::load(&Tree::of(&[("a.rs", text)]), "a.rs").unwrap()
}

#[test]
fn public_fields_come_with_their_documentation() {
    let member = |name: &str, ty: &str, optional, doc: &str, skipped| Member {
        name: name.to_owned(),
        types: vec![ty.to_owned()],
        optional,
        doc: doc.to_owned(),
        skipped,
    };
    assert_eq!(
        source(SOURCE).fields("Settings").unwrap(),
        [
            member(
                "wait",
                "Duration",
                true,
                "How long, in `Duration`; a \\| b.",
                false
            ),
            member("names", "list of text", false, "Names.", true),
        ]
    );
    assert_eq!(
        source(SOURCE).about("Settings").unwrap(),
        "Settings of `Thing`."
    );
    assert_eq!(source(SOURCE).constant("LIMIT").unwrap(), "The limit: 5.");
}

#[test]
fn setters_are_public_and_give_the_builder_back() {
    let setters = source(SOURCE)
        .setters("Settings", &Tree::default())
        .unwrap();
    let names: Vec<_> = setters
        .iter()
        .map(|s| (s.name.as_str(), s.types.concat()))
        .collect();
    assert_eq!(names, [("wait", "wait".to_owned())]);
}

#[test]
fn setters_that_a_macro_writes_count_too() {
    let builder = "impl Builder { shared!(); }";
    let shared = "macro_rules! shared {\n    () => {\n        /// Sets it.\n        pub fn key(self, \
                  key: u8) -> Self { self }\n    };\n}\n";
    let tree = Tree::of(&[("crates/a/b.rs", builder), ("crates/a/c.rs", shared)]);
    let setters = |tree| Source::load(tree, "crates/a/b.rs")?.setters("Builder", tree);
    let found = setters(&tree).unwrap();
    assert_eq!(
        (found[0].name.as_str(), found[0].doc.as_str()),
        ("key", "Sets it.")
    );

    // A macro that cannot be parsed is an error; the table never has missing lines.
    let tree = Tree::of(&[("crates/a/b.rs", builder)]);
    assert!(
        setters(&tree)
            .unwrap_err()
            .to_string()
            .contains("`shared!`")
    );
}

#[test]
fn kinds_are_read_from_the_macro() {
    let kinds = source(SOURCE).kinds("kinds").unwrap();
    let kinds: Vec<_> = kinds
        .iter()
        .map(|k| {
            (
                k.variant.as_str(),
                k.payload.as_str(),
                k.wire.as_str(),
                k.doc.as_str(),
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [
            ("Began", "Start", "began", "It began."),
            ("Ended", "End", "ended", "It ended."),
        ]
    );
}

#[test]
fn what_is_missing_is_an_error_that_names_the_file() {
    let error = source("").fields("Settings").unwrap_err().to_string();
    assert!(
        error.contains("a.rs") && error.contains("struct `Settings`"),
        "{error}"
    );
    assert!(Source::load(&Tree::default(), "b.rs").is_err());
}

#[test]
fn links_lose_their_targets_only() {
    assert_eq!(
        unlinked("a [`B`](c::D) and [`E`], [x] or 1[0"),
        "a `B` and `E`, [x] or 1[0"
    );
}
