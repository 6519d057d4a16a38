//! [`Submit`]: a request for a run.

use std::{fmt, time::Duration};

use geppetto_engine::{Decision, EngineBuilder, InferenceConfig, RunSettings, StructuredOutput};
use geppetto_session::{ExecutionHandle, Prompt, Session, SessionError};
use geppetto_store::{MAX_ID_BYTES, Request, RequestKey, SessionStore as _};
use geppetto_turns::{Block, FilePart, ImagePart};
use serde_json::json;

use crate::{
    Error, ErrorKind, HostedRun, HostedSession,
    host::RunPlace,
    live::{Live, Using},
};

type Option_ = Box<dyn FnOnce(Prompt) -> Prompt + Send>;

/// A request for a run of a session, with options that apply to the run alone.
///
/// Created by [`HostedSession::prompt`], [`retry`](HostedSession::retry),
/// [`edit_prompt`](HostedSession::edit_prompt), [`answer`](HostedSession::answer) and
/// [`inference`](HostedSession::inference).
#[must_use = "nothing runs until it is submitted"]
pub struct Submit {
    session: HostedSession,
    input: Input,
    blocks: Vec<Block>,
    images: Vec<ImagePart>,
    files: Vec<FilePart>,
    settings: RunSettings,
    options: Vec<Option_>,
    key: Option<String>,
    compared: Option<String>,
    joins: bool,
}

pub(crate) enum Input {
    Prompt(String),
    Retry,
    Edit(String),
    Answer(Vec<(String, Decision)>),
    Latest,
}

impl Submit {
    pub(crate) fn new(session: &HostedSession, input: Input) -> Self {
        Self {
            session: session.clone(),
            input,
            blocks: Vec::new(),
            images: Vec::new(),
            files: Vec::new(),
            settings: RunSettings::default(),
            options: Vec::new(),
            key: None,
            compared: None,
            joins: false,
        }
    }

    /// Makes the request idempotent: a request with the same key and the same content returns the
    /// run of the first one, also after a restart, and one with another content is refused
    /// ([`KeyReused`](ErrorKind::KeyReused)). The key is stored together with the prompt. At most
    /// 512 bytes; unique within the session.
    ///
    /// The content is the prompt with its media, the decisions, and the settings; not the other
    /// options.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets a text that requests with the same idempotency key must agree in as well, such as the
    /// name of the profile whose engine builder they set.
    pub fn compared_with(mut self, text: impl Into<String>) -> Self {
        self.compared = Some(text.into());
        self
    }

    /// Adds a block after the prompt's text, such as a further user message.
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Adds images to the prompt.
    pub fn images(mut self, images: impl IntoIterator<Item = ImagePart>) -> Self {
        self.images.extend(images);
        self
    }

    /// Adds files to the prompt.
    pub fn files(mut self, files: impl IntoIterator<Item = FilePart>) -> Self {
        self.files.extend(files);
        self
    }

