//! The timeline of a session, from its turns and the events of its running inference.

use geppetto_host::{Error, HostedSession};
use geppetto_timeline::Timeline;

/// Number of attempts to read a state that does not change meanwhile.
const ATTEMPTS: usize = 16;

/// Returns the current timeline of a session; its events after [`Timeline::seq`] continue it.
///
/// Does not open the session.
pub(crate) async fn joined(session: &HostedSession) -> Result<Timeline, Error> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let snapshot = session.snapshot().await?;
        let mut turns = session.turns().await?;
        let count = usize::try_from(snapshot.turn_count).unwrap_or(usize::MAX);
        // A turn may have been added or removed between the two reads; one that was added is shown
        // by the events that follow.
        if turns.len() < count && attempt < ATTEMPTS {
            tokio::task::yield_now().await;
            continue;
        }
        turns.truncate(count);
        if let Some(latest) = &snapshot.turn {
            // The snapshot has the turn at the start of the running inference, and its events.
            if turns.len() == count {
                turns.pop();
            }
            turns.push(latest.clone());
        }
        let start = snapshot
            .events
            .first()
            .map(geppetto_events::Event::first_seq);
        let start = start.map_or(snapshot.seq, |first| first.saturating_sub(1));
        let mut timeline = Timeline::from_turns(&turns).starting_after(start);
        for event in &snapshot.events {
            timeline.apply(event);
        }
        if timeline.seq() < snapshot.seq {
            timeline = timeline.starting_after(snapshot.seq);
        }
        return Ok(timeline);
    }
}
