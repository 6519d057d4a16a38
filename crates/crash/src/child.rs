//! The child: runs sessions on a store until it is killed.

use std::{error::Error, sync::Arc, time::Duration};

use geppetto_enginebuilder::Builder;
use geppetto_host::{ErrorKind, Host, HostedSession};
use geppetto_providers_openai::chat::ChatEngine;
use geppetto_store::{Page, SessionStore, conformance::Wrapped};
use geppetto_store_postgres::PostgresStore;
use geppetto_store_sqlite::SqliteStore;
use tokio::task::JoinSet;

use crate::{
    ChildArgs, database,
    note::{End, Note},
    points::{Points, Watched},
    prompt::{Kind, Prompt},
    tools,
};

type Failure = Box<dyn Error + Send + Sync>;

/// Sessions that every child works in; forks come on top.
const SESSIONS: [&str; 3] = ["s0", "s1", "s2"];
/// Maximum number of prompts that a child submits to a session.
const PROMPTS: u64 = 4;

/// Returns `true` if everything ended as it should.
pub(crate) fn run(args: &ChildArgs) -> Result<bool, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    match runtime.block_on(work(args)) {
        Ok(()) => Ok(true),
        Err(error) => {
            let message = error.to_string();
            Note::Problem { message }.send();
            Ok(false)
        }
    }
}

async fn work(args: &ChildArgs) -> Result<(), Failure> {
    if database::is_url(&args.store) {
        let store = PostgresStore::connect(&args.store).await?;
        if work_on(args, store.clone()).await? {
            store.close().await;
        }
    } else {
        let store = SqliteStore::open(&args.store).await?;
        if work_on(args, store.clone()).await? {
            store.close().await;
        }
    }
    Ok(())
}

/// Works on a store. Readers have ended when this returns. Returns `true` if the process ends in order.
async fn work_on<S>(args: &ChildArgs, inner: S) -> Result<bool, Failure>
where
    S: SessionStore + Clone + 'static,
{
    let points = Points::parse(args.kill_at.as_deref()).ok_or("the place is not readable")?;
    let points = Arc::new(points);
    let store = Wrapped(Watched {
        store: inner.clone(),
        points: Arc::clone(&points),
    });
    let engine = ChatEngine::builder("test-model")
        .base_url(&args.provider)
        .build()?;
    let mut random = fastrand::Rng::with_seed(args.seed);
    let ids = sessions(&inner, args.settle, &mut random).await?;
    let builder = Builder::new(engine).tools(tools::registry(&points)?);
    let host = Host::builder(store, builder).owner("crash").build();
    let recovered = host.recover().await?;
    if let Some((id, error)) = recovered.failed.into_iter().next() {
        return Err(format!("{id} was not recovered: {error}").into());
    }
    let (mut tasks, mut readers) = (JoinSet::new(), JoinSet::new());
    for (id, n) in ids.into_iter().zip(0_u64..) {
        let reader = host.session(id.as_str());
        readers.spawn(read(reader, random.u64(..100)));
        let worker = Worker {
            again: again(args, &id),
            session: host.session(id),
            random: random.fork(),
            next_op: args.first_op + n * (PROMPTS + 1),
            settles: args.settle,
        };
        tasks.spawn(worker.work());
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    let is_orderly = args.settle || random.bool();
    if is_orderly {
        host.shutdown(Duration::from_secs(10)).await;
    }
    readers.shutdown().await;
    Ok(is_orderly)
}

/// Reads the events of a session from any number on: the log first, then what happens.
async fn read(session: HostedSession, after: u64) {
    let mut events = session.events(after);
    loop {
        let last = events.position();
        match events.next().await {
            // A session has no events before its first prompt.
            Ok(Some(event)) if event.first_seq() <= last + 1 => {}
            Ok(Some(event)) => {
                let message = format!(
                    "{}: event {} follows {last}",
                    session.id(),
                    event.first_seq()
                );
                return Note::Problem { message }.send();
            }
            Ok(None) => return,
            Err(error) => {
                let message = format!("{}: events after {last}: {error}", session.id());
                return Note::Problem { message }.send();
            }
        }
    }
}

/// Returns the sessions to work in: all of them in the end, otherwise the first ones and a fork.
async fn sessions(
    store: &impl SessionStore,
    all: bool,
    random: &mut fastrand::Rng,
) -> Result<Vec<String>, Failure> {
    let listed = store.list(&Page::first(10_000)).await?;
    let mut ids: Vec<String> = listed.into_iter().map(|info| info.id).collect();
    if !all {
        ids.retain(|id| !SESSIONS.contains(&id.as_str()));
        random.shuffle(&mut ids);
        ids.truncate(1);
        ids.extend(SESSIONS.map(str::to_owned));
    }
    Ok(ids)
}

/// Returns the prompt that an earlier child may have submitted to a session.
fn again(args: &ChildArgs, id: &str) -> Option<Prompt> {
    let mut pairs = args.again.iter().filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(session, _)| *session == id)
        .and_then(|(_, text)| Prompt::parse(text))
}

