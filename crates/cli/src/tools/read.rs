//! `read_file`.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    sync::Arc,
};

use geppetto_toolloop::{FnTool, ToolError, tool_fn};
use schemars::JsonSchema;
use serde::Deserialize;

use super::folder::Folder;

/// Maximum size of what is read at once, in bytes.
const MOST: usize = 256 << 10;

#[derive(Deserialize, JsonSchema)]
struct ReadFile {
    /// Path of the file, relative to the folder.
    path: String,
    /// First line, counted from 1. 1 by default.
    first_line: Option<u64>,
    /// Number of lines. All by default.
    lines: Option<u64>,
}

pub(super) fn tool(folder: Arc<Folder>) -> FnTool {
    let read = move |args: ReadFile| {
        let folder = Arc::clone(&folder);
        async move { read(&folder, &args) }
    };
    tool_fn("read_file", "Reads a text file below the folder", read)
        .blocking()
        .idempotent()
        .output_limit(MOST + 200)
}

fn read(folder: &Folder, args: &ReadFile) -> Result<String, ToolError> {
    let (_, file) = folder.open(&args.path)?;
    let failed = |error: std::io::Error| {
        ToolError::new(format!("cannot read `{}`: {}", args.path, error.kind()))
    };
    let mut file = BufReader::new(file);
    let skipped = args.first_line.unwrap_or(1).saturating_sub(1);
    for _ in 0..skipped {
        if file.skip_until(b'\n').map_err(failed)? == 0 {
            return Err(ToolError::new(format!("`{}` has fewer lines", args.path)));
        }
    }
    let limit = u64::try_from(MOST).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.contains(&0) {
        return Err(ToolError::new(format!(
            "`{}` is not a text file",
            args.path
        )));
    }
    let is_cut = bytes.len() > MOST;
    bytes.truncate(MOST);
    let text = String::from_utf8_lossy(&bytes);
    let lines = args.lines.and_then(|lines| usize::try_from(lines).ok());
    let mut text: String = text
        .split_inclusive('\n')
        .take(lines.unwrap_or(usize::MAX))
        .collect();
    if is_cut && lines.is_none() {
        let next = skipped + 1 + text.matches('\n').count() as u64;
        text.push_str(&format!(
            "\n[cut after 256 KiB; go on with first_line {next}]"
        ));
    }
    Ok(text)
}
