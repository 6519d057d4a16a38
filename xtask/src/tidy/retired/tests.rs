use super::check;
use crate::retired::{RETIRED, Retired};
use crate::tidy::tree::Tree;

fn found(path: &str, text: &str) -> Vec<String> {
    let findings = check(&Tree::of(&[(path, text)]));
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn each_retired_name_is_found_wherever_it_must_not_be() {
    for name in RETIRED.iter().flat_map(Retired::names) {
        for path in [
            "crates/a/src/lib.rs",
            "examples/a/src/main.rs",
            "docs/a.md",
            "README.md",
        ] {
            let found = found(path, &format!("fine\nlet a = {name}(b);\n"));
            assert_eq!(found.len(), 1, "{name} in {path}");
            assert!(
                found[0].starts_with(&format!("{path}:2: `{name}` is a name")),
                "{found:?}"
            );
        }
    }
}

#[test]
fn the_migration_guide_and_the_checks_may_name_them() {
    for path in [
        "docs/migration.md",
        "docs/migration/names.md",
        "xtask/src/tidy/retired.rs",
    ] {
        assert_eq!(found(path, "WithSink and StartRun\n"), [""; 0]);
    }
}

#[test]
fn longer_names_are_other_names() {
    let text = "ctx.with_event_sinks(s).with_sinks(s); restart_run(); engine.Options; RestartRun\n";
    assert_eq!(found("crates/a/src/lib.rs", text), [""; 0]);
}
