use geppetto_testing::Reply;

use crate::{
    cell::{Cell, Mode, sse},
    lab::{client, run},
    places::Place,
    table::Script,
};

const MIB: usize = 1024 * 1024;
/// Maximum size of the socket buffers of both sides, with a margin.
const IN_FLIGHT: usize = 14 * MIB;

fn huge(cell: Cell) -> Reply {
    let filler = format!("{{\"filler\":\"{}\"}}", "x".repeat(100 * MIB));
    let body = match cell.mode {
        Mode::Streamed => sse(&[filler]),
        Mode::Single => filler,
    };
    cell.reply(body).cut_into_random_chunks(1, 128 * 1024)
}

/// The server sends at most what the client reads plus the socket buffers: the client's memory is
/// bounded by its limits.
#[tokio::test(start_paused = true)]
async fn a_huge_reply_is_not_read_to_its_end() {
    for cell in Cell::all() {
        let place = Place::of(Script::Replies(huge), cell).await;
        let seen = run(&place, cell, client()).await;
        assert!(seen.error.is_some(), "{cell:?}");
        let sent = place.server.wait_for_disconnect().await.body_bytes_sent;
        let limit = match cell.mode {
            Mode::Streamed => 16 * MIB,
            Mode::Single => 64 * MIB,
        };
        assert!(sent <= limit + IN_FLIGHT, "{cell:?}: {sent}");
    }
}

/// Large events within the limit are read.
#[tokio::test(start_paused = true)]
async fn a_large_reply_within_the_limits_is_read() {
    fn large(cell: Cell) -> Reply {
        let event = format!("{{\"filler\":\"{}\"}}", "x".repeat(15 * MIB));
        match cell.mode {
            Mode::Streamed => cell.with_event(0, &event),
            Mode::Single => {
                let body = cell.good_body();
                let rest = body.strip_prefix('{').unwrap();
                cell.reply(format!("{{\"filler\":\"{}\",{rest}", "x".repeat(20 * MIB)))
            }
        }
    }
    for cell in Cell::all() {
        let place = Place::of(Script::Replies(large), cell).await;
        let seen = run(&place, cell, client()).await;
        assert!(seen.error.is_none(), "{cell:?} {:?}", seen.error);
    }
}
