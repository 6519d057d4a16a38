//! [`Recorder`]: sends requests through a real transport and records the replies.

use std::{
    borrow::Cow,
    fmt, fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use geppetto_transport::{
    Body, BodySource, HttpTransport, Redactor, Request, Response, TransportError,
};

use super::{
    CassetteError,
    interaction::{Asked, BodyEnd, Interaction, kept_headers},
    interactions,
};

pub(super) struct Recorder {
    folder: PathBuf,
    transport: Arc<dyn HttpTransport>,
    requests: AtomicUsize,
    /// Errors of writing, in order.
    errors: Arc<Mutex<Vec<CassetteError>>>,
}

impl Recorder {
    pub(super) fn create(
        folder: &Path,
        transport: Arc<dyn HttpTransport>,
    ) -> Result<Self, CassetteError> {
        fs::create_dir_all(folder).map_err(|error| CassetteError::io("create", folder, &error))?;
        for old in interactions(folder)? {
            fs::remove_dir_all(&old).map_err(|error| CassetteError::io("remove", &old, &error))?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            transport,
            requests: AtomicUsize::new(0),
            errors: Arc::default(),
        })
    }

    /// A request that fails before its reply leaves no interaction, because there is nothing to
    /// replay.
    pub(super) async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let asked = Asked::of(&request);
        let redactor = request.redactor();
        let mut reply = self.transport.send(request.clone()).await?;
        let interaction = Interaction {
            name: format!("{number:03}-{}", slug(&asked.path)),
            asked,
            status: reply.status(),
            headers: kept_headers(&request, reply.headers()),
            body: Bytes::new(),
            end: BodyEnd::Left,
        };
        let (status, headers) = (reply.status(), reply.headers().clone());
        let body = Recorded {
            source: std::mem::take(reply.body_mut()),
            bytes: Vec::new(),
            redactor,
            interaction: Some(interaction),
            folder: self.folder.clone(),
            errors: Arc::clone(&self.errors),
        };
        Ok(Response::new(status, headers, Body::new(body)))
    }

    pub(super) fn check(&self) -> Result<(), CassetteError> {
        let errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        errors.first().cloned().map_or(Ok(()), Err)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

/// Returns the last two segments of a path as part of a file name: `chat-completions`.
fn slug(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let mut segments: Vec<&str> = path.rsplit('/').filter(|part| !part.is_empty()).collect();
    segments.truncate(2);
    segments.reverse();
    let named: String = segments
        .join("-")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(60)
        .collect();
    if named.is_empty() {
        "request".to_owned()
    } else {
        named
    }
}

/// A body that is stored at its end, or when it is dropped.
struct Recorded {
    source: Body,
    bytes: Vec<u8>,
    redactor: Redactor,
    interaction: Option<Interaction>,
    folder: PathBuf,
    errors: Arc<Mutex<Vec<CassetteError>>>,
}

impl Recorded {
    fn write(&mut self, end: BodyEnd) {
        let Some(mut interaction) = self.interaction.take() else {
            return;
        };
        let bytes = std::mem::take(&mut self.bytes);
        let redacted = match self.redactor.redact(&String::from_utf8_lossy(&bytes)) {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some(text),
        };
        interaction.body = redacted.map_or_else(|| Bytes::from(bytes), Bytes::from);
        interaction.end = end;
        if let Err(error) = interaction.write(&self.folder) {
            let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
            errors.push(error);
        }
    }
}

impl BodySource for Recorded {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        Poll::Ready(match ready!(self.source.poll_chunk(cx)) {
            Ok(Some(chunk)) => {
                self.bytes.extend_from_slice(&chunk);
                Some(Ok(chunk))
            }
            Ok(None) => {
                self.write(BodyEnd::Whole);
                None
            }
            Err(error) => {
                self.write(BodyEnd::Broken);
                Some(Err(error))
            }
        })
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        self.write(BodyEnd::Left);
    }
}
