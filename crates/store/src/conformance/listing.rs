//! Sessions and their ids.

use std::{sync::Arc, time::Duration};

use super::{
    Factory,
    help::{Checked, Writer, at, events, has_turns, ok, refused, same, turn},
    list,
};
use crate::{
    Batch, Claim, Cursor, EndStatus, ErrorKind, MAX_ID_BYTES, Page, RunEnd, RunPhase, RunRecord,
    SessionStore,
};

list! {
    a_listing_has_every_session_once:
        "pages are sorted by the bytes of the id; a session that exists during the whole listing is \
         in it once, while others are created, written and deleted",
    the_newest_session_is_listed_first:
        "in the order of time, pages are sorted by the time of the last activity, then by id, both \
         descending, and sessions without a batch come last; a batch without turns, effects and run \
         is no activity, except for the first one",
    a_group_is_listed_alone:
        "a page of a group has the sessions of that group only, in either order; title and group \
         are those that were set last",
    open_runs_are_listed_alone:
        "a page of open runs has the sessions whose last run has not ended, in either order, and \
         together with a group",
    ids_are_any_text:
        "an id is any text of 1 to 512 bytes; ids that differ in any byte are different sessions",
    unknown_sessions_are_not_found:
        "reads of a session that does not exist fail as NotFound and do not create it",
}

async fn a_listing_has_every_session_once<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let ids: Vec<String> = (0..10).map(|n| format!("s{n}")).collect();
    for id in &ids {
        Writer::open(&store, id).await?.say("t", &["text"]).await?;
    }
    let (mut page, mut found) = (Page::first(3), Vec::new());
    for round in 0..100 {
        let infos = ok(store.list(&page).await, "listing")?;
        if infos.len() > page.limit {
            let len = infos.len();
            return Err(format!("a page of {} sessions has {len}", page.limit));
        }
        let Some(last) = infos.last() else { break };
        page = page.after(last);
        for info in infos {
            let expected = ok(store.info(&info.id).await, "reading a session")?;
            same(&info, &expected, "a session in a listing")?;
            found.push(info.id);
        }
        // Before and after the place of the listing.
        Writer::open(&store, &format!("a{round}")).await?;
        Writer::open(&store, &format!("s5-{round}")).await?;
        if round == 0 {
            ok(store.delete("s0").await, "deleting")?;
            let mut writer = Writer::open(&store, "s9").await?;
            writer.say("t2", &["more"]).await?;
        }
    }
    if !found.is_sorted() {
        return Err(format!("the listing is not sorted: {found:?}"));
    }
    found.retain(|id| id.len() == 2);
    same(found, ids, "the sessions of a listing")?;
    let info = ok(store.info("s9").await, "reading a session")?;
    let times = (info.created_at, info.updated_at);
    same(
        times,
        (Some(at()), Some(at())),
        "the times of the first and the last batch",
    )
}

async fn the_newest_session_is_listed_first<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    for (id, seconds) in [("a", 3), ("b", 1), ("d", 2), ("c", 2), ("e", 2)] {
        let mut writer = Writer::open(&store, id).await?;
        let time = |seconds| at() + Duration::from_secs(seconds);
        let row = writer.row(turn("t1", None, &["text"]));
        let batches = [
            Batch::new(1, time(5)).title("title"),
            Batch::new(2, time(seconds)).turn(row),
            Batch::new(3, time(9)).title("other").events(events(1..=2)),
        ];
        for batch in batches {
            let appended = store.append(&writer.lease, Arc::new(batch)).await;
            ok(appended, "appending")?;
        }
    }
    // The first batch is any.
    let writer = Writer::open(&store, "g").await?;
    let batch = Arc::new(Batch::new(1, at()).title("title"));
    ok(store.append(&writer.lease, batch).await, "appending")?;
    Writer::open(&store, "f").await?;
    let store = factory.reopen(store).await;
    for limit in [1, 2, 4, 9] {
        let (mut page, mut found) = (Page::newest(limit), Vec::new());
        loop {
            let infos = ok(store.list(&page).await, "listing")?;
            let Some(last) = infos.last() else { break };
            page = page.after(last);
            if found.len() > 9 || infos.len() > limit {
                return Err(format!("a listing of {found:?} goes on with {infos:?}"));
            }
            found.extend(infos.into_iter().map(|info| info.id));
        }
        let expected: Vec<_> = ["a", "e", "d", "c", "b", "g", "f"]
            .map(str::to_owned)
            .into();
        same(found, expected, &format!("the newest sessions, by {limit}"))?;
    }
    Ok(())
}

