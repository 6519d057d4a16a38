//! Runs the example programs and compares their output with their READMEs.
//!
//! Most examples need one line in `tests/output.rs`: [`prints_what_its_readme_says!`], or
//! [`answers_as_its_readme_says!`] for a program that uses a provider. The others use [`Program`].
//!
//! ```
//! use example_check::expected_output;
//!
//! let readme = "# Greet\n\n## Expected output\n\n```text\nhello\n```\n";
//! assert_eq!(expected_output(readme), Some("hello\n"));
//! ```
//!
//! Expected output: none, this is a library for tests. The program of this package,
//! `example-check`, checks whole conversations with the examples, for `cargo xtask validate`.

mod demo;
mod output;
mod program;

pub use demo::run_with_demo;
pub use output::{Output, expected_notes, expected_output};
pub use program::{Program, Running};

/// Tests that the program of the package, without settings and input, prints exactly what its
/// README says.
#[macro_export]
macro_rules! prints_what_its_readme_says {
    () => {
        #[test]
        fn the_program_prints_what_its_readme_says() {
            $crate::Program::new($crate::program!())
                .run()
                .assert_prints_what_it_says($crate::readme!());
        }
    };
}

/// Tests that the program of the package, which uses the demo provider, prints exactly what its
/// README says.
#[macro_export]
macro_rules! answers_as_its_readme_says {
    () => {
        #[test]
        fn the_program_prints_what_its_readme_says() {
            $crate::run_with_demo($crate::Program::new($crate::program!()))
                .assert_answers_as_it_says($crate::readme!());
        }
    };
}

/// The path of the program with the name of its package.
#[doc(hidden)]
#[macro_export]
macro_rules! program {
    () => {
        env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")))
    };
}

/// The README of the package.
#[doc(hidden)]
#[macro_export]
macro_rules! readme {
    () => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"))
    };
}
