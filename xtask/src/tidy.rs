//! `cargo xtask tidy`: the rules of this repository that no compiler checks.
//!
//! Each check is a module with its rule as data at the top and a pure function from sources to
//! findings. This module collects the input and runs the checks.

mod budgets;
mod examples;
pub(crate) mod finding;
mod front_page;
mod hygiene;
mod layering;
mod lengths;
mod manifest;
mod notes;
mod publishing;
pub(crate) mod report;
pub(crate) mod retired;
mod secrets;
pub(crate) mod text;
pub(crate) mod tree;
mod workflows;

use std::io::Write;

use crate::Verdict;
use crate::cargo::Metadata;
use crate::error::Error;
use finding::Finding;
use report::{CheckReport, Report};
use tree::Tree;

/// Arguments of `cargo xtask tidy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
    /// Run only this check; may be given several times.
    #[arg(long, value_name = "CHECK")]
    only: Vec<String>,
    /// Print the checks and what each is about, and run none.
    #[arg(long)]
    list: bool,
}

/// The input of the checks.
#[derive(Debug)]
struct Input {
    tree: Tree,
    metadata: Metadata,
}

impl Input {
    fn load() -> Result<Self, Error> {
        let metadata = Metadata::load()?;
        let tree = Tree::load(&metadata.workspace_root)?;
        Ok(Self { tree, metadata })
    }
}

/// One named check.
#[derive(Debug, Clone, Copy)]
struct Check {
    name: &'static str,
    about: &'static str,
    run: fn(&Input) -> Result<Vec<Finding>, Error>,
}

const CHECKS: &[Check] = &[
    Check {
        name: "layering",
        about: "crates depend only on the layers below them",
        run: |input| Ok(layering::check(&input.metadata)),
    },
    Check {
        name: "external-bans",
        about: "no HTTP under the crates that must not know it",
        run: |input| layering::check_bans(&input.metadata),
    },
    Check {
        name: "dependency-budgets",
        about: "dependency trees stay within their budgets",
        run: |input| budgets::check(&input.metadata),
    },
    Check {
        name: "dependency-notes",
        about: "every dependency has its line among the decisions",
        run: |input| Ok(notes::check(&input.tree, &input.metadata)),
    },
    Check {
        name: "file-lengths",
        about: "source files are small",
        run: |input| Ok(lengths::check(&input.tree)),
    },
    Check {
        name: "retired-names",
        about: "no name of the retired API outside the migration guide",
        run: |input| Ok(retired::check(&input.tree)),
    },
    Check {
        name: "hygiene",
        about: "line endings, whitespace, ignored tests",
        run: |input| Ok(hygiene::check(&input.tree)),
    },
    Check {
        name: "manifests",
        about: "every package shares lints and version, and has a description and changelog",
        run: |input| Ok(manifest::check(&input.tree)),
    },
    Check {
        name: "publishing",
        about: "what is published has its page, its licences and no cycle",
        run: |input| Ok(publishing::check(&input.tree)),
    },
    Check {
        name: "workflows",
        about: "what GitHub runs is readable, pinned and bounded, and tests the minimum Rust version",
        run: |input| Ok(workflows::check(&input.tree)),
    },
    Check {
        name: "front-pages",
        about: "every library's documentation starts with a program",
        run: |input| Ok(front_page::check(&input.tree)),
    },
    Check {
        name: "examples",
        about: "examples say what to expect and depend only on what they use",
        run: |input| Ok(examples::check(&input.tree, &input.metadata)),
    },
    Check {
        name: "doc-references",
        about: "the tests and files that the documentation names exist",
        run: |input| Ok(crate::docs::references(&input.tree)),
    },
    Check {
        name: "secrets",
        about: "no keys and no paths of one machine",
        run: |input| Ok(secrets::check(&input.tree)),
    },
];

/// Runs the checks and writes the report.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> Result<Verdict, Error> {
    let checks = select(&args.only)?;
    if args.list {
        for check in checks {
            writeln!(out, "{:<19} {}", check.name, check.about).map_err(Error::Output)?;
        }
        return Ok(Verdict::Clean);
    }
    let input = Input::load()?;
    let mut report = Report::default();
    for check in checks {
        report.push(CheckReport::new(check.name, (check.run)(&input)?));
    }
    if args.json {
        report.write_json(out)?;
    } else {
        report.write_lines(out).map_err(Error::Output)?;
    }
    Ok(report.verdict())
}

/// Returns the names of all checks, in order.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|check| check.name)
}

fn select(only: &[String]) -> Result<Vec<Check>, Error> {
    let known = |name: &str| CHECKS.iter().any(|check| check.name == name);
    if let Some(name) = only.iter().find(|name| !known(name)) {
        let names: Vec<_> = names().collect();
        return Err(Error::UnknownCheck {
            name: name.clone(),
            known: names.join(", "),
        });
    }
    let chosen = |check: &&Check| only.is_empty() || only.iter().any(|name| name == check.name);
    Ok(CHECKS.iter().filter(chosen).copied().collect())
}

#[cfg(test)]
mod tests;
