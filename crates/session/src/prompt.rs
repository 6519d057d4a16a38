//! [`Prompt`]: a prompt with options for its run.

use std::{sync::Arc, time::Duration};

use geppetto_engine::{Decision, EngineBuilder, InferenceConfig, RunContext, StructuredOutput};
use geppetto_events::EventSink;
use geppetto_turns::{Block, Content, FilePart, ImagePart, Turn};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    ExecutionHandle, Session, SessionError, TypedPrompt,
    options::{Input, Options, Request},
    scheduler,
};

/// A run to submit, with options that apply to it alone.
///
/// Created by [`Session::prompt`], [`Session::inference`], [`Session::answer`], [`Session::retry`] and
/// [`Session::edit_prompt`].
///
/// ```
/// use std::time::Duration;
///
/// use geppetto_session::Session;
/// use geppetto_testing::{Script, ScriptedEngine};
///
/// /// Who asks. Middleware and tools look it up by its type.
/// struct User(u64);
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // In place of a provider's engine.
/// let engine = ScriptedEngine::always(Script::new().text("Hello."));
/// let session = Session::from_engine(engine);
///
/// let run = session
///     .prompt("Say hello")
///     .model("a-small-model")
///     .time_limit(Duration::from_secs(20))
///     .extension(User(7))
///     .submit()
///     .await?;
/// assert_eq!(run.wait().await?.assistant_text(), "Hello.");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing runs until it is submitted"]
pub struct Prompt {
    session: Session,
    input: Input,
    images: Vec<ImagePart>,
    files: Vec<FilePart>,
    options: Options,
}

impl Prompt {
    pub(crate) fn new(session: &Session, input: Input) -> Self {
        Self {
            session: session.clone(),
            input,
            images: Vec::new(),
            files: Vec::new(),
            options: Options::default(),
        }
    }

    pub(crate) fn decisions(mut self, decisions: Vec<(String, Decision)>) -> Self {
        self.options.decisions = Some(decisions);
        self
    }

    /// Adds a block after the prompt's text, such as a further user message. Has no effect on an
    /// inference on the latest turn.
    pub fn block(mut self, block: Block) -> Self {
        if let Input::Prompt(blocks) | Input::Replaces(Some(blocks)) = &mut self.input {
            blocks.push(block);
        }
        self
    }

    /// Adds an image to the prompt. Has no effect on an inference on the latest turn.
    pub fn image(mut self, image: ImagePart) -> Self {
        self.images.push(image);
        self
    }

    /// Adds images to the prompt. Has no effect on an inference on the latest turn.
    pub fn images(mut self, images: impl IntoIterator<Item = ImagePart>) -> Self {
        self.images.extend(images);
        self
    }

    /// Adds a file to the prompt. Has no effect on an inference on the latest turn.
    pub fn file(mut self, file: FilePart) -> Self {
        self.files.push(file);
        self
    }

    /// Lets the prompt join the running inference, if there is one: its messages enter the conversation
    /// before the model is called again, after the tools that it is waiting for, and the answer of
    /// that run takes them into account ([`EventKind::InputJoined`](geppetto_events::EventKind::InputJoined)).
    /// The handle is then one of that run ([`ExecutionHandle::joined`]).
    ///
    /// Until then, the prompt is queued, whatever the session's [`BusyPolicy`](crate::BusyPolicy). If
    /// the model is not called again, because this was its last reply or the run ended otherwise, the
    /// prompt is the next to run. Without a running inference, it runs at once.
    ///
    /// Model, settings, engine builder and edits of the turn apply only if the prompt has a run of its
    /// own. A prompt with system messages, an answer's schema, a time limit, sinks, a token or a parent
    /// never joins another run: for it, this has no effect. Extensions of a prompt that joins are visible to
    /// the journal only.
    ///
    /// Runs of a tool loop take prompts; those of an engine alone, and custom runners that do not
    /// call [`steps::join_input`](geppetto_engine::steps::join_input), do not. A tool may submit such
    /// a prompt to its own session, but must not wait for its outcome, which is that of the run.
    pub fn join_running(mut self) -> Self {
        self.options.joins = true;
        self
    }

