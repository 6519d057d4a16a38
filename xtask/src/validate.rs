//! `cargo xtask validate`: the migration playbook's validation checklist, run for this workspace.
//!
//! Each item of the checklist is one command. Its evidence is the last line of the output, or the
//! first error. The full output is kept under `target/validate/`.

mod evidence;
mod items;
mod outcome;
mod process;
mod progress;
mod report;
mod scan;
mod selection;
mod step;

use std::{fs, io::Write, path::PathBuf, time::Instant};

use crate::{
    Verdict,
    cargo::{self, Metadata},
    error::Error,
};
use items::Item;
use outcome::Outcome;
use progress::Progress;
use report::Report;

/// Arguments of `cargo xtask validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print one JSON object instead of a table; docs/validation.md says what is in it.
    #[arg(long)]
    json: bool,
    /// Run only this item, or this group of items; may be given several times.
    #[arg(long, value_name = "ITEM")]
    only: Vec<String>,
    /// Do not run this item, or this group of items; may be given several times.
    #[arg(long, value_name = "ITEM")]
    skip: Vec<String>,
    /// Print the items and what each is about, and run none.
    #[arg(long)]
    list: bool,
    /// Run the examples against the provider that the environment configures, not the embedded one.
    #[arg(long)]
    live: bool,
    /// The live model follows no instructions, as one with random weights: in the examples with
    /// tools, one tool that answers in any turn is enough.
    #[arg(long, requires = "live")]
    untrained: bool,
    /// Replay the recorded interactions under this path; may be given several times.
    #[arg(long, value_name = "PATH")]
    recordings: Vec<PathBuf>,
    /// Look for call sites of the retired API under this path, Go or Rust, and run nothing else.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["only", "skip", "list", "live", "recordings"])]
    scan: Option<PathBuf>,
}

/// The settings of a run of the checklist.
#[derive(Debug)]
struct Setting {
    /// The workspace's folder.
    root: PathBuf,
    /// The folder for the full outputs of the items.
    logs: PathBuf,
    live: bool,
    untrained: bool,
    recordings: Vec<PathBuf>,
    progress: Progress,
}

/// Runs the items and writes their outcomes, or scans another tree.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<Verdict, Error> {
    if let Some(path) = &args.scan {
        return scan::run(path, args.json, out);
    }
    let items = selection::select(&args.only, &args.skip)?;
    if args.list {
        return list(&items, args.json, out);
    }
    let mut setting = Setting {
        root: Metadata::load()?.workspace_root,
        logs: cargo::target_directory()?.join("validate"),
        live: args.live,
        untrained: args.untrained,
        recordings: args.recordings.iter().map(absolute).collect(),
        progress: Progress::on_terminal(),
    };
    fs::create_dir_all(&setting.logs).map_err(|source| Error::Write {
        path: setting.logs.clone(),
        source,
    })?;
    all(&items, &mut setting, args.json, out)
}

fn all(
    items: &[Item],
    setting: &mut Setting,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Error> {
    let mut report = Report::new(items);
    if !json {
        report.write_header(out).map_err(Error::Output)?;
    }
    for (number, item) in (1..).zip(items) {
        setting.progress.begin(number, items.len(), item.name);
        let start = now();
        // An error that keeps an item from running is a failure of that item; the other items still
        // run.
        let outcome = step::run(item, setting).unwrap_or_else(|error| {
            let error = error.to_string();
            Outcome::failed(error.lines().collect::<Vec<_>>().join(" "))
        });
        setting.progress.end();
        let row = report.push(item, outcome, start.elapsed(), &setting.root);
        if !json {
            row.write_lines(report.width(), out)
                .map_err(Error::Output)?;
        }
    }
    if json {
        report.write_json(out)?;
    } else {
        report.write_summary(out).map_err(Error::Output)?;
    }
    Ok(report.verdict())
}

fn list(items: &[Item], json: bool, out: &mut dyn Write) -> Result<Verdict, Error> {
    if json {
        serde_json::to_writer_pretty(&mut *out, items)
            .map_err(|error| Error::Output(error.into()))?;
        writeln!(out).map_err(Error::Output)?;
        return Ok(Verdict::Clean);
    }
    let width = report::width(items);
    for item in items {
        writeln!(out, "{:<width$}  {}", item.name, item.about).map_err(Error::Output)?;
    }
    Ok(Verdict::Clean)
}

/// Commands run in the workspace's folder, which may differ from the user's.
fn absolute(path: &PathBuf) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.clone())
}

#[allow(
    clippy::disallowed_methods,
    reason = "no runtime, and no test that pauses its clock"
)]
fn now() -> Instant {
    Instant::now()
}
