//! [`ReceivedRequest`]: a request received from a client.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use serde_json::Value;

use super::http::{self, Head};
use crate::{api::Api, json::at};

/// Headers whose value is or may be a secret.
const SECRET_HEADERS: [&str; 6] = [
    "authorization",
    "proxy-authorization",
    "api-key",
    "x-api-key",
    "x-goog-api-key",
    "cookie",
];

/// A request that the scripted server received. Cheap to clone.
///
/// `Debug` and `Display` print the entire request, with keys and cookies masked.
#[derive(Clone)]
pub struct ReceivedRequest(Arc<Inner>);

struct Inner {
    head: Head,
    body: Bytes,
    json: OnceLock<Value>,
}

impl ReceivedRequest {
    pub(super) fn new(head: Head, body: Bytes) -> Self {
        Self(Arc::new(Inner {
            head,
            body,
            json: OnceLock::new(),
        }))
    }

    /// Creates a request to a URL that did not arrive over a socket.
    #[cfg(feature = "simulate")]
    pub(crate) fn to_url(url: &str, body: Bytes) -> Self {
        let path = url.split_once("://").map_or(url, |(_, rest)| rest);
        let path = path.find('/').and_then(|at| path.get(at..));
        let head = Head {
            method: "POST".to_owned(),
            target: path.unwrap_or("/").to_owned(),
            headers: Vec::new(),
            keep_alive: false,
        };
        Self::new(head, body)
    }

    pub(super) fn keep_alive(&self) -> bool {
        self.0.head.keep_alive
    }

    /// Returns the HTTP method, usually `POST`.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.0.head.method
    }

    /// Returns the path without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        let target = &self.0.head.target;
        target.split_once('?').map_or(target, |(path, _)| path)
    }

    /// Returns the query, without its question mark; empty if there is none. It may contain a key.
    #[must_use]
    pub fn query(&self) -> &str {
        self.0.head.target.split_once('?').map_or("", |(_, q)| q)
    }

    /// Returns all headers in order, with lower-case names.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.0.head.headers
    }

    /// Returns the first header with this name, ignoring case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        http::header(&self.0.head.headers, name)
    }

    /// Returns the body as sent.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// Returns the body as JSON, or null if it is not JSON. Parsed once, on the first call.
    #[must_use]
    pub fn json(&self) -> &Value {
        self.0
            .json
            .get_or_init(|| serde_json::from_slice(&self.0.body).unwrap_or_default())
    }

    /// Returns the requested model.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        (Api::or_chat(self.path()).model)(self)
    }

    /// Returns `true` if the client requested a stream.
    #[must_use]
    pub fn wants_stream(&self) -> bool {
        (Api::or_chat(self.path()).wants_stream)(self)
    }

    /// Returns the messages of a chat request or the input items of a Responses request; empty if
    /// there are none.
    #[must_use]
    pub fn messages(&self) -> &[Value] {
        let json = self.json();
        let lists = ["messages", "input", "contents"];
        let list = lists.iter().find_map(|list| json[list].as_array());
        list.map_or(&[], Vec::as_slice)
    }

    /// Returns the text of the last message: its content, or its concatenated text parts.
    pub(super) fn last_message_text(&self) -> Option<String> {
        self.messages().last().map(message_text)
    }

    /// Returns the names of the offered tools, in order.
    pub(super) fn tool_names(&self) -> Vec<&str> {
        let tools = self.json()["tools"].as_array();
        tools
            .into_iter()
            .flatten()
            .flat_map(|tool| match tool["functionDeclarations"].as_array() {
                Some(functions) => functions.as_slice(),
                None => std::slice::from_ref(tool),
            })
            .filter_map(|tool| {
                at(tool, &["function", "name"])
                    .as_str()
                    .or(tool["name"].as_str())
            })
            .collect()
    }

    /// Returns the result of a tool call in the request: the text of the `tool` message, of the output
    /// item, or of the `tool_result` block, with this id.
    pub(super) fn tool_output(&self, call_id: &str) -> Option<String> {
        let answers = |message: &&Value| {
            let output = message["type"]
                .as_str()
                .is_some_and(|t| t.ends_with("_output"));
            (message["role"] == "tool" && message["tool_call_id"] == call_id)
                || (output && message["call_id"] == call_id)
        };
        let found = self.messages().iter().find(answers).map(message_text);
        found.or_else(|| {
            let parts = self
                .messages()
                .iter()
                .filter_map(|own| own["content"].as_array());
            let mut results = parts.flatten().filter(|part| part["type"] == "tool_result");
            results
                .find(|result| result["tool_use_id"] == call_id)
                .map(message_text)
        })
    }
}

/// Returns the text of a message: its content, or its concatenated text parts. For a tool output of
/// the Responses API: the output.
pub(crate) fn message_text(message: &Value) -> String {
    let fields = ["content", "output", "parts"];
    let content = fields.iter().find(|field| !message[**field].is_null());
    match content.map_or(&Value::Null, |field| &message[*field]) {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => String::new(),
    }
}

impl fmt::Display for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = if self.query().is_empty() {
            ""
        } else {
            "?[masked]"
        };
        writeln!(f, "{} {}{query}", self.method(), self.path())?;
        for (name, value) in self.headers() {
            let secret = SECRET_HEADERS.contains(&name.as_str());
            writeln!(f, "{name}: {}", if secret { "[masked]" } else { value })?;
        }
        writeln!(f)?;
        match self.json() {
            Value::Null => f.write_str(&String::from_utf8_lossy(self.body())),
            json => write!(f, "{json:#}"),
        }
    }
}

impl fmt::Debug for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