async fn a_group_is_listed_alone<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    for (id, group) in [("a", "x"), ("b", "y"), ("c", "x"), ("d", ""), ("e", "X")] {
        let mut writer = Writer::open(&store, id).await?;
        let batch = writer.next().title("first").group("y");
        ok(writer.append(batch).await, "appending")?;
        let batch = writer.next().title(format!("title of {id}")).group(group);
        ok(writer.append(batch).await, "appending")?;
        // Other batches leave them unchanged.
        writer.say("t", &["text"]).await?;
    }
    Writer::open(&store, "f").await?;
    let store = factory.reopen(store).await;
    let list = async |page: Page| {
        let infos = ok(store.list(&page).await, "listing")?;
        Ok::<_, String>(infos.into_iter().map(|info| info.id).collect::<Vec<_>>())
    };
    for (group, expected) in [("x", vec!["a", "c"]), ("", vec!["d"]), ("z", vec![])] {
        let expected: Vec<_> = expected.into_iter().map(str::to_owned).collect();
        let found = list(Page::first(9).of_group(group)).await?;
        same(&found, &expected, "the sessions of a group")?;
        let mut found = list(Page::newest(9).of_group(group)).await?;
        found.reverse();
        same(&found, &expected, "the sessions of a group, newest first")?;
    }
    let info = ok(store.info("a").await, "reading a session")?;
    let labels = (info.title.as_deref(), info.group.as_deref());
    same(labels, (Some("title of a"), Some("x")), "title and group")?;
    let info = ok(store.info("f").await, "reading a session")?;
    same((info.title, info.group), (None, None), "title and group")
}

async fn open_runs_are_listed_alone<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let ended = || RunPhase::Ended(RunEnd::new(EndStatus::Finished));
    for (id, phases) in [
        ("a", vec![RunPhase::Started]),
        ("b", vec![RunPhase::Started, ended()]),
        ("c", vec![RunPhase::Calling, ended(), RunPhase::Started]),
        ("d", vec![]),
        ("e", vec![RunPhase::Replied]),
    ] {
        let mut writer = Writer::open(&store, id).await?;
        writer.say("t", &["text"]).await?;
        for phase in phases {
            let batch = writer.next().run(RunRecord::new("run", 0).at(phase));
            ok(writer.append(batch.group("x")).await, "recording a run")?;
        }
        // Other batches leave it as it is.
        let batch = writer.next().title("title");
        ok(writer.append(batch).await, "setting a title")?;
    }
    let store = factory.reopen(store).await;
    let list = async |page: Page| {
        let infos = ok(store.list(&page.with_open_runs()).await, "listing")?;
        Ok::<_, String>(infos.into_iter().map(|info| info.id).collect::<String>())
    };
    let first = list(Page::first(2)).await?;
    let second = list(Page::first(2).after(Cursor::new("c", None))).await?;
    same((first, second), ("ac".into(), "e".into()), "open runs")?;
    let newest = list(Page::newest(9)).await?;
    same(newest, "eca".into(), "open runs, newest first")?;
    let group = list(Page::first(9).of_group("x")).await?;
    same(group, "ace".into(), "open runs of a group")?;
    let none = list(Page::first(9).of_group("y")).await?;
    same(none, String::new(), "open runs of another group")
}

async fn ids_are_any_text<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let long = "é".repeat(MAX_ID_BYTES / 2);
    let ids = [
        "a",
        "A",
        " ",
        "a ",
        "a/b",
        "../a",
        "a%2Fb",
        "a'; drop table session; --",
        "\"",
        "a\nb",
        "e\u{301}",
        "é",
        "日本語",
        "😀",
        "\u{feff}a",
        &long,
    ];
    for id in ids {
        let mut writer = Writer::open(&store, id).await?;
        writer.say(&format!("turn of {id}"), &["text"]).await?;
    }
    let store = factory.reopen(store).await;
    for id in ids {
        let turn = ok(store.turn(id, 0).await, &format!("reading session {id:?}"))?;
        let what = format!("the turn of session {id:?}");
        same(turn.id, format!("turn of {id}"), &what)?;
    }
    let listed = ok(store.list(&Page::first(100)).await, "listing")?;
    let listed = listed.iter().map(|info| info.id.as_str());
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    same(listed.collect(), sorted, "the ids in a listing")?;
    for (what, id) in [
        ("an empty id", String::new()),
        ("an id of 513 bytes", format!("{long}x")),
    ] {
        let result = store.open(&id, &Claim::new("a")).await;
        refused(result, ErrorKind::Invalid, &format!("opening {what}"))?;
        let result = store.fork("a", 0, &id, at()).await;
        refused(result, ErrorKind::Invalid, &format!("forking to {what}"))?;
    }
    Ok(())
}

async fn unknown_sessions_are_not_found<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let missing = ErrorKind::NotFound;
    refused(store.info("x").await, missing, "info")?;
    refused(store.turn("x", 0).await, missing, "turn")?;
    refused(store.turn_rows("x", 0, 1).await, missing, "turn_rows")?;
    refused(store.events("x", 0, 1).await, missing, "events")?;
    refused(store.effect("x", "k").await, missing, "effect")?;
    refused(store.effects("x", 0).await, missing, "effects")?;
    refused(store.request("x", "k").await, missing, "request")?;
    refused(store.fork("x", 0, "y", at()).await, missing, "fork")?;
    let deleted = ok(store.delete("x").await, "deleting")?;
    same(deleted, false, "the result of a deletion")?;
    let listed = ok(store.list(&Page::default()).await, "listing")?;
    same(listed.len(), 0, "the number of sessions")?;
    // A session exists from its first opening on.
    Writer::open(&store, "x").await?;
    has_turns(&store, "x", &[]).await?;
    let forked = store.fork("x", 0, "y", at()).await;
    refused(forked, missing, "a fork at a turn that does not exist")
}
