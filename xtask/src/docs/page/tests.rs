use super::{Page, Reference, slug};

#[test]
fn headings_become_ids_as_forges_make_them() {
    assert_eq!(
        slug("Step 1: make engines, again"),
        "step-1-make-engines-again"
    );
    assert_eq!(slug("engine.Option"), "engineoption");
    let page = Page::parse("a.md", "# The `Builder`\n\n## Why\n\n## Why\n");
    let anchors: Vec<_> = page.anchors.iter().map(String::as_str).collect();
    assert_eq!(anchors, ["the-builder", "why", "why-1"]);
    assert!(page.headings.contains("The Builder"));
}

#[test]
fn links_and_snippets_have_their_lines() {
    let text = "[a](b.md#c)\n\n```rust\nlet not = \"[a](link)\";\n```\n\n```sh\nls\n```\n";
    let page = Page::parse("a.md", text);
    assert_eq!(page.links, [(1, "b.md#c".to_owned())]);
    assert_eq!(
        page.snippets,
        [(3, "rust".to_owned()), (7, "sh".to_owned())]
    );
}

#[test]
fn files_are_found_with_the_names_that_follow() {
    let text = "See `crates/a/tests.rs` (`one`, `two`), and `crates/b.rs`. Not `a/b` (`c`).\n\n\
                | `xtask/` | `crates/c.rs` (`three`) |\n|---|---|\n";
    let page = Page::parse("a.md", text);
    let reference = |line, path: &str, names: &[&str]| Reference {
        line,
        path: path.to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    assert_eq!(
        page.references,
        [
            reference(1, "crates/a/tests.rs", &["one", "two"]),
            reference(1, "crates/b.rs", &[]),
            reference(3, "xtask/", &[]),
            reference(3, "crates/c.rs", &["three"]),
        ]
    );
}

#[test]
fn an_invariant_is_held_when_a_test_is_named() {
    let text = "**Invariant: a.** Held by `crates/a.rs`\n(`b`).\n\n**Invariant: c.** Held by \
                `crates/a.rs`.\n\n**Bold.** No invariant.\n";
    let page = Page::parse("a.md", text);
    assert_eq!(page.invariants, [(1, true), (4, false)]);
}
