//! `cargo xtask mutants`: puts deliberate faults into the code, one at a time, and runs the tests
//! that should fail for each. What is broken, and by whom it should be noticed, is in
//! `mutants.yaml`.
//!
//! It changes files of the working tree and puts each back before the next, so it refuses to
//! begin where there are uncommitted changes; after a crash `git checkout .` undoes the last one.
//! Needs `git` and `timeout`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use crate::{Verdict, cargo, error::Error};

#[cfg(test)]
mod tests;

const LIST: &str = include_str!("mutants.yaml");

/// How long the tests may take that a fault should fail, in seconds.
const TEST_SECONDS: &str = "150";

/// Arguments of `cargo xtask mutants`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only faults whose description contains this.
    #[arg(long)]
    only: Option<String>,
    /// Name them and change nothing.
    #[arg(long)]
    list: bool,
}

/// One deliberate fault.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    /// What does not hold any more.
    breaks: String,
    file: PathBuf,
    replace: String,
    by: String,
    /// Arguments of `cargo test`.
    tests: Vec<String>,
    /// Why no test notices it, where that is known.
    survives: Option<String>,
}

/// What the tests said to a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Caught,
    /// The tests did not come to an end, which is noticed too.
    Hung,
    Survived,
    /// The text to replace is not there, or is there more than once; or the result is no program.
    Unusable,
}

fn all() -> Result<Vec<Mutant>, Error> {
    serde_norway::from_str(LIST).map_err(|error| Error::Mutants(error.to_string()))
}

pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<Verdict, Error> {
    let root = cargo::Metadata::load()?.workspace_root;
    let mut mutants = all()?;
    if let Some(only) = &args.only {
        mutants.retain(|mutant| mutant.breaks.contains(only));
    }
    if !args.list {
        refuse_uncommitted(&root)?;
    }
    let mut missed = 0;
    for mutant in &mutants {
        let outcome = match args.list {
            true => None,
            false => Some(put_in(mutant, &root)?),
        };
        missed += usize::from(match outcome {
            Some(Outcome::Survived) => mutant.survives.is_none(),
            Some(Outcome::Unusable) => true,
            _ => false,
        });
        let outcome = outcome.map_or_else(String::new, |own| format!("{own:?}: "));
        let (breaks, file) = (&mutant.breaks, mutant.file.display());
        let known = mutant.survives.as_ref();
        let known = known.map_or_else(String::new, |why| format!("; known: {why}"));
        writeln!(out, "{outcome}{breaks} ({file}{known})").map_err(Error::Output)?;
    }
    if !args.list {
        let all = mutants.len();
        writeln!(out, "{all} faults, {missed} not noticed that should be")
            .map_err(Error::Output)?;
    }
    Ok(match missed {
        0 => Verdict::Clean,
        _ => Verdict::Findings,
    })
}

fn refuse_uncommitted(root: &Path) -> Result<(), Error> {
    let mut git = Command::new("git");
    git.args(["status", "--porcelain"]).current_dir(root);
    let output = git.output().map_err(|source| start("git status", source))?;
    if output.stdout.is_empty() && output.status.success() {
        return Ok(());
    }
    Err(Error::Mutants(
        "there are uncommitted changes; commit or stash them first".to_owned(),
    ))
}

fn start(command: &str, source: std::io::Error) -> Error {
    Error::Start {
        command: command.to_owned(),
        source,
    }
}

fn put_in(mutant: &Mutant, root: &Path) -> Result<Outcome, Error> {
    let path = root.join(&mutant.file);
    let read = |source| Error::Read {
        path: path.clone(),
        source,
    };
    let whole = fs::read_to_string(&path).map_err(read)?;
    if whole.matches(&mutant.replace).count() != 1 {
        return Ok(Outcome::Unusable);
    }
    fs::write(&path, whole.replace(&mutant.replace, &mutant.by)).map_err(read)?;
    let outcome = test(&mutant.tests, root);
    fs::write(&path, whole).map_err(read)?;
    outcome
}

fn test(tests: &[String], root: &Path) -> Result<Outcome, Error> {
    let run = |program: &str, before: &[&str]| {
        let mut command = Command::new(program);
        command.args(before).args(tests).current_dir(root);
        let output = command.output().map_err(|source| start(program, source))?;
        Ok::<_, Error>(output.status.code())
    };
    if run("cargo", &["test", "--no-run"])? != Some(0) {
        return Ok(Outcome::Unusable);
    }
    // Its own code for a program that it had to end.
    const TIMED_OUT: i32 = 124;
    Ok(match run("timeout", &[TEST_SECONDS, "cargo", "test"])? {
        Some(0) => Outcome::Survived,
        Some(TIMED_OUT) => Outcome::Hung,
        _ => Outcome::Caught,
    })
}
