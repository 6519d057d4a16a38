//! The build of the book, if mdBook is installed.

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use crate::Verdict;
use crate::error::Error;

const HOW: &str = "the book was not built: mdbook is not installed; install it with `cargo install \
                   mdbook --locked`, or use `cargo xtask docs --check` to check only";

/// Runs `mdbook build docs`; without mdBook, prints how to install it.
pub(super) fn build(root: &Path, out: &mut impl Write) -> Result<Verdict, Error> {
    let command = "mdbook build docs".to_owned();
    let output = Command::new("mdbook")
        .args(["build", "docs"])
        .current_dir(root)
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            writeln!(out, "{HOW}").map_err(Error::Output)?;
            return Ok(Verdict::Clean);
        }
        Err(source) => return Err(Error::Start { command, source }),
    };
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::Failed { command, stderr });
    }
    writeln!(out, "built: target/book/index.html").map_err(Error::Output)?;
    Ok(Verdict::Clean)
}
