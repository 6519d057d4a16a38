//! What a scan came to, for people and for machines.

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

/// All matches, counted.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    matches: Vec<Match>,
    /// How many matches are in code.
    call_sites: usize,
    /// How many matches are in comments, strings and prose.
    mentions: usize,
    files_read: usize,
    /// Files that are no text, or that nobody reads.
    files_skipped: usize,
}

impl Report {
    /// Looks through one file.
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

    /// Counts a file that was not looked through.
    pub(super) fn skip(&mut self) {
        self.files_skipped += 1;
    }

    pub(super) fn verdict(&self) -> Verdict {
        match self.call_sites {
            0 => Verdict::Clean,
            _ => Verdict::Findings,
        }
    }

    /// Three lines for each match: where, what is there, what to do.
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

/// A number of things, as people write it.
fn counted(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        n => format!("{n} {thing}s"),
    }
}