    /// Sets the model of this run.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.settings.inference.model = Some(model.into());
        self
    }

    /// Sets model, sampling, limits and reasoning of this run.
    pub fn settings(mut self, settings: InferenceConfig) -> Self {
        let earlier = std::mem::take(&mut self.settings.inference);
        self.settings.inference = settings.or(&earlier);
        self
    }

    /// Sets the schema of this run's answer.
    pub fn output_schema(mut self, output: StructuredOutput) -> Self {
        self.settings.output = Some(output);
        self
    }

    /// Lets the prompt join the running inference, if there is one; see [`Prompt::join_running`]. The
    /// prompt is stored, and acknowledged, when it is read. The [`HostedRun`] is then the one that it
    /// joined.
    pub fn join_running(mut self) -> Self {
        self.joins = true;
        self.with(Prompt::join_running)
    }

    /// Sets the maximum duration of the run.
    pub fn time_limit(self, limit: Duration) -> Self {
        self.with(move |prompt| prompt.time_limit(limit))
    }

    /// Sets the engine builder of this run. The run is recorded like every other one. If it is cut
    /// off, it continues with the builder of the host.
    pub fn engine_builder(self, builder: impl EngineBuilder + 'static) -> Self {
        self.with(move |prompt| prompt.engine_builder(builder))
    }

    /// Attaches a value to the run, such as the identity of the caller. It is not stored.
    pub fn extension<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.with(move |prompt| prompt.extension(value))
    }

    /// Applies any other option of a [`Prompt`].
    pub fn with(mut self, option: impl FnOnce(Prompt) -> Prompt + Send + 'static) -> Self {
        self.options.push(Box::new(option));
        self
    }

    /// Submits the request. Returns once the prompt is stored; with a policy that queues prompts,
    /// when its run starts.
    ///
    /// Dropping the future before it is ready leaves no prompt, or has submitted it; with an
    /// [idempotency key](Self::idempotency_key), the same request finds out.
    ///
    /// # Errors
    ///
    /// [`Busy`](ErrorKind::Busy) with the id of the running inference,
    /// [`NotStored`](ErrorKind::NotStored) if the store did not accept the prompt,
    /// [`Held`](ErrorKind::Held) if another process runs the session,
    /// [`KeyReused`](ErrorKind::KeyReused), [`AtCapacity`](ErrorKind::AtCapacity),
    /// [`ShuttingDown`](ErrorKind::ShuttingDown), [`CutRun`](ErrorKind::CutRun),
    /// [`NotFound`](ErrorKind::NotFound) if there is no such session and the request is not a
    /// prompt, and [`Refused`](ErrorKind::Refused) for an empty prompt, a key that is too long or a
    /// decision that does not apply. The prompt is not acknowledged and not part of the history.
    pub async fn submit(self) -> Result<HostedRun, Error> {
        let shared = self.session.shared().clone();
        let key = self.request_key()?;
        // What is refused must not create a session.
        self.check_prompt()?;
        let place = place(&self.session, self.joins).await;
        let creates = matches!(self.input, Input::Prompt(_)) && place.is_ok();
        let (id, policy) = (self.session.id(), shared.options.cut_runs);
        let using = match (creates, key.is_some() || place.is_ok()) {
            (true, _) => shared.acquire(id).await?,
            (false, true) => match (shared.acquire_existing(id, policy).await, &place) {
                (Err(error), Err(_)) if error.kind() == ErrorKind::NotFound => {
                    return Err(place.err().unwrap_or(error));
                }
                (using, _) => using?,
            },
            (false, false) => return Err(place.err().unwrap_or_else(Error::shutting_down)),
        };
        let live = using.live().clone();
        let Some(key) = key else {
            return self.start(using, place?, None).await;
        };
        let _claim = live.claim_key(&key.key).await;
        let id = self.session.id();
        match shared.store.request(id, &key.key).await? {
            Some(known) if known.digest == key.digest => Ok(find(&live, &known).await?),
            Some(_) => {
                let message = format!(
                    "idempotency key `{}` was used for another request; use a new key for a new \
                     request",
                    key.key
                );
                Err(Error::new(ErrorKind::KeyReused, message))
            }
            None => self.start(using, place?, Some(key)).await,
        }
    }

    /// Returns the idempotency key with the digest of the content.
    fn request_key(&self) -> Result<Option<RequestKey>, Error> {
        let Some(key) = self.key.as_deref() else {
            return Ok(None);
        };
        if key.len() > MAX_ID_BYTES {
            let message = format!(
                "the idempotency key has {} bytes; allowed are {MAX_ID_BYTES}",
                key.len()
            );
            return Err(Error::new(ErrorKind::Refused, message));
        }
        Ok(Some(RequestKey::new(key, &self.content()?)))
    }

    /// Fails if the prompt is empty, unless options may add to it.
    fn check_prompt(&self) -> Result<(), Error> {
        let is_blank = match &self.input {
            Input::Prompt(text) => text.trim().is_empty(),
            _ => false,
        };
        let has_more = !self.blocks.is_empty()
            || !self.images.is_empty()
            || !self.files.is_empty()
            || !self.options.is_empty();
        if is_blank && !has_more {
            return Err(Error::of_session(SessionError::EmptyPrompt, None));
        }
        Ok(())
    }

    async fn start(
        self,
        using: Using,
        place: RunPlace,
        key: Option<RequestKey>,
    ) -> Result<HostedRun, Error> {
        let shared = self.session.shared().clone();
        let live = using.live().clone();
        let _permit = live.submitting().await?;
        let mut prompt = self.prompt(&live.session);
        if let Some(key) = key {
            prompt = prompt.extension(key);
        }
        let run = match prompt.submit().await {
            Ok(run) => run,
            Err(error) if is_fenced(&error) => {
                shared.lose(&live);
                let id = live.session.id();
                let fenced = geppetto_store::Error::fenced(id);
                return Err(shared.not_opened(id, fenced).await);
            }
            Err(error) => return Err(refused(&live, error)),
        };
        if run.joined().is_none() {
            using.until_over(run.clone(), place);
        }
        Ok(HostedRun::started(run))
    }

    fn prompt(self, session: &Session) -> Prompt {
        let mut prompt = match self.input {
            Input::Prompt(text) => session.prompt(text),
            Input::Retry => session.retry(),
            Input::Edit(text) => session.edit_prompt(text),
            Input::Answer(decisions) => session.answer(decisions),
            Input::Latest => session.inference(),
        };
        for block in self.blocks {
            prompt = prompt.block(block);
        }
        for file in self.files {
            prompt = prompt.file(file);
        }
        prompt = prompt.images(self.images).settings(self.settings.inference);
        if let Some(output) = self.settings.output {
            prompt = prompt.output_schema(output);
        }
        let options = self.options.into_iter();
        options.fold(prompt, |prompt, option| option(prompt))
    }

    /// Returns what two requests with the same key must agree in.
    fn content(&self) -> Result<Vec<u8>, Error> {
        let (kind, text) = match &self.input {
            Input::Prompt(text) => ("prompt", text.as_str()),
            Input::Retry => ("retry", ""),
            Input::Edit(text) => ("edit", text.as_str()),
            Input::Answer(_) => ("answer", ""),
            Input::Latest => ("inference", ""),
        };
        let decisions = match &self.input {
            Input::Answer(decisions) => decisions.as_slice(),
            _ => &[],
        };
        let media = Block::user_with_images("", self.images.iter().cloned());
        let mut content = json!({
            "kind": kind,
            "text": text,
            "decisions": decisions,
            "media": media,
            "files": self.files,
            "blocks": self.blocks,
            "settings": self.settings,
        });
        if let (Some(text), Some(fields)) = (&self.compared, content.as_object_mut()) {
            // Absent by default, so that the digests of earlier versions stay the same.
            fields.insert("compared".to_owned(), text.as_str().into());
        }
        serde_json::to_vec(&content).map_err(|error| {
            let message = format!("the request cannot be compared with others: {error}");
            Error::new(ErrorKind::Refused, message)
        })
    }
}

