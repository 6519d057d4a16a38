//! Routes of AG-UI.

use axum::{Json, extract::State, response::Response};
use geppetto_engine::{ClientTools, ToolDefinition};
use geppetto_events::Event;
use geppetto_host::{Decision, HostedRun, HostedSession, State as SessionState, Submit};
use geppetto_turns::{Args, MediaSource, Turn};
use geppetto_ui::agui::{
    Action, Answer, File, FileSource, Message, Projection, RunInput, UiEvent, messages,
};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    UiContext,
    files::Media,
    runs::{self, Prompt},
    stream::{self, Run, Wire},
};
use crate::{
    Problem,
    app::App,
    extract::{Input, Target},
    guard::Streaming,
    owner::Scope,
};

/// Maximum number of tools of a client.
const MAX_TOOLS: usize = 128;

impl Wire for Projection {
    const LAST: Option<&'static str> = None;

    fn apply(&mut self, event: &Event) -> Vec<String> {
        let out = Projection::apply(self, event);
        out.iter().map(UiEvent::to_json).collect()
    }

    fn abandon(&mut self, error: &str) -> Vec<String> {
        let out = Projection::abandon(self, error);
        out.iter().map(UiEvent::to_json).collect()
    }

    fn is_ended(&self) -> bool {
        Projection::is_ended(self)
    }
}

/// A request, with what is needed to carry it out.
struct Call<'a> {
    app: &'a App,
    input: &'a RunInput,
    streaming: Streaming,
}

/// Starts a run, and streams it.
pub(crate) async fn run(
    State(app): State<App>,
    scope: Scope,
    Input(input): Input<RunInput>,
) -> Result<Response, Problem> {
    let streaming = app.streams.open(scope.group().unwrap_or_default())?;
    runs::check_id(&input.run_id, "the id of the run")?;
    let action = input.action();
    let action = action.map_err(|error| Problem::unprocessable(error.to_string()))?;
    let call = Call {
        app: &app,
        input: &input,
        streaming,
    };
    match action {
        Action::Prompt { id, text, files } => {
            runs::check_id(&id, "the id of the message")?;
            let media = media(&files)?;
            let profile = call.profile();
            let session = runs::session(&app, &scope, &input.thread_id, profile.as_deref());
            let session = session.await?;
            call.sent(session, Prompt { id, text, media }).await
        }
        Action::Answers(answers) => {
            let session = scope.session(&app.host, &input.thread_id).await?;
            call.answered(session, &answers).await
        }
        _ => match scope.session(&app.host, &input.thread_id).await {
            Ok(session) => call.connect(session).await,
            // A page connects before the first message.
            Err(problem) if problem.status == 404 => Ok(call.idle(&[])),
            Err(problem) => Err(problem),
        },
    }
}

