//! The schema of `--schema`.

use std::path::Path;

use geppetto_engine::StructuredOutput;
use serde_json::Value;

use crate::failure::Failure;

/// Number of times that an answer that violates the schema is asked for again.
const RETRIES: u32 = 1;

/// Reads a schema from a file, or from JSON on the command line.
pub(crate) fn read(named: &str) -> Result<StructuredOutput, Failure> {
    let (text, name) = if is_json(named) {
        (named.to_owned(), "answer".to_owned())
    } else {
        (read_file(named)?, name_of(named))
    };
    let invalid = |why: String| Failure::Usage(format!("the schema {}: {why}", shown(named)));
    let schema: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| invalid(format!("it is not JSON: {error}")))?;
    if !schema.is_object() {
        return Err(invalid("it is not a JSON object".to_owned()));
    }
    let output = StructuredOutput::json_schema(name, schema).with_retries(RETRIES);
    output
        .sent_schema()
        .map_err(|error| invalid(error.to_string()))?;
    Ok(output)
}

fn read_file(path: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("cannot read the schema {}: {error}", shown(path))))
}

fn shown(named: &str) -> String {
    if is_json(named) {
        return "of the command line".to_owned();
    }
    format!("`{}`", geppetto_turns::printable_line(named))
}

fn is_json(named: &str) -> bool {
    named.trim_start().starts_with('{')
}

/// Returns the name of the answer, in the letters that providers accept.
fn name_of(path: &str) -> String {
    let stem = Path::new(path)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    let letters = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    let name: String = letters.take(64).collect();
    if name.is_empty() {
        "answer".to_owned()
    } else {
        name
    }
}
