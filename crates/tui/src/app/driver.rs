//! [`Driver`]: carries out the effects of an app on its session, in tasks of their own.

use std::{future::Future, sync::Arc, time::Duration};

use geppetto_session::ExecutionHandle;
use geppetto_timeline::{Timeline, export};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, spawn_blocking},
    time::sleep,
};

use super::{Effect, FromRun, Message, Opened, Over, Why};
use crate::{
    Models,
    backend::{Backend, Failure, Read, Reader, Request},
    commands::{
        files::{self, Format},
        paths,
    },
    terminal::clipboard,
};

/// Maximum number of events that are passed on at once, and of messages that wait: a slow terminal
/// makes the reader wait, whose events are then merged.
const BATCH: usize = 256;

/// Time after which reading is tried again.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// Carries out effects.
pub(crate) struct Driver {
    backend: Arc<dyn Backend>,
    models: Arc<dyn Models>,
    messages: mpsc::Sender<Message>,
    /// The reader of the current session.
    reader: Option<AbortHandle>,
}

impl Driver {
    /// Creates a driver that opens `backend`, and the receiver of its messages.
    pub(crate) fn new(
        backend: Arc<dyn Backend>,
        models: Arc<dyn Models>,
    ) -> (Self, mpsc::Receiver<Message>) {
        let (messages, receiver) = mpsc::channel(BATCH);
        let own = Self {
            backend,
            models,
            messages,
            reader: None,
        };
        let backend = Arc::clone(&own.backend);
        own.open(Why::Start, async move { Ok(backend) });
        (own, receiver)
    }

    /// Carries out an effect, unless it is one of the terminal.
    pub(crate) fn perform(&mut self, effect: Effect) {
        let backend = Arc::clone(&self.backend);
        match effect {
            Effect::Follow(epoch, opened) => self.follow(epoch, *opened),
            Effect::Start(token, request) => self.start(token, *request),
            Effect::Adopt(token, id) => {
                let running = backend.running().filter(|run| run.id() == id);
                if let Some(run) = running {
                    let messages = self.messages.clone();
                    tokio::spawn(async move { over(token, run, &*backend, &messages).await });
                }
            }
            Effect::CancelRunning => {
                if let Some(run) = backend.running() {
                    run.cancel();
                }
            }
            Effect::AskWaits(epoch) => self.spawn(async move {
                Message::Waits(epoch, backend.waits().await.unwrap_or_default())
            }),
            Effect::Undo => self.spawn(async move { Message::Undone(backend.undo().await) }),
            Effect::Create => self.open(Why::New, async move { backend.create().await }),
            Effect::Fork => self.open(Why::Fork, async move { backend.fork().await }),
            Effect::Open(id) => self.open(Why::Chosen, async move { backend.open(&id).await }),
            Effect::Reopen => self.open(Why::Again, async move { Ok(backend) }),
            Effect::ListSessions => {
                self.spawn(async move { Message::Sessions(backend.list().await) });
            }
            Effect::ListPaths(draft) => self.spawn(async move {
                let typed = draft.clone();
                let paths = blocking(move || Ok(paths::complete(&typed))).await;
                Message::Paths(draft, paths.unwrap_or_default())
            }),
            Effect::Save {
                path,
                format,
                markdown,
                earlier,
            } => self.spawn(async move {
                let content = match format {
                    Format::Markdown => whole(&*backend, markdown, earlier).await,
                    format => content(&*backend, format).await,
                };
                let written = match content {
                    Ok(content) => blocking(move || {
                        files::write_new(&path, &content)?;
                        Ok(path.display().to_string())
                    }),
                    Err(failure) => return Message::Saved(Err(failure)),
                };
                Message::Saved(written.await)
            }),
            Effect::Attach { path, is_image } => self.spawn(async move {
                Message::Attached(blocking(move || files::attach(&path, is_image)).await)
            }),
            Effect::CopyInTmux(text) => {
                spawn_blocking(move || clipboard::copy_in_tmux(&text));
            }
            effect => self.select(effect),
        }
    }

    /// Carries out effects on models and profiles.
    fn select(&self, effect: Effect) {
        let models = Arc::clone(&self.models);
        let failure = |error: Box<dyn std::error::Error + Send + Sync>| error.to_string();
        match effect {
            Effect::ListModels => {
                self.spawn(async move { Message::Models(models.models().await.map_err(failure)) });
            }
            Effect::ListProfiles => self
                .spawn(async move { Message::Profiles(models.profiles().await.map_err(failure)) }),
            Effect::SelectModel(name) => self.spawn(async move {
                Message::Selected(models.select_model(&name).await.map_err(failure))
            }),
            Effect::SelectProfile(name) => self.spawn(async move {
                Message::Selected(models.select_profile(&name).await.map_err(failure))
            }),
            _ => {}
        }
    }