impl Call<'_> {
    fn projection(&self) -> Projection {
        let names = self.input.tools.iter().map(|tool| tool.name.as_str());
        Projection::new(self.input.thread_id.as_str(), self.input.run_id.as_str())
            .client_tools(names)
            .legacy(self.input.is_legacy())
    }

    fn profile(&self) -> Option<String> {
        let profile = self.input.forwarded_props.get("profile");
        profile.and_then(Value::as_str).map(str::to_owned)
    }

    /// Runs a message of the user.
    async fn sent(self, session: HostedSession, prompt: Prompt) -> Result<Response, Problem> {
        let turns = session.turns().await?;
        let known = runs::turn_of(&turns, &prompt.id);
        let is_last = known.is_some_and(|index| index + 1 == turns.len());
        if is_last && session.running().is_some() {
            return self.connect(session).await;
        }
        runs::take_over(self.app, &session).await?;
        let snapshot = session.snapshot().await?;
        let kept = turns
            .get(..known.unwrap_or(turns.len()))
            .unwrap_or_default();
        let mut projection = self.projection().after(kept);
        if let Some(message) = self.input.prompt_message() {
            projection = projection.with_prompt(message);
        }
        projection = projection.for_client(self.input);
        // A message that is known is one whose answer is asked for again, or that was edited.
        let submit = match known {
            Some(index) => runs::replace(self.app, &session, &turns, index, prompt).await?,
            None => runs::prompt(&session, prompt),
        };
        let latest = snapshot.turn.as_ref();
        let profile = self.profile();
        let submit = self.equipped(submit)?;
        let run = runs::submit(self.app, &session, submit, profile, latest).await?;
        Ok(self.follow(session, &run, projection, snapshot.seq))
    }

    /// Continues with answers to tool calls that wait.
    async fn answered(
        self,
        session: HostedSession,
        answers: &[Answer],
    ) -> Result<Response, Problem> {
        let snapshot = session.snapshot().await?;
        let waits = |call: &str| snapshot.waits.iter().any(|own| own.call_id == call);
        let open: Vec<&Answer> = answers.iter().filter(|own| waits(own.call())).collect();
        let latest = snapshot.turn.as_ref();
        if open.is_empty() {
            let calls = answers.iter().map(Answer::call);
            if let Some(submit) = runs::continued(&session, latest, calls) {
                let turns = session.turns().await?;
                let projection = self.projection().after(&turns);
                let submit = self.equipped(submit)?;
                let run = runs::submit(self.app, &session, submit, None, latest).await?;
                return Ok(self.follow(session, &run, projection, snapshot.seq));
            }
            let detail = "none of the tool calls or interrupts waits for an answer";
            return Err(Problem::new(StatusCode::CONFLICT, "not-waiting", detail)
                .help("connect again; another window may have answered"));
        }
        let turns = session.turns().await?;
        let mut ids = self.input.result_ids();
        ids.retain(|call, _| open.iter().any(|own| own.call() == call));
        let projection = self.projection().after(&turns).results(ids.clone());
        let decisions = open
            .iter()
            .map(|own| (own.call().to_owned(), decision(own)));
        let submit = self.equipped(session.answer(decisions))?;
        let submit = runs::with_result_ids(submit, ids);
        let run = runs::submit(self.app, &session, submit, None, latest).await?;
        Ok(self.follow(session, &run, projection, snapshot.seq))
    }

    /// Adds the client's tools and context to a request.
    fn equipped(&self, submit: Submit) -> Result<Submit, Problem> {
        let input = self.input;
        if input.tools.len() > MAX_TOOLS {
            let detail = format!("the request has more than {MAX_TOOLS} tools");
            return Err(Problem::unprocessable(detail));
        }
        let context = input.context.iter();
        let context = context.map(|own| (own.description.clone(), own.value.clone()));
        let mut submit = submit.extension(UiContext {
            context: context.collect(),
            instructions: input.instructions(),
            state: input.state.clone(),
            forwarded_props: input.forwarded_props.clone(),
        });
        if !input.tools.is_empty() {
            let definitions = input.tools.iter().map(|tool| {
                let parameters = match &tool.parameters {
                    Value::Object(_) => tool.parameters.clone(),
                    _ => json!({"type": "object", "properties": {}}),
                };
                ToolDefinition::new(tool.name.as_str(), tool.description.as_str(), parameters)
            });
            submit = submit.extension(ClientTools::new(definitions));
        }
        Ok(submit)
    }

    fn follow(
        self,
        session: HostedSession,
        run: &HostedRun,
        projection: Projection,
        after: u64,
    ) -> Response {
        stream::of_run(Run {
            wire: projection.of_run(run.id()),
            known: Vec::new(),
            events: session.events(after),
            watching: self
                .app
                .watches
                .watch(&session, run.id(), self.app.options.stop_when_left),
            session,
            streaming: self.streaming,
            keep_alive: self.app.options.keep_alive,
        })
    }

    /// Streams the conversation, and what is running.
    async fn connect(self, session: HostedSession) -> Result<Response, Problem> {
        let mut snapshot = session.snapshot().await?;
        if matches!(snapshot.state, SessionState::Open { .. }) {
            // A run that was cut off continues when its session is opened.
            let _open = session.open_existing().await?;
            snapshot = session.snapshot().await?;
        }
        let mut turns = session.turns().await?;
        let SessionState::Running { run } = &snapshot.state else {
            return Ok(self.idle(&turns));
        };
        let count = usize::try_from(snapshot.turn_count).unwrap_or(usize::MAX);
        turns.truncate(count.saturating_sub(1));
        turns.extend(snapshot.turn);
        let projection = self.projection().after(&turns).with_snapshot();
        let projection = projection.for_client(self.input);
        Ok(stream::of_run(Run {
            wire: projection.of_run(run.as_str()),
            events: session.events(snapshot.seq),
            watching: self
                .app
                .watches
                .watch(&session, run, self.app.options.stop_when_left),
            known: snapshot.events,
            session,
            streaming: self.streaming,
            keep_alive: self.app.options.keep_alive,
        }))
    }

    /// Returns the stream of a session that runs nothing.
    fn idle(&self, turns: &[Turn]) -> Response {
        let projection = self.projection().after(turns).with_snapshot();
        let mut projection = projection.for_client(self.input);
        let out = projection.idle();
        let data: Vec<String> = out.iter().map(UiEvent::to_json).collect();
        stream::whole(&data, None)
    }
}

fn media(files: &[File]) -> Result<Media, Problem> {
    let mut media = Media::default();
    for file in files {
        let media_type = file.media_type.as_deref();
        let media_type = media_type.or_else(|| file.is_image.then_some("image"));
        let name = file.name.clone();
        match &file.source {
            FileSource::Data(data) if data.starts_with("data:") => {
                media.add(data, media_type, name)?;
            }
            FileSource::Data(data) => media.add_data(data, media_type, name)?,
            FileSource::Url(url) => media.add(url, media_type, name)?,
            FileSource::Id(id) => {
                media.add_source(MediaSource::FileId(id.clone()), media_type, name)?;
            }
            _ => return Err(Problem::unprocessable("a file has no source")),
        }
    }
    Ok(media)
}

fn decision(answer: &Answer) -> Decision {
    match answer {
        Answer::Allow {
            arguments: Some(arguments),
            ..
        } => Decision::allow_with(Args::from(arguments.clone())),
        Answer::Allow { .. } => Decision::Allow,
        Answer::Deny { reason, .. } => {
            let reason = reason.as_deref().filter(|reason| !reason.trim().is_empty());
            Decision::reject(reason.unwrap_or("the user rejected the call"))
        }
        Answer::Output { result, .. } => Decision::answer(result.as_str()),
        Answer::Failed { error, .. } => Decision::answer(format!("Error: {error}")),
        _ => Decision::reject("the answer is not understood"),
    }
}

/// Returns the messages of a session.
pub(crate) async fn read(Target(session): Target) -> Result<Json<Vec<Message>>, Problem> {
    Ok(Json(messages(&session.turns().await?)))
}
