//! A session that is exported as JSON lines and imported again is the same one: turns, the open
//! effects of its last run, events. What is not an export is an error, and then nothing is written.

#![allow(clippy::unwrap_used, reason = "a test's helpers panic too")]

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use geppetto_events::{Event, EventKind, EventRow, kind};
use geppetto_store::{
    Batch, Claim, EffectStart, EffectWrite, ErrorKind, Export, Import, MemoryStore, RunPhase,
    RunRecord, SessionStore, TurnRow, export_yaml,
};
use geppetto_turns::{Block, Turn};

const ID: &str = "chat-1";

fn at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn turn(id: &str, base: Option<&Turn>, texts: &[&str]) -> Turn {
    let mut turn = base.cloned().unwrap_or_default();
    id.clone_into(&mut turn.id);
    for text in texts {
        turn.push(Block::user(*text));
    }
    turn
}

fn log(seq: u64, session: &str) -> EventRow {
    let mut event = Event::new(EventKind::Log(kind::Log::new("info", "\u{1b}[2J")));
    event.seq = seq;
    Arc::make_mut(&mut event.meta).session_id = Some(session.to_owned());
    Arc::make_mut(&mut event.correlation).session_id = Some(session.to_owned());
    EventRow::single(event)
}

/// A session whose process ended while two tools ran: one has answered.
async fn cut_session() -> MemoryStore {
    let store = MemoryStore::new();
    let lease = store.open(ID, &Claim::new("a")).await.unwrap().lease;
    let mut turns: Vec<Turn> = Vec::new();
    let mut batch = Batch::new(1, at());
    for index in 0..150_u64 {
        let next = turn(
            &format!("turn-{index}"),
            turns.last(),
            &["hello\u{2028}you"],
        );
        batch = batch.turn(TurnRow::new(index, turns.last(), &next));
        turns.push(next);
    }
    let start = |key: &str| EffectStart::new(key, "run-1", 149).call(key, "pay", true);
    let finish = |key: &str| EffectWrite::Finish {
        key: key.to_owned(),
        answer: Arc::new(Block::user("paid")),
    };
    let mut run = RunRecord::new("run-1", 149).at(RunPhase::Replied);
    run.seq = 2;
    let batch = batch
        .effect(EffectWrite::Begin(start("a")))
        .effect(EffectWrite::Begin(start("b")))
        .effect(EffectWrite::Begin(start("b")))
        .effect(finish("a"))
        .run(run)
        .title("A long talk")
        .group("ann")
        .events([log(1, ID), log(2, ID), log(3, "another")]);
    store.append(&lease, Arc::new(batch)).await.unwrap();
    store
}

async fn exported(store: &MemoryStore, session: &str) -> String {
    let mut export = Export::new(store, session).await.unwrap();
    let mut all = String::new();
    while let Some(lines) = export.next().await.unwrap() {
        all.push_str(&lines);
    }
    all
}

fn read(lines: &str) -> Result<Import, geppetto_store::Error> {
    let mut import = Import::new();
    for line in lines.lines() {
        import.line(line)?;
    }
    Ok(import)
}

#[tokio::test]
async fn the_copy_is_the_same_session() {
    let store = cut_session().await;
    let lines = exported(&store, ID).await;
    let other = MemoryStore::new();
    let import = read(&lines).unwrap();
    assert_eq!(import.exported_id(), Some(ID));
    let copy = import.write(&other, ID).await.unwrap();
    let info = store.info(ID).await.unwrap();
    assert_eq!(
        (copy.turns, copy.run, copy.last_seq),
        (info.turns, info.run, 3)
    );
    assert_eq!((copy.updated_at, copy.owner), (Some(at()), None));
    assert_eq!(
        (copy.title, copy.group),
        (info.title, Some("ann".to_owned()))
    );
    for index in 0..info.turns {
        let turn = store.turn(ID, index).await.unwrap();
        assert_eq!(other.turn(ID, index).await.unwrap(), turn);
    }
    let effects = store.effects(ID, 149).await.unwrap();
    assert_eq!(effects.len(), 2);
    assert_eq!(other.effects(ID, 149).await.unwrap(), effects);
    let stats = |store: &MemoryStore| {
        let store = store.clone();
        async move { store.stats().await.unwrap() }
    };
    assert_eq!(stats(&other).await.blocks, stats(&store).await.blocks);
    assert_eq!(exported(&other, ID).await, lines);
}

