//! `geppetto sessions check`.

use crate::{failure::Failure, say, storage::Storage};

/// Check the whole file: its structure, and the hash of everything in it.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {}

impl Check {
    #[allow(clippy::unused_self, reason = "the form of the other verbs")]
    pub(super) async fn run(self, storage: &Storage) -> Result<(), Failure> {
        let Some(file) = storage.file() else {
            return Ok(());
        };
        let report = file.check().await?;
        for problem in &report.problems {
            say::error(problem);
        }
        if !report.is_clean() {
            say::line(&format!(
                "{} is damaged; `geppetto sessions export` still reads what is whole",
                file.path().display()
            ));
            return Err(Failure::Reported);
        }
        say::out(&format!(
            "{}: {} sessions, {} blocks, no problems",
            file.path().display(),
            report.sessions,
            report.blocks
        ))
    }
}
