//! Listings.

use std::{cmp::Reverse, collections::BTreeMap, ops::Bound};

use tokio::time::Instant;

use super::session::Kept;
use crate::{Cursor, Order, Page, SessionInfo};

pub(super) fn list(sessions: &BTreeMap<String, Kept>, page: &Page) -> Vec<SessionInfo> {
    let now = Instant::now();
    let is_listed = |kept: &Kept| {
        (page.group.is_none() || kept.group == page.group)
            && (!page.open_runs || kept.has_open_run())
            && (!page.unowned || kept.is_unowned(now))
    };
    if page.order == Order::Newest {
        return newest(sessions, page, is_listed);
    }
    let from = match &page.after {
        Some(after) => Bound::Excluded(after.id.as_str()),
        None => Bound::Unbounded,
    };
    let sessions = sessions.range::<str, _>((from, Bound::Unbounded));
    let listed = sessions.filter(|(_, kept)| is_listed(kept));
    let infos = listed.map(|(id, kept)| kept.info(id));
    infos.take(page.limit).collect()
}

/// Sorts all sessions: a store in memory has few.
fn newest(
    sessions: &BTreeMap<String, Kept>,
    page: &Page,
    is_listed: impl Fn(&Kept) -> bool,
) -> Vec<SessionInfo> {
    let after = |own: &Cursor| Reverse((own.updated_at, own.id.clone()));
    let after = page.after.as_ref().map(after);
    let listed = sessions.iter().filter(|(_, kept)| is_listed(kept));
    let mut keys: Vec<_> = listed
        .map(|(id, kept)| Reverse((kept.updated_at, id.clone())))
        .filter(|key| after.as_ref().is_none_or(|after| key > after))
        .collect();
    keys.sort_unstable();
    keys.truncate(page.limit);
    let info = |Reverse((_, id)): &Reverse<(_, String)>| Some(sessions.get(id)?.info(id));
    keys.iter().filter_map(info).collect()
}
