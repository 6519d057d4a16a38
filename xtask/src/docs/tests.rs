use super::pages;
use crate::tidy::tree::Tree;

#[test]
fn pages_are_what_people_read() {
    let tree = Tree::of(&[
        ("README.md", ""),
        ("docs/guides/a.md", ""),
        ("crates/a/CHANGELOG.md", ""),
        ("crates/a/fixtures/b.md", ""),
        (".github/template.md", ""),
        ("docs/book.toml", ""),
    ]);
    let pages = pages(&tree);
    let paths: Vec<_> = pages.iter().map(|page| page.path.as_str()).collect();
    assert_eq!(
        paths,
        ["README.md", "docs/guides/a.md", "crates/a/CHANGELOG.md"]
    );
}
