use super::check;
use crate::tidy::tree::Tree;

const GOOD: &str = "[package]\nname = \"a\"\ninclude = [\"/src\"]\n\n[dependencies]\n\
    geppetto-turns.workspace = true\n\n[dev-dependencies]\n\
    geppetto-testing = { path = \"../testing\" }\nserde.workspace = true\n";

fn found(manifest: &str, beside: &[&str]) -> Vec<String> {
    let paths: Vec<_> = beside
        .iter()
        .map(|name| format!("crates/a/{name}"))
        .collect();
    let mut files = vec![("crates/a/Cargo.toml", manifest)];
    files.extend(paths.iter().map(|path| (path.as_str(), "x\n")));
    check(&Tree::of(&files))
        .iter()
        .map(ToString::to_string)
        .collect()
}

const BESIDE: &[&str] = &["README.md", "LICENSE-APACHE", "LICENSE-MIT"];

#[test]
fn a_crate_that_is_ready_is_fine() {
    assert_eq!(found(GOOD, BESIDE), [""; 0]);
}

#[test]
fn a_missing_page_or_licence_is_named() {
    let found = found(GOOD, &["README.md", "LICENSE-MIT"]);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("crates/a/LICENSE-APACHE: missing"),
        "{found:?}"
    );
}

#[test]
fn a_missing_include_list_is_named() {
    let found = found(&GOOD.replace("include = [\"/src\"]\n", ""), BESIDE);
    assert!(
        found[0].starts_with("crates/a/Cargo.toml: no list of what is packaged"),
        "{found:?}"
    );
}

#[test]
fn a_development_dependency_with_a_version_is_named_with_its_line() {
    for versioned in [
        "geppetto-testing.workspace = true",
        "geppetto-testing = { path = \"../testing\", version = \"0.1\" }",
    ] {
        let manifest = GOOD.replace("geppetto-testing = { path = \"../testing\" }", versioned);
        let found = found(&manifest, BESIDE);
        let expected = "crates/a/Cargo.toml:9: geppetto-testing is a development dependency";
        assert!(
            found.len() == 1 && found[0].starts_with(expected),
            "{found:?}"
        );
    }
}

#[test]
fn what_is_elsewhere_is_not_published() {
    let check = |text: &str| check(&Tree::of(&[("examples/a/Cargo.toml", text)])).len();
    assert_eq!(check("[package]\npublish = false\n"), 0);
    assert_eq!(check("[package]\n"), 1);
}
