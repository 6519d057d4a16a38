//! The turn stores of pinocchio are imported, and only read.

use std::{fs, path::PathBuf};

use geppetto_store::{ErrorKind, MemoryStore, SessionStore};
use geppetto_store_sqlite::{SqliteStore, pinocchio};
use geppetto_turns::BlockKind;
use rusqlite::Connection;
use serde_json::json;

use crate::folder::Folder;

/// The tables as pinocchio creates them.
const TABLES: &str = "
    create table turns(
      conv_id text not null, session_id text not null, turn_id text not null,
      turn_created_at_ms integer not null, turn_metadata_json text not null default '{}',
      turn_data_json text not null default '{}', runtime_key text not null default '',
      inference_id text not null default '', updated_at_ms integer not null,
      primary key(conv_id, session_id, turn_id));
    create table blocks(
      block_id text not null, content_hash text not null,
      hash_algorithm text not null default 'sha256-canonical-json-v1', kind text not null,
      role text not null default '', payload_json text not null default '{}',
      block_metadata_json text not null default '{}', first_seen_at_ms integer not null,
      primary key(block_id, content_hash));
    create table turn_block_membership(
      conv_id text not null, session_id text not null, turn_id text not null,
      phase text not null, snapshot_created_at_ms integer not null, ordinal integer not null,
      block_id text not null, content_hash text not null,
      primary key(conv_id, session_id, turn_id, phase, snapshot_created_at_ms, ordinal));";

const ROWS: &str = r#"
    insert into turns values
      ('c1', 's1', 't2', 2000, '{}', 'null', '', '', 2500),
      ('c1', 's1', 't1', 1000, '{"geppetto.session_id@v1":"s1"}', '{"app.x@v1":{"a":1}}', '', '', 1500),
      ('same', 'same', 't1', 3000, '{}', '{}', '', '', 3500),
      ('bad', 's1', 't1', 4000, '{}', '{}', '', '', 4500);
    insert into blocks values
      ('b1', 'h1', '', 'user', 'user', '{"text":"hi"}', '{}', 1),
      ('b2', 'h1', '', 'llm_text', 'assistant', '{"text":"par"}', '{}', 1),
      ('b2', 'h2', '', 'llm_text', 'assistant', '{"text":"partial, then whole"}', '{"m":1}', 1),
      ('b3', 'h1', '', 'tool_call', '', '{"id":"call","name":"f","args":{"x":1}}', 'null', 1),
      ('b4', 'h1', '', 'thinking_of_later', '', '{"what":"kept"}', '{}', 1);
    insert into turn_block_membership values
      ('c1', 's1', 't1', 'post_inference', 1400, 0, 'b1', 'h1'),
      ('c1', 's1', 't1', 'post_inference', 1400, 1, 'b2', 'h1'),
      ('c1', 's1', 't1', 'final', 1300, 0, 'b1', 'h1'),
      ('c1', 's1', 't1', 'final', 1300, 1, 'b2', 'h2'),
      ('c1', 's1', 't2', 'pre_inference', 2100, 0, 'b1', 'h1'),
      ('c1', 's1', 't2', 'post_tools', 2200, 0, 'b1', 'h1'),
      ('c1', 's1', 't2', 'post_tools', 2200, 1, 'b2', 'h2'),
      ('c1', 's1', 't2', 'post_tools', 2200, 2, 'b3', 'h1'),
      ('same', 'same', 't1', 'final', 3000, 0, 'b4', 'h1'),
      ('bad', 's1', 't1', 'final', 4000, 0, 'b9', 'h1');"#;

fn file(folder: &Folder) -> PathBuf {
    let file = folder.file();
    let conn = Connection::open(&file).unwrap();
    conn.execute_batch(TABLES).unwrap();
    conn.execute_batch(ROWS).unwrap();
    file
}

#[tokio::test]
async fn with_ids_payloads_and_metadata() {
    let folder = Folder::new();
    let file = file(&folder);
    let before = fs::read(&file).unwrap();
    let store = SqliteStore::open(folder.file()).await.unwrap();
    let done = pinocchio::import(&file, &store).await.unwrap();
    assert_eq!(done.imported, ["c1/s1", "same"]);
    let why = "block `b9` of turn `t1` is missing".to_owned();
    assert_eq!(done.failed, [("bad/s1".to_owned(), why)]);
    assert_eq!(fs::read(&file).unwrap(), before);

    let first = store.turn("c1/s1", 0).await.unwrap();
    let texts: Vec<_> = first
        .blocks
        .iter()
        .filter_map(|block| block.text())
        .collect();
    assert_eq!(
        (first.id.as_str(), texts),
        ("t1", vec!["hi", "partial, then whole"])
    );
    assert_eq!(first.session_id(), Some("s1"));
    assert_eq!(first.data.iter().next().unwrap().1, &json!({"a": 1}));
    let second = store.turn("c1/s1", 1).await.unwrap();
    assert_eq!(second.blocks.len(), 3);
    assert_eq!(second.tool_calls().next().unwrap().name, "f");
    let other = store.turn("same", 0).await.unwrap();
    assert_eq!(other.blocks.get(0).unwrap().kind(), BlockKind::Other);
    let info = store.info("c1/s1").await.unwrap();
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_millis(2500);
    assert_eq!((info.updated_at, info.owner), (Some(time), None));
    // Blocks that turns share are there once.
    let stats = store.stats().await.unwrap();
    assert_eq!((stats.blocks, stats.positions), (4, 4));
    assert!(store.check().await.unwrap().is_clean());
}

