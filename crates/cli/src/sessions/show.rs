//! `geppetto sessions show`.

use std::sync::Arc;

use geppetto_store::SessionStore;
use geppetto_timeline::{Timeline, export::markdown};

use crate::{continued, failure::Failure, say};

/// Print a conversation as Markdown.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The session, or the beginning of its id [default: the one that was used last].
    session: Option<String>,
}

impl Show {
    pub(super) async fn run(self, store: &Arc<dyn SessionStore>) -> Result<(), Failure> {
        let session = continued::named_or_latest(&**store, self.session.as_deref()).await?;
        say::out(&geppetto_turns::printable(
            &document(store, &session).await?,
        ))
    }
}

/// Returns a conversation as Markdown, with control characters as they are.
pub(super) async fn document(
    store: &Arc<dyn SessionStore>,
    session: &str,
) -> Result<String, Failure> {
    let info = store.info(session).await?;
    let turns = geppetto_store::read_turns(store, &info).await?;
    let timeline = Timeline::from_turns(&turns);
    Ok(markdown(timeline.view()))
}
