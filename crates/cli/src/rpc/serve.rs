//! The loop of `geppetto rpc`.

use std::{collections::HashSet, sync::Arc};

use geppetto_engine::StructuredOutput;
use geppetto_events::Event;
use geppetto_host::{Error, ErrorKind, HostedRun, HostedSession, State};
use geppetto_session::RunOutcome;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

use super::{
    lines::{Input, Output},
    request::{Approve, Request, Submit},
};
use crate::{answer, ask::Question, failure::Failure, media::Attachments, server::Server};

/// Number of events that are read at once.
const PAGE: usize = 256;

/// Version of the messages.
const VERSION: u32 = 1;

/// Serves requests until the input ends or a shutdown is requested.
pub(super) async fn serve(
    session: &HostedSession,
    server: &Server,
    mut input: Input,
    output: Arc<Output>,
) -> Result<(), Failure> {
    let seq = session.snapshot().await?.seq;
    let hello = json!({
        "type": "hello",
        "version": VERSION,
        "session": session.id(),
        "model": server.model(),
        "seq": seq,
    });
    output.send(&hello).await;
    let (over, ended) = watch::channel(HashSet::new());
    let pump = tokio::spawn(pump(session.clone(), seq, Arc::clone(&output), over));
    let mut serving = Serving {
        session,
        output,
        ended,
        runs: JoinSet::new(),
    };
    let stopped = serving.requests(&mut input).await;
    match stopped {
        Stop::Input => {}
        Stop::Request | Stop::Closed => {
            session.cancel().await?;
        }
    }
    if !matches!(stopped, Stop::Closed) {
        // What is asked is answered. The reader may close its end meanwhile.
        let output = Arc::clone(&serving.output);
        tokio::select! {
            () = async { while serving.runs.join_next().await.is_some() {} } => {}
            () = output.closed() => {
                session.cancel().await?;
            }
        }
    }
    session.idle().await;
    pump.abort();
    let _ = pump.await;
    serving.runs.shutdown().await;
    if let Some(output) = Arc::into_inner(serving.output) {
        output.end().await;
    }
    Ok(())
}

/// Writes the events of the session, and keeps the ids of runs that are over.
async fn pump(
    session: HostedSession,
    after: u64,
    output: Arc<Output>,
    over: watch::Sender<HashSet<String>>,
) {
    let mut events = session.events(after);
    while let Ok(Some(event)) = events.next().await {
        output.send(&json!({"type": "event", "event": event})).await;
        if event.is_terminal()
            && let Some(run) = &event.correlation.run_id
        {
            over.send_modify(|over| {
                over.insert(run.clone());
            });
        }
    }
}

/// Why no more requests are served.
enum Stop {
    Input,
    Request,
    Closed,
}

struct Serving<'a> {
    session: &'a HostedSession,
    output: Arc<Output>,
    ended: watch::Receiver<HashSet<String>>,
    /// One task for each run, which reports its end.
    runs: JoinSet<()>,
}

