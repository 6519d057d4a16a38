//! `search_text`.

use std::{fs, sync::Arc};

use geppetto_toolloop::{FnTool, ToolContext, ToolError, tool_fn};
use schemars::JsonSchema;
use serde::Deserialize;

use super::folder::Folder;

/// Maximum number of lines that are found.
const MOST: usize = 200;

/// Maximum size of a file that is searched, in bytes.
const LARGEST: u64 = 1 << 20;

/// Maximum number of files that are searched.
const FILES: usize = 20_000;

/// Maximum length of a line, in characters.
const WIDTH: usize = 300;

#[derive(Deserialize, JsonSchema)]
struct SearchText {
    /// Text to look for, as it is.
    text: String,
    /// Path of a file or folder to search in. The whole folder by default.
    path: Option<String>,
    /// Whether upper and lower case differ. False by default.
    case_sensitive: Option<bool>,
}

pub(super) fn tool(folder: Arc<Folder>) -> FnTool {
    let search = move |args: SearchText, ctx: ToolContext| {
        let folder = Arc::clone(&folder);
        async move { search(&folder, &args, &ctx) }
    };
    let about = "Searches text in files; returns lines as path:number: line";
    tool_fn("search_text", about, search)
        .blocking()
        .idempotent()
}

fn search(folder: &Folder, args: &SearchText, ctx: &ToolContext) -> Result<String, ToolError> {
    if args.text.is_empty() {
        return Err(ToolError::new("text is empty; give the text to look for"));
    }
    let path = args.path.as_deref().unwrap_or(".");
    let from = folder.resolve(path)?;
    let fold = !args.case_sensitive.unwrap_or(false);
    let wanted = if fold {
        args.text.to_lowercase()
    } else {
        args.text.clone()
    };
    let mut found = Vec::new();
    let mut files = 0;
    let mut visit = |path: &std::path::Path, is_folder: bool| {
        if !is_folder {
            files += 1;
            in_file(folder, path, &wanted, fold, &mut found);
        }
        found.len() <= MOST && files < FILES && !ctx.is_cancelled()
    };
    if from.is_dir() {
        folder.walk(&from, usize::MAX, &mut visit);
    } else {
        visit(&from, false);
    }
    if found.is_empty() {
        return Ok(format!("[nothing found in {files} files]"));
    }
    let is_cut = found.len() > MOST || files >= FILES;
    found.truncate(MOST);
    if is_cut {
        found.push("[cut; search in a folder below]".to_owned());
    }
    Ok(found.join("\n"))
}

fn in_file(
    folder: &Folder,
    path: &std::path::Path,
    wanted: &str,
    fold: bool,
    found: &mut Vec<String>,
) {
    let is_searched = fs::symlink_metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST);
    if !is_searched {
        return;
    }
    let Ok(bytes) = fs::read(path) else { return };
    if bytes.contains(&0) {
        return;
    }
    let text = String::from_utf8_lossy(&bytes);
    for (index, line) in text.lines().enumerate() {
        let is_match = if fold {
            line.to_lowercase().contains(wanted)
        } else {
            line.contains(wanted)
        };
        if is_match && found.len() <= MOST {
            let short: String = line.trim().chars().take(WIDTH).collect();
            found.push(format!("{}:{}: {short}", folder.shown(path), index + 1));
        }
    }
}