/// A table of snapshots, as earlier versions create it.
fn snapshots(table: &str, session: &str) -> String {
    format!(
        r#"create table {table}(
             conv_id text not null, {session} text not null, turn_id text not null,
             phase text not null, created_at_ms integer not null, payload text not null,
             primary key(conv_id, {session}, turn_id, phase, created_at_ms));
           insert into {table} values
             ('c2', 's1', 't2', 'final', 900, 'id: t2
blocks:
- {{kind: user, payload: {{text: hi}}}}
- {{kind: llm_text, payload: {{text: hello}}}}
- {{kind: user, payload: {{text: more}}}}'),
             ('c2', 's1', 't1', 'final', 600, 'id: t1
blocks:
- {{kind: user, payload: {{text: hi}}}}
- {{kind: llm_text, payload: {{text: hello}}}}'),
             ('c2', 's1', 't1', 'post_tools', 700, 'id: t1'),
             ('c1', 's1', 't0', 'pre_inference', 500, 'blocks: [{{kind: user, payload: {{text: old}}}}]'),
             ('c1', 's1', 't1', 'final', 1000, 'id: t1'),
             ('broken', 's1', 't1', 'final', 800, 'blocks: 7');"#
    )
}

#[tokio::test]
async fn from_the_tables_of_earlier_versions() {
    let folder = Folder::new();
    for (table, session) in [("turn_snapshots", "session_id"), ("turns", "run_id")] {
        let file = folder.file();
        let conn = Connection::open(&file).unwrap();
        conn.execute_batch(&snapshots(table, session)).unwrap();
        let store = MemoryStore::new();
        let done = pinocchio::import(&file, &store).await.unwrap();
        assert_eq!(done.imported, ["c1/s1", "c2/s1"]);
        let (id, why) = &done.failed[0];
        assert!(id == "broken/s1" && why.contains("turn `t1`"), "{why}");
        assert_eq!(store.turn("c2/s1", 0).await.unwrap().blocks.len(), 2);
        let rows = store.turn_rows("c2/s1", 1, 1).await.unwrap();
        assert_eq!((rows[0].kept, rows[0].blocks.len()), (2, 1));
        let info = store.info("c2/s1").await.unwrap();
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_millis(900);
        assert_eq!((info.turns, info.updated_at), (2, Some(time)));
    }
}

#[tokio::test]
async fn and_turns_that_a_later_version_did_not_convert() {
    let folder = Folder::new();
    let file = file(&folder);
    let conn = Connection::open(&file).unwrap();
    conn.execute_batch(&snapshots("turn_snapshots", "session_id"))
        .unwrap();
    let store = MemoryStore::new();
    let done = pinocchio::import(&file, &store).await.unwrap();
    assert_eq!(done.imported, ["c1/s1", "c2/s1", "same"]);
    let mut ids = Vec::new();
    for index in 0..3 {
        ids.push(store.turn("c1/s1", index).await.unwrap().id);
    }
    assert_eq!(ids, ["t0", "t1", "t2"]);
    // That of the tables with blocks.
    assert_eq!(store.turn("c1/s1", 1).await.unwrap().blocks.len(), 2);
}

#[tokio::test]
async fn once_although_the_import_is_repeated() {
    let folder = Folder::new();
    let file = file(&folder);
    let store = MemoryStore::new();
    pinocchio::import(&file, &store).await.unwrap();
    let again = pinocchio::import(&file, &store).await.unwrap();
    assert_eq!(again.skipped, ["c1/s1", "same"]);
    assert!(again.imported.is_empty());
    assert_eq!(store.info("c1/s1").await.unwrap().turns, 2);
}

#[tokio::test]
async fn and_other_files_are_refused() {
    let folder = Folder::new();
    let store = MemoryStore::new();
    let error = pinocchio::import(folder.file(), &store).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let other = folder.file();
    SqliteStore::open(&other).await.unwrap().close().await;
    let error = pinocchio::import(&other, &store).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let message = error.to_string();
    assert!(
        message.contains("is no turn store of pinocchio"),
        "{message}"
    );
}
