use super::check;
use crate::tidy::tree::Tree;

fn found(path: &str, text: &str) -> Vec<String> {
    let findings = check(&Tree::of(&[(path, text)]));
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn whitespace_at_the_end_of_a_line_is_found() {
    let message = "trailing whitespace; remove it";
    assert_eq!(found("a.md", "a\nb \n"), [format!("a.md:2: {message}")]);
    assert_eq!(found("a.md", "a\t\n"), [format!("a.md:1: {message}")]);
}

#[test]
fn a_windows_line_ending_is_found() {
    let expected = ["a.yml:2: line ends in CR LF; store the file with LF"];
    assert_eq!(found("a.yml", "a\nb\r\n"), expected);
}

#[test]
fn a_missing_last_newline_is_found() {
    let expected = ["a.md:2: no newline at the end of the file; add one"];
    assert_eq!(found("a.md", "a\nb"), expected);
    assert_eq!(found("empty", ""), [""; 0]);
}

#[test]
fn a_test_may_be_ignored_where_what_it_needs_is_missing() {
    for needs in ["../shared", "tmux", "chromium and npm", "postgres"] {
        let source = format!("#[{} = \"needs {needs}\"]\nfn f() {{}}\n", "ignore");
        assert!(found("a.rs", &source).is_empty());
    }
}

#[test]
fn an_ignored_test_is_found_with_and_without_a_reason() {
    for attribute in ["ignore", "ignore = \"slow\""] {
        let found = found("a.rs", &format!("#[test]\n#[{attribute}]\nfn a() {{}}\n"));
        assert_eq!(found, ["a.rs:2: ignored test; make it pass or remove it"]);
    }
}

#[test]
fn recorded_input_is_left_as_it_is() {
    assert_eq!(
        found("crates/a/tests/fixtures/a.sse", "data: a \r\n\r\n"),
        [""; 0]
    );
    assert_eq!(found("fuzz/seeds/sse/a", "data: a \r"), [""; 0]);
}
