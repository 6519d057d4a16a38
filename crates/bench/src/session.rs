//! The cost of turns 10, 1,000 and 10,000 of one session with a scripted engine.

use std::fmt::Write as _;

use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    Failure, Options, cpu,
    table::{median, print},
};

/// The turns to measure, and the number of turns around each from which to take the median.
const PLACES: [(u32, u32); 3] = [(10, 10), (1_000, 200), (10_000, 200)];

struct Place {
    turn: u32,
    microseconds: f64,
    resident: u64,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut costs: Vec<Vec<f64>> = vec![Vec::new(); PLACES.len()];
    let mut places = Vec::new();
    let mut blocks = 0;
    for _ in 0..options.runs.max(1) {
        let (seen, said) = runtime.block_on(one_session())?;
        for (costs, place) in costs.iter_mut().zip(&seen) {
            costs.push(place.microseconds);
        }
        // Memory counts only in the first run: later runs reuse what it freed.
        if places.is_empty() {
            (places, blocks) = (seen, said);
        }
    }
    for (place, costs) in places.iter_mut().zip(costs) {
        place.microseconds = median(costs);
    }
    report(options, &places, blocks)
}

async fn one_session() -> Result<(Vec<Place>, usize), Failure> {
    let engine = ScriptedEngine::always(Script::new().text("a short").text(" answer").usage(5, 2));
    let session = Session::new(Builder::new(engine.clone()));
    let mut places = Vec::new();
    let mut turn = 0;
    for (place, window) in PLACES {
        while turn < place - window / 2 {
            session.submit("a short question").await?.wait().await?;
            engine.forget_turns();
            turn += 1;
        }
        let mut times = Vec::new();
        for _ in 0..window {
            let start = Instant::now();
            session.submit("a short question").await?.wait().await?;
            times.push(start.elapsed().as_secs_f64() * 1e6);
            engine.forget_turns();
            turn += 1;
        }
        places.push(Place {
            turn: place,
            microseconds: median(times),
            resident: cpu::resident_bytes()?,
        });
    }
    let blocks = session.latest().map_or(0, |turn| turn.blocks.len());
    Ok((places, blocks))
}

fn report(options: &Options, places: &[Place], blocks: usize) -> Result<(), Failure> {
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return Err("nothing was measured".into());
    };
    let mut text = format!(
        "One session, a scripted engine, two blocks a turn; median of {} runs\n\n",
        options.runs
    );
    for place in places {
        writeln!(
            text,
            "  turn {:6}: {:7.2} us, {:6.1} MiB resident",
            place.turn,
            place.microseconds,
            mib(place.resident)
        )?;
    }
    let ratio = last.microseconds / first.microseconds;
    let turns = f64::from(last.turn - first.turn);
    let bytes_a_turn = (mib(last.resident) - mib(first.resident)) * 1024.0 * 1024.0 / turns;
    writeln!(
        text,
        "\n  turn {} / turn {}: {ratio:.2} (target: at most 1.2)",
        last.turn, first.turn
    )?;
    writeln!(
        text,
        "  memory a turn: {bytes_a_turn:.0} bytes; the last turn has {blocks} blocks"
    )?;
    let rows: Vec<_> = places
        .iter()
        .map(|place| {
            json!({
                "turn": place.turn, "microseconds": place.microseconds,
                "resident_bytes": place.resident,
            })
        })
        .collect();
    let value = json!({"rows": rows, "last_over_first": ratio, "bytes_a_turn": bytes_a_turn});
    print(options.json, &value, &text)
}

/// Converts to megabytes; exact enough for sizes that fit in memory.
#[allow(clippy::cast_precision_loss, reason = "for people")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
