use super::check;
use crate::tidy::tree::Tree;

const PIN: &str = "0123456789abcdef0123456789abcdef01234567";

fn good() -> String {
    format!(
        "on: push\npermissions:\n  contents: read\nenv:\n  MINIMUM_RUST_VERSION: \"1.90\"\njobs:\n  \
         a:\n    timeout-minutes: 5\n    steps:\n      - uses: o/a@{PIN} # v1.2.3\n      - uses: ./own\n"
    )
}

fn found(path: &str, text: &str) -> Vec<String> {
    let manifest = (
        "Cargo.toml",
        "[workspace.package]\nrust-version = \"1.90\"\n",
    );
    let findings = check(&Tree::of(&[manifest, (path, text)]));
    findings.iter().map(ToString::to_string).collect()
}

const CI: &str = ".github/workflows/ci.yml";

#[test]
fn a_workflow_that_keeps_the_rules_is_fine() {
    assert_eq!(found(CI, &good()), [""; 0]);
}

#[test]
fn each_broken_rule_is_named() {
    let cases = [
        (
            "permissions:\n  contents: read\n",
            "",
            "ci.yml: no `permissions`",
        ),
        (
            "timeout-minutes: 5",
            "name: x",
            "ci.yml: the job a has no `timeout-minutes`",
        ),
        (PIN, "v1", "ci.yml:10: `o/a@v1 # v1.2.3` is not pinned"),
        (" # v1.2.3", "", "ci.yml:10: `o/a@0123"),
        (
            "\"1.90\"",
            "\"1.89\"",
            "ci.yml: MINIMUM_RUST_VERSION is 1.89, and",
        ),
        (
            "\"1.90\"",
            "1.90",
            "ci.yml: MINIMUM_RUST_VERSION is no text, and",
        ),
        ("jobs:", "jobs: [", "ci.yml: is no workflow: "),
        (
            "MINIMUM_RUST_VERSION",
            "OTHER",
            "no workflow tests the minimum Rust version",
        ),
    ];
    for (part, broken, message) in cases {
        let found = found(CI, &good().replace(part, broken));
        assert!(
            found.iter().any(|found| found.contains(message)),
            "{broken}: {found:?}"
        );
    }
}

#[test]
fn other_files_must_be_yaml() {
    let path = ".github/dependabot.yml";
    let found = found(path, "version: [2\n");
    assert!(
        found[0].starts_with(".github/dependabot.yml: cannot be read: "),
        "{found:?}"
    );
}
