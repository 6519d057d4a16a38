//! [`ProviderServer`]: a model provider that follows the script of a test.
//!
//! # Paused clocks
//!
//! All waiting of the server goes through tokio's clock, so tests with a paused clock
//! (`#[tokio::test(start_paused = true)]`) need no time: the clock leaps to the next timer when
//! nothing is left to do. Bytes that arrive through a socket count as something to do, so a client's
//! time limit does not fire while its reply is on the way, and waits are as long as written, to the
//! millisecond. This holds when server and client run on the same current-thread runtime, which is
//! what that attribute makes, and with tokio 1.53.3 or newer; older versions leap over I/O that
//! wakes a task.
//!
//! # Many streams
//!
//! A connection costs one task. For benchmarks use
//! [`respond_always`](ProviderServer::respond_always) with [`Reply::sse_raw`] and
//! [`Reply::in_one_write`], [`accept_anything`](ProviderServer::accept_anything) and
//! [`forget_requests`](ProviderServer::forget_requests): the body is shared, nothing is parsed or
//! kept, and the number of connections is limited by the process's file descriptors.

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

/// Connections that may wait to be accepted; the system may allow fewer.
const BACKLOG: u32 = 4096;

/// A scripted model provider on `http://127.0.0.1:PORT/v1`.
///
/// Requests to `/chat/completions` and `/responses` are validated (see [`crate::validate`]) and then
/// answered with the enqueued replies in order, and after them by the fallback. Without either, the
/// reply is a status 400 that says so (400, so that no client retries). Requests to
/// `/responses/input_tokens` are validated and answered with a count of words, without the script.
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
    /// When the port cannot be opened.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time enabled, as every use of tokio's sockets does.
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

    /// The base URL to give to the client, `http://127.0.0.1:PORT/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the port and all connections, and returns when they are closed.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // The accept task ends only after this, unless the runtime is already gone.
            let _ = stop.send(());
        }
        if let Some(accept) = self.accept.take() {
            // It neither panics nor is aborted: it is taken out of `self` here.
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
    /// Adds a reply to the end of the queue; each serves one request.
    pub fn enqueue(&self, reply: impl Into<Reply>) {
        self.shared.script().queue.push_back(reply.into());
    }

    /// Number of enqueued replies that have not been used.
    #[must_use]
    pub fn replies_left(&self) -> usize {
        self.shared.script().queue.len()
    }

    /// Answers requests for which no reply is enqueued by calling this function. It runs on the
    /// connection's task, several at a time if there are several connections; if it panics, that
    /// connection closes without an answer.
    pub fn respond_with<F, R>(&self, respond: F)
    where
        F: Fn(&ReceivedRequest) -> R + Send + Sync + 'static,
        R: Into<Reply>,
    {
        let respond = move |request: &ReceivedRequest| respond(request).into();
        self.shared.script().fallback = Some(shared::Fallback(Arc::new(respond)));
    }

    /// Answers every request for which no reply is enqueued with this one.
    pub fn respond_always(&self, reply: impl Into<Reply>) {
        let reply: Reply = reply.into();
        self.respond_with(move |_| reply.clone());
    }
}

/// # What the server accepts
impl ProviderServer {
    /// Answers any method, path and body with the script, without validating anything. A required
    /// key is still required.
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

    /// Keeps no requests, so that a long benchmark does not grow;
    /// [`request_count`](Self::request_count) goes on counting.
    pub fn forget_requests(&self) {
        self.shared.script().forget_requests = true;
    }
}

/// # What the server saw
impl ProviderServer {
    /// All requests received, including refused ones, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.log().requests.clone()
    }

    /// Number of requests received.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.shared.log().received
    }

    /// Waits for the next request that no earlier call returned. A request counts as soon as it has
    /// been read, before it is answered.
    pub async fn next_request(&self) -> ReceivedRequest {
        self.shared.wait_for(shared::Log::take_next_request).await
    }

    /// Number of connections accepted since the start. The number of requests minus this is how often
    /// a connection was reused.
    #[must_use]
    pub fn accepted_connections(&self) -> u64 {
        self.shared.log().accepted
    }

    /// Waits until exactly this many connections are open, idle ones included.
    pub async fn wait_for_connections(&self, count: usize) {
        self.shared
            .wait_for(|log| (log.open == count).then_some(()))
            .await;
    }

    /// Waits until a client has closed its connection before it received the whole reply, as it does
    /// when a request is cancelled. Each disconnect is returned once. A client that closes only its
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
