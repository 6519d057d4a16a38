//! What `geppetto chat` costs in a terminal: the start, an idle chat, a long session, the cancellation
//! of an answer, a long answer. Requires tmux.

use std::{path::PathBuf, time::Duration};

use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store_sqlite::SqliteStore;
use geppetto_testing::{Script, ScriptedEngine};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{
    Failure, Options,
    store::Folder,
    table::{median, print},
};

mod screen;
mod server;

use screen::{Chat, Screen};
use server::{DELTA_BYTES, Server};

/// Turns of the long session.
const TURNS: u32 = 10_000;

/// Time for which an idle chat is observed.
const IDLE: Duration = Duration::from_secs(10);

/// Returns the program that is measured: the one next to this program.
fn program() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()?;
    let program = own.with_file_name("geppetto");
    if program.exists() {
        return Ok(program);
    }
    Err("build the program first: cargo build --release -p geppetto-cli".into())
}

pub(crate) fn run(options: &Options, named: Option<PathBuf>) -> Result<(), Failure> {
    let program = named.map_or_else(program, Ok)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(measure(options, program))
}

async fn measure(options: &Options, program: PathBuf) -> Result<(), Failure> {
    let runs = options.runs.max(1);
    let folder = Folder::new(None)?;
    let screen = Screen::open(program, folder.path().to_owned())?;
    let (start_cpu, start_wall) = start(&screen, runs, "--demo").await?;
    let idle = idle(&screen).await?;
    long_session(&folder.file("long.db")).await?;
    let arguments = format!(
        "--demo --session long --store {}",
        folder.file("long.db").display()
    );
    let (long_cpu, long_wall) = start(&screen, runs, &arguments).await?;
    let server = Server::start().await?;
    let cancel = cancel(&screen, &server, runs).await?;
    let [first, last] = long_answer(&screen, &server).await?;
    let value = json!({
        "start": {"cpu_ms": start_cpu, "wall_ms": start_wall},
        "idle": {"cpu_us_per_second": idle},
        "long_session": {"turns": TURNS, "cpu_ms": long_cpu, "wall_ms": long_wall},
        "cancel": {"wall_ms": cancel},
        "long_answer": {"first_us_per_delta": first, "last_us_per_delta": last},
    });
    let text = format!(
        "geppetto chat in tmux, 80 by 24; CPU time of all its threads\n\n\
         \x20 start to the first frame: {start_cpu:.0} ms of CPU, {start_wall:.0} ms of wall-clock time \
         (target: at most 100 ms)\n\
         \x20 idle: {idle:.0} us of CPU per second (target: 0)\n\
         \x20 a session with {TURNS} turns opens: {long_cpu:.0} ms of CPU, {long_wall:.0} ms of \
         wall-clock time (target: at most 300 ms)\n\
         \x20 input back after Esc: {cancel:.0} ms of wall-clock time (target: at most 200 ms)\n\
         \x20 an answer of 1 MB, {DELTA_BYTES} bytes per delta: {first:.0} us of CPU per delta in its first \
         tenth, {last:.0} us in its last; ratio {:.2}\n",
        last / first
    );
    print(options.json, &value, &text)
}

/// Returns the CPU time and the wall-clock time from the start to the first frame that takes a prompt,
/// in milliseconds.
async fn start(screen: &Screen, runs: u32, arguments: &str) -> Result<(f64, f64), Failure> {
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let before = Instant::now();
        let chat = screen.chat(arguments)?;
        chat.shows("ready").await?;
        wall.push(before.elapsed().as_secs_f64() * 1e3);
        cpu.push(chat.cpu()?.as_secs_f64() * 1e3);
    }
    Ok((median(cpu), median(wall)))
}

/// Returns the CPU time of an idle chat, in microseconds per second.
async fn idle(screen: &Screen) -> Result<f64, Failure> {
    let chat = screen.chat("--demo")?;
    chat.shows("ready").await?;
    chat.send(&["hello", "Enter"])?;
    chat.shows("Hello!").await?;
    chat.shows("ready").await?;
    // The blocking threads of the runtime end within 10 s.
    sleep(Duration::from_secs(11)).await;
    let before = chat.cpu()?;
    sleep(IDLE).await;
    // A thread that ended meanwhile takes its time with it.
    let spent = chat.cpu()?.saturating_sub(before);
    Ok(spent.as_secs_f64() * 1e6 / IDLE.as_secs_f64())
}

/// Stores a long session.
async fn long_session(file: &std::path::Path) -> Result<(), Failure> {
    let engine = ScriptedEngine::always(Script::new().text("a short").text(" answer").usage(5, 2));
    let store = SqliteStore::open(file).await?;
    let host = Host::new(store.clone(), Builder::new(engine.clone()));
    let session = host.session("long");
    for _ in 0..TURNS {
        session.submit("a short question").await?.wait().await?;
        engine.forget_turns();
    }
    // As a chat that has ended leaves it: a session that another process holds is read twice.
    host.shutdown(Duration::ZERO).await;
    store.close().await;
    Ok(())
}

/// Returns the wall-clock time from Esc to the frame that takes a prompt, in milliseconds.
async fn cancel(screen: &Screen, server: &Server, runs: u32) -> Result<f64, Failure> {
    let chat = screen.chat(&server.arguments())?;
    chat.shows("ready").await?;
    let mut wall = Vec::new();
    for _ in 0..runs {
        chat.send(&["stall", "Enter"])?;
        chat.shows("answering").await?;
        let before = Instant::now();
        chat.send(&["Escape"])?;
        chat.shows("ready").await?;
        wall.push(before.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(wall))
}

/// Returns the CPU time per delta of the first and the last tenth of an answer of 1 MB, in
/// microseconds. The very first deltas, in which the process warms up, are left out.
async fn long_answer(screen: &Screen, server: &Server) -> Result<[f64; 2], Failure> {
    let chat = screen.chat(&server.arguments())?;
    chat.shows("ready").await?;
    chat.send(&["long", "Enter"])?;
    let first = window(&chat, server, [0.01, 0.11]).await?;
    let last = window(&chat, server, [0.89, 0.99]).await?;
    Ok([first, last])
}

/// Returns the CPU time per delta between two places of the answer.
async fn window(chat: &Chat<'_>, server: &Server, places: [f64; 2]) -> Result<f64, Failure> {
    let mut at = Vec::new();
    for place in places {
        let sent = server.reached(place).await?;
        at.push((sent, chat.cpu()?));
    }
    match at.as_slice() {
        [(from, before), (to, after)] => {
            let spent = after.saturating_sub(*before).as_secs_f64() * 1e6;
            #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
            let deltas = to.saturating_sub(*from).max(1) as f64;
            Ok(spent / deltas)
        }
        _ => Err("two places are measured".into()),
    }
}
