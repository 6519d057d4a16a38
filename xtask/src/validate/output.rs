//! What cargo's output says: what was counted, or the first thing that is wrong and where.

use super::process::Finished;
use crate::cargo::Metadata;

#[cfg(test)]
mod tests;

/// Reads the output of a step: evidence, or the problem.
pub(super) type Reader = fn(&Finished, &Metadata) -> Result<String, String>;

/// `cargo fmt --check`.
pub(super) fn format(finished: &Finished, metadata: &Metadata) -> Result<String, String> {
    if finished.success {
        return Ok(format!("{} packages formatted", metadata.packages.len()));
    }
    let places = finished
        .output
        .lines()
        .filter_map(|line| line.strip_prefix("Diff in "));
    let root = format!("{}/", metadata.workspace_root.display());
    let places: Vec<_> = places
        .map(|place| place.trim_start_matches(&root).trim_end_matches(':'))
        .collect();
    match places.first() {
        Some(first) => Err(format!(
            "{first} is not formatted{}",
            and_more(places.len())
        )),
        // rustfmt could not read the sources.
        None => compiler(finished, metadata),
    }
}

/// Anything that prints what the compiler prints.
pub(super) fn compiler(finished: &Finished, metadata: &Metadata) -> Result<String, String> {
    let found = diagnostics(&finished.output);
    match found.first() {
        // Cargo can succeed and still print warnings that its flags do not reach.
        _ if finished.success => Ok(format!(
            "no warning in {} packages",
            metadata.packages.len()
        )),
        Some(first) => Err(format!("{first}{}", and_more(found.len()))),
        None => Err(last_line(&finished.output)),
    }
}

/// `cargo test --no-fail-fast`.
pub(super) fn tests(finished: &Finished, metadata: &Metadata) -> Result<String, String> {
    let output = &finished.output;
    let failed: Vec<_> = output
        .lines()
        .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
        .collect();
    if let Some(first) = failed.first() {
        let place = panic_place(output, first).unwrap_or_default();
        return Err(format!("{first} failed{place}{}", and_more(failed.len())));
    }
    if !finished.success {
        return compiler(finished, metadata);
    }
    let (mut passed, mut runs) = (0, 0);
    for line in output.lines() {
        let counted = line
            .strip_prefix("test result: ok. ")
            .and_then(|rest| rest.split_once(" passed"))
            .and_then(|(count, _)| count.parse::<usize>().ok());
        if let Some(count) = counted {
            passed += count;
            runs += 1;
        }
    }
    match passed {
        0 => Err("no test ran".to_owned()),
        passed => Ok(format!("{passed} tests passed in {runs} test programs")),
    }
}

/// Where a test panicked and what it said: ` at FILE:LINE:COLUMN: MESSAGE`.
fn panic_place(output: &str, test: &str) -> Option<String> {
    let head = format!("thread '{test}' ");
    let mut lines = output.lines().skip_while(|line| !line.starts_with(&head));
    let (_, place) = lines.next()?.split_once("panicked at ")?;
    let message = lines.next().unwrap_or_default();
    // What the two sides of an equation were stands on lines of their own.
    let sides = lines
        .map(str::trim)
        .take_while(|line| line.starts_with("left:") || line.starts_with("right:"));
    let sides: String = sides.map(|side| format!(", {side}")).collect();
    Some(format!(" at {place} {message}{sides}"))
}

/// The errors of a compiler's output, each with its place where it has one.
fn diagnostics(output: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = output.lines().peekable();
    while let Some(line) = lines.next() {
        if !(line.starts_with("error:") || line.starts_with("error[")) {
            continue;
        }
        let place = lines
            .peek()
            .and_then(|next| next.trim().strip_prefix("--> "));
        match place {
            Some(place) => found.push(format!("{place}: {line}")),
            None => found.push(line.to_owned()),
        }
    }
    // Cargo sums up what the compiler said, without a place.
    let placed = found.iter().any(|line| !line.starts_with("error"));
    found.retain(|line| !placed || !line.starts_with("error"));
    found
}

fn last_line(output: &str) -> String {
    let mut lines = output.lines().rev().map(str::trim);
    let last = lines.find(|line| !line.is_empty());
    last.unwrap_or("it failed and said nothing").to_owned()
}

/// ` (and N more)`, where there are.
pub(super) fn and_more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    }
}
