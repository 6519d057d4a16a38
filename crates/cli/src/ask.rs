//! `geppetto ask`: one prompt, one answer.

use std::{sync::Arc, time::Duration};

use geppetto_engine::{Resampling, StructuredOutput};
use geppetto_enginebuilder::Builder;
use geppetto_host::{HostedRun, HostedSession, Submit};
use geppetto_turns::{Block, BlockKind, Content, Turn, UserContent};

use crate::{
    answer::{Format, Output},
    continued::SessionFlags,
    failure::Failure,
    input,
    media::Attachments,
    say,
    server::{Server, ServerFlags},
    signals::Signals,
    storage::{OptionalStoreFlags, Storage},
    tools::{
        ToolFlags,
        approval::{Approval, Asks},
    },
};

mod schema;

/// Ask a model, and print its answer.
///
/// Standard input, unless it is a terminal, is added below the prompt: `git diff | geppetto ask
/// "Write a commit message"`.
#[derive(Debug, clap::Args)]
pub(crate) struct Ask {
    /// The prompt; several words are joined. `-` for standard input, however long it takes.
    prompt: Vec<String>,
    #[command(flatten)]
    pub(crate) flags: AskFlags,
}

/// Flags of verbs that ask once.
#[derive(Debug, clap::Args)]
pub(crate) struct AskFlags {
    /// System prompt: how the model is to behave. Replaces that of the session.
    #[arg(long, value_name = "TEXT")]
    pub(crate) system: Option<String>,
    /// Attach an image: a file, a URL, or `-` for standard input. Repeatable.
    #[arg(short, long, value_name = "FILE")]
    image: Vec<String>,
    /// Attach a file: text, PDF or audio, a URL, or `-` for standard input. Repeatable.
    #[arg(short, long, value_name = "FILE")]
    file: Vec<String>,
    /// JSON schema of the answer, in a file or as JSON. The answer is checked against it.
    #[arg(long, value_name = "FILE")]
    schema: Option<String>,
    /// Form of the answer.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Print the answer and errors only.
    #[arg(short, long)]
    quiet: bool,
    /// Do not read standard input.
    #[arg(long)]
    no_stdin: bool,
    /// Time to wait for the beginning of standard input, in seconds, if there is a prompt as well.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    stdin_wait: u64,
    /// Print what would be sent as YAML, and exit.
    #[arg(long)]
    pub(crate) print_prompt: bool,
    #[command(flatten)]
    pub(crate) tools: ToolFlags,
    #[command(flatten)]
    pub(crate) sessions: SessionFlags,
    #[command(flatten)]
    pub(crate) store: OptionalStoreFlags,
    #[command(flatten)]
    pub(crate) server: ServerFlags,
}

/// A prompt with everything that belongs to it.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) prompt: String,
    pub(crate) system: Option<String>,
    pub(crate) attachments: Attachments,
    pub(crate) schema: Option<StructuredOutput>,
    /// Messages before the prompt.
    pub(crate) earlier: Vec<Block>,
}

impl Ask {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let output = self.flags.output();
        output.report(self.ask(&output).await)
    }

    async fn ask(&self, output: &Arc<Output>) -> Result<(), Failure> {
        let server = Server::choose(&self.flags.server).await?;
        if let Some(print) = self.flags.server.settings.print() {
            return say::out(&print.render(server.resolved()));
        }
        let question = self.question().await?;
        if self.flags.print_prompt {
            return say::out(&question.to_yaml()?);
        }
        ask(&self.flags, &server, question, output).await
    }

    /// Reads what is to be asked.
    async fn question(&self) -> Result<Question, Failure> {
        let flags = &self.flags;
        let schema = flags.schema()?;
        let attachments = flags.attachments().await?;
        let words: Vec<&str> = self.prompt.iter().map(String::as_str).collect();
        let waits = words.contains(&"-");
        let words: Vec<&str> = words.into_iter().filter(|word| *word != "-").collect();
        let argument = words.join(" ");
        let mut stdin = String::new();
        if flags.reads_stdin() && (waits || input::is_piped()) {
            let patience = Duration::from_secs(flags.stdin_wait);
            let is_needed = waits || argument.trim().is_empty();
            stdin = input::text((!is_needed).then_some(patience)).await?;
        }
        let prompt = input::joined(&argument, &stdin);
        if prompt.trim().is_empty() && attachments.is_empty() {
            return Err(Failure::Usage(
                "there is no prompt; give one, as in `geppetto ask \"hello\"`, or pipe it in"
                    .to_owned(),
            ));
        }
        Ok(Question {
            prompt: attachments.with_texts(&prompt),
            system: flags.system.clone(),
            attachments,
            schema,
            earlier: Vec::new(),
        })
    }
}

impl AskFlags {
    /// Returns `true` if standard input belongs to the prompt.
    pub(crate) fn reads_stdin(&self) -> bool {
        !self.no_stdin && !self.image.iter().chain(&self.file).any(|name| name == "-")
    }

    /// Creates the output.
    pub(crate) fn output(&self) -> Arc<Output> {
        let output = Output::new(self.output, self.quiet, self.schema.is_some());
        Arc::new(output)
    }

