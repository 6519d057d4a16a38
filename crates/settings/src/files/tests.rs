use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::{Node, Plan, expand, parse};
use crate::{App, MAX_FILE_BYTES, MemoryPlatform};

fn read(name: &str, text: impl AsRef<[u8]>) -> Result<Node, String> {
    parse(Path::new(name), text.as_ref()).map_err(|error| error.to_string())
}

fn json_of(name: &str, text: impl AsRef<[u8]>) -> Json {
    read(name, text).map(|node| node.to_json()).unwrap()
}

fn error(name: &str, text: impl AsRef<[u8]>) -> String {
    read(name, text).err().unwrap()
}

/// Returns the line of the value at a path.
fn line(node: &Node, path: &[&str]) -> Option<usize> {
    path.iter().try_fold(node, |node, key| node.get(key))?.line
}

#[test]
fn marks_and_line_ends_of_other_systems_are_read() {
    let expected = json!({"a": {"b": 1}});
    assert_eq!(json_of("f.yaml", "\u{feff}a:\r\n  b: 1\r\n"), expected);
    assert_eq!(json_of("f.toml", "\u{feff}[a]\r\nb = 1\r\n"), expected);
    assert_eq!(json_of("f.yaml", r#"{"a": {"b": 1}}"#), expected);
    let toml = read("f.TOML", "\u{feff}\r\n[a]\r\nb = 1\r\n").unwrap();
    assert_eq!(
        (line(&toml, &["a"]), line(&toml, &["a", "b"])),
        (Some(2), Some(3))
    );
}

#[test]
fn an_empty_file_has_no_settings() {
    assert!(read("f.yaml", "# nothing\n").unwrap().entries().is_empty());
    assert!(read("f.toml", "").unwrap().entries().is_empty());
}

#[test]
fn what_is_no_text_is_refused_in_words() {
    assert_eq!(
        error("f.yaml", [0xff, 0xfe, 0x61, 0]),
        "f.yaml: the file is UTF-16; save it as UTF-8"
    );
    assert_eq!(
        error("f.yaml", [0x61, 0xe9]),
        "f.yaml: the file is not UTF-8; save it as UTF-8"
    );
    let large = vec![b'#'; MAX_FILE_BYTES + 1];
    assert_eq!(
        error("f.yaml", large),
        "f.yaml: the file is larger than 1 MiB"
    );
    assert_eq!(
        error("f.yaml", "- a\n"),
        "f.yaml: the file must be a map of settings"
    );
}

#[test]
fn errors_name_the_line() {
    assert_eq!(
        error("f.yaml", "a:\n\tb: 1\n"),
        "f.yaml:2: not valid YAML: lines are indented with spaces, not with tabs"
    );
    assert_eq!(
        error("f.yaml", "a: 1\nb: 2\na: 3\n"),
        "f.yaml:3: the key `a` stands twice in a map; remove one"
    );
    assert_eq!(
        error("f.yaml", "a: 1\nb: 123456789012345678901234567890\n"),
        "f.yaml:2: an integer needs more than 64 bits; put it in quotes"
    );
    assert!(error("f.yaml", "a: 1\nb: [1\n").starts_with("f.yaml:"));
    assert_eq!(
        error("f.toml", "a = 1\na = 2\n"),
        "f.toml:2: not valid TOML: duplicate key"
    );
    assert!(error("f.toml", "a = \n").starts_with("f.toml:1: not valid TOML: "));
}

#[test]
fn numbers_that_json_lacks_stay_texts_in_toml() {
    let text = "a = 0xff\nb = 1_000\nc = nan\nd = 99999999999999999999\ne = 1.5\nf = 2026-11-26\n";
    let expected = json!({"a": 255, "b": 1000, "c": "nan", "d": "99999999999999999999", "e": 1.5, "f": "2026-11-26"});
    assert_eq!(json_of("f.toml", text), expected);
}

#[test]
fn merge_keys_bring_what_the_map_does_not_have() {
    let text = "base: &b {x: 1, y: {z: 1}}\nmore: &m {w: 4, x: 5}\na:\n  <<: *b\n  y: 2\nc:\n  <<: [*m, *b]\n";
    let node = read("f.yaml", text).unwrap();
    let json = node.to_json();
    assert_eq!(json["a"], json!({"x": 1, "y": 2}));
    assert_eq!(json["c"], json!({"w": 4, "x": 5, "y": {"z": 1}}));
    assert_eq!(line(&node, &["a", "y"]), Some(5));
    assert!(line(&node, &["c", "x"]).is_some());
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("a: {}{}", "[".repeat(300), "]".repeat(300));
    assert!(error("f.yaml", &deep).contains("nested"));
    let deep = format!("a = {}{}", "[".repeat(300), "]".repeat(300));
    assert!(error("f.toml", &deep).starts_with("f.toml:1: not valid TOML"));
}

#[test]
fn paths_have_homes_and_variables() {
    let platform = MemoryPlatform::new()
        .with_variable("DIR", "/opt/x")
        .with_variable("EMPTY", "");
    let path = |given: &str| expand(given, Some(Path::new("/base")), &platform);
    assert_eq!(path("~/a.yaml"), Ok("/me/a.yaml".into()));
    assert_eq!(path("~"), Ok("/me".into()));
    assert_eq!(path("~other/a"), Ok("/base/~other/a".into()));
    assert_eq!(path("$DIR/a"), Ok("/opt/x/a".into()));
    assert_eq!(path("${DIR}s/$"), Ok("/opt/xs/$".into()));
    assert_eq!(path("sub/a"), Ok("/base/sub/a".into()));
    for given in ["$NONE/a", "${EMPTY}/a"] {
        assert!(path(given).unwrap_err().ends_with("is not set"), "{given}");
    }
}

/// Returns the files of a plan on a platform.
fn planned(plan: Plan, platform: &MemoryPlatform) -> Vec<PathBuf> {
    let candidates = plan.candidates(&App::new("app"), platform).into_iter();
    candidates.map(|candidate| candidate.path).collect()
}

#[test]
fn the_plan_goes_from_the_system_to_the_current_folder() {
    let user = [
        "/etc/app/config.yaml",
        "/me/.app/config.yaml",
        "/me/.config/app/config.yaml",
        "/me/.config/geppetto/config.yaml",
        "/me/.config/geppetto/config.toml",
    ];
    let here = ["/project/.app.yml", "/project/.app.override.yml"];
    let root = ["/.app.yml", "/.app.override.yml"];
    let paths = |parts: &[&[&str]]| parts.concat().iter().map(PathBuf::from).collect::<Vec<_>>();
    let platform = MemoryPlatform::new();
    assert_eq!(planned(Plan::standard(), &platform), paths(&[&user, &here]));
    assert_eq!(
        planned(Plan::standard().without_project(), &platform),
        paths(&[&user])
    );
    assert_eq!(planned(Plan::none(), &platform), paths(&[]));
    let git = MemoryPlatform::new().with_file("/.git/HEAD", "");
    assert_eq!(
        planned(Plan::standard(), &git),
        paths(&[&user, &root, &here])
    );
    let git = MemoryPlatform::new().with_file("/project/.git/HEAD", "");
    assert_eq!(planned(Plan::standard(), &git), paths(&[&user, &here]));
}
