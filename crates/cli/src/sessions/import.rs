//! `geppetto sessions import`.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use geppetto_store::{Import as Archive, SessionStore};
use geppetto_store_sqlite::pinocchio;
use geppetto_turns::Turn;

use crate::{continued, failure::Failure, say};

/// Size from which a person is told that a file is read, in MiB.
const LARGE: u64 = 16;

/// What can be done about a file that is cut off.
const PARTIAL: &str = "; import what is there with --partial";

/// Read sessions from a file: an export, a turn in YAML or JSON, or a turn store of pinocchio.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The file, or `-` for standard input.
    file: PathBuf,
    /// Id of the session [default: that of the export, or a new one].
    #[arg(long)]
    id: Option<String>,
    /// Import what is there of an export that was cut off.
    #[arg(long)]
    partial: bool,
}

impl Import {
    pub(super) async fn run(self, store: &dyn SessionStore) -> Result<(), Failure> {
        let archive = if self.file.as_os_str() == "-" {
            self.read(std::io::stdin().lock())?
        } else {
            let file = std::fs::File::open(&self.file).map_err(|error| self.unreadable(&error))?;
            let mebibytes = file.metadata().map_or(0, |metadata| metadata.len() >> 20);
            if mebibytes >= LARGE {
                let file = self.file.display();
                say::progress(&format!("reading {file} ({mebibytes} MiB) ..."));
            }
            let mut file = BufReader::new(file);
            let start = file.fill_buf().map_err(|error| self.unreadable(&error))?;
            if start.starts_with(b"SQLite format 3") {
                return self.pinocchio(store).await;
            }
            self.read(file)?
        };
        let own = archive.exported_id().map(ToOwned::to_owned);
        let id = self.id.clone().or(own).unwrap_or_else(continued::new_id);
        let missing = archive.missing();
        if let Some(missing) = missing.as_ref().filter(|_| self.partial) {
            say::warning(missing);
        }
        let info = archive.write(store, &id).await.map_err(|error| {
            let advice = match error.kind() {
                geppetto_store::ErrorKind::Exists => "; choose another id with --id",
                _ if missing.is_some() => PARTIAL,
                _ => "",
            };
            Failure::Usage(format!("{}: {error}{advice}", self.file.display()))
        })?;
        say::out(&info.id)
    }

    /// Reads an export, or a turn.
    fn read(&self, mut file: impl BufRead) -> Result<Archive, Failure> {
        let mut first = String::new();
        let read = file.read_line(&mut first);
        read.map_err(|error| self.unreadable(&error))?;
        if let Some(rest) = first.strip_prefix('\u{feff}') {
            first = rest.to_owned();
        }
        let mut archive = Archive::new();
        let invalid = |error: &dyn std::fmt::Display| {
            Failure::Usage(format!("{}: {error}", self.file.display()))
        };
        if first.starts_with("{\"session\"") {
            if self.partial {
                archive = archive.partial();
            }
            archive.line(&first).map_err(|error| invalid(&error))?;
            self.rest(&mut archive, file)?;
            return Ok(archive);
        }
        let read = file.read_to_string(&mut first);
        read.map_err(|error| self.unreadable(&error))?;
        if first.trim().is_empty() {
            return Err(invalid(&"the file is empty"));
        }
        // JSON is YAML.
        let turn = Turn::from_yaml(&first).map_err(|error| invalid(&error))?;
        if turn.is_empty() {
            return Err(invalid(&"there is no conversation in it"));
        }
        Ok(Archive::of_turns([turn]))
    }

    /// Reads the lines after the first one. The last line may be a part of one.
    fn rest(&self, archive: &mut Archive, mut file: impl BufRead) -> Result<(), Failure> {
        let mut line = String::new();
        loop {
            line.clear();
            let read = file.read_line(&mut line);
            read.map_err(|error| self.unreadable(&error))?;
            if line.is_empty() {
                return Ok(());
            }
            let Err(error) = archive.line(&line) else {
                continue;
            };
            let is_cut = !line.ends_with('\n');
            let file = self.file.display();
            if !is_cut || !self.partial {
                let advice = if is_cut { PARTIAL } else { "" };
                return Err(Failure::Usage(format!("{file}: {error}{advice}")));
            }
            say::warning(&format!("{file}: {error}"));
        }
    }

    async fn pinocchio(&self, store: &dyn SessionStore) -> Result<(), Failure> {
        let done = pinocchio::import(&self.file, store).await?;
        for session in &done.skipped {
            say::line(&format!(
                "session `{session}` is kept already, and was left as it is"
            ));
        }
        for (session, reason) in &done.failed {
            say::warning(&format!("session `{session}` was not imported: {reason}"));
        }
        say::out(&done.imported.join("\n"))?;
        if done.failed.is_empty() {
            Ok(())
        } else {
            Err(Failure::Reported)
        }
    }

    fn unreadable(&self, error: &std::io::Error) -> Failure {
        let path: &Path = &self.file;
        Failure::Usage(format!("cannot read `{}`: {error}", path.display()))
    }
}