impl Serving<'_> {
    async fn requests(&mut self, input: &mut Input) -> Stop {
        loop {
            let output = Arc::clone(&self.output);
            let line = tokio::select! {
                line = input.next() => line,
                () = output.closed() => return Stop::Closed,
            };
            while self.runs.try_join_next().is_some() {}
            let (id, request) = match line {
                None => return Stop::Input,
                Some(Ok(line)) => Request::read(&line),
                Some(Err(error)) => (Value::Null, Err(error)),
            };
            let request = match request {
                Ok(request) => request,
                Err(message) => {
                    self.error(&id, "invalid", &message).await;
                    continue;
                }
            };
            let is_shutdown = matches!(request, Request::Shutdown(_));
            match self.reply(request).await {
                Ok(Reply { result, run }) => {
                    let reply = json!({"type": "reply", "id": id, "result": result});
                    self.output.send(&reply).await;
                    // A client knows the run before it is told of its end.
                    if let Some((run, schema)) = run {
                        self.follow(run, schema);
                    }
                }
                Err((code, message)) => self.error(&id, code, &message).await,
            }
            if is_shutdown {
                return Stop::Request;
            }
        }
    }

    async fn error(&self, id: &Value, code: &str, message: &str) {
        let line = json!({"type": "error", "id": id, "code": code, "message": message});
        self.output.send(&line).await;
    }

    async fn reply(&self, request: Request) -> Result<Reply, (&'static str, String)> {
        let session = self.session;
        let result: Result<Value, _> = match request {
            Request::Submit(submit) => return self.submit(submit).await,
            Request::Approve(approve) => return self.approve(approve).await,
            Request::Cancel(_) => {
                let was_running = session.cancel().await.map_err(refused)?;
                Ok(json!({"cancelled": was_running}))
            }
            Request::Snapshot(_) => {
                let snapshot = session.snapshot().await.map_err(refused)?;
                let state = match &snapshot.state {
                    State::Idle => json!("idle"),
                    State::Waiting => json!("waiting"),
                    _ => json!("running"),
                };
                let run = match &snapshot.state {
                    State::Running { run } | State::Open { run, .. } => Some(run),
                    _ => None,
                };
                Ok(json!({
                    "state": state,
                    "run": run,
                    "turns": snapshot.turn_count,
                    "turn": snapshot.turn,
                    "waiting": snapshot.waits,
                    "seq": snapshot.seq,
                }))
            }
            Request::Events(wanted) => {
                let store = session.host().store();
                let events = store.events(session.id(), wanted.after, PAGE).await;
                let events = events.map_err(|error| refused(error.into()))?;
                let is_all = events.len() < PAGE;
                let seq = events.last().map_or(wanted.after, |last: &Event| last.seq);
                Ok(json!({"events": events, "seq": seq, "complete": is_all}))
            }
            Request::Shutdown(_) => Ok(json!({})),
        };
        result.map(|result| Reply { result, run: None })
    }

    async fn submit(&self, request: Submit) -> Result<Reply, (&'static str, String)> {
        let invalid = |error: Failure| ("invalid", error.to_string());
        let mut attachments = Attachments::default();
        for name in request.images.iter().chain(&request.files) {
            if name == "-" {
                return Err((
                    "invalid",
                    "standard input cannot be attached here".to_owned(),
                ));
            }
        }
        for name in &request.images {
            attachments.image(name).await.map_err(invalid)?;
        }
        for name in &request.files {
            attachments.file(name).await.map_err(invalid)?;
        }
        let schema = request
            .schema
            .map(|schema| StructuredOutput::json_schema("answer", schema));
        let question = Question {
            prompt: attachments.with_texts(&request.prompt),
            system: request.system,
            attachments,
            schema: schema.clone(),
            earlier: Vec::new(),
        };
        let mut submit = question.submit(self.session);
        if let Some(model) = request.model {
            submit = submit.model(model);
        }
        if let Some(key) = request.idempotency_key {
            submit = submit.idempotency_key(key);
        }
        let run = submit.submit().await.map_err(refused)?;
        Ok(Reply {
            result: json!({"run": run.id(), "repeated": run.is_repeated()}),
            run: Some((run, schema)),
        })
    }

    async fn approve(&self, approve: Approve) -> Result<Reply, (&'static str, String)> {
        let decisions = approve.decisions().map_err(|error| ("invalid", error))?;
        let run = self
            .session
            .answer(decisions)
            .submit()
            .await
            .map_err(refused)?;
        Ok(Reply {
            result: json!({"run": run.id()}),
            run: Some((run, None)),
        })
    }

    /// Reports the end of a run, after its last event.
    fn follow(&mut self, run: HostedRun, schema: Option<StructuredOutput>) {
        let (output, session) = (Arc::clone(&self.output), self.session.id().to_owned());
        let mut ended = self.ended.clone();
        self.runs.spawn(async move {
            let Some(handle) = run.handle() else {
                let turn = run.wait().await.unwrap_or_default();
                let answer = turn.assistant_text();
                let done = json!({"type": "done", "run": run.id(), "answer": answer});
                return output.send(&done).await;
            };
            let outcome: Arc<RunOutcome> = handle.outcome().await;
            // The pump may have ended.
            let _ = ended.wait_for(|over| over.contains(run.id())).await;
            let mut done = answer::result(&session, run.id(), &outcome);
            done.insert("type".to_owned(), json!("done"));
            let waits = outcome.waits();
            if !waits.is_empty() {
                done.insert("waiting".to_owned(), json!(waits));
            }
            match schema.map(|schema| schema.read(&outcome.turn)) {
                Some(Ok(data)) => done.insert("data".to_owned(), data),
                Some(Err(error)) => done.insert("error".to_owned(), error.to_string().into()),
                None => None,
            };
            output.send(&Value::Object(done)).await;
        });
    }
}

/// The answer to a request.
struct Reply {
    result: Value,
    /// The run that the request started or found, and the schema of its answer.
    run: Option<(HostedRun, Option<StructuredOutput>)>,
}

/// Returns the code and the message of an error.
fn refused(error: Error) -> (&'static str, String) {
    let code = match error.kind() {
        ErrorKind::Busy => "busy",
        ErrorKind::Held => "held",
        ErrorKind::NotFound => "not_found",
        ErrorKind::KeyReused => "key_reused",
        ErrorKind::Refused => "invalid",
        _ => "failed",
    };
    (code, Failure::from(error).to_string())
}
