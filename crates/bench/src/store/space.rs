//! Bytes on disk over unique content.

use std::{collections::HashSet, fmt::Write as _, sync::Arc, time::SystemTime};

use geppetto_store::{Batch, Claim, SessionStore, TurnRow};
use geppetto_store_sqlite::SqliteStore;
use geppetto_turns::{Block, ImagePart, Turn};
use serde_json::json;

use super::{Folder, Measured, size};
use crate::Failure;

const TURNS: u64 = 10_000;
const FORKS: u64 = 100;
const IMAGES: u64 = 20;

pub(super) async fn run(folder: &Folder) -> Result<Measured, Failure> {
    let file = folder.file("space.db");
    let store = SqliteStore::open(&file).await?;
    let mut content = Content::default();
    let mut latest: Option<Turn> = None;
    let lease = store.open("origin", &Claim::new("bench")).await?.lease;
    for n in 0..TURNS {
        let next = turn(n, n, latest.as_ref());
        content.add(&next, latest.as_ref())?;
        let row = TurnRow::new(n, latest.as_ref(), &next);
        let batch = Batch::new(n + 1, SystemTime::now()).turn(row);
        store.append(&lease, Arc::new(batch)).await?;
        latest = Some(next);
    }
    for fork in 0..FORKS {
        let (id, index) = (format!("fork {fork}"), TURNS / FORKS * fork);
        store.fork("origin", index, &id, SystemTime::now()).await?;
        let opened = store.open(&id, &Claim::new("bench")).await?;
        let mut latest = opened.latest;
        for n in 0..5 {
            let next = turn(TURNS + fork * 5 + n, n, latest.as_ref());
            content.add(&next, latest.as_ref())?;
            let row = TurnRow::new(index + 1 + n, latest.as_ref(), &next);
            let batch = Batch::new(n + 1, SystemTime::now()).turn(row);
            store.append(&opened.lease, Arc::new(batch)).await?;
            latest = Some(next);
        }
    }
    store.close().await;
    let on_disk = size(&file)?;
    let unique = content.bytes;
    let ratio = ratio(on_disk, unique);
    let mut text = String::new();
    writeln!(
        text,
        "{TURNS} turns and {FORKS} forks, questions of 200 and answers of 1,500 bytes, one of \
         {IMAGES} images of 100 KiB in each tenth question\n\n  {unique} bytes of unique JSON, \
         {on_disk} on disk: {ratio:.3} (target: at most 1.3)\n"
    )?;
    let value = json!({"unique_bytes": unique, "disk_bytes": on_disk, "ratio": ratio});
    Ok((value, text))
}

/// Returns the turn after `base`, which has an image that others have too if `n` is a multiple of 10.
fn turn(unique: u64, n: u64, base: Option<&Turn>) -> Turn {
    let mut turn = base.cloned().unwrap_or_default();
    turn.id = format!("018f2c5e-7d3b-7c41-9a52-{unique:012x}");
    let question = format!("{unique:012} {}", "question ".repeat(21));
    let block = if n.is_multiple_of(10) {
        Block::user_with_images(question, [image(unique % IMAGES)])
    } else {
        Block::user(question)
    };
    turn.push(block.with_id(format!("018f2c5e-7d3b-7c41-9a53-{unique:012x}")));
    let answer = format!("{unique:012} {}", "answer ".repeat(213));
    let block = Block::llm_text(answer);
    turn.push(block.with_id(format!("018f2c5e-7d3b-7c41-9a54-{unique:012x}")));
    turn
}

fn image(n: u64) -> ImagePart {
    let mut random = fastrand::Rng::with_seed(n);
    let bytes: Vec<u8> = (0..100 << 10).map(|_| random.u8(..)).collect();
    ImagePart::bytes("image/png", bytes)
}

/// Size of everything that differs.
#[derive(Default)]
struct Content {
    images: HashSet<String>,
    bytes: u64,
}

impl Content {
    fn add(&mut self, turn: &Turn, base: Option<&Turn>) -> Result<(), Failure> {
        let row = TurnRow::new(0, base, turn);
        self.bytes += serde_json::to_string(&row.head)?.len() as u64;
        for block in &row.blocks {
            self.bytes += serde_json::to_string(&**block)?.len() as u64;
            let geppetto_turns::Content::User(user) = &block.content else {
                continue;
            };
            for image in &user.images {
                let image = serde_json::to_string(&image)?;
                if !self.images.insert(image.clone()) {
                    self.bytes -= image.len() as u64;
                }
            }
        }
        Ok(())
    }
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn ratio(a: u64, b: u64) -> f64 {
    a as f64 / b as f64
}
