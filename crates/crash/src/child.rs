//! The child: runs sessions on a store until it is killed.

use std::{error::Error, process, sync::Arc, time::SystemTime};

use geppetto_engine::RunStatus;
use geppetto_enginebuilder::Builder;
use geppetto_providers_openai::chat::ChatEngine;
use geppetto_session::Session;
use geppetto_store::{Claim, JournalOf, Page, RequestKey, Restored, SessionStore};
use geppetto_store_sqlite::SqliteStore;

use crate::{
    ChildArgs,
    note::{End, Note},
    points::{Points, Watched},
    prompt::{Kind, Prompt},
    tools,
};

type Failure = Box<dyn Error + Send + Sync>;
type Store = Arc<Watched<SqliteStore>>;

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
    let points = Points::parse(args.kill_at.as_deref()).ok_or("the place is not readable")?;
    let points = Arc::new(points);
    let store = SqliteStore::open(&args.store).await?;
    let store = Arc::new(Watched {
        store,
        points: Arc::clone(&points),
    });
    let engine = ChatEngine::builder("test-model")
        .base_url(&args.provider)
        .build()?;
    let builder = Builder::new(engine).tools(tools::registry(&points)?);
    let mut random = fastrand::Rng::with_seed(args.seed);
    let mut tasks = tokio::task::JoinSet::new();
    for (id, n) in sessions(&store, args.settle, &mut random)
        .await?
        .into_iter()
        .zip(0_u64..)
    {
        let worker = Worker {
            again: again(args, &id),
            id,
            store: Arc::clone(&store),
            builder: builder.clone(),
            random: random.fork(),
            next_op: args.first_op + n * (PROMPTS + 1),
            settles: args.settle,
        };
        tasks.spawn(worker.work());
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    store.store.close().await;
    Ok(())
}

/// Returns the sessions to work in: all of them in the end, otherwise the first ones and a fork.
async fn sessions(
    store: &Store,
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
    id: String,
    store: Store,
    builder: Builder,
    random: fastrand::Rng,
    next_op: u64,
    again: Option<Prompt>,
    settles: bool,
}

impl Worker {
    async fn work(mut self) -> Result<(), Failure> {
        let claim = Claim::new(format!("process {}", process::id())).taking_over();
        let mut restored = Restored::open(Arc::clone(&self.store), &self.id, &claim).await?;
        restored.settle().await?;
        let journal = restored.journal();
        let builder = self.builder.clone();
        let builder = builder.journal(journal.clone()).persister(journal.clone());
        let session = Session::builder(builder)
            .id(self.id.as_str())
            .event_stream(restored.event_stream())
            .history(restored.turns)
            .acknowledge_recorded(true)
            .build();
        if let Some(prompt) = self.again.take() {
            let is_stored = session.turns().iter().any(|turn| {
                turn.to_json()
                    .is_ok_and(|json| json.contains(&format!("\"{prompt}\"")))
            });
            if !is_stored {
                self.ask(&session, prompt).await?;
            }
        }
        let prompts = if self.settles {
            1
        } else {
            self.random.u64(1..=PROMPTS)
        };
        for _ in 0..prompts {
            let prompt = self.prompt();
            self.ask(&session, prompt).await?;
            self.maybe_fork(&session).await?;
        }
        close(&journal, self.settles || self.random.bool()).await
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

    /// Submits a prompt and waits for its run; a long one is cancelled.
    async fn ask(&mut self, session: &Session, prompt: Prompt) -> Result<(), Failure> {
        let (id, op, text) = (self.id.clone(), prompt.op, prompt.to_string());
        Note::Submitting {
            session: id.clone(),
            op,
            text: text.clone(),
        }
        .send();
        let key = RequestKey::new(op.to_string(), text.as_bytes());
        let run = session.prompt(text).extension(key).submit().await?;
        let run_id = run.id().to_owned();
        Note::Submitted {
            session: id.clone(),
            op,
            run: run_id,
        }
        .send();
        if prompt.kind == Kind::Long {
            let mut events = run.events();
            for _ in 0..self.random.u8(1..40) {
                events.next().await;
            }
            run.cancel();
        }
        let outcome = run.outcome().await;
        let end = match &outcome.status {
            RunStatus::Finished => End::Finished,
            RunStatus::Cancelled if prompt.kind == Kind::Long => End::Cancelled,
            other => return Err(format!("{id}: prompt {op} ended as {other:?}").into()),
        };
        Note::Ended {
            session: id,
            op,
            end,
        }
        .send();
        Ok(())
    }

    async fn maybe_fork(&mut self, session: &Session) -> Result<(), Failure> {
        if self.settles || self.random.u8(..4) != 0 {
            return Ok(());
        }
        let turn = self.random.u64(..session.turn_count() as u64);
        let (from, to) = (self.id.clone(), format!("{}-f{}", self.id, self.next_op));
        Note::Forking {
            from: from.clone(),
            turn,
            to: to.clone(),
        }
        .send();
        self.store.fork(&from, turn, &to, SystemTime::now()).await?;
        Note::Forked { from, turn, to }.send();
        Ok(())
    }
}

/// Ends the work in a session, in order or as if it had been forgotten.
async fn close(journal: &JournalOf<Store>, in_order: bool) -> Result<(), Failure> {
    if in_order {
        journal.close().await?;
    }
    Ok(())
}
