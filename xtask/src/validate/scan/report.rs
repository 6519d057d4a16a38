//! The report on a scan, for people and for machines.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use serde::Serialize;

use super::{
    files::Language,
    matches::{self, Match},
    places::Place,
};
use crate::{Verdict, error::Error};

/// All matches, with counts.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    matches: Vec<Match>,
    /// The number of matches in code.
    call_sites: usize,
    /// The number of matches in comments, strings and prose.
    mentions: usize,
    files_read: usize,
    /// Files that are not text, or not in a supported language.
    files_skipped: usize,
}

impl Report {
    /// Searches one file.
    pub(super) fn add(&mut self, path: &str, text: &str) {
        let Some(language) = Language::of(path) else {
            return self.skip();
        };
        self.files_read += 1;
        for found in matches::find(path, text, language) {
            match found.place {
                Place::Code => self.call_sites += 1,
                _ => self.mentions += 1,
            }
            self.matches.push(found);
        }
    }

    /// Counts a file that was not searched.
    pub(super) fn skip(&mut self) {
        self.files_skipped += 1;
    }

    pub(super) fn verdict(&self) -> Verdict {
        match self.call_sites {
            0 => Verdict::Clean,
            _ => Verdict::Findings,
        }
    }

    /// Writes three lines for each match: the location, the text, and what to do.
    pub(super) fn write_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        for found in &self.matches {
            let mark = match found.place {
                Place::Code => "",
                Place::Comment => " (in a comment)",
                Place::String => " (in a string)",
                Place::Prose => " (in prose)",
            };
            let (file, line, column) = (&found.file, found.line, found.column);
            writeln!(
                out,
                "{file}:{line}:{column}: {}{mark}: {}",
                found.name, found.concept
            )?;
            writeln!(out, "    {}", found.text)?;
            writeln!(out, "    -> {}; see {}", found.instead, found.guide)?;
        }
        let files: BTreeSet<_> = self.matches.iter().map(|found| &found.file).collect();
        write!(
            out,
            "{} and {} in {}; {} read",
            counted(self.call_sites, "call site"),
            counted(self.mentions, "mention"),
            counted(files.len(), "file"),
            counted(self.files_read, "file")
        )?;
        match self.files_skipped {
            0 => writeln!(out),
            n => writeln!(out, ", {n} skipped because they are no text"),
        }
    }

    pub(super) fn write_json(&self, out: &mut dyn Write) -> Result<(), Error> {
        serde_json::to_writer_pretty(&mut *out, self)
            .map_err(|error| Error::Output(error.into()))?;
        writeln!(out).map_err(Error::Output)
    }
}

/// Formats a count with its unit.
fn counted(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        n => format!("{n} {thing}s"),
    }
}