/// The work in one session.
struct Worker {
    session: HostedSession,
    random: fastrand::Rng,
    next_op: u64,
    again: Option<Prompt>,
    settles: bool,
}

impl Worker {
    async fn work(mut self) -> Result<(), Failure> {
        if let Some(prompt) = self.again.take() {
            self.ask(prompt).await?;
        }
        // A run that was cut off may go on that nobody waits for.
        self.session.idle().await;
        let prompts = if self.settles {
            1
        } else {
            self.random.u64(1..=PROMPTS)
        };
        for _ in 0..prompts {
            let prompt = self.prompt();
            // What is not final yet cannot be compared with its copy.
            if self.ask(prompt).await? {
                self.maybe_fork().await?;
            }
        }
        Ok(())
    }

    fn prompt(&mut self) -> Prompt {
        let op = self.next_op;
        self.next_op += 1;
        let kind = if self.settles {
            Kind::Text
        } else {
            self.random.choice(Kind::ALL).unwrap_or(Kind::Text)
        };
        Prompt { op, kind }
    }

    /// Submits a prompt and waits for its run; a long one is cancelled. Returns `true` if its end is
    /// stored.
    async fn ask(&mut self, prompt: Prompt) -> Result<bool, Failure> {
        let (id, op, text) = (self.session.id().to_owned(), prompt.op, prompt.to_string());
        Note::Submitting {
            session: id.clone(),
            op,
            text: text.clone(),
        }
        .send();
        let run = loop {
            let submit = self.session.prompt(text.as_str());
            match submit.idempotency_key(op.to_string()).submit().await {
                Ok(run) => break run,
                // A run that was cut off goes on.
                Err(error) if error.kind() == ErrorKind::Busy => self.session.idle().await,
                Err(error) => return Err(format!("{id}: prompt {op}: {error}").into()),
            }
        };
        let run_id = run.id().to_owned();
        Note::Submitted {
            session: id.clone(),
            op,
            run: run_id,
        }
        .send();
        if prompt.kind == Kind::Long
            && let Some(handle) = run.handle()
        {
            let mut events = handle.events();
            for _ in 0..self.random.u8(1..40) {
                events.next().await;
            }
            run.cancel();
        }
        let is_old = run.handle().is_none();
        let end = match run.wait().await {
            // Nobody knows how a run ended that is not the last one.
            Ok(_) if is_old => return Ok(true),
            Ok(_) => End::Finished,
            Err(error) if error.is_cancelled() && prompt.kind == Kind::Long => {
                // The end of a cancelled run does not wait for a slow disk, and says so.
                if error.outcome().persist_error.is_some() {
                    return Ok(false);
                }
                End::Cancelled
            }
            Err(error) => return Err(format!("{id}: prompt {op} ended: {error}").into()),
        };
        Note::Ended {
            session: id,
            op,
            end,
        }
        .send();
        Ok(true)
    }

    async fn maybe_fork(&mut self) -> Result<(), Failure> {
        if self.settles || self.random.u8(..4) != 0 {
            return Ok(());
        }
        let turns = self.session.info().await?.turns;
        let turn = self.random.u64(..turns);
        let from = self.session.id().to_owned();
        let to = format!("{from}-f{}", self.next_op);
        Note::Forking {
            from: from.clone(),
            turn,
            to: to.clone(),
        }
        .send();
        self.session.fork_at(turn, Some(to.clone())).await?;
        Note::Forked { from, turn, to }.send();
        Ok(())
    }
}
