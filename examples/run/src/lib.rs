//! Support for example programs without options: `--help`, an error for unknown options, and
//! printing that ends the program quietly when its output is closed (`| head`).
//!
//! ```no_run
//! use example_run::println;
//!
//! example_run::arguments!();
//! println!("one line");
//! ```
//!
//! Expected output: none of its own, this is a library for the examples.

use std::{fmt, io::Write, process};

/// Handles the command line of an example without options: `--help`, `--version`, and an error for
/// everything else.
#[macro_export]
macro_rules! arguments {
    () => {
        $crate::no_arguments(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_DESCRIPTION"),
        )
    };
}

/// Like `std::println`, but ends the program quietly instead of panicking when the output is
/// closed.
#[macro_export]
macro_rules! println {
    ($($arg:tt)*) => {
        $crate::write(format_args!("{}\n", format_args!($($arg)*)))
    };
}

/// Like `std::print`, but ends the program quietly instead of panicking when the output is closed.
#[macro_export]
macro_rules! print {
    ($($arg:tt)*) => {
        $crate::write(format_args!($($arg)*))
    };
}

/// The function behind [`arguments!`].
pub fn no_arguments(name: &'static str, version: &'static str, about: &'static str) {
    let about = about.trim_start_matches("Example: ");
    let mut letters = about.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    let about = first.unwrap_or_default() + letters.as_str();
    let more = "It needs no key and no network. Its README.md says what it prints.";
    clap::Command::new(name)
        .version(version)
        .about(about)
        .after_help(more)
        .get_matches();
}

/// The function behind [`println!`] and [`print!`].
pub fn write(text: fmt::Arguments<'_>) {
    if std::io::stdout().write_fmt(text).is_err() {
        process::exit(0);
    }
}
