//! A reader that does not read during a long reply costs neither memory nor events, and misses
//! nothing that it does not choose to miss.
//!
//! A running session holds the text of its run in any case: in the turn, and in the log for readers
//! that join. So the cost of a stalled reader is the additional growth of the process, measured by
//! comparing processes with and without one. `cargo xtask bench slow-reader` does the same with 1
//! GiB.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test's helpers panic too, and the child process prints what it measured"
)]

use std::{fs, process::Command};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, Finish, ResponseWriter, RunContext};
use geppetto_events::{Received, SlowReaderPolicy, Subscription};
use geppetto_session::{EngineRunner, Session};
use geppetto_turns::{InferenceResult, Turn};

const MIB: usize = 1024 * 1024;
const DELTA: usize = 1024;
/// Number of texts of 1 MiB in the reply.
const TEXTS: usize = 64;
/// Number of events kept by the stalled reader that drops.
const KEPT: u64 = 100;
/// Test that is run in separate processes.
const CHILD: &str = "the_live_reader_sees_it_all_and_the_stalled_one_when_it_wakes";
/// Maximum cost of a stalled reader.
const ALLOWED: usize = 16 * MIB;

/// Replies with 64 MiB.
struct Flood;

fn piece(number: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(number % 26).unwrap());
    letter.to_string().repeat(DELTA)
}

#[async_trait]
impl Engine for Flood {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let mut reply = ResponseWriter::start(ctx, turn, "test", "flood");
        let mut number = 0;
        for _ in 0..TEXTS {
            let text = reply.open_text();
            for _ in 0..MIB / DELTA {
                reply.push(text, &piece(number));
                number += 1;
                if number.is_multiple_of(16) {
                    tokio::task::yield_now().await;
                }
            }
            reply.close(text, None);
        }
        Ok(reply.finish(Finish::completed()))
    }
}

/// Events seen by a reader: their numbers, and every byte of every delta.
#[derive(Default)]
struct Seen {
    /// Number of the previous event.
    last: u64,
    deltas: usize,
    bytes: usize,
    items: usize,
    lagged: u64,
}

impl Seen {
    /// Adds an item; checks that nothing is missing, repeated or out of order.
    fn take(&mut self, item: Received) {
        let event = match item {
            Received::Event(event) => event,
            Received::Lagged(lost) => {
                self.lagged += lost;
                self.last += lost;
                return;
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(event.first_seq(), self.last + 1);
        self.last = event.seq;
        self.items += 1;
        let Some(delta) = event.text_delta() else {
            return;
        };
        self.bytes += delta.len();
        for piece_seen in delta.as_bytes().chunks(DELTA) {
            if self.lagged == 0 {
                assert_eq!(piece_seen, piece(self.deltas).as_bytes());
            }
            self.deltas += 1;
        }
    }
}

async fn read_to_the_end(mut reader: Subscription) -> Seen {
    let mut seen = Seen::default();
    while let Some(item) = reader.next().await {
        seen.take(item);
    }
    seen
}

/// Returns the peak memory of this process, in bytes.
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: usize = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}

/// One run with a live reader and a stalled one; the other test also runs it, in separate
/// processes, and selects the reader that stalls.
#[tokio::test]
async fn the_live_reader_sees_it_all_and_the_stalled_one_when_it_wakes() {
    let session = Session::new(EngineRunner::new(Flood));
    let stalled = match std::env::var("STALLED").as_deref() {
        Ok("drop") => Some(SlowReaderPolicy::Drop { max_behind: KEPT }),
        Ok("none") => None,
        _ => Some(SlowReaderPolicy::Coalesce),
    };
    let stalled = stalled.map(|policy| session.subscribe_with(policy));
    let live = tokio::spawn(read_to_the_end(session.subscribe()));
    let run = session.submit("go").await.unwrap();
    assert_eq!(run.wait().await.unwrap().blocks.len(), 1 + TEXTS);
    let events = session.stream().last_seq();
    session.stream().close();
    let live = live.await.unwrap();
    assert_eq!(
        (live.bytes, live.lagged, live.last),
        (TEXTS * MIB, 0, events)
    );
    println!("peak={} events={events}", peak().unwrap_or_default());

    // It wakes up, and everything is there.
    let Some(stalled) = stalled else { return };
    let behind = stalled.behind();
    assert_eq!(behind, events);
    let seen = read_to_the_end(stalled).await;
    assert_eq!(seen.last, events);
    if seen.lagged == 0 {
        assert_eq!(seen.bytes, TEXTS * MIB);
        assert!(
            seen.items < TEXTS * 100,
            "{} items are not merged",
            seen.items
        );
    } else {
        // Each event was seen or counted. Fewer may be left than it would keep: no reader needs the
        // run's events any more, and the stream's retention is in bytes, not in events.
        assert!(seen.lagged >= events - KEPT);
    }
}

/// Runs the child with a stalled reader of a kind, or none; returns its peak and its events.
fn run(stalled: &str) -> (usize, u64) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--nocapture", "--test-threads=1"])
        .env("STALLED", stalled)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let value = |name: &str| {
        let (_, after) = text.split_once(name).unwrap();
        let number = after.split(|c: char| !c.is_ascii_digit()).next();
        number.unwrap().parse::<u64>().unwrap()
    };
    (usize::try_from(value("peak=")).unwrap(), value("events="))
}

#[test]
fn neither_memory_nor_events_nor_what_others_see() {
    if peak().is_none() {
        println!("skipped: /proc/self/status is not there");
        return;
    }
    let (alone, events) = run("none");
    for stalled in ["coalesce", "drop"] {
        let (peak, own_events) = run(stalled);
        assert_eq!(own_events, events, "{stalled}");
        let grown = peak.saturating_sub(alone);
        assert!(
            grown <= ALLOWED,
            "{stalled}: {grown} bytes more than {alone}"
        );
    }
}
