use std::collections::BTreeSet;

use super::{Metadata, parse_tree};

#[test]
fn a_tree_is_the_set_of_its_packages() {
    let stdout = "geppetto-turns v0.1.0 (/somewhere/crates/turns)\n\
                  serde v1.0.2\n\
                  serde_derive v1.0.2 (proc-macro)\n\
                  \n\
                  serde v1.0.2 (*)\n\
                  serde v0.9.0\n";
    let expected = [
        "geppetto-turns 0.1.0",
        "serde 1.0.2",
        "serde_derive 1.0.2",
        "serde 0.9.0",
    ];
    assert_eq!(
        parse_tree(stdout),
        expected
            .map(str::to_owned)
            .into_iter()
            .collect::<BTreeSet<_>>()
    );
}

#[test]
fn metadata_is_read_and_names_folders_from_the_root() {
    let json = r#"{"packages": [{"name": "geppetto-turns", "extra": 1,
        "manifest_path": "/repo/crates/turns/Cargo.toml",
        "dependencies": [{"name": "serde", "kind": null, "req": "^1"},
                         {"name": "x", "kind": "dev", "path": "/repo/crates/x"}]}],
        "workspace_root": "/repo", "version": 1}"#;
    let metadata: Metadata = serde_json::from_str(json).unwrap();
    let package = &metadata.packages[0];
    assert_eq!(metadata.folder(package), "crates/turns");
    assert_eq!(package.dependencies[0].kind, None);
    assert_eq!(package.dependencies[1].kind.as_deref(), Some("dev"));
    assert!(package.dependencies[1].path.is_some());
}
