use super::check;
use crate::docs::page::Page;
use crate::tidy::tree::Tree;

const INCLUDED: &str = "#[doc = include_str!(\"../../docs/a.md\")]\n";

fn found(page: &str, text: &str, includes: &str) -> Vec<String> {
    let tree = Tree::of(&[("doctests/src/lib.rs", includes)]);
    let findings = check(&[Page::parse(page, text)], &tree);
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_page_with_rust_must_be_included() {
    let text = "```rust\nfn main() {}\n```\n";
    assert_eq!(found("docs/a.md", text, INCLUDED), Vec::<String>::new());
    let message = "docs/a.md: no test runs the page's snippets; include it in doctests/src/lib.rs";
    assert_eq!(found("docs/a.md", text, ""), [message]);
    assert_eq!(
        found("docs/b.md", "```sh\nls\n```\n", ""),
        Vec::<String>::new()
    );
}

#[test]
fn snippets_may_not_be_left_out() {
    let left_out = |info: &str| found("docs/a.md", &format!("```{info}\n1;\n```\n"), INCLUDED);
    for info in ["rust,ignore", "rust,no_run", "rust, ignore"] {
        let message =
            format!("docs/a.md:1: `{info}`: the snippet is not run; let the tests run it");
        assert_eq!(left_out(info), [message]);
    }
    let message = "docs/a.md:1: a block without a language counts as Rust; name its language";
    assert_eq!(left_out(""), [message]);
}

#[test]
fn the_readme_asks_a_real_server_and_is_only_compiled() {
    let included = "#[doc = include_str!(\"../../README.md\")]\n";
    let text = "```rust,no_run\nfn main() {}\n```\n";
    assert_eq!(found("README.md", text, included), Vec::<String>::new());
}
