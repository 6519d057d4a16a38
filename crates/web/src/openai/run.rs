//! [`ApiRun`]: the run of a request, which ends with it.

use geppetto_engine::Decision;
use geppetto_events::Event;
use geppetto_host::{Events, HostedRun, HostedSession, NewSession, Submit};
use geppetto_session::{ExecutionHandle, RunEvents};
use geppetto_turns::Turn;
use geppetto_ui::openai::ApiError;

use super::{error::Refusal, request::Settings};
use crate::{api::sessions::random_id, app::App, owner::Scope};

#[cfg(test)]
mod tests;

/// Reason that the model receives for a call that would have to wait for a person.
const NOBODY: &str = "a person has to allow this call, and the user's interface cannot ask";

/// The run of a request. Dropping it cancels the run.
pub(super) struct ApiRun {
    place: Place,
    /// `None` for a reader of a run that another request started.
    run: Option<HostedRun>,
    settings: Option<Settings>,
    events: Source,
}

/// Where the events come from.
enum Source {
    None,
    Run(Box<RunEvents>),
    /// The log of a stored session.
    Session(Box<Events>),
}

impl Source {
    fn of(run: &HostedRun) -> Self {
        match run.handle() {
            Some(handle) => Self::Run(Box::new(handle.events())),
            None => Self::None,
        }
    }
}

/// The session of a request, and what remains of it.
pub(super) struct Place {
    pub(super) session: HostedSession,
    /// The run, once it has started. Another request may run the session afterwards.
    run: Option<ExecutionHandle>,
    end: AtEnd,
}

/// What happens to the session when its request is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtEnd {
    /// It is deleted.
    Delete,
    /// The run of the request is cancelled.
    Cancel,
    /// Its run continues.
    Continue,
}

impl Place {
    pub(super) fn new(session: HostedSession, end: AtEnd) -> Self {
        Self {
            session,
            run: None,
            end,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (session, end) = (self.session.clone(), self.end);
        if end == AtEnd::Continue {
            return;
        }
        if let (AtEnd::Cancel, Some(run)) = (end, &self.run) {
            run.cancel();
            return;
        }
        runtime.spawn(async move {
            let ended = match end {
                AtEnd::Delete => session.delete().await,
                _ => session.cancel().await,
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "the session of a request was not ended");
            }
        });
    }
}

impl ApiRun {
    /// Runs a conversation in a session of its own, which is deleted afterwards unless it is stored.
    pub(super) async fn start_on(
        app: &App,
        scope: &Scope,
        turn: Turn,
        settings: Settings,
        is_stored: bool,
    ) -> Result<Self, Refusal> {
        let mut new = NewSession::new().id(random_id()?);
        if let Some(group) = scope.group() {
            new = new.group(group);
        }
        let (host, end) = match (is_stored, &app.scratch) {
            (false, Some(scratch)) => (scratch, AtEnd::Delete),
            _ => (&app.host, AtEnd::Cancel),
        };
        let session = host.create(new).await?;
        let place = Place::new(session, end);
        place.session.append(turn).await?;
        let submit = settings.on(place.session.inference());
        Self::start(place, submit, settings).await
    }

    pub(super) async fn start(
        mut place: Place,
        submit: Submit,
        settings: Settings,
    ) -> Result<Self, Refusal> {
        let run = match submit.submit().await {
            Ok(run) => run,
            Err(error) => {
                if place.end == AtEnd::Cancel {
                    place.end = AtEnd::Continue;
                }
                return Err(error.into());
            }
        };
        place.run = run.handle().cloned();
        if place.run.is_none() && place.end == AtEnd::Cancel {
            place.end = AtEnd::Continue;
        }
        Ok(Self {
            events: Source::of(&run),
            place,
            settings: Some(settings),
            run: Some(run),
        })
    }

    /// Reads the run of another request.
    pub(super) fn reading(session: HostedSession, after: u64) -> Self {
        Self {
            events: Source::Session(Box::new(session.events(after))),
            place: Place::new(session, AtEnd::Continue),
            settings: None,
            run: None,
        }
    }

    /// Reads the events from the log of the session, so that they are those that another reader
    /// resumes after.
    pub(super) fn read_from(&mut self, after: u64) {
        self.events = Source::Session(Box::new(self.place.session.events(after)));
    }

    /// Returns the event of the session's log that begins after a number.
    pub(super) async fn event_after(&self, after: u64) -> Option<Event> {
        self.place.session.events(after).next().await.ok()?
    }

    pub(super) fn session(&self) -> &HostedSession {
        &self.place.session
    }

    /// Sets what happens when the request is over.
    pub(super) fn at_end(&mut self, end: AtEnd) {
        self.place.end = end;
    }

    /// Returns the next event of the run. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Event> {
        match &mut self.events {
            Source::None => None,
            Source::Run(events) => events.next().await,
            Source::Session(events) => match events.next().await {
                Ok(event) => event,
                Err(error) => {
                    tracing::warn!(%error, "the events of a response could not be read");
                    None
                }
            },
        }
    }

    /// Continues a run whose calls wait for a person, whom this interface cannot ask.
    pub(super) async fn refuse_waiting(&mut self, calls: Vec<String>) -> Result<(), Refusal> {
        let decisions = calls
            .into_iter()
            .map(|call| (call, Decision::reject(NOBODY)));
        let submit = self.place.session.answer(decisions);
        let submit = match &self.settings {
            Some(settings) => settings.on(submit),
            None => submit,
        };
        let run = submit.submit().await?;
        self.events = Source::of(&run);
        self.place.run = run.handle().cloned();
        self.run = Some(run);
        Ok(())
    }

    /// Returns the reply for a run that failed.
    pub(super) async fn refusal(&self, error: ApiError) -> Refusal {
        let mut refusal = Refusal::from(error);
        if let Some(handle) = self.run.as_ref().and_then(HostedRun::handle) {
            let outcome = handle.outcome().await;
            let after = outcome.error.as_ref().and_then(|error| error.retry_after());
            refusal.retry_after = after.map(|time| time.as_secs().max(1));
        }
        refusal
    }
}
