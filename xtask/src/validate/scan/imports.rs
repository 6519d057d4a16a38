//! Go's imports, as far as the scan needs them.

/// Whether a line imports a package: `import "p"`, `import name "p"`, or a line of an import block.
pub(super) fn is_import(line: &str) -> bool {
    path_and_name(line).is_some()
}

/// The names under which a file knows the retired API's packages, where they are not their own:
/// pairs of the package's own name and the file's.
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

/// The path that a line imports, and the name that it gives to it, which may be empty.
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
