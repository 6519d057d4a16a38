//! Runs that were cut off when a server was killed.

use std::time::Duration;

use geppetto_host::{ErrorKind, Host};
use geppetto_store::{Page, SessionStore as _};

use crate::{owner::Role, say};

/// Number of sessions that are listed at once.
const PAGE: usize = 256;

/// Time after which sessions of a server with another name are free.
const AGAIN: Duration = Duration::from_secs(31);

/// Continues the runs of servers that were killed or told to end. Runs of other programs, and those
/// that were imported, which have no owner, are left to people.
pub(super) async fn own_runs(host: Host) {
    let mut sessions = match open_runs(&host).await {
        Ok(sessions) => sessions,
        Err(error) => return say::warning(&format!("interrupted answers do not go on: {error}")),
    };
    for attempt in 0..2 {
        if attempt > 0 && !sessions.is_empty() {
            tokio::time::sleep(AGAIN).await;
        }
        let mut held = Vec::new();
        for id in sessions {
            let session = host.session(id.as_str());
            match session.open_existing().await {
                Ok(opened) => {
                    say::detail(&format!("session `{id}` goes on"));
                    tokio::spawn(async move {
                        session.idle().await;
                        drop(opened);
                    });
                }
                Err(error) if error.kind() == ErrorKind::Held => held.push(id),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => say::warning(&format!("session `{id}` does not go on: {error}")),
            }
        }
        sessions = held;
    }
}

async fn open_runs(host: &Host) -> Result<Vec<String>, geppetto_store::Error> {
    let mut page = Page::first(PAGE).with_open_runs();
    let mut found = Vec::new();
    loop {
        let infos = host.store().list(&page).await?;
        let Some(last) = infos.last() else {
            return Ok(found);
        };
        page = page.after(last);
        let is_own = |owner: &String| owner.starts_with(Role::Server.prefix());
        let own = infos.into_iter();
        let own = own.filter(|info| info.owner.as_ref().is_some_and(is_own));
        found.extend(own.map(|info| info.id));
    }
}
