//! [`SessionFlags`]: the session that a prompt belongs to.

use geppetto_engine::{IdSource, RandomIds};
use geppetto_host::{Host, HostedSession};
use geppetto_store::{Page, SessionStore};

use crate::failure::Failure;

/// Maximum number of sessions among which a beginning of an id is looked for.
const MOST: usize = 10_000;

/// Flags that choose the session.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct SessionFlags {
    /// Go on with a session: its id, or the beginning of it.
    #[arg(short, long, value_name = "ID", help_heading = "Sessions")]
    pub(crate) session: Option<String>,
    /// Go on with the session that was used last.
    #[arg(
        short = 'c',
        long = "continue",
        conflicts_with = "session",
        help_heading = "Sessions"
    )]
    pub(crate) last: bool,
    /// Start a session with an id of your own.
    #[arg(
        long,
        value_name = "ID",
        conflicts_with_all = ["session", "last"],
        help_heading = "Sessions"
    )]
    pub(crate) new_session: Option<String>,
}

impl SessionFlags {
    /// Returns `true` if the session must be in the store.
    pub(crate) fn is_continued(&self) -> bool {
        self.session.is_some() || self.last
    }

    /// Returns the session.
    pub(crate) async fn open(&self, host: &Host) -> Result<HostedSession, Failure> {
        if let Some(named) = &self.session {
            return Ok(host.session(find(host.store(), named).await?));
        }
        if self.last {
            return Ok(host.session(latest(host.store()).await?));
        }
        let Some(id) = &self.new_session else {
            return Ok(host.session(new_id()));
        };
        geppetto_store::check_id(id).map_err(|error| Failure::Usage(error.to_string()))?;
        match host.store().info(id).await {
            Ok(info) if info.created_at.is_some() => Err(Failure::Usage(format!(
                "session `{id}` exists already; go on with it with --session {id}"
            ))),
            Err(error) if error.kind() != geppetto_store::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(host.session(id.as_str())),
        }
    }
}

/// Returns a new id: short, because people type it.
pub(crate) fn new_id() -> String {
    let id = RandomIds::new().next_id();
    let letters = id.chars().filter(char::is_ascii_alphanumeric);
    letters.take(12).collect()
}

/// The source of such ids.
pub(crate) struct ShortIds;

impl IdSource for ShortIds {
    fn next_id(&self) -> String {
        new_id()
    }
}

/// Returns the id of the session that was used last.
async fn latest(store: &dyn SessionStore) -> Result<String, Failure> {
    let found = store.list(&Page::newest(1)).await?;
    match found.first() {
        Some(info) => Ok(info.id.clone()),
        None => Err(Failure::Usage(
            "there is no session to go on with".to_owned(),
        )),
    }
}

/// Returns the id of a session: the named one, or the one that was used last.
pub(crate) async fn named_or_latest(
    store: &dyn SessionStore,
    named: Option<&str>,
) -> Result<String, Failure> {
    match named {
        Some(named) => find(store, named).await,
        None => latest(store).await,
    }
}

/// Returns the id of the session with this id, or the only one whose id begins with it.
pub(crate) async fn find(store: &dyn SessionStore, named: &str) -> Result<String, Failure> {
    match store.info(named).await {
        Ok(info) => return Ok(info.id),
        Err(error) if error.kind() == geppetto_store::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let mut sessions = Vec::new();
    if !named.is_empty() {
        sessions = store.list(&Page::newest(MOST)).await?;
    }
    let begins = |info: &&geppetto_store::SessionInfo| info.id.starts_with(named);
    let found: Vec<_> = sessions.iter().filter(begins).take(3).collect();
    match found.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => Err(Failure::Usage(format!(
            "there is no session `{named}`; `geppetto sessions list` lists them"
        ))),
        several => {
            let ids: Vec<&str> = several.iter().map(|info| info.id.as_str()).collect();
            Err(Failure::Usage(format!(
                "several sessions begin with `{named}`: {}, ...",
                ids.join(", ")
            )))
        }
    }
}
