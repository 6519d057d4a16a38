//! Sessions and their ids.

use super::{
    Factory,
    help::{Checked, Writer, at, has_turns, ok, refused, same},
    list,
};
use crate::{Claim, ErrorKind, MAX_ID_BYTES, Page, SessionStore};

list! {
    a_listing_has_every_session_once:
        "pages are sorted by the bytes of the id; a session that exists during the whole listing is \
         in it once, while others are created, written and deleted",
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
        page = page.after(last.id.as_str());
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
        let result = store.fork("a", 0, &id).await;
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
    refused(store.fork("x", 0, "y").await, missing, "fork")?;
    let deleted = ok(store.delete("x").await, "deleting")?;
    same(deleted, false, "the result of a deletion")?;
    let listed = ok(store.list(&Page::default()).await, "listing")?;
    same(listed.len(), 0, "the number of sessions")?;
    // A session exists from its first opening on.
    Writer::open(&store, "x").await?;
    has_turns(&store, "x", &[]).await?;
    let forked = store.fork("x", 0, "y").await;
    refused(forked, missing, "a fork at a turn that does not exist")
}
