//! What a process has acknowledged is there after it was killed.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::Arc,
    time::SystemTime,
};

use geppetto_store::{Batch, Claim, SessionStore, TurnRow};
use geppetto_store_sqlite::SqliteStore;
use geppetto_turns::{Block, Turn};

use crate::folder::Folder;

const FILE: &str = "GEPPETTO_TEST_FILE";

/// The process that is killed, if the other test starts it. Writes the number of each batch that was
/// acknowledged.
#[tokio::test]
async fn writer() {
    let Ok(file) = std::env::var(FILE) else {
        return;
    };
    let store = SqliteStore::open(file).await.unwrap();
    let claim = Claim::new(std::process::id().to_string()).taking_over();
    let opened = store.open("s", &claim).await.unwrap();
    let (lease, mut latest) = (opened.lease, opened.latest);
    for number in 1.. {
        let index = opened.info.turns + number - 1;
        let mut turn = latest.clone().unwrap_or_default();
        turn.id = format!("turn {index}");
        turn.push(Block::user(format!("text {index}")));
        let row = TurnRow::new(index, latest.as_ref(), &turn);
        let batch = Batch::new(number, SystemTime::UNIX_EPOCH).turn(row);
        let batch = if number % 5 == 0 {
            batch.synced()
        } else {
            batch
        };
        store.append(&lease, Arc::new(batch)).await.unwrap();
        println!("acknowledged {index}");
        latest = Some(turn);
    }
}

#[tokio::test]
async fn that_was_acknowledged() {
    let folder = Folder::new();
    let file = folder.file();
    let mut acknowledged = None;
    for kill in 0..8 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("a_killed_process_loses_nothing::writer")
            .env(FILE, &file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let numbers = lines.filter_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("acknowledged ")?.parse::<u64>().ok()
        });
        // The pipe is read on: what is written between the number and the kill counts too.
        let mut numbers = numbers.inspect(|number| acknowledged = Some(*number));
        assert!(numbers.by_ref().nth(kill * 7 + 3).is_some());
        child.kill().unwrap();
        numbers.for_each(drop);
        child.wait().unwrap();

        let store = SqliteStore::open(&file).await.unwrap();
        let info = store.info("s").await.unwrap();
        let last = acknowledged.unwrap();
        assert!(info.turns > last, "{} turns of {last}", info.turns);
        let turn = store.turn("s", last).await.unwrap();
        let texts: Vec<_> = turn
            .blocks
            .iter()
            .filter_map(|block| block.text())
            .collect();
        let expected: Vec<_> = (0..=last).map(|index| format!("text {index}")).collect();
        assert_eq!(texts, expected);
        assert!(store.check().await.unwrap().is_clean());
        store.close().await;
    }
    let _: Turn = SqliteStore::open(&file)
        .await
        .unwrap()
        .turn("s", 0)
        .await
        .unwrap();
}
