//! [`Chat`]: the configuration of a chat, and its start.

use std::{fmt, sync::Arc, time::Duration};

use geppetto_engine::{IdSource, RandomIds};
use geppetto_host::HostedSession;
use geppetto_session::Session;

use crate::{
    Error, Models, Selection,
    backend::{Backend, Hosted, Memory},
    environment::Environment,
    lines,
    models::NoModels,
    start,
};

/// Time limit for a person's decision about a tool call.
const APPROVAL: Duration = Duration::from_secs(600);

/// A chat in the terminal, on a session.
#[must_use = "a chat does nothing until `run` is called"]
pub struct Chat {
    session: On,
    pub(crate) options: Options,
}

/// What a chat runs on.
enum On {
    Session(Session),
    Hosted(HostedSession),
}

pub(crate) struct Options {
    pub(crate) title: Option<String>,
    pub(crate) models: Arc<dyn Models>,
    pub(crate) selection: Selection,
    pub(crate) tools: Vec<(String, String)>,
    pub(crate) system: Option<String>,
    pub(crate) first_prompt: Option<String>,
    pub(crate) notices: Vec<String>,
    pub(crate) approval: Duration,
    pub(crate) no_tools_hint: Option<String>,
    ids: Arc<dyn IdSource>,
}

impl Chat {
    /// Creates a chat on a session, which may already have turns and may be running.
    ///
    /// `/new` and `/fork` create further sessions with the same engine builder. `/sessions` needs
    /// [`hosted`](Self::hosted) sessions.
    pub fn new(session: Session) -> Self {
        Self::on(On::Session(session))
    }

    /// Creates a chat on a session of a host, which keeps it in its store. The session is created by
    /// its first prompt if it does not exist.
    ///
    /// The caller shuts the host down after the chat.
    pub fn hosted(session: HostedSession) -> Self {
        Self::on(On::Hosted(session))
    }

    fn on(session: On) -> Self {
        Self {
            session,
            options: Options {
                title: None,
                models: Arc::new(NoModels),
                selection: Selection::new(),
                tools: Vec::new(),
                system: None,
                first_prompt: None,
                notices: Vec::new(),
                approval: APPROVAL,
                no_tools_hint: None,
                ids: Arc::new(RandomIds::new()),
            },
        }
    }

    /// Sets the title, which is shown at the start. None by default.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.options.title = Some(title.into());
        self
    }

    /// Sets the models and profiles to choose from. By default `/model NAME` requests a model by
    /// name from the session's engine, and there are no profiles.
    pub fn models(mut self, models: impl Models + 'static) -> Self {
        self.options.models = Arc::new(models);
        self
    }

    /// Sets the initial model, profile and engine. By default those of the session.
    pub fn selection(mut self, selection: Selection) -> Self {
        self.options.selection = selection;
        self
    }

    /// Sets the system prompt of a new session, and of those that `/new` creates. It has no effect
    /// on a session that has one. None by default.
    pub fn system_prompt(mut self, text: impl Into<String>) -> Self {
        self.options.system = Some(text.into());
        self
    }

    /// Sets the tools that `/tools` lists, as pairs of name and description. They are run by the
    /// session's engine builder. None by default.
    pub fn tools<N: Into<String>, D: Into<String>>(
        mut self,
        tools: impl IntoIterator<Item = (N, D)>,
    ) -> Self {
        let tools = tools.into_iter();
        let tools = tools.map(|(name, description)| (name.into(), description.into()));
        self.options.tools = tools.collect();
        self
    }

    /// Sets what `/tools` says if there are none, such as the option of the program that turns them
    /// on. Nothing by default.
    pub fn no_tools_hint(mut self, text: impl Into<String>) -> Self {
        self.options.no_tools_hint = Some(text.into());
        self
    }

    /// Sets the source of ids for the [`hosted`](Self::hosted) sessions that `/new` and `/fork`
    /// create. [`RandomIds`] by default.
    pub fn session_ids(mut self, ids: impl IdSource + 'static) -> Self {
        self.options.ids = Arc::new(ids);
        self
    }

    /// Sets a prompt that is submitted at the start. None by default.
    pub fn first_prompt(mut self, text: impl Into<String>) -> Self {
        self.options.first_prompt = Some(text.into());
        self
    }

    /// Adds a notice that is shown at the start, such as how the engine was chosen.
    pub fn notice(mut self, text: impl Into<String>) -> Self {
        self.options.notices.push(text.into());
        self
    }

    /// Sets the time limit for a person's decision about a tool call, after which the call is refused
    /// and the model is told so. 10 minutes by default.
    pub fn approval_time(mut self, time: Duration) -> Self {
        self.options.approval = time;
        self
    }

    /// Runs the chat until the person quits. Without a terminal (standard input or output is a file
    /// or a pipe, or `TERM=dumb`), reads prompts from standard input, one per line.
    ///
    /// The terminal is restored in every case, including a panic. Must be called within a tokio
    /// runtime, with time and I/O enabled.
    ///
    /// # Errors
    ///
    /// If the terminal cannot be used, or the session cannot be opened.
    pub async fn run(self) -> Result<Ended, Error> {
        let environment = Environment::of_process();
        if environment.is_terminal {
            start::in_terminal(self, &environment).await
        } else {
            lines::run(self, &environment).await
        }
    }

    /// Returns the session.
    pub(crate) fn backend(&self) -> Arc<dyn Backend> {
        match &self.session {
            On::Session(session) => Arc::new(Memory::new(session.clone())),
            On::Hosted(session) => {
                let ids = Arc::clone(&self.options.ids);
                Arc::new(Hosted::new(session.clone(), ids))
            }
        }
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat")
            .field("title", &self.options.title)
            .field("selection", &self.options.selection)
            .finish_non_exhaustive()
    }
}

/// The end of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// Id of the session that was open at the end, which may be another one than at the start.
    pub session_id: String,
    /// Why it ended.
    pub ending: Ending,
}

/// Why a chat ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The person quit, or the input ended.
    Quit,
    /// An interrupt (SIGINT) in a chat without a terminal. In a terminal, it cancels the answer.
    Interrupted,
    /// The system or another program ended it (SIGTERM or SIGHUP).
    Terminated,
}
