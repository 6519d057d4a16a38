//! Output.

use std::io::{self, Write};

use serde_json::Value;

use crate::Failure;

/// Prints JSON or lines of text.
pub(crate) fn print(json: bool, value: &Value, text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{value:#}")?;
    } else {
        write!(out, "{text}")?;
    }
    Ok(out.flush()?)
}

/// Prints an error to stderr.
pub(crate) fn complain(error: &dyn std::error::Error) {
    // A broken stderr cannot be reported anywhere better.
    let _ = writeln!(io::stderr(), "error: {error}");
}

/// The median; of an even number of values, the lower of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or(f64::NAN)
}
