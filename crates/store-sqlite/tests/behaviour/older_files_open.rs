//! A file of each format that was ever written opens, and has what it had.

use geppetto_store::{Claim, EndStatus, Page, RunEnd, RunPhase, SessionStore};
use geppetto_store_sqlite::SqliteStore;
use rusqlite::Connection;

use crate::folder::Folder;

/// Files as `sqlite3 FILE .dump` writes them: two sessions, of which the second one is a fork, with
/// a long string, an effect, events and a request.
const DUMPS: [&str; 3] = [
    include_str!("../data/format_1.sql"),
    include_str!("../data/format_2.sql"),
    include_str!("../data/format_3.sql"),
];

#[tokio::test]
async fn with_all_that_they_had() {
    let folder = Folder::new();
    for dump in DUMPS {
        let file = folder.file();
        let conn = Connection::open(&file).unwrap();
        conn.execute_batch(dump).unwrap();
        drop(conn);

        let store = SqliteStore::open(&file).await.unwrap();
        let report = store.check().await.unwrap();
        assert!(report.is_clean(), "{report:#?}");
        let listed = store.list(&Page::default()).await.unwrap();
        let listed: Vec<_> = listed.iter().map(|info| info.id.as_str()).collect();
        assert_eq!(listed, ["chat", "fork"]);
        let info = store.info("chat").await.unwrap();
        assert_eq!((info.turns, info.last_seq), (2, 4));
        assert_eq!(info.title.as_deref(), Some("A chat"));
        let end = RunEnd::new(EndStatus::Finished);
        assert_eq!(info.run.unwrap().phase, RunPhase::Ended(end));
        let turn = store.turn("chat", 1).await.unwrap();
        assert_eq!(turn.blocks.len(), 4);
        let long = turn.blocks.get(2).unwrap().text().unwrap().to_owned();
        assert_eq!(long, "long ".repeat(1000));
        let events = store.events("chat", 0, 9).await.unwrap();
        assert_eq!(events.last().unwrap().seq, 4);
        let text: String = events
            .iter()
            .filter_map(|event| event.text_delta())
            .collect();
        assert_eq!(text, "Hello");
        let effect = store.effect("chat", "key").await.unwrap().unwrap();
        assert!(effect.answer().is_some());
        assert!(store.request("chat", "submit").await.unwrap().is_some());
        let fork = store.info("fork").await.unwrap();
        assert_eq!(fork.forked_from, Some(("chat".to_owned(), 0)));
        let opened = store.open("fork", &Claim::new("a")).await.unwrap();
        assert_eq!(opened.latest.unwrap().blocks.len(), 2);
    }
}

#[tokio::test]
async fn and_the_runs_that_they_left_open_are_found() {
    let folder = Folder::new();
    let file = folder.file();
    let conn = Connection::open(&file).unwrap();
    let [format_1, ..] = DUMPS;
    conn.execute_batch(format_1).unwrap();
    let sql =
        r#"update session set run = replace(run, '{"ended":{"status":"finished"}}', '"calling"')"#;
    conn.execute_batch(sql).unwrap();
    drop(conn);
    let store = SqliteStore::open(&file).await.unwrap();
    let open = store.list(&Page::default().with_open_runs()).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].run.as_ref().unwrap().phase, RunPhase::Calling);
}
