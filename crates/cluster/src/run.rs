//! The harness.

use std::{
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use anyhow::Result;
use geppetto_store_postgres::PostgresStore;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    RunArgs, check, faults,
    history::History,
    hosts::{Hosts, Member},
    postgres::Postgres,
    provider,
    proxy::Proxy,
    reader,
    worker::Worker,
};

/// Returns `true` if nothing was wrong.
pub(crate) fn run(args: &RunArgs) -> Result<bool> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build()?;
    runtime.block_on(work(args))
}

async fn work(args: &RunArgs) -> Result<bool> {
    let mut random = fastrand::Rng::with_seed(args.seed);
    let postgres = Arc::new(Postgres::start()?);
    let store = PostgresStore::connect(&postgres.url(postgres.port)).await?;
    postgres.audit()?;
    let history = History::default();
    let provider = provider::start().await?;
    let witness = history.witness().await?;
    let members = members(args, &postgres, &provider.base_url(), &witness).await?;
    let hosts = Hosts(Arc::new(members));
    let (stop, stopped) = watch::channel(false);
    let (mut workers, mut readers) = (JoinSet::new(), JoinSet::new());
    let mut sessions = Vec::new();
    for n in 0..args.sessions {
        let session = Worker::create(&hosts, &mut random).await?;
        let worker = Worker {
            hosts: hosts.clone(),
            history: history.clone(),
            store: store.clone(),
            random: random.fork(),
            first_op: (n as u64 + 1) * 1_000_000,
            stop: stopped.clone(),
        };
        workers.spawn(worker.work(session.clone()));
        for _ in 0..2 {
            let (hosts, history) = (hosts.clone(), history.clone());
            readers.spawn(reader::read(
                hosts,
                history,
                session.clone(),
                random.fork(),
                stopped.clone(),
            ));
        }
        sessions.push(session);
    }
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let counts = faults::until(end, &hosts, &postgres, &mut random).await?;
    stop.send_replace(true);
    while workers.join_next().await.is_some() {}
    while readers.join_next().await.is_some() {}
    for member in hosts.0.iter() {
        member.signal("TERM");
        member.ended().await;
    }
    sleep(Duration::from_millis(100)).await;
    let notes = std::mem::take(&mut *history.notes());
    let summary = summary(
        args.seed,
        &notes,
        &format!("{counts:?}"),
        &takeovers(&postgres)?,
    );
    let wrong = check::check(&store, &postgres, &notes, &sessions).await?;
    report(&summary, &wrong)?;
    Ok(wrong.is_empty())
}

fn report(summary: &str, wrong: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{summary}")?;
    for line in wrong.iter().take(50) {
        writeln!(out, "wrong: {line}")?;
    }
    writeln!(out, "{} wrong", wrong.len())
}

/// Starts the hosts.
async fn members(
    args: &RunArgs,
    postgres: &Postgres,
    provider: &str,
    witness: &str,
) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    for n in 0..args.hosts {
        let proxy = Proxy::start(postgres.port).await?;
        let arguments = [
            ("--store", postgres.url(proxy.port)),
            ("--provider", provider.to_owned()),
            ("--witness", witness.to_owned()),
        ];
        let arguments = arguments
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value]);
        let member = Member::new(&format!("h{n}"), proxy, arguments.collect())?;
        member.start()?;
        members.push(member);
    }
    Ok(members)
}

fn summary(seed: u64, notes: &crate::history::Notes, faults: &str, takeovers: &str) -> String {
    let acknowledged = notes
        .prompts
        .values()
        .filter(|prompt| prompt.acknowledged)
        .count();
    let events: usize = notes.readers.iter().map(|seen| seen.ranges.len()).sum();
    let connections: u64 = notes.readers.iter().map(|seen| seen.connections).sum();
    format!(
        "seed {seed}: {acknowledged} of {} prompts acknowledged, {} effects, {events} events read over \
         {connections} connections, faults {faults}, {takeovers}",
        notes.prompts.len(),
        notes.effects.len()
    )
}

/// Counts claims of a session by another owner, and batches.
fn takeovers(postgres: &Postgres) -> Result<String> {
    let counts = postgres.sql(
        "select count(*) filter (where epoch <> before and owner <> was) || ' changes of owners, ' || \
         count(*) filter (where last_batch > 0 and last_batch <> batch) || ' batches' from ( \
         select *, lag(epoch) over w as before, lag(owner) over w as was, lag(last_batch) over w as batch \
         from geppetto.audit window w as (partition by sid order by n)) a",
    )?;
    Ok(counts.trim().to_owned())
}
