use super::check;
use crate::docs::page::Page;
use crate::tidy::retired::RETIRED;

#[test]
fn a_name_without_a_heading_is_found() {
    let mut guide = String::new();
    for (name, _) in RETIRED.iter().filter(|(name, _)| *name != "StartRun") {
        guide += &format!("### {name}\n\n");
    }
    let findings = check(&[Page::parse("docs/migration.md", &guide)]);
    let found: Vec<_> = findings.iter().map(ToString::to_string).collect();
    let message = "docs/migration.md: no heading is `StartRun`; add one that says what replaces it";
    assert_eq!(found, [message]);
    assert_eq!(check(&[]).len(), 1);
}
