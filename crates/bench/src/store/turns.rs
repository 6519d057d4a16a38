//! The cost of turns 10 and 10,000 of a session with a journal.

use geppetto_enginebuilder::Builder;
use geppetto_store_sqlite::SqliteStore;
use geppetto_testing::{Script, ScriptedEngine};
use serde_json::json;

use super::{Folder, Measured, stored};
use crate::{Failure, cpu, table::median};

/// Turns to measure, and the number of turns around each.
const PLACES: [(u32, u32); 2] = [(60, 100), (10_000, 400)];

pub(super) async fn run(folder: &Folder, runs: u32) -> Result<Measured, Failure> {
    let mut costs: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for run in 0..runs.clamp(1, 3) {
        let store = SqliteStore::open(folder.file(&format!("turns-{run}.db"))).await?;
        for (costs, cost) in costs.iter_mut().zip(one_session(&store).await?) {
            costs.push(cost);
        }
        store.close().await;
    }
    let [first, last] = costs.map(median);
    let ratio = last / first;
    let text = format!(
        "One session with a journal, a scripted engine, two blocks a turn\n\n  turn 10 to 110: \
         {first:.0} us of CPU, turn 9,800 to 10,200: {last:.0} us; ratio {ratio:.2} (target: at \
         most 1.2)\n\n"
    );
    Ok((
        json!({"first_us": first, "last_us": last, "ratio": ratio}),
        text,
    ))
}

/// Returns the CPU time of a turn at each place, in microseconds.
async fn one_session(store: &SqliteStore) -> Result<[f64; 2], Failure> {
    let engine = ScriptedEngine::always(Script::new().text("a short").text(" answer").usage(5, 2));
    let session = stored(store, "session", Builder::new(engine.clone())).await?;
    let (mut turn, mut costs) = (0, [0.0; 2]);
    for ((place, window), cost) in PLACES.into_iter().zip(&mut costs) {
        while turn < place - window / 2 {
            session.submit("a short question").await?.wait().await?;
            engine.forget_turns();
            turn += 1;
        }
        let before = cpu::process_time()?;
        for _ in 0..window {
            session.submit("a short question").await?.wait().await?;
            engine.forget_turns();
            turn += 1;
        }
        let spent = cpu::process_time()? - before;
        *cost = spent.as_secs_f64() * 1e6 / f64::from(window);
    }
    Ok(costs)
}
