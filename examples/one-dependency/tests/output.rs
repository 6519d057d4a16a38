//! The program prints what its README says.

use example_check::Program;

#[test]
fn the_program_prints_what_its_readme_says() {
    Program::new(env!("CARGO_BIN_EXE_one-dependency"))
        .run()
        .assert_prints_what_it_says(include_str!("../README.md"));
}