#[tokio::test]
async fn a_copy_under_another_id_names_it_in_its_events() {
    let store = cut_session().await;
    let import = read(&exported(&store, ID).await).unwrap();
    let import = import.title("Copy").group("bob");
    let copy = import.write(&store, "chat-2").await.unwrap();
    assert_eq!(
        (copy.title.as_deref(), copy.group.as_deref()),
        (Some("Copy"), Some("bob"))
    );
    let events = store.events("chat-2", 0, 10).await.unwrap();
    let ids = events.iter().map(|event| {
        assert_eq!(event.meta.session_id, event.correlation.session_id);
        event.meta.session_id.as_deref()
    });
    let ids: Vec<_> = ids.collect();
    assert_eq!(ids, [Some("chat-2"), Some("chat-2"), Some("another")]);
}

#[tokio::test]
async fn events_are_numbered_again_behind_merged_ones() {
    let store = cut_session().await;
    let mut lines = exported(&store, ID).await;
    lines = lines.replace(r#""seq":3"#, r#""seq":900,"merged":4000000000"#);
    let copy = read(&lines).unwrap().write(&store, "chat-2").await.unwrap();
    assert_eq!(copy.last_seq, 3);
    assert_eq!(copy.run.unwrap().seq, 2);
}

#[tokio::test]
async fn lines_are_lines_and_safe_to_print() {
    let store = cut_session().await;
    let lines = exported(&store, ID).await;
    assert_eq!(lines.lines().count(), 1 + 150 + 2 + 3);
    let control = |c: char| (c.is_control() && c != '\n') || c == '\u{2028}';
    assert!(!lines.contains(control));
}

#[tokio::test]
async fn an_existing_session_is_not_replaced() {
    let store = cut_session().await;
    let import = read(&exported(&store, ID).await).unwrap();
    let before = store.info(ID).await.unwrap();
    let error = import.write(&store, ID).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exists);
    assert_eq!(store.info(ID).await.unwrap(), before);
}

