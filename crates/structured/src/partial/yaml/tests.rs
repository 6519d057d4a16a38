#![allow(
    clippy::string_slice,
    reason = "a cut inside a character is to fail the test"
)]

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn whole_lines_are_read() {
    let mut yaml = PartialYaml::new();
    assert!(!yaml.push("a: 1"));
    assert_eq!(yaml.value(), None);
    assert!(yaml.push("2\nb:"));
    assert_eq!(yaml.value(), Some(&json!({"a": 12})));
    assert!(yaml.push("\n  - x\n  - y"));
    assert_eq!(yaml.value(), Some(&json!({"a": 12, "b": ["x"]})));
    assert_eq!(yaml.finish().unwrap(), json!({"a": 12, "b": ["x", "y"]}));
}

#[test]
fn the_last_good_value_is_kept() {
    let mut yaml = PartialYaml::new();
    assert!(yaml.push("a: 1\n"));
    assert!(!yaml.push("b: [1,\n"));
    assert_eq!(yaml.value(), Some(&json!({"a": 1})));
    assert!(yaml.push("2]\n"));
    assert_eq!(yaml.value(), Some(&json!({"a": 1, "b": [1, 2]})));
    yaml.push("c: [1\n");
    assert_eq!(yaml.value(), Some(&json!({"a": 1, "b": [1, 2]})));
    let error = yaml.finish().unwrap_err();
    assert!(error.to_string().contains("not valid YAML"), "{error}");
}

#[test]
fn a_code_fence_is_left_out() {
    let mut yaml = PartialYaml::new();
    for piece in [
        "\n``",
        "`yaml\na: |\n  ```",
        "\n  b\n`",
        "``\nThat is it.\n",
    ] {
        yaml.push(piece);
    }
    assert_eq!(yaml.finish().unwrap(), json!({"a": "```\nb\n"}));
}

#[test]
fn reading_again_waits_for_the_bytes_asked_for() {
    let mut yaml = PartialYaml::new().every_bytes(10);
    assert!(!yaml.push("a: 1\n"));
    assert!(yaml.push("b: 2\n"));
    assert!(!yaml.push("c: 3\n"));
    assert_eq!(yaml.value(), Some(&json!({"a": 1, "b": 2})));
}

#[test]
fn known_lines_are_read_as_they_come() {
    let mut yaml = PartialYaml::new();
    for n in 0..2_000 {
        assert!(yaml.push(&format!("- item {n}\n")));
    }
    assert!(matches!(yaml.reading, Reading::Lines(_)));
    assert_eq!(yaml.finish().unwrap().as_array().map(Vec::len), Some(2_000));
}

#[test]
fn the_full_parser_reads_a_long_text_few_times() {
    let mut yaml = PartialYaml::new();
    yaml.push("- &first item\n");
    let reads = (1..2_000)
        .filter(|n| yaml.push(&format!("- item {n}\n")))
        .count();
    assert!(reads < 100, "{reads}");
    assert_eq!(yaml.finish().unwrap().as_array().map(Vec::len), Some(2_000));
}

#[test]
fn the_full_parser_takes_over_where_a_line_is_not_known() {
    let mut yaml = PartialYaml::new().every_bytes(8);
    assert!(yaml.push("a: 1\nb:\n"));
    assert!(yaml.push("- x\n- &y 2\n"));
    assert_eq!(yaml.value(), Some(&json!({"a": 1, "b": ["x", 2]})));
    assert!(yaml.push("- *y\n- 3\n"));
    assert_eq!(yaml.finish().unwrap(), json!({"a": 1, "b": ["x", 2, 2, 3]}));
}

#[test]
fn blank_lines_and_comments_are_no_value_yet() {
    let mut yaml = PartialYaml::new();
    assert!(!yaml.push("\n# a plan\n"));
    assert_eq!(yaml.value(), None);
    assert_eq!(yaml.finish().unwrap(), json!(null));
}

proptest! {
    #[test]
    fn the_whole_is_the_same_however_it_was_cut(
        text in "([a-c]: |- |[a-z]|\n|  |\\[|\\]|\"|é|```\n){0,20}",
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        at.retain(|at| text.is_char_boundary(*at));
        at.sort_unstable();
        let mut cut = PartialYaml::new();
        let mut from = 0;
        for to in at.into_iter().chain([text.len()]) {
            cut.push(&text[from..to]);
            from = to;
        }
        let mut whole = PartialYaml::new();
        whole.push(&text);
        let read = whole.finish();
        prop_assert_eq!(&cut.finish(), &read);
        if !text.contains("```") {
            prop_assert_eq!(read.ok(), yaml_value(&text).ok());
        }
    }
}

#[test]
fn brackets_without_end_cost_no_time() {
    // With a parser for whole documents, this takes minutes.
    let mut reader = PartialYaml::new();
    reader.push("a: 1\nb: ");
    for _ in 0..2_000 {
        reader.push(&"[".repeat(500));
        reader.push("\n");
    }
    assert_eq!(reader.value(), Some(&json!({"a": 1})));
    let error = reader.finish().unwrap_err();
    assert!(error.to_string().contains("128 levels deep"), "{error}");
}
