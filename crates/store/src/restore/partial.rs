//! Text of a reply that was in flight.

use geppetto_events::EventKind;

use crate::{Error, RunRecord, SessionInfo, SessionStore};

const PAGE: usize = 256;

/// Returns the text of the reply whose call was in flight, as far as its events are stored.
pub(super) async fn read<S: SessionStore>(
    store: &S,
    info: &SessionInfo,
    run: &RunRecord,
) -> Result<String, Error> {
    let mut text = String::new();
    let mut after = run.seq;
    loop {
        let events = store.events(&info.id, after, PAGE).await?;
        let Some(last) = events.last() else {
            return Ok(text);
        };
        after = last.seq;
        for event in &events {
            match &event.kind {
                EventKind::ProviderCallStarted(_) | EventKind::ProviderCallDiscarded(_) => {
                    text.clear();
                }
                _ => text.push_str(event.text_delta().unwrap_or_default()),
            }
        }
    }
}
