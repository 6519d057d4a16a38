use super::{check, function_name};
use crate::tidy::finding::Severity;
use crate::tidy::tree::Tree;

fn found(text: &str) -> Vec<String> {
    let findings = check(&Tree::of(&[("a.rs", text)]));
    assert!(findings.iter().all(|f| f.severity == Severity::Warning));
    findings.iter().map(ToString::to_string).collect()
}

fn body(lines: usize, indent: &str) -> String {
    format!("{indent}    if a {{\n{indent}    }}\n").repeat(lines / 2)
}

#[test]
fn a_long_function_is_pointed_out_at_its_signature() {
    let text = format!("use a;\n\npub fn long() {{\n{}}}\n", body(60, ""));
    assert_eq!(
        found(&text),
        ["a.rs:3: long has 62 lines, over 60; see whether a part has a name of its own"]
    );
}

#[test]
fn a_signature_over_several_lines_counts() {
    let text = format!(
        "impl A {{\n    async fn long(\n        &self,\n    ) -> u8 {{\n{}    }}\n}}\n",
        body(58, "    ")
    );
    let found = found(&text);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("a.rs:2: long has 62 lines"),
        "{found:?}"
    );
}

#[test]
fn short_functions_and_declarations_are_fine() {
    let text = format!("fn a() {{\n{}}}\n", body(58, ""));
    assert_eq!(found(&text), [""; 0]);
    let text = format!(
        "trait A {{\n    fn a(&self);\n    fn b(\n        &self,\n    ) -> u8;\n    fn c(&self) {{}}\n\n{}}}\n",
        "    const A: u8 = 1;\n".repeat(70)
    );
    assert_eq!(found(&text), [""; 0]);
}

#[test]
fn signatures_are_told_from_other_lines() {
    assert_eq!(
        function_name("    pub(crate) async fn a<T>(x: T) {"),
        Some("a")
    );
    assert_eq!(function_name("extern \"C\" fn a() {"), Some("a"));
    assert_eq!(function_name("    run: fn (u8) -> u8,"), None);
    assert_eq!(function_name("// a fn in a comment"), None);
}
