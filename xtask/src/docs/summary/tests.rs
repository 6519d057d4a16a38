use super::check;
use crate::docs::page::Page;

fn found(pages: &[(&str, &str)]) -> Vec<String> {
    let pages: Vec<_> = pages
        .iter()
        .map(|(path, text)| Page::parse(path, text))
        .collect();
    check(&pages).iter().map(ToString::to_string).collect()
}

#[test]
fn pages_that_the_contents_leave_out_are_found() {
    let contents = ("docs/SUMMARY.md", "- [A](a.md)\n- [B](folder/b.md)\n");
    let pages = [
        contents,
        ("docs/a.md", ""),
        ("docs/folder/b.md", ""),
        ("docs/c.md", ""),
        ("README.md", ""),
    ];
    let message = "docs/c.md: the page is not in docs/SUMMARY.md; add a line for it";
    assert_eq!(found(&pages), [message]);
}

#[test]
fn a_book_needs_contents() {
    assert_eq!(
        found(&[("docs/a.md", "")]),
        ["docs/SUMMARY.md: the book has no table of contents"]
    );
}
