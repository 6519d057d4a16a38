//! Go's imports, as far as the scan needs them.

/// Returns `true` if a line imports a package: `import "p"`, `import name "p"`, or a line of an
/// import block.
pub(super) fn is_import(line: &str) -> bool {
    path_and_name(line).is_some()
}

/// Returns the renamed imports of the retired API's packages: pairs of the original name and the
/// name in the file.
pub(super) fn renamed(text: &str) -> Vec<(String, String)> {
    let imports = text.lines().filter_map(path_and_name);
    imports
        .filter(|(path, _)| path.contains("pkg/inference/"))
        .filter_map(|(path, name)| {
            let own = path.rsplit('/').next()?;
            (!name.is_empty() && name != own).then(|| (own.to_owned(), name.to_owned()))
        })
        .collect()
}

/// Returns the path that a line imports, and the name given to it, which may be empty.
fn path_and_name(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let line = line.strip_prefix("import ").unwrap_or(line);
    let (name, rest) = line.split_once('"')?;
    let (path, after) = rest.split_once('"')?;
    let name = name.trim();
    let named = name.chars().all(|c| c.is_alphanumeric() || c == '_') || name == ".";
    let ends = after.trim().is_empty() || after.trim().starts_with("//");
    (named && ends && path.contains('/')).then_some((path, name))
}
