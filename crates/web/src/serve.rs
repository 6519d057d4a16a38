//! [`serve`]: a server for the router, where an application has none.

use std::{fmt, future::Future, io, pin::Pin, sync::Arc, time::Duration};

use axum::{Router, middleware::from_fn_with_state};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::timeout,
};

mod token;

/// Configuration of [`serve`].
#[must_use = "options do nothing until they are passed to `serve`"]
pub struct ServeOptions {
    token: Option<SecretString>,
    max_connections: usize,
    header_timeout: Duration,
    grace: Duration,
    shutdown: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            token: None,
            max_connections: 2_048,
            header_timeout: Duration::from_secs(10),
            grace: Duration::from_secs(2),
            shutdown: Box::pin(std::future::pending()),
        }
    }
}

impl ServeOptions {
    /// Creates the default configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requires this token with every request: as `Authorization: Bearer`, or from a browser that
    /// has opened the page with `?token=` once, as a cookie. At least 16 characters.
    ///
    /// Required for addresses other than loopback.
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sets the maximum number of connections; further ones wait. 2,048 by default.
    pub fn max_connections(mut self, max: usize) -> Self {
        self.max_connections = max.max(1);
        self
    }

    /// Sets the time in which the head of a request must arrive; a connection without a request is
    /// closed after it, too. 10 s by default.
    pub fn header_timeout(mut self, time: Duration) -> Self {
        self.header_timeout = time;
        self
    }

    /// Sets the time that open requests have to end at shutdown. 2 s by default; event streams do
    /// not end by themselves, and browsers reconnect.
    pub fn grace(mut self, time: Duration) -> Self {
        self.grace = time;
        self
    }

    /// Shuts down when this future is ready.
    pub fn shutdown_on(mut self, ready: impl Future<Output = ()> + Send + 'static) -> Self {
        self.shutdown = Box::pin(ready);
        self
    }
}

impl fmt::Debug for ServeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServeOptions")
            .field("token", &self.token.as_ref().map(|_| "[set]"))
            .field("max_connections", &self.max_connections)
            .field("header_timeout", &self.header_timeout)
            .finish_non_exhaustive()
    }
}

/// Serves a router over HTTP/1.1 until it is shut down.
///
/// For TLS and HTTP/2, use a reverse proxy: browsers open at most six connections of HTTP/1.1 to one
/// host, and each window needs one for its events.
///
/// # Errors
///
/// [`InvalidInput`](io::ErrorKind::InvalidInput) if the listener's address is not loopback and there
/// is no token, or if the token is too short; the error of the listener.
pub async fn serve(listener: TcpListener, router: Router, options: ServeOptions) -> io::Result<()> {
    let address = listener.local_addr()?;
    let refused = |message: String| Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    if options.token.is_none() && !address.ip().is_loopback() {
        return refused(format!(
            "{address} can be reached by others: set a token, or listen on 127.0.0.1"
        ));
    }
    let router = match options.token {
        Some(token) if token.expose_secret().len() < 16 => {
            return refused("the token must have at least 16 characters".to_owned());
        }
        Some(token) => router.layer(from_fn_with_state(Arc::new(token), token::check)),
        None => router,
    };
    let places = Arc::new(Semaphore::new(options.max_connections));
    let (stop, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = options.shutdown;
    loop {
        while connections.try_join_next().is_some() {}
        let place = Arc::clone(&places).acquire_owned();
        let accepted = async {
            let place = place.await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let served = connection(
                    stream,
                    router.clone(),
                    options.header_timeout,
                    stopped.clone(),
                );
                connections.spawn(async move {
                    served.await;
                    drop(place);
                });
            }
            // The connection is gone, or there are no file descriptors; the latter takes time.
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    stop.send_replace(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(options.grace, ended).await.is_err() {
        connections.shutdown().await;
    }
    Ok(())
}

async fn connection(
    stream: TcpStream,
    router: Router,
    header_timeout: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    // Deltas are small, and must not wait for each other.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection stays with Nagle's algorithm");
    }
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = async { stopped.wait_for(|stopped| *stopped).await.ok(); } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
