use super::{KEYS, PRIVATE_FOLDERS, check};
use crate::tidy::tree::Tree;

fn found(line: &str) -> Vec<String> {
    let findings = check(&Tree::of(&[(".env.example", &format!("fine\n{line}\n"))]));
    findings.iter().map(ToString::to_string).collect()
}

/// Assembles a key, so that this file does not contain one.
fn key(prefix: &str, length: usize) -> String {
    format!("{prefix}{}", "a1".repeat(length / 2))
}

#[test]
fn every_kind_of_key_is_found_and_not_repeated() {
    for (prefix, least) in KEYS {
        let key = key(prefix, least + 2);
        let found = found(&format!("KEY=\"{key}\""));
        assert_eq!(found.len(), 1, "{prefix}");
        assert!(
            found[0].starts_with(".env.example:2: looks like a key"),
            "{found:?}"
        );
        assert!(!found[0].contains(&key));
    }
}

#[test]
fn a_key_with_named_parts_is_found() {
    assert_eq!(found(&key("sk-proj-", 24)).len(), 1);
    assert_eq!(found(&key("sk-ant-api03-", 24)).len(), 1);
}

#[test]
fn placeholders_and_ordinary_words_are_fine() {
    assert_eq!(found(&key("sk-", 18)), [""; 0]);
    assert_eq!(found("sk-... and sk-test-key"), [""; 0]);
    assert_eq!(found(&key("task-", 40)), [""; 0]);
    assert_eq!(found("risk-of-a-very-long-chain-of-words"), [""; 0]);
}

#[test]
fn absolute_paths_of_one_machine_are_found() {
    for folder in PRIVATE_FOLDERS {
        for line in [format!("cd /{folder}/me"), format!("path: \"/{folder}/a\"")] {
            let found = found(&line);
            assert_eq!(found.len(), 1, "{line}");
            assert!(
                found[0].starts_with(".env.example:2: absolute path"),
                "{found:?}"
            );
        }
    }
}

#[test]
fn parts_of_other_paths_are_fine() {
    for folder in PRIVATE_FOLDERS {
        for before in ["..", "docs", "https://example.com", "${dir}"] {
            assert_eq!(found(&format!("{before}/{folder}/a")), [""; 0]);
        }
    }
}
