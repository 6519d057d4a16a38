use std::{fs, path::Path};

use super::{GUIDE, RETIRED, anchor};

#[test]
fn no_name_stands_in_the_table_twice() {
    let mut names: Vec<_> = RETIRED.iter().flat_map(super::Retired::names).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn anchors_are_those_of_markdown_renderers() {
    assert_eq!(anchor("engine.Option"), "engineoption");
    assert_eq!(anchor("Step 0: find call sites"), "step-0-find-call-sites");
    assert_eq!(RETIRED[0].link(), "docs/migration.md#withsink");
}

#[test]
fn the_guide_has_a_heading_for_every_name() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(GUIDE);
    let text = fs::read_to_string(guide).unwrap();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchors: Vec<_> = headings
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect();
    for retired in RETIRED {
        let wanted = anchor(retired.name);
        assert!(anchors.contains(&wanted), "no heading for {}", retired.name);
    }
}