/// Returns a place among the runs. A prompt that joins one needs it only if it is not read.
async fn place(session: &HostedSession, joins: bool) -> Result<RunPlace, Error> {
    let shared = session.shared();
    let live = shared.slots.get(session.id());
    if joins && live.is_some_and(|live| live.session.is_running()) {
        return Ok(shared.place_for_continuation());
    }
    shared.place_for_run().await
}

/// Returns `true` if another host owns the session now.
fn is_fenced(error: &SessionError) -> bool {
    match error {
        SessionError::NotRecorded(error) => error.kind() == geppetto_engine::ErrorKind::Fenced,
        _ => false,
    }
}

fn refused(live: &Live, error: SessionError) -> Error {
    let running = live.session.active().map(|run| run.id().to_owned());
    Error::of_session(error, running)
}

/// Returns the run of an earlier request.
async fn find(live: &Live, request: &Request) -> Result<HostedRun, Error> {
    let session = live.session.id();
    let info = live.journal.store().info(session).await?;
    let record = info.run.filter(|own| own.is(&request.run));
    let id = record.as_ref().map_or(&request.run, |own| &own.run).clone();
    let is_same = |run: &ExecutionHandle| run.id() == id;
    if let Some(run) = live.session.active().filter(is_same) {
        return Ok(HostedRun::started(run).repeated());
    }
    let turn = match &record {
        Some(record) => usize::try_from(record.turn)
            .ok()
            .and_then(|index| live.session.turn(index)),
        None => {
            let turns = live.session.turns();
            let is_of_run = |turn: &&_| geppetto_turns::Turn::inference_id(turn) == Some(&*id);
            turns.iter().find(is_of_run).cloned()
        }
    };
    Ok(HostedRun::ended(session, &id, record, turn))
}

impl fmt::Debug for Submit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submit")
            .field("session", &self.session.id())
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
