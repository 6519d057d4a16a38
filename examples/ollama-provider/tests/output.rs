//! The program prints what its README says, and the guide shows its code.

example_check::prints_what_its_readme_says!();

#[test]
fn the_guide_shows_the_wire() {
    let guide = include_str!("../../../docs/guides/writing-a-provider.md");
    let wire = include_str!("../src/wire.rs");
    let code = wire.lines().skip_while(|line| line.starts_with("//!"));
    let code: Vec<&str> = code.collect();
    assert!(
        guide.contains(code.join("\n").trim()),
        "copy src/wire.rs into the guide"
    );
}
