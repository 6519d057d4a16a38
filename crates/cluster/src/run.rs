//! The harness.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::Result;
use geppetto_cluster::Postgres;
use geppetto_store_postgres::PostgresStore;
use tokio::{sync::watch, task::JoinSet, time::Instant};

use crate::{
    RunArgs, audit, check, clock,
    control::Control,
    faults::Faults,
    history::History,
    hosts::{Hosts, Member},
    network::Network,
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
    let postgres = Arc::new(Postgres::start(&[])?);
    let store = PostgresStore::connect(&postgres.url()).await?;
    audit::begin(&postgres)?;
    let history = History::default();
    let provider = provider::start().await?;
    let network = Arc::new(Network::new(args.network, args.hosts)?);
    let control = Control::default();
    let services = Services {
        provider: provider.address().port(),
        witness: history.witness(&network.services()).await?,
        control: control.listen(&network.services()).await?,
    };
    let clocks = match args.right_clocks {
        true => None,
        false => clock::library(postgres.folder()),
    };
    let members = members(args, &postgres, &network, &services, clocks.as_deref()).await?;
    let hosts = Hosts(Arc::new(members));
    let (stop, stopped) = watch::channel(false);
    let mut clients = Clients::default();
    for n in 0..args.sessions {
        let session = Worker::create(&hosts, &mut random).await?;
        let (random, first_op) = (random.fork(), (n as u64 + 1) * 1_000_000);
        let (hosts, history) = (hosts.clone(), history.clone());
        let (store, stop) = (store.clone(), stopped.clone());
        clients.add(
            session,
            Worker {
                hosts,
                history,
                store,
                random,
                first_op,
                stop,
            },
        );
    }
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let scene = (hosts.clone(), Arc::clone(&postgres), Arc::clone(&network));
    let faults = Faults::new(scene, control, random.fork(), &args.only);
    let counts = faults.until(end).await?;
    stop.send_replace(true);
    while clients.tasks.join_next().await.is_some() {}
    hosts.end().await;
    let notes = std::mem::take(&mut *history.notes());
    let takeovers = takeovers(&postgres)?;
    let summary = format!(
        "{}; {}, {} clocks",
        summary(args.seed, &notes, &format!("{counts:?}"), &takeovers),
        network.name(),
        if clocks.is_some() { "wrong" } else { "right" },
    );
    let wrong = check::check(&store, &postgres, &notes, &clients.sessions).await?;
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

/// The clients of all sessions.
#[derive(Default)]
struct Clients {
    tasks: JoinSet<()>,
    sessions: Vec<String>,
}

impl Clients {
    /// Adds a session, its worker, and two readers.
    fn add(&mut self, session: String, mut worker: Worker) {
        for _ in 0..2 {
            self.tasks.spawn(reader::read(
                worker.hosts.clone(),
                worker.history.clone(),
                session.clone(),
                worker.random.fork(),
                worker.stop.clone(),
            ));
        }
        self.tasks.spawn(worker.work(session.clone()));
        self.sessions.push(session);
    }
}

/// Where the hosts find what they need.
struct Services {
    /// Port of the provider, on the loopback interface.
    provider: u16,
    witness: String,
    control: String,
}

/// Starts the hosts.
async fn members(
    args: &RunArgs,
    postgres: &Postgres,
    network: &Network,
    services: &Services,
    clocks: Option<&Path>,
) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    let ip = network.services();
    let provider = Proxy::start(&ip, services.provider).await?;
    for n in 0..args.hosts {
        let proxy = Proxy::start(&ip, postgres.port()).await?;
        let arguments = [
            ("--store", postgres.url_at(&ip, proxy.port)),
            ("--provider", format!("http://{ip}:{}/v1", provider.port)),
            ("--witness", services.witness.clone()),
            ("--control", services.control.clone()),
        ];
        let arguments = arguments
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value]);
        let variables = clocks.map(|clocks| clock::variables(clocks, n));
        let member = Member::new(
            &format!("h{n}"),
            &network.host(n),
            proxy,
            network.prefix(n),
            arguments.collect(),
            variables.unwrap_or_default(),
        )?;
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