#[tokio::test]
async fn what_is_not_an_export_is_an_error_with_its_line() {
    let header = r#"{"session":{"version":1,"id":"a"}}"#;
    let cases = [
        ("\n{", "line 2: ", ErrorKind::Invalid),
        ("[]", "line 1: ", ErrorKind::Invalid),
        (
            r#"{"turn":{"rest":{"blocks":[]}}}"#,
            "line 1: the first line must be the session",
            ErrorKind::Invalid,
        ),
        (
            r#"{"session":{"version":2,"id":"a","new":true}}"#,
            "the session was exported in format 2, and this program reads up to 1; update it",
            ErrorKind::TooNew,
        ),
    ];
    for (lines, message, kind) in cases {
        let error = read(lines).unwrap_err();
        assert!(error.to_string().starts_with(message), "{lines}: {error}");
        assert_eq!(error.kind(), kind);
    }
    let second = [
        (header, "line 2: a second session begins"),
        (
            r#"{"turn":{"kept":1,"rest":{"blocks":[]}}}"#,
            "line 2: the turn keeps 1 blocks of the 0 before it",
        ),
        (
            r#"{"effect":{"key":"k","run":"r","call_id":"c","tool":"t","idempotent":true,"begun":4000000000}}"#,
            "line 2: an effect begins 1 to 1000 times",
        ),
    ];
    for (line, message) in second {
        let error = read(&format!("{header}\n{line}")).unwrap_err();
        assert!(error.to_string().starts_with(message), "{line}: {error}");
    }
    let store = MemoryStore::new();
    let error = Import::new().write(&store, "a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    read(header).unwrap().write(&store, "b").await.unwrap();
}

#[tokio::test]
async fn an_import_that_the_store_refuses_leaves_nothing() {
    let store = MemoryStore::new();
    let lines = r#"{"session":{"version":1,"id":"a","run":{"run":"r","turn":7,"phase":"calling","totals":{},"seq":0}}}"#;
    let error = read(lines).unwrap().write(&store, "a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let missing = store.info("a").await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}

/// <https://github.com/anthropics/claude-code/issues/50347>,
/// <https://github.com/anthropics/claude-code/issues/49876>: a conversation that was cut off is not
/// taken for a whole one.
#[tokio::test]
async fn an_export_that_was_cut_off_is_not_taken_for_a_whole_one() {
    let lines = exported(&cut_session().await, ID).await;
    let whole = lines.lines().count();
    let cases = [
        (1, "the export is cut off after 0 of 150 turns"),
        (150, "the export is cut off after 149 of 150 turns"),
        (151, "the export is cut off after event 0 of 3"),
        (whole - 1, "the export is cut off after event 2 of 3"),
    ];
    for (kept, message) in cases {
        let part: Vec<&str> = lines.lines().take(kept).collect();
        let store = MemoryStore::new();
        let import = read(&part.join("\n")).unwrap();
        let error = import.write(&store, ID).await.unwrap_err();
        assert_eq!(
            (error.kind(), &*error.to_string()),
            (ErrorKind::Invalid, message)
        );
        assert_eq!(
            store.info(ID).await.unwrap_err().kind(),
            ErrorKind::NotFound
        );

        let import = read(&part.join("\n")).unwrap().partial();
        assert_eq!(import.missing().as_deref(), Some(message));
        let info = import.write(&store, ID).await.unwrap();
        assert_eq!(info.turns, (kept as u64 - 1).min(150));
        assert_eq!(info.run.is_some(), kept > 150);
    }
    assert_eq!(read(&lines).unwrap().missing(), None);
    // Earlier exports do not tell what follows.
    let old = lines.replacen(r#","turns":150,"last_seq":3"#, "", 1);
    let part: Vec<&str> = old.lines().take(150).collect();
    assert_eq!(read(&part.join("\n")).unwrap().missing(), None);
}

#[tokio::test]
async fn turns_and_yaml_become_sessions() {
    let store = cut_session().await;
    let yaml = export_yaml(&store, ID, Some(3)).await.unwrap();
    assert_eq!(
        Turn::from_yaml(&yaml).unwrap(),
        store.turn(ID, 3).await.unwrap()
    );
    let latest = Turn::from_yaml(&export_yaml(&store, ID, None).await.unwrap()).unwrap();
    assert_eq!(latest, store.turn(ID, 149).await.unwrap());

    let other = MemoryStore::new();
    let first = Turn::from_yaml(&yaml).unwrap();
    let import = Import::of_turns([first.clone(), latest.clone()]).at(at());
    let info = import.write(&other, "copy").await.unwrap();
    assert_eq!((info.turns, info.updated_at), (2, Some(at())));
    assert_eq!(other.turn("copy", 0).await.unwrap(), first);
    assert_eq!(other.turn("copy", 1).await.unwrap(), latest);
    let rows = other.turn_rows("copy", 1, 1).await.unwrap();
    let kept: Vec<_> = rows.iter().map(|row| row.kept).collect();
    assert_eq!(kept, [4]);

    store.open("empty", &Claim::new("a")).await.unwrap();
    let none = export_yaml(&store, "empty", None).await.unwrap_err();
    assert_eq!(none.to_string(), "session `empty` has no turns");
}
