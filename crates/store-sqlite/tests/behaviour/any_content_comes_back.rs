//! Whatever a session contains comes back from the file as it was.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use geppetto_store::{
    Batch, Claim, EffectStart, EffectWrite, Export, Import, MemoryStore, Page, Restored,
    SessionStore, TurnRow,
};
use geppetto_store_sqlite::SqliteStore;
use geppetto_turns::{Block, ToolCall, Turn};
use serde_json::{Value, json};

use crate::folder::Folder;

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, n| {
        if n % 2 == 0 {
            json!([inner])
        } else {
            json!({"a": inner})
        }
    })
}

/// Writes a turn, an effect with its answer, and reads them in a new process.
async fn round_trip(call: Value, result: Value) {
    let folder = Folder::new();
    let file = folder.file();
    let store = SqliteStore::open(&file).await.unwrap();
    let mut turn = Turn::new();
    turn.id = "turn".to_owned();
    turn.push(Block::user("Hello"));
    turn.push(Block::tool_call(ToolCall::new(
        "call",
        "tool",
        call.to_string().as_str(),
    )));
    let answer = Block::tool_result("call", result);
    turn.push(answer.clone());
    let lease = store.open("s", &Claim::new("a")).await.unwrap().lease;
    let begin = EffectWrite::Begin(EffectStart::new("key", "run", 0));
    let finish = EffectWrite::Finish {
        key: "key".to_owned(),
        answer: Arc::new(answer),
    };
    let batch = Batch::new(1, SystemTime::now())
        .turn(TurnRow::new(0, None, &turn))
        .effect(begin)
        .effect(finish);
    store.append(&lease, Arc::new(batch)).await.unwrap();
    store.close().await;
    let store = SqliteStore::open(&file).await.unwrap();
    let claim = Claim::new("b").taking_over();
    let restored = Restored::open(store.clone(), "s", &claim).await.unwrap();
    assert_eq!(restored.turns, [turn.clone()]);
    store.effect("s", "key").await.unwrap().unwrap();
    assert!(store.check().await.unwrap().is_clean());
    // It can be moved elsewhere.
    let mut import = Import::new();
    let mut export = Export::new(&store, "s").await.unwrap();
    while let Some(lines) = export.next().await.unwrap() {
        lines.lines().for_each(|line| import.line(line).unwrap());
    }
    let other = MemoryStore::new();
    import.write(&other, "t").await.unwrap();
    assert_eq!(other.turn("t", 0).await.unwrap(), turn);
}

#[tokio::test]
async fn values_that_are_deeply_nested() {
    for depth in [2, 50, 100, 120, 125, 126, 127, 128, 129, 200] {
        round_trip(nested(depth), nested(depth)).await;
    }
}

#[tokio::test]
async fn texts_with_any_character() {
    let all =
        "\0 \u{1} \u{7f} \u{85} \u{2028} \u{feff} \u{fffe} \u{10ffff} \\u0000 \\ \" é e\u{301}";
    round_trip(json!({all: all}), json!(all)).await;
    let long = all.repeat(1000);
    round_trip(json!({long.as_str(): [long, {"b": long}]}), json!(long)).await;
}

#[tokio::test]
async fn numbers_at_their_limits() {
    let numbers = json!([
        u64::MAX,
        i64::MIN,
        0.1 + 0.2,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        -0.0,
        1e21,
        1e-7,
        9_007_199_254_740_993_u64
    ]);
    round_trip(json!({"n": numbers}), numbers.clone()).await;
}

#[tokio::test]
async fn ids_that_look_alike_are_different_sessions() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).await.unwrap();
    let ids = [
        "a",
        "A",
        "a ",
        " a",
        "a\0",
        "a\0b",
        "\0",
        "é",
        "e\u{301}",
        "1",
        "01",
        "1.0",
        "NULL",
        "a%",
        "a_",
        "'",
        "\"",
        "../a",
        "a/b",
        "a\nb",
        "\u{202e}a",
        "🦀",
    ];
    for (number, id) in ids.iter().enumerate() {
        let lease = store.open(id, &Claim::new("a")).await.unwrap().lease;
        let batch = Batch::new(
            1,
            SystemTime::UNIX_EPOCH + Duration::from_secs(number as u64),
        )
        .title(*id)
        .group(*id);
        store.append(&lease, Arc::new(batch)).await.unwrap();
    }
    for id in ids {
        let info = store.info(id).await.unwrap();
        assert_eq!((info.id.as_str(), info.title.as_deref()), (id, Some(id)));
        let group = store.list(&Page::first(9).of_group(id)).await.unwrap();
        assert_eq!(group, [info]);
    }
    let mut page = Page::first(3);
    let mut seen = Vec::new();
    loop {
        let infos = store.list(&page).await.unwrap();
        let Some(last) = infos.last() else { break };
        page = page.after(last);
        seen.extend(infos.into_iter().map(|info| info.id));
    }
    assert_eq!(seen.len(), ids.len());
    for id in ids {
        assert!(store.delete(id).await.unwrap());
    }
    assert_eq!(store.stats().await.unwrap().sessions, 0);
}

#[tokio::test]
async fn times_of_a_clock_that_is_wrong() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).await.unwrap();
    let year = Duration::from_secs(365 * 86_400);
    for (id, at) in [
        ("1960", SystemTime::UNIX_EPOCH - year * 10),
        ("1600", SystemTime::UNIX_EPOCH - year * 370),
        ("2500", SystemTime::UNIX_EPOCH + year * 530),
    ] {
        let lease = store.open(id, &Claim::new("a")).await.unwrap().lease;
        let batch = Batch::new(1, at).title("t");
        store.append(&lease, Arc::new(batch)).await.unwrap();
        store.info(id).await.unwrap();
    }
    let listed = store.list(&Page::first(9)).await.unwrap();
    assert_eq!(listed.len(), 3);
}

#[tokio::test]
async fn and_a_clock_that_is_set_back_extends_no_lease_for_ever() {
    let folder = Folder::new();
    let file = folder.file();
    let store = SqliteStore::open(&file).await.unwrap();
    let claim = |owner: &str| Claim::new(owner).expiring_after(Duration::from_secs(60));
    for (seconds, is_free) in [(59, false), (110, false), (130, true), (86_400 * 365, true)] {
        let id = seconds.to_string();
        store.open(&id, &claim("a")).await.unwrap();
        // As if the clock had been ahead when the lease was granted.
        let conn = rusqlite::Connection::open(&file).unwrap();
        let at = SystemTime::now() + Duration::from_secs(seconds);
        let millis = at
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_millis();
        let millis = i64::try_from(millis).unwrap();
        conn.execute(
            "update session set expires_at = ?1 where id = ?2",
            (millis, &id),
        )
        .unwrap();
        let opened = store.open(&id, &claim("b")).await;
        assert_eq!(opened.is_ok(), is_free, "{seconds}");
    }
}