    /// Sends the message that a task ends with.
    fn spawn(&self, task: impl Future<Output = Message> + Send + 'static) {
        let messages = self.messages.clone();
        tokio::spawn(async move {
            // Nobody listens once the chat is over.
            let _ = messages.send(task.await).await;
        });
    }

    /// Opens a session.
    fn open<F>(&self, why: Why, backend: F)
    where
        F: Future<Output = Result<Arc<dyn Backend>, Failure>> + Send + 'static,
    {
        self.spawn(async move {
            match opened(why, backend).await {
                Ok(opened) => Message::Opened(Box::new(opened)),
                Err(failure) => Message::NotOpened(failure),
            }
        });
    }

    /// Makes a session the current one.
    fn follow(&mut self, epoch: u64, opened: Opened) {
        self.backend = opened.backend;
        let reading = read(epoch, opened.joined.reader, self.messages.clone());
        let reader = tokio::spawn(reading).abort_handle();
        if let Some(earlier) = self.reader.replace(reader) {
            earlier.abort();
        }
    }

    fn start(&self, token: u64, request: Request) {
        let (backend, messages) = (Arc::clone(&self.backend), self.messages.clone());
        tokio::spawn(async move {
            match backend.start(request).await {
                Ok(run) => {
                    let id = run.id().to_owned();
                    let started = Message::Run(token, FromRun::Started { id });
                    let _ = messages.send(started).await;
                    over(token, run, &*backend, &messages).await;
                }
                Err(failure) => {
                    let refused = Message::Run(token, FromRun::Refused(failure));
                    let _ = messages.send(refused).await;
                }
            }
        });
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(reader) = &self.reader {
            reader.abort();
        }
    }
}

async fn opened<F>(why: Why, backend: F) -> Result<Opened, Failure>
where
    F: Future<Output = Result<Arc<dyn Backend>, Failure>>,
{
    let backend = backend.await?;
    let joined = backend.join().await?;
    let running = backend.running().map(|run| run.id().to_owned());
    Ok(Opened {
        why,
        backend,
        joined,
        running,
    })
}

/// Waits for the end of a run, and sends it.
async fn over(
    token: u64,
    run: ExecutionHandle,
    backend: &dyn Backend,
    messages: &mpsc::Sender<Message>,
) {
    let outcome = run.outcome().await;
    let over = FromRun::Over(Box::new(Over {
        status: outcome.status.clone(),
        turn: outcome.turn.clone(),
        totals: backend.totals().await,
        not_stored: outcome.persist_error.clone(),
    }));
    let _ = messages.send(Message::Run(token, over)).await;
}

/// Passes the events of a session on, several at once if they are there.
async fn read(epoch: u64, mut reader: Box<dyn Reader>, messages: mpsc::Sender<Message>) {
    while let Some(first) = reader.next().await {
        let has_failed = matches!(first, Read::Failed(_));
        let mut batch = vec![first];
        while batch.len() < BATCH && !has_failed {
            tokio::select! {
                biased;
                next = reader.next() => match next {
                    Some(next) => batch.push(next),
                    None => break,
                },
                () = std::future::ready(()) => break,
            }
        }
        if messages.send(Message::Events(epoch, batch)).await.is_err() {
            return;
        }
        if has_failed {
            sleep(READ_AGAIN).await;
        }
    }
}

/// Returns the conversation as Markdown, of which the first turns are not shown.
async fn whole(backend: &dyn Backend, shown: String, earlier: usize) -> Result<String, Failure> {
    if earlier == 0 {
        return Ok(shown);
    }
    let turns = backend.turns().await?;
    let before = Timeline::from_turns(turns.iter().take(earlier));
    Ok(format!("{}\n{shown}", export::markdown(before.view())))
}

/// Returns the conversation as it is saved.
async fn content(backend: &dyn Backend, format: Format) -> Result<String, Failure> {
    let latest = backend.latest().await?.unwrap_or_default();
    let written = match format {
        Format::Json => serde_json::to_string_pretty(&latest).map_err(|error| error.to_string()),
        _ => latest.to_yaml().map_err(|error| error.to_string()),
    };
    written.map_err(|error| format!("the conversation cannot be written: {error}"))
}

/// Runs what blocks on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(format!("it was not done: {error}")))
}
