//! `list_files`.

use std::sync::Arc;

use geppetto_toolloop::{FnTool, ToolError, tool_fn};
use schemars::JsonSchema;
use serde::Deserialize;

use super::folder::Folder;

/// Maximum number of names.
const MOST: usize = 1_000;

#[derive(Deserialize, JsonSchema)]
struct ListFiles {
    /// Path of a folder, relative to the whole folder, which is listed by default.
    path: Option<String>,
    /// Number of levels, 1 by default.
    depth: Option<u32>,
}

pub(super) fn tool(folder: Arc<Folder>) -> FnTool {
    let list = move |args: ListFiles| {
        let folder = Arc::clone(&folder);
        async move { list(&folder, &args) }
    };
    let about = "Lists files and folders, one per line; folders end with a slash";
    tool_fn("list_files", about, list).blocking().idempotent()
}

fn list(folder: &Folder, args: &ListFiles) -> Result<String, ToolError> {
    let path = args.path.as_deref().unwrap_or(".");
    let from = folder.resolve(path)?;
    if !from.is_dir() {
        return Err(ToolError::new(format!("`{path}` is not a folder")));
    }
    let depth = usize::try_from(args.depth.unwrap_or(1).clamp(1, 20)).unwrap_or(1);
    let mut names = Vec::new();
    let mut is_cut = false;
    folder.walk(&from, depth, &mut |path, is_folder| {
        if names.len() == MOST {
            is_cut = true;
            return false;
        }
        let slash = if is_folder { "/" } else { "" };
        names.push(format!("{}{slash}", folder.shown(path)));
        true
    });
    if names.is_empty() {
        return Ok("[the folder is empty]".to_owned());
    }
    if is_cut {
        names.push(format!("[cut after {MOST} names; list a folder below]"));
    }
    Ok(names.join("\n"))
}
