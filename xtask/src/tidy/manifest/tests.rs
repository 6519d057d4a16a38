use super::check;
use crate::tidy::tree::Tree;

const GOOD: &str = "[package]\nname = \"a\"\ndescription = \"What it is.\"\n\
                    version.workspace = true\n\n[lints]\nworkspace = true\n";

fn found(path: &str, manifest: &str) -> Vec<String> {
    let tree = Tree::of(&[("crates/a/CHANGELOG.md", "# Changelog\n"), (path, manifest)]);
    check(&tree).iter().map(ToString::to_string).collect()
}

#[test]
fn a_manifest_that_shares_everything_is_fine() {
    assert_eq!(found("crates/a/Cargo.toml", GOOD), [""; 0]);
    let inline = GOOD.replace("version.workspace = true", "version = { workspace = true }");
    assert_eq!(found("crates/a/Cargo.toml", &inline), [""; 0]);
}

#[test]
fn each_missing_part_is_found() {
    let cases = [
        ("[lints]\nworkspace = true\n", "lints are not shared"),
        ("version.workspace = true\n", "version is not shared"),
        ("description = \"What it is.\"\n", "no description"),
        ("What it is.", "no description"),
    ];
    for (part, message) in cases {
        let found = found("crates/a/Cargo.toml", &GOOD.replace(part, ""));
        assert_eq!(found.len(), 1, "{part}: {found:?}");
        assert!(
            found[0].starts_with(&format!("crates/a/Cargo.toml: {message}")),
            "{found:?}"
        );
    }
}

#[test]
fn the_root_of_another_workspace_shares_nothing() {
    let manifest = "[package]\nname = \"a\"\nversion = \"0.0.0\"\n\n[workspace]\n";
    let found = found("fuzz/Cargo.toml", manifest);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("no description"), "{found:?}");
}

#[test]
fn a_version_of_its_own_is_found() {
    let manifest = GOOD.replace("version.workspace = true", "version = \"0.2.0\"");
    assert_eq!(found("examples/a/Cargo.toml", &manifest).len(), 1);
}

#[test]
fn lints_of_another_table_do_not_count() {
    let manifest = GOOD.replace("[lints]", "[other]");
    assert_eq!(found("crates/a/Cargo.toml", &manifest).len(), 1);
}

#[test]
fn a_crate_without_a_changelog_is_found_and_an_example_needs_none() {
    let found_in_crate = found("crates/b/Cargo.toml", GOOD);
    assert_eq!(found_in_crate.len(), 1);
    assert!(found_in_crate[0].starts_with("crates/b/CHANGELOG.md: no changelog"));
    assert_eq!(found("examples/b/Cargo.toml", GOOD), [""; 0]);
}
