//! Parses the output of a command: a count, or the first problem and its location.

use super::{outcome::Outcome, process::Finished};

#[cfg(test)]
mod tests;

/// The beginning of the output of a command that skipped its check.
const SKIPPED: &str = "skipped: ";

/// Returns the outcome of a command.
pub(super) fn outcome(finished: &Finished) -> Outcome {
    let output = &finished.output;
    if !finished.success {
        return Outcome::failed(problem(output));
    }
    match tests(output) {
        Some((0, _)) => Outcome::failed("no test ran"),
        Some((passed, programs)) => {
            Outcome::passed(format!("{passed} tests passed in {programs} test programs"))
        }
        None => match last_line(output) {
            None => Outcome::passed("nothing to report"),
            Some(last) => match last.strip_prefix(SKIPPED) {
                Some(why) => Outcome::skipped(why),
                None => Outcome::passed(last),
            },
        },
    }
}

/// Returns how many tests passed in how many programs, if the output is that of tests.
fn tests(output: &str) -> Option<(usize, usize)> {
    let counts = output.lines().filter_map(|line| {
        let (passed, _) = line
            .strip_prefix("test result: ok. ")?
            .split_once(" passed")?;
        passed.parse::<usize>().ok()
    });
    let (passed, programs) = counts.fold((0, 0), |(passed, programs), count| {
        (passed + count, programs + 1)
    });
    (programs > 0).then_some((passed, programs))
}

/// Returns the first problem.
fn problem(output: &str) -> String {
    let failed = |line: &str| {
        let name = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
        let place = panic_place(output, name).unwrap_or_default();
        Some(format!("{name} failed{place}"))
    };
    let failed: Vec<String> = output.lines().filter_map(failed).collect();
    let found = if failed.is_empty() {
        diagnostics(output)
    } else {
        failed
    };
    match found.as_slice() {
        [] => last_line(output)
            .unwrap_or("it failed and said nothing")
            .to_owned(),
        [only] => only.clone(),
        [first, more @ ..] => format!("{first} (and {} more)", more.len()),
    }
}

/// Returns the location and message of a test's panic: ` at FILE:LINE:COLUMN: MESSAGE`.
fn panic_place(output: &str, test: &str) -> Option<String> {
    let head = format!("thread '{test}' ");
    let mut lines = output.lines().skip_while(|line| !line.starts_with(&head));
    let (_, place) = lines.next()?.split_once("panicked at ")?;
    let message = lines.next().unwrap_or_default();
    // The two sides of a failed equality are on separate lines.
    let sides = lines
        .map(str::trim)
        .take_while(|line| line.starts_with("left:") || line.starts_with("right:"));
    let sides: String = sides.map(|side| format!(", {side}")).collect();
    Some(format!(" at {place} {message}{sides}"))
}

/// Returns the errors in the output of a compiler, of rustfmt and of this program, each with its
/// location if it has one.
fn diagnostics(output: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = output.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(place) = line.strip_prefix("Diff in ") {
            found.push(format!("{} is not formatted", place.trim_end_matches(':')));
        }
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
    // Cargo summarizes the compiler's errors without a location.
    let placed = found.iter().any(|line| !line.starts_with("error"));
    found.retain(|line| !placed || !line.starts_with("error"));
    found
}

fn last_line(output: &str) -> Option<&str> {
    let mut lines = output.lines().rev().map(str::trim);
    lines.find(|line| !line.is_empty())
}
