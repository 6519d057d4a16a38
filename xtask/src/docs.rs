//! `cargo xtask docs`: the pages under `docs/`, the README files, and the book.
//!
//! The checks need no network and no other program. Pages are written by hand, except for the parts
//! between `<!-- generated: NAME -->` and `<!-- /generated -->`, which `--write` regenerates.

mod book;
mod generated;
mod links;
mod page;
mod references;
mod retired;
mod snippets;
mod summary;

use std::io::Write;

use crate::Verdict;
use crate::cargo::Metadata;
use crate::error::Error;
use crate::tidy::finding::Finding;
use crate::tidy::report::{CheckReport, Report};
use crate::tidy::tree::Tree;
use page::Page;

/// The folder of the book's pages.
const BOOK: &str = "docs/";
/// The book's table of contents.
const SUMMARY: &str = "docs/SUMMARY.md";

/// Arguments of `cargo xtask docs`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write the generated parts of the pages anew, then check.
    #[arg(long)]
    write: bool,
    /// Only check; build no book.
    #[arg(long)]
    check: bool,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

/// Writes if requested, checks, and builds the book if there are no findings.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> Result<Verdict, Error> {
    let metadata = Metadata::load()?;
    let mut tree = Tree::load(&metadata.workspace_root)?;
    if args.write {
        let written = generated::write(&tree, &metadata)?;
        for path in &written {
            writeln!(out, "written: {path}").map_err(Error::Output)?;
        }
        if !written.is_empty() {
            tree = Tree::load(&metadata.workspace_root)?;
        }
    }
    let mut report = Report::default();
    for (name, findings) in check(&tree, &metadata)? {
        report.push(CheckReport::new(name, findings));
    }
    if args.json {
        report.write_json(out)?;
    } else {
        report.write_lines(out).map_err(Error::Output)?;
    }
    if report.verdict() == Verdict::Clean && !args.check {
        return book::build(&metadata.workspace_root, out);
    }
    Ok(report.verdict())
}

type Checked = (&'static str, Vec<Finding>);

fn check(tree: &Tree, metadata: &Metadata) -> Result<Vec<Checked>, Error> {
    let pages = pages(tree);
    Ok(vec![
        ("summary", summary::check(&pages)),
        ("links", links::check(&pages, tree)),
        ("snippets", snippets::check(&pages, tree)),
        ("references", references::check(&pages, tree)),
        ("retired-names", retired::check(&pages)),
        ("generated", generated::check(tree, metadata)?),
    ])
}

/// Checks that the files and tests named in the pages exist, for `cargo xtask tidy`.
pub(crate) fn references(tree: &Tree) -> Vec<Finding> {
    references::check(&pages(tree), tree)
}

/// Returns the Markdown files for readers: those of the book, those at the top, and those of the
/// crates and examples.
fn pages(tree: &Tree) -> Vec<Page> {
    let read = |path: &str| {
        let folders = ["crates/", "examples/", BOOK];
        let place = !path.contains('/') || folders.iter().any(|folder| path.starts_with(folder));
        place && path.ends_with(".md") && !path.contains("/fixtures/")
    };
    let files = tree.files.iter().filter(|file| read(&file.path));
    files
        .map(|file| Page::parse(&file.path, &file.text))
        .collect()
}

#[cfg(test)]
mod tests;
