use super::check;
use crate::docs::page::Page;
use crate::retired::RETIRED;

#[test]
fn a_name_without_a_heading_is_found() {
    let mut guide = String::new();
    for retired in RETIRED.iter().filter(|retired| retired.name != "StartRun") {
        guide += &format!("### {}\n\n", retired.name);
    }
    let findings = check(&[Page::parse("docs/migration.md", &guide)]);
    let found: Vec<_> = findings.iter().map(ToString::to_string).collect();
    let message = "docs/migration.md: no heading is `StartRun`; add one that says what replaces it";
    assert_eq!(found, [message]);
    assert_eq!(check(&[]).len(), 1);
}