    /// Sets the model of this run. It does not persist in the session's history.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.options.settings.inference.model = Some(model.into());
        self
    }

    /// Sets model, sampling, limits and reasoning of this run: each value that is set takes
    /// precedence over those of the turn and the engine. They do not persist in the session's
    /// history.
    pub fn settings(mut self, settings: InferenceConfig) -> Self {
        let earlier = std::mem::take(&mut self.options.settings.inference);
        self.options.settings.inference = settings.or(&earlier);
        self
    }

    /// Sets the schema of this run's answer, which does not persist in the session's history.
    /// [`output`](Self::output) also parses the answer.
    pub fn output_schema(mut self, output: StructuredOutput) -> Self {
        self.options.settings.output = Some(output);
        self
    }

    /// Requests an answer that can be deserialized as a `T`:
    /// [`TypedRun::wait`](crate::TypedRun::wait) returns it together with the turn. Call it last.
    #[cfg(feature = "schemars")]
    pub fn output<T>(self) -> TypedPrompt<T>
    where
        T: serde::de::DeserializeOwned + schemars::JsonSchema,
    {
        self.output_as(StructuredOutput::of::<T>())
    }

    /// Like `output`, with a schema that is not derived from the type.
    pub fn output_as<T: serde::de::DeserializeOwned>(
        self,
        output: StructuredOutput,
    ) -> TypedPrompt<T> {
        TypedPrompt::new(self.output_schema(output))
    }

    /// Sets the maximum duration of the run, measured from its start; time in the queue does not
    /// count.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.options.time_limit = Some(limit);
        self
    }

    /// Sets the deadline of the run. Of several deadlines, the earliest applies.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.options.deadline = Some(deadline);
        self
    }

    /// Cancels the run when `token` is cancelled. Cancelling the run does not cancel `token`.
    ///
    /// A queued prompt whose token is cancelled leaves the queue and never runs.
    pub fn cancelled_by(mut self, token: &CancellationToken) -> Self {
        self.options.token = Some(token.clone());
        self
    }

    /// Sets the parent of this run, in place of the session's
    /// ([`SessionBuilder::parent`](crate::SessionBuilder::parent)).
    pub fn parent(mut self, parent: &RunContext) -> Self {
        self.options.parent = Some(parent.clone());
        self
    }

    /// Attaches a value to the run, such as the identity of the caller, which middleware, tools,
    /// hooks and stores look up by its type ([`RunContext::extension`]). It replaces a value of the
    /// same type, including that of the engine builder.
    ///
    /// The model never sees extensions, and they are not stored.
    pub fn extension<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.options.extensions = self.options.extensions.with(value);
        self
    }

    /// Adds a sink that receives the events of this run. If the engine builder adds the same sink,
    /// it receives them once.
    pub fn event_sink(mut self, sink: Arc<dyn EventSink>) -> Self {
        self.options.sinks.push(sink);
        self
    }

    /// Sets the engine builder of this run, in place of the session's.
    pub fn engine_builder(mut self, builder: impl EngineBuilder + 'static) -> Self {
        self.options.builder = Some(Arc::new(builder));
        self
    }

    /// Edits the turn before the run starts: its data, metadata or blocks. The edit and the prompt
    /// become visible in the history together, when the run starts. Edits are applied in the order
    /// in which they were added. An edit that panics prevents the run from starting.
    ///
    /// Called when the run is about to start, on the submitting task, or on the run's own task if
    /// the prompt was queued. It must not block.
    pub fn edit(mut self, edit: impl FnOnce(&mut Turn) + Send + 'static) -> Self {
        self.options.edits.push(Box::new(edit));
        self
    }

    /// Sets whether [`submit`](Self::submit) returns only once the run's journal has recorded its
    /// start. Defaults to the session's setting
    /// ([`SessionBuilder::acknowledge_recorded`](crate::SessionBuilder::acknowledge_recorded)).
    pub fn acknowledge_recorded(mut self, recorded: bool) -> Self {
        self.options.recorded = Some(recorded);
        self
    }

    /// Submits the prompt: appends it to the history and starts the run, atomically.
    ///
    /// If an inference is running and the session queues or replaces prompts, the prompt is
    /// accepted at once, and the handle refers to a waiting run; an error that prevents it from
    /// starting later is in its outcome. Otherwise this waits until the run is built, and until a
    /// run whose terminal event is already published has released the session.
    ///
    /// If the prompt is acknowledged only once it is recorded
    /// ([`acknowledge_recorded`](Self::acknowledge_recorded)), this also waits for its place in the
    /// queue and for the journal's barrier
    /// ([`RunJournal::run_started`](geppetto_engine::RunJournal::run_started)), which precedes the
    /// prompt's entry into the history.
    ///
    /// Dropping the future before it is ready leaves nothing in the history. If the journal has already
    /// passed the barrier, its [`run_withdrawn`](geppetto_engine::RunJournal::run_withdrawn) follows. A
    /// prompt that is being recorded because it joins a run ([`join_running`](Self::join_running)) is an
    /// exception: the run may read it, and goes on.
    ///
    /// # Errors
    ///
    /// [`SessionError::Busy`] while an inference is running (unless the session queues or replaces
    /// prompts), [`SessionError::InsideOwnRun`] in a session that queues prompts if the caller is
    /// part of the running inference, [`SessionError::NotRecorded`] if the journal refuses,
    /// [`SessionError::Cancelled`] if the run was cancelled or replaced while it was built, and any
    /// other error that prevents a run from starting. The history is unchanged.
    pub async fn submit(self) -> Result<ExecutionHandle, SessionError> {
        let (session, request) = self.into_request()?;
        // Boxed: the caller's future stays small while it reads what this starts.
        Box::pin(scheduler::submit(&session, request)).await
    }

    /// Submits the prompt without waiting, for synchronous callers.
    ///
    /// If the engine builder has to wait, the run is built on its own task, and an error that
    /// prevents it from starting is in its outcome. The caller must be inside of a tokio runtime,
    /// or the session must have one ([`SessionBuilder::runtime`](crate::SessionBuilder::runtime)).
    ///
    /// # Errors
    ///
    /// The errors of [`submit`](Self::submit), as far as they are known immediately, and
    /// [`SessionError::NoRuntime`].
    pub fn try_submit(self) -> Result<ExecutionHandle, SessionError> {
        let (session, request) = self.into_request()?;
        scheduler::try_submit(&session, request)
    }

    fn into_request(self) -> Result<(Session, Request), SessionError> {
        let input = match self.input {
            Input::Latest => Input::Latest,
            Input::Replaces(None) => Input::Replaces(None),
            Input::Replaces(Some(blocks)) => {
                let blocks = with_media(blocks, self.images, self.files);
                Input::Replaces(Some(prompt(blocks)?))
            }
            Input::Prompt(blocks) => {
                let blocks = with_media(blocks, self.images, self.files);
                Input::Prompt(prompt(blocks)?)
            }
        };
        let options = self.options;
        Ok((self.session, Request { input, options }))
    }
}

/// Adds images and files to the first user message.
fn with_media(mut blocks: Vec<Block>, images: Vec<ImagePart>, files: Vec<FilePart>) -> Vec<Block> {
    if images.is_empty() && files.is_empty() {
        return blocks;
    }
    let mut users = blocks.iter_mut().map(|block| &mut block.content);
    let user = users.find_map(|content| match content {
        Content::User(user) => Some(user),
        _ => None,
    });
    // A prompt starts with the user's message, which may be blank.
    if let Some(user) = user {
        user.images.extend(images);
        user.files.extend(files);
    }
    blocks
}

/// Removes blank messages.
pub(crate) fn prompt(mut blocks: Vec<Block>) -> Result<Vec<Block>, SessionError> {
    blocks.retain(|block| match &block.content {
        Content::User(user) => !user.text.trim().is_empty() || user.has_media(),
        _ => true,
    });
    if blocks.is_empty() {
        return Err(SessionError::EmptyPrompt);
    }
    Ok(blocks)
}
