//! [`Replayer`]: answers requests with recorded replies.

use std::{
    fmt,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use geppetto_transport::{Body, BodySource, Request, Response, TransportError, TransportErrorKind};

use super::{
    CassetteError, difference,
    interaction::{Asked, BodyEnd, Interaction},
    interactions,
};

pub(super) struct Replayer {
    folder: String,
    state: Mutex<State>,
}

struct State {
    left: Vec<Interaction>,
    /// Requests that were not recorded.
    unexpected: Vec<String>,
}

impl Replayer {
    pub(super) fn open(folder: &Path) -> Result<Self, CassetteError> {
        let left: Result<Vec<_>, _> = interactions(folder)?
            .iter()
            .map(|path| Interaction::read(path))
            .collect();
        let left = left?;
        if left.is_empty() {
            return Err(CassetteError::new(format!(
                "the cassette {} holds no interaction; record it with {}=1",
                folder.display(),
                super::RECORD_VARIABLE
            )));
        }
        Ok(Self {
            folder: folder.display().to_string(),
            state: Mutex::new(State {
                left,
                unexpected: Vec::new(),
            }),
        })
    }

    pub(super) fn answer(&self, request: &Request) -> Result<Response, TransportError> {
        let asked = Asked::of(request);
        let mut state = self.lock();
        let found = state.left.iter().position(|known| matches(known, &asked));
        let Some(found) = found else {
            let why = unexpected(&asked, &state.left);
            state.unexpected.push(why.clone());
            // Not a retryable kind.
            let kind = TransportErrorKind::InvalidRequest;
            let message = format!("the cassette {} has no reply: {why}", self.folder);
            return Err(TransportError::new(kind, message));
        };
        let interaction = state.left.remove(found);
        drop(state);
        let body = Body::new(Replayed {
            bytes: Some(interaction.body),
            end: interaction.end,
        });
        Ok(Response::new(interaction.status, interaction.headers, body))
    }

    pub(super) fn check(&self) -> Result<(), CassetteError> {
        let state = self.lock();
        let unused = state
            .left
            .iter()
            .map(|interaction| format!("`{}` was recorded and not asked for", interaction.name));
        let wrong: Vec<String> = state.unexpected.iter().cloned().chain(unused).collect();
        if wrong.is_empty() {
            return Ok(());
        }
        Err(CassetteError::new(format!(
            "the cassette {} was not played as it was recorded: {}; record it again with {}=1 if \
             the change is meant",
            self.folder,
            wrong.join("; "),
            super::RECORD_VARIABLE
        )))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Replayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replayer").finish_non_exhaustive()
    }
}

fn matches(known: &Interaction, asked: &Asked) -> bool {
    let same_place = known.asked.method == asked.method && known.asked.path == asked.path;
    same_place && (known.asked.body.is_none() || known.asked.body == asked.body)
}

/// Returns a message with the request and its difference from the next interaction with its path.
fn unexpected(asked: &Asked, left: &[Interaction]) -> String {
    let what = format!("{} {} was not recorded", asked.method, asked.path);
    let same_place =
        |known: &&Interaction| known.asked.method == asked.method && known.asked.path == asked.path;
    let Some(nearest) = left.iter().find(same_place) else {
        return format!("{what}, and no interaction of this path is left");
    };
    let difference = match (&nearest.asked.body, &asked.body) {
        (Some(recorded), Some(asked)) => difference::first(recorded, asked),
        _ => None,
    };
    let difference = difference.unwrap_or_else(|| "its body is not JSON".to_owned());
    format!("{what}: compared with `{}`, {difference}", nearest.name)
}

struct Replayed {
    bytes: Option<Bytes>,
    end: BodyEnd,
}

impl BodySource for Replayed {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(bytes)));
        }
        match self.end {
            BodyEnd::Whole => Poll::Ready(None),
            BodyEnd::Broken => Poll::Ready(Some(Err(TransportError::new(
                TransportErrorKind::Disconnected,
                "the connection broke here when the cassette was recorded",
            )))),
            // The reader is not woken; its own time limits end the wait.
            BodyEnd::Left => Poll::Pending,
        }
    }
}
