//! Import of the turn stores of pinocchio, a Go program on geppetto.
//!
//! Such a file has the tables `turns`, `blocks` and `turn_block_membership`, or those of versions before
//! February 2026: `turn_snapshots`, or a table `turns` with a column `payload`
//! (`pkg/persistence/chatstore/turn_store_sqlite.go` in <https://github.com/go-go-golems/pinocchio>).

use std::{path::Path, sync::Arc, thread};

use geppetto_store::{Batch, Claim, Error, ErrorKind, SessionStore};
use tokio::sync::mpsc;

use crate::worker::{ended, not_started};

mod read;
mod snapshots;

use read::Found;

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Imported {
    /// Ids of the sessions that were written.
    pub imported: Vec<String>,
    /// Ids of the sessions that the store has already. They are unchanged.
    pub skipped: Vec<String>,
    /// Ids of the sessions that were not written, and why.
    pub failed: Vec<(String, String)>,
}

/// Imports all sessions of a turn store of pinocchio into a store.
///
/// A conversation and session of pinocchio become session `CONVERSATION/SESSION`, or `SESSION` if both
/// ids are equal. Its turns are in the order of their creation, each as it was stored last: as `final`
/// if there is such a snapshot, otherwise the latest one. Ids, payloads and metadata are kept. Blocks
/// that neighbouring turns share are stored once.
///
/// The file is only read. Each session is written in one batch, so that an import can be repeated: a
/// session that the store has is left as it is.
///
/// # Errors
///
/// [`NotFound`](ErrorKind::NotFound) if there is no such file, [`Corrupt`](ErrorKind::Corrupt) if it is
/// no turn store of pinocchio, and those of the store.
pub async fn import<S: SessionStore + ?Sized>(
    file: impl AsRef<Path>,
    store: &S,
) -> Result<Imported, Error> {
    let path = file.as_ref().to_owned();
    let (sender, mut sessions) = mpsc::channel(1);
    let reader = thread::Builder::new().name("geppetto-import".to_owned());
    let run = move || {
        let sent = read::sessions(&path, &|found| sender.blocking_send(Ok(found)).is_ok());
        if let Err(fault) = sent {
            // Nobody waits if the import was given up.
            let _ = sender.blocking_send(Err(fault.into_error(&path)));
        }
    };
    let reader = reader.spawn(run).map_err(|error| not_started(&error))?;
    let mut done = Imported::default();
    while let Some(found) = sessions.recv().await {
        write(store, found?, &mut done).await?;
    }
    // It has sent everything, and is about to end.
    if reader.join().is_err() {
        return Err(ended());
    }
    Ok(done)
}

async fn write<S: SessionStore + ?Sized>(
    store: &S,
    found: Found,
    done: &mut Imported,
) -> Result<(), Error> {
    let Found { id, content } = found;
    let session = match content {
        Ok(session) => session,
        Err(why) => {
            done.failed.push((id, why));
            return Ok(());
        }
    };
    match store.info(&id).await {
        Ok(info) if info.turns > 0 => {
            done.skipped.push(id);
            return Ok(());
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let lease = match store.open(&id, &Claim::new("import")).await {
        Ok(opened) => opened.lease,
        Err(error) if matches!(error.kind(), ErrorKind::Held | ErrorKind::Invalid) => {
            done.failed.push((id, error.to_string()));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let mut batch = Batch::new(1, session.updated_at).synced();
    batch.turns = session.rows;
    let written = store.append(&lease, Arc::new(batch)).await;
    store.release(&lease).await?;
    match written {
        Ok(_) => done.imported.push(id),
        Err(error) if error.kind() == ErrorKind::Invalid => {
            done.failed.push((id, error.to_string()));
        }
        Err(error) => return Err(error),
    }
    Ok(())
}