    /// Reads the schema.
    pub(crate) fn schema(&self) -> Result<Option<StructuredOutput>, Failure> {
        self.schema.as_deref().map(schema::read).transpose()
    }

    /// Reads images and files.
    pub(crate) async fn attachments(&self) -> Result<Attachments, Failure> {
        let named = self.image.iter().chain(&self.file);
        if named.filter(|name| *name == "-").count() > 1 {
            return Err(Failure::Usage(
                "standard input can be attached once; only one of --image and --file can be `-`"
                    .to_owned(),
            ));
        }
        let mut attachments = Attachments::default();
        for name in &self.image {
            attachments.image(name).await?;
        }
        for name in &self.file {
            attachments.file(name).await?;
        }
        Ok(attachments)
    }
}

impl Question {
    /// Returns the turn that a new session would send.
    pub(crate) fn to_yaml(&self) -> Result<String, Failure> {
        let mut user = UserContent::default();
        user.text.clone_from(&self.prompt);
        user.images.clone_from(&self.attachments.images);
        user.files.clone_from(&self.attachments.files);
        let mut turn = Turn::new();
        for block in &self.earlier {
            turn.push(block.clone());
        }
        turn.push(Block::new(Content::User(user)));
        set_system(&mut turn, self.system.as_deref());
        turn.to_yaml()
            .map_err(|error| Failure::Run(error.to_string()))
    }

    /// Returns the request for an answer.
    pub(crate) fn submit(&self, session: &HostedSession) -> Submit {
        let mut submit = session
            .prompt(self.prompt.clone())
            .images(self.attachments.images.iter().cloned())
            .files(self.attachments.files.iter().cloned());
        if let Some(schema) = &self.schema {
            submit = submit.output_schema(schema.clone());
        }
        if !self.earlier.is_empty() {
            let earlier = self.earlier.clone();
            submit = submit.with(move |prompt| {
                prompt.edit(move |turn| {
                    for block in earlier {
                        turn.insert_before_last(block);
                    }
                })
            });
        }
        if let Some(system) = self.system.clone() {
            submit =
                submit.with(move |prompt| prompt.edit(move |turn| set_system(turn, Some(&system))));
        }
        submit
    }
}

/// Sets the system prompt of a turn.
fn set_system(turn: &mut Turn, system: Option<&str>) {
    let Some(system) = system.filter(|system| !system.trim().is_empty()) else {
        return;
    };
    if turn.system_prompt() == Some(system) {
        return;
    }
    let others = turn.blocks.iter();
    let others = others.filter(|block| block.kind() != BlockKind::System);
    turn.blocks = others.cloned().collect();
    turn.prepend(Block::system(system));
}

/// Asks, and prints the answer.
pub(crate) async fn ask(
    flags: &AskFlags,
    server: &Server,
    question: Question,
    output: &Arc<Output>,
) -> Result<(), Failure> {
    let engine = server.engine()?;
    let tools = flags.tools.registry()?;
    let needs_file = flags.sessions.is_continued() || flags.sessions.new_session.is_some();
    let storage = flags.store.open(needs_file).await?;
    if !flags.quiet {
        server.announce();
    }
    let mut builder = Builder::new(engine).event_sink(Arc::clone(output));
    if output.is_final() {
        builder = builder.resampling(Resampling::never());
    }
    if flags.tools.is_on() {
        let approval = Approval::new(Asks::Terminal, flags.tools.unasked());
        builder = builder.tools(tools).tool_executor(approval);
    }
    let host = storage.host(builder);
    let asked = submit_and_follow(flags, &host, &storage, server, &question, output).await;
    storage.close(&host).await;
    asked
}

async fn submit_and_follow(
    flags: &AskFlags,
    host: &geppetto_host::Host,
    storage: &Storage,
    server: &Server,
    question: &Question,
    output: &Output,
) -> Result<(), Failure> {
    let mut signals = Signals::listen();
    let session = flags.sessions.open(host).await?;
    let run = question.submit(&session).submit().await?;
    let ended = follow(&run, output, &mut signals).await;
    if let Some(handle) = run.handle() {
        let outcome = handle.outcome().await;
        output.finish(session.id(), run.id(), &outcome, question.schema.as_ref())?;
    }
    if storage.is_kept() && !flags.quiet {
        note_session(&session);
    }
    ended?;
    match run.wait().await {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::of_run(&error, &server.key_advice())),
    }
}

/// Waits for the end of a run. A signal or a closed output cancels it.
async fn follow(run: &HostedRun, output: &Output, signals: &mut Signals) -> Result<(), Failure> {
    let Some(handle) = run.handle() else {
        return Ok(());
    };
    let mut events = handle.events();
    loop {
        tokio::select! {
            event = events.next() => match event {
                None => return output.check(),
                Some(_) => if let Err(failure) = output.check() {
                    run.cancel();
                    handle.outcome().await;
                    return Err(failure);
                },
            },
            signal = signals.next() => {
                run.cancel();
                handle.outcome().await;
                return Err(Failure::Stopped(signal));
            }
        }
    }
}

/// Tells a person how to go on.
fn note_session(session: &HostedSession) {
    use std::io::IsTerminal as _;
    if std::io::stderr().is_terminal() || say::is_verbose() {
        say::line(&format!("session {}", session.id()));
    }
}
