use super::check;
use crate::docs::page::Page;
use crate::tidy::tree::Tree;

fn found(text: &str) -> Vec<String> {
    let tree = Tree::of(&[
        (
            "crates/a/tests.rs",
            "#[test]\nfn one() {}\nconst LIMIT: u8 = 1;\n",
        ),
        ("crates/a/Cargo.toml", "name = \"a\"\n"),
    ]);
    let findings = check(&[Page::parse("docs/a.md", text)], &tree);
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_there_is_fine() {
    let text =
        "`crates/a/tests.rs` (`one`, `LIMIT`), `crates/a/Cargo.toml` (`name`), `crates/a/`\n";
    assert_eq!(found(text), Vec::<String>::new());
}

#[test]
fn missing_files_tests_and_proofs_are_found() {
    assert_eq!(
        found("`crates/b.rs`\n\n`crates/a/tests.rs` (`on`)\n\n`crates/a` (`one`)\n"),
        [
            "docs/a.md:1: there is no `crates/b.rs`",
            "docs/a.md:3: there is no `on` in `crates/a/tests.rs`",
            "docs/a.md:5: `crates/a` is a folder; name the file",
        ]
    );
    let findings = found("**Invariant: a.** Held by `crates/a/tests.rs`.\n");
    assert!(findings[0].starts_with("docs/a.md:1: the invariant names nothing that holds it"));
}
