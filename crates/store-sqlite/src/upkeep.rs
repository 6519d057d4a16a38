//! Vacuum and backup.

use std::{
    fs::{self, File},
    path::Path,
};

use geppetto_store::{Error, ErrorKind};

use crate::{SqliteStore, fault::Result, file};

impl SqliteStore {
    /// Rewrites the file without unused space, which deleted sessions leave. Needs about the size of
    /// the file as free space. Writes wait in the meantime; reads do not.
    ///
    /// # Errors
    ///
    /// [`Full`](ErrorKind::Full) if there is no space, and those of the storage. The content is
    /// unchanged then.
    pub async fn vacuum(&self) -> Result<(), Error> {
        let vacuumed = self.inner().writer.alone(|conn| {
            conn.execute_batch("vacuum")?;
            // Readers that see the old content keep the log for as long as they need it.
            conn.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
            Ok(())
        });
        vacuumed.await
    }

    /// Writes the content to another file, which is a store without unused space, readable by its
    /// owner only, and synced. Others can read and write in the meantime; the copy is of the moment
    /// at which it begins.
    ///
    /// # Errors
    ///
    /// [`Exists`](ErrorKind::Exists) if there is such a file already. Those of the storage.
    pub async fn backup(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = file::absolute(path.as_ref())?;
        let workers = &self.inner().workers;
        workers
            .outside(move |conn| {
                file::create_new(&path)?;
                let copied = copy(conn, &path);
                if copied.is_err() {
                    // What is incomplete is no backup.
                    let _ = fs::remove_file(&path);
                }
                copied
            })
            .await
    }
}

fn copy(conn: &rusqlite::Connection, path: &Path) -> Result<()> {
    let Some(name) = path.to_str() else {
        let message = format!("the name of `{}` is not UTF-8", path.display());
        return Err(Error::new(ErrorKind::Invalid, message).into());
    };
    conn.execute("vacuum into ?", [name])?;
    let synced = File::open(path).and_then(|file| file.sync_all());
    Ok(synced.map_err(|error| {
        let message = format!("syncing `{}` failed ({error})", path.display());
        Error::new(ErrorKind::Unavailable, message).with_source(error)
    })?)
}
