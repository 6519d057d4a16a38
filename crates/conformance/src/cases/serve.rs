//! A loopback server that plays the replies of an input and records the arrival time of each
//! request.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use geppetto_testing::{At, ProviderServer, Reply as Answer};
use tokio::time::Instant;

use super::{
    compact::compact,
    input::{Input, Reply},
};

/// A server with the replies of an input.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) http: ProviderServer,
    arrivals: Arc<Mutex<Vec<Instant>>>,
}

impl Server {
    /// Starts the server.
    ///
    /// # Errors
    ///
    /// Returns a message if a reply is invalid, or if no port can be opened.
    pub(super) async fn start(input: &Input) -> Result<Self, String> {
        let replies = input.replies.iter().map(answer);
        let replies = replies.collect::<Result<VecDeque<_>, _>>()?;
        let http = ProviderServer::start().await;
        let http = http.map_err(|error| format!("the loopback server: {error}"))?;
        http.accept_anything();
        let arrivals = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&arrivals);
        let replies = Mutex::new(replies);
        http.respond_with(move |_| {
            locked(&noted).push(Instant::now());
            let next = locked(&replies).pop_front();
            next.unwrap_or_else(|| {
                Answer::error(400, "no_reply_left", "the input has no reply left")
            })
        });
        Ok(Self { http, arrivals })
    }

    /// Returns the time between consecutive requests.
    pub(super) fn waits(&self) -> Vec<Duration> {
        let arrivals = locked(&self.arrivals);
        let following = arrivals.iter().skip(1).zip(arrivals.iter());
        following
            .map(|(next, last)| next.duration_since(*last))
            .collect()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(reply: &Reply) -> Result<Answer, String> {
    let (content_type, body) = match (&reply.events, &reply.body, &reply.json) {
        (Some(events), None, None) => ("text/event-stream", self::events(events)?),
        (None, Some(body), None) => ("text/event-stream", body.clone()),
        (None, None, Some(json)) => ("application/json", compact(json.get())),
        (None, None, None) => ("application/json", String::new()),
        _ => return Err("a reply has one of `events`, `body` and `json`".to_owned()),
    };
    let length = body.len();
    let mut answer = Answer::raw(reply.status, content_type, body);
    for (name, value) in &reply.headers {
        answer = answer.header(name, value);
    }
    if reply.hangs {
        answer = answer.chunked().stall_at(At::Byte(length));
    }
    if reply.broken {
        answer = answer.chunked().cut_at(At::Byte(length));
    }
    Ok(answer)
}

fn events(events: &[Box<serde_json::value::RawValue>]) -> Result<String, String> {
    let mut body = String::new();
    for event in events {
        let json = event.get();
        let data = if json.starts_with('"') {
            serde_json::from_str(json).map_err(|error| format!("an event's text: {error}"))?
        } else {
            compact(json)
        };
        // A text of several lines is an event with several lines of data.
        for line in data.split('\n') {
            let _ = writeln!(body, "data: {line}");
        }
        body.push('\n');
    }
    Ok(body)
}
