//! A session whose engine writes a lot, and its readers.

use geppetto_engine::{Engine, EngineError, Finish, ResponseWriter, RunContext};
use geppetto_events::{Received, SlowReaderPolicy, Subscription};
use geppetto_session::{EngineRunner, Session};
use geppetto_turns::{InferenceResult, Turn};

use crate::Failure;

const DELTA: usize = 1024;
const TEXT: usize = 1024 * 1024;

struct Flood {
    texts: u32,
}

fn letter(number: usize) -> char {
    char::from_digit(u32::try_from(number % 36).unwrap_or_default(), 36).unwrap_or('-')
}

#[async_trait::async_trait]
impl Engine for Flood {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let mut reply = ResponseWriter::start(ctx, turn, "bench", "flood");
        let pieces: Vec<String> = (0..36)
            .map(|n| letter(n).to_string().repeat(DELTA))
            .collect();
        let mut pieces = pieces.iter().cycle();
        for _ in 0..self.texts {
            let text = reply.open_text();
            for number in 0..TEXT / DELTA {
                reply.push(text, pieces.next().map_or("", String::as_str));
                if number.is_multiple_of(16) {
                    tokio::task::yield_now().await;
                }
            }
            reply.close(text, None);
        }
        Ok(reply.finish(Finish::completed()))
    }
}

/// A finished run, and the reader that has yet to read it.
pub(super) struct Done {
    pub(super) events: u64,
    bytes: usize,
    stalled: Option<Subscription>,
}

/// Sends `mib` MiB to a reader that keeps up and, depending on the policy, to one that does not.
pub(super) async fn run(policy: Option<SlowReaderPolicy>, mib: u32) -> Result<Done, Failure> {
    let session = Session::new(EngineRunner::new(Flood { texts: mib }));
    let stalled = policy.map(|policy| session.subscribe_with(policy));
    let live = tokio::spawn(read(session.subscribe()));
    let run = session.submit("go").await?;
    run.wait().await?;
    session.stream().close();
    let seen = live.await?;
    let bytes = TEXT * usize::try_from(mib)?;
    if (seen.bytes, seen.lagged) != (bytes, 0) || seen.wrong > 0 {
        return Err(format!("the live reader saw {seen:?} of {bytes} bytes").into());
    }
    Ok(Done {
        events: session.stream().last_seq(),
        bytes,
        stalled,
    })
}

impl Done {
    /// Lets the stalled reader read. Returns how many items it got, and how many events it lost.
    pub(super) async fn wake(mut self) -> Result<(u64, u64, u64), Failure> {
        let Some(stalled) = self.stalled.take() else {
            return Ok((self.events, 0, 0));
        };
        let seen = read(stalled).await;
        let whole = seen.lagged > 0 || seen.bytes == self.bytes;
        if !whole || seen.wrong > 0 || seen.last != self.events {
            return Err(format!("the stalled reader saw {seen:?}").into());
        }
        Ok((self.events, seen.items, seen.lagged))
    }
}

#[derive(Debug, Default)]
struct Seen {
    bytes: usize,
    items: u64,
    lagged: u64,
    last: u64,
    /// Pieces out of order.
    wrong: usize,
}

async fn read(mut reader: Subscription) -> Seen {
    let (mut seen, mut number) = (Seen::default(), 0);
    while let Some(item) = reader.next().await {
        let event = match item {
            Received::Event(event) => event,
            Received::Lagged(lost) => {
                seen.lagged += lost;
                seen.last += lost;
                continue;
            }
            _ => continue,
        };
        seen.wrong += usize::from(event.first_seq() != seen.last + 1);
        seen.last = event.seq;
        seen.items += 1;
        let Some(delta) = event.text_delta() else {
            continue;
        };
        seen.bytes += delta.len();
        for piece in delta.as_bytes().chunks(DELTA) {
            let expect = u8::try_from(letter(number)).unwrap_or_default();
            let right = piece.len() == DELTA && piece.iter().all(|byte| *byte == expect);
            seen.wrong += usize::from(!right && seen.lagged == 0);
            number += 1;
        }
    }
    seen
}
