//! [`ProviderServer`]: a model provider scripted by a test.
//!
//! # Paused clocks
//!
//! All waits of the server use tokio's clock, so tests with a paused clock
//! (`#[tokio::test(start_paused = true)]`) take no time: the clock advances to the next timer when
//! the runtime is idle. Bytes in flight on a socket count as activity, so a client's time limit
//! does not expire while its reply is in transit, and waits are exact to the millisecond. This
//! holds if server and client run on the same current-thread runtime, which that attribute creates,
//! and with tokio 1.53.3 or newer; older versions advance the clock despite I/O that wakes a task.
//!
//! # Many streams
//!
//! A connection costs one task. For benchmarks use
//! [`respond_always`](ProviderServer::respond_always) with [`Reply::sse_raw`] and
//! [`Reply::in_one_write`], [`accept_anything`](ProviderServer::accept_anything) and
//! [`forget_requests`](ProviderServer::forget_requests): the body is shared, nothing is parsed or
//! stored, and the number of connections is limited by the process's file descriptors.

mod assertions;
mod connection;
mod http;
mod listener;
mod request;
mod route;
mod send;
mod shared;

use std::{fmt, io, net::SocketAddr, sync::Arc};

use tokio::{net::TcpSocket, sync::oneshot, task::JoinHandle};

pub use self::{request::ReceivedRequest, shared::Disconnect};

#[cfg(feature = "demo")]
pub(crate) use self::request::message_text;

use self::shared::Shared;
use crate::reply::Reply;

/// Backlog of connections to accept; the system may allow fewer.
const BACKLOG: u32 = 4096;

/// A scripted model provider on `http://127.0.0.1:PORT/v1`.
///
/// Requests to `/chat/completions` and `/responses` are validated (see [`crate::validate`]) and
/// then answered with the enqueued replies in order, and with the fallback afterwards. Without
/// either, the reply has status 400 and explains that (400, so that no client retries). Requests to
/// `/responses/input_tokens` are validated and answered with a word count, without the script.
/// Keep-alive and any number of connections are supported.
///
/// Dropping the server closes the port and all connections.
#[derive(Debug)]
pub struct ProviderServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accept: Option<JoinHandle<()>>,
    stop: Option<oneshot::Sender<()>>,
}

/// # Starting and stopping
impl ProviderServer {
    /// Listens on an ephemeral port of 127.0.0.1; the server runs on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// If the port cannot be opened.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time enabled, like every use of tokio's sockets.
    pub async fn start() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel();
        let accept = tokio::spawn(listener::run(listener, Arc::clone(&shared), stopped));
        Ok(Self {
            address,
            shared,
            accept: Some(accept),
            stop: Some(stop),
        })
    }

    /// Returns the base URL for the client, `http://127.0.0.1:PORT/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the port and all connections. Returns once they are closed.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // The accept task ends only afterwards, unless the runtime is already gone.
            let _ = stop.send(());
        }
        if let Some(accept) = self.accept.take() {
            // It neither panics nor is aborted: it was moved out of `self`.
            let _ = accept.await;
        }
    }
}

impl Drop for ProviderServer {
    fn drop(&mut self) {
        if let Some(accept) = &self.accept {
            accept.abort();
        }
    }
}

/// # The script
impl ProviderServer {
    /// Appends a reply to the queue; each serves one request.
    pub fn enqueue(&self, reply: impl Into<Reply>) {
        self.shared.script().queue.push_back(reply.into());
    }

    /// Returns the number of unused enqueued replies.
    #[must_use]
    pub fn replies_left(&self) -> usize {
        self.shared.script().queue.len()
    }

    /// Sets a fallback function that answers requests when no reply is enqueued. It runs on the
    /// task of the connection, concurrently for several connections; if it panics, that connection
    /// closes without an answer.
    pub fn respond_with<F, R>(&self, respond: F)
    where
        F: Fn(&ReceivedRequest) -> R + Send + Sync + 'static,
        R: Into<Reply>,
    {
        let respond = move |request: &ReceivedRequest| respond(request).into();
        self.shared.script().fallback = Some(shared::Fallback(Arc::new(respond)));
    }

    /// Sets a fallback reply to every request when no reply is enqueued.
    pub fn respond_always(&self, reply: impl Into<Reply>) {
        let reply: Reply = reply.into();
        self.respond_with(move |_| reply.clone());
    }
}

/// # Accepted requests
impl ProviderServer {
    /// Answers any method, path and body with the script, without validation. A required key is
    /// still required.
    pub fn accept_anything(&self) {
        self.shared.script().rules.accept_anything = true;
    }

    /// Refuses requests without `authorization: Bearer KEY` with status 401.
    pub fn require_key(&self, key: impl Into<String>) {
        self.shared.script().rules.key = Some(shared::Key(key.into()));
    }

    /// Refuses requests for other models with status 404, and lists these at `GET /v1/models`.
    pub fn models<M: Into<String>>(&self, models: impl IntoIterator<Item = M>) {
        let models = models.into_iter().map(Into::into).collect();
        self.shared.script().rules.models = Some(models);
    }

    /// Stores no requests, so that memory does not grow in long benchmarks;
    /// [`request_count`](Self::request_count) continues counting.
    pub fn forget_requests(&self) {
        self.shared.script().forget_requests = true;
    }
}

/// # Recorded requests
impl ProviderServer {
    /// Returns all received requests, including refused ones, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.log().requests.clone()
    }

    /// Returns the number of received requests.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.shared.log().received
    }

    /// Waits for the next request that no earlier call returned. A request counts as soon as it was
    /// read, before it is answered.
    pub async fn next_request(&self) -> ReceivedRequest {
        self.shared.wait_for(shared::Log::take_next_request).await
    }

    /// Returns the number of accepted connections since the start. The number of requests minus
    /// this is the number of times a connection was reused.
    #[must_use]
    pub fn accepted_connections(&self) -> u64 {
        self.shared.log().accepted
    }

    /// Waits until exactly this many connections are open, including idle ones.
    pub async fn wait_for_connections(&self, count: usize) {
        self.shared
            .wait_for(|log| (log.open == count).then_some(()))
            .await;
    }

    /// Waits until a client has closed its connection before the end of the reply, as it does when
    /// a request is cancelled. Each disconnect is returned once. A client that closes only its
    /// sending direction counts as disconnected.
    pub async fn wait_for_disconnect(&self) -> Disconnect {
        self.shared
            .wait_for(|log| log.disconnects.pop_front())
            .await
    }
}

impl fmt::Display for ProviderServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base_url())
    }
}
