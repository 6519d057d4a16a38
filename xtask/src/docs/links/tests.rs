use super::{check, file};
use crate::docs::page::Page;
use crate::tidy::tree::Tree;

fn found(files: &[(&str, &str)]) -> Vec<String> {
    let tree = Tree::of(files);
    let pages: Vec<_> = files
        .iter()
        .map(|(path, text)| Page::parse(path, text))
        .collect();
    check(&pages, &tree)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn links_are_relative_to_their_page() {
    assert_eq!(
        file("docs/guides/a.md", "../b.md#c").as_deref(),
        Some("docs/b.md")
    );
    assert_eq!(
        file("README.md", "docs/guides/").as_deref(),
        Some("docs/guides")
    );
    assert_eq!(file("docs/a.md", "#here").as_deref(), Some("docs/a.md"));
    assert_eq!(file("docs/a.md", "https://example.com/b.md"), None);
}

#[test]
fn links_that_lead_somewhere_are_fine() {
    let readme = "[a](docs/a.md#one) [b](crates/b) [c](https://example.com) [d](#top)\n\n# Top\n";
    let files = [
        ("README.md", readme),
        ("docs/a.md", "# One\n\n[to itself](#one)\n"),
        ("crates/b/Cargo.toml", ""),
    ];
    assert_eq!(found(&files), Vec::<String>::new());
}

#[test]
fn missing_files_and_headings_are_found_with_their_lines() {
    let files = [
        ("docs/a.md", "[x](b.md)\n\n[y](c.md#two)\n"),
        ("docs/c.md", "# One\n"),
    ];
    assert_eq!(
        found(&files),
        [
            "docs/a.md:1: `b.md` leads nowhere: there is no docs/b.md",
            "docs/a.md:3: `c.md#two` leads nowhere: docs/c.md has no heading `#two`",
        ]
    );
}

#[test]
fn a_page_of_the_book_may_not_lead_out_of_it() {
    let files = [("docs/a.md", "[x](../README.md)\n"), ("README.md", "")];
    let message = "docs/a.md:1: `../README.md` leads out of the book; name the file in code marks \
                   instead of a link";
    assert_eq!(found(&files), [message]);
}
