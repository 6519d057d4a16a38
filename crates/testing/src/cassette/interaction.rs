//! [`Interaction`]: one request and its reply, as files.

use std::{fs, path::Path};

use bytes::Bytes;
use geppetto_transport::{Request, redact_url};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Map, Value, json};

use super::CassetteError;

/// File that describes the other files.
pub(super) const META: &str = "meta.json";
const REQUEST: &str = "request.json";

/// Headers of a reply that affect a client's behaviour. Other headers are not stored.
const KEPT_HEADERS: [&str; 5] = [
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "x-request-id",
    "request-id",
];

/// End of a reply's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyEnd {
    /// The body was read to its end.
    Whole,
    /// The connection broke.
    Broken,
    /// The client stopped reading.
    Left,
}

impl BodyEnd {
    fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Broken => "broken",
            Self::Left => "left",
        }
    }
}

/// Identity of a request, redacted so that it compares equal to the recorded one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    /// `None` if the body is not JSON, or was not recorded.
    pub(super) body: Option<Value>,
}

impl Asked {
    pub(super) fn of(request: &Request) -> Self {
        let body = String::from_utf8_lossy(request.body());
        Self {
            method: request.method().to_string(),
            path: path_of(request.url()),
            body: serde_json::from_str(&request.redactor().redact(&body)).ok(),
        }
    }
}

/// Returns path and query of a URL, without secrets.
fn path_of(url: &str) -> String {
    let url = redact_url(url);
    let rest = url.split_once("://").map_or(&*url, |(_, rest)| rest);
    rest.find('/')
        .and_then(|start| rest.get(start..))
        .unwrap_or("/")
        .to_owned()
}

/// One request and its reply.
#[derive(Debug, Clone)]
pub(super) struct Interaction {
    pub(super) name: String,
    pub(super) asked: Asked,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) end: BodyEnd,
}

impl Interaction {
    pub(super) fn read(folder: &Path) -> Result<Self, CassetteError> {
        let path = folder.join(META);
        let bytes = fs::read(&path).map_err(|error| CassetteError::io("read", &path, &error))?;
        let malformed =
            |what: &str| CassetteError::new(format!("{}: {what}; record it again", path.display()));
        let meta: Value =
            serde_json::from_slice(&bytes).map_err(|error| malformed(&error.to_string()))?;
        let text = |name: &str| meta.get(name).and_then(Value::as_str);
        let status = meta
            .get("status")
            .and_then(Value::as_u64)
            .and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok())
            .ok_or_else(|| malformed("`status` is not an HTTP status"))?;
        let file = text("response_file").ok_or_else(|| malformed("`response_file` is missing"))?;
        if Path::new(file).components().count() != 1 {
            return Err(malformed("`response_file` is not a file name"));
        }
        let response = folder.join(file);
        let body =
            fs::read(&response).map_err(|error| CassetteError::io("read", &response, &error))?;
        Ok(Self {
            name: folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            asked: Asked {
                method: text("method").unwrap_or("POST").to_owned(),
                path: text("url_path").unwrap_or_default().to_owned(),
                body: read_request(folder)?,
            },
            status,
            headers: headers(&meta),
            body: body.into(),
            end: match text("body_end") {
                Some("broken") => BodyEnd::Broken,
                Some("left") => BodyEnd::Left,
                _ => BodyEnd::Whole,
            },
        })
    }

    /// Writes the interaction to a folder with its name in `cassette`.
    pub(super) fn write(&self, cassette: &Path) -> Result<(), CassetteError> {
        let folder = cassette.join(&self.name);
        fs::create_dir_all(&folder)
            .map_err(|error| CassetteError::io("create", &folder, &error))?;
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            fs::write(&path, bytes).map_err(|error| CassetteError::io("write", &path, &error))
        };
        if let Some(body) = &self.asked.body {
            write(REQUEST, pretty(body).as_bytes())?;
        }
        let file = self.response_file();
        write(file, &self.body)?;
        write(META, pretty(&self.meta(file)).as_bytes())
    }

    fn meta(&self, response_file: &str) -> Value {
        let body = self.asked.body.as_ref();
        let stream_requested = body.and_then(|body| body.get("stream")) == Some(&Value::Bool(true));
        let kept: Map<String, Value> = self
            .headers
            .iter()
            .filter(|(name, _)| **name != CONTENT_TYPE)
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
            .collect();
        json!({
            "id": self.name,
            "provenance": "recorded",
            "fidelity": "verbatim",
            "method": self.asked.method,
            "url_path": self.asked.path,
            "status": self.status.as_u16(),
            "stream": response_file.ends_with(".sse"),
            "stream_requested": stream_requested,
            "content_type": self.content_type(),
            "headers": kept,
            "response_file": response_file,
            "request_published": body.is_some(),
            "body_end": self.end.as_str(),
        })
    }

    fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    fn response_file(&self) -> &'static str {
        match self.content_type() {
            Some(media) if media.contains("event-stream") => "response.sse",
            Some(media) if media.contains("json") => "response.json",
            _ => "response.txt",
        }
    }
}

fn read_request(folder: &Path) -> Result<Option<Value>, CassetteError> {
    let path = folder.join(REQUEST);
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = fs::read(&path).map_err(|error| CassetteError::io("read", &path, &error))?;
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| CassetteError::new(format!("{}: {error}", path.display())))
}

/// Returns the headers in `meta.json`, including the content type.
fn headers(meta: &Value) -> HeaderMap {
    let kept = meta.get("headers").and_then(Value::as_object);
    let kept = kept.into_iter().flatten();
    let mut headers = HeaderMap::new();
    for (name, value) in kept.chain(meta.get("content_type").map(|value| (&*CONTENT, value))) {
        let value = value
            .as_str()
            .and_then(|value| HeaderValue::from_str(value).ok());
        if let (Ok(name), Some(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
            headers.insert(name, value);
        }
    }
    headers
}

static CONTENT: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| CONTENT_TYPE.as_str().to_owned());

/// Returns the stored headers of a reply, redacted.
pub(super) fn kept_headers(request: &Request, headers: &HeaderMap) -> HeaderMap {
    let redactor = request.redactor();
    let is_kept = |name: &HeaderName| {
        *name == CONTENT_TYPE
            || KEPT_HEADERS.contains(&name.as_str())
            || name.as_str().starts_with("x-ratelimit")
    };
    let mut kept = HeaderMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| is_kept(name)) {
        let value = value.to_str().map(|value| redactor.redact(value));
        if let Ok(value) = value.unwrap_or_default().parse() {
            kept.insert(name.clone(), value);
        }
    }
    kept
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
