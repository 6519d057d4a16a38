//! Classification of failures before the reply.

use std::{error::Error as StdError, io, time::Duration};

use crate::error::{TimeoutPhase, TransportError, TransportErrorKind};

#[cfg(test)]
mod tests;

/// Details of a failed request.
pub(super) struct Failed<'a> {
    /// Host and port.
    pub(super) server: String,
    /// Host and port of the proxy in use.
    pub(super) proxy: Option<&'a str>,
    pub(super) connect: Duration,
    /// `true` if it may have been sent on a reused idle connection.
    pub(super) may_be_stale: bool,
}

/// Returns host and port of a URL, which an error may show.
pub(super) fn place(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or("the server");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Returns the text of the innermost cause of an error.
fn root_cause(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// Classifies a failure before the reply. The URL is dropped, because it may contain a key.
pub(super) fn convert(error: reqwest::Error, failed: &Failed<'_>) -> TransportError {
    let error = error.without_url();
    let server = &failed.server;
    if error.is_connect() {
        return no_connection(&error, failed).with_source(error);
    }
    let (kind, message) = if error.is_builder() {
        let message = "the request cannot be sent as given".to_owned();
        (TransportErrorKind::InvalidRequest, message)
    } else if let Some(cause) = not_http(&error) {
        let message = format!(
            "what {server} sent is not a reply of HTTP: {cause}; check the scheme and the port of \
             the base URL"
        );
        (TransportErrorKind::Protocol, message)
    } else {
        let through = failed
            .proxy
            .map(|proxy| format!(", through the proxy {proxy},"));
        let message = format!(
            "the connection to {server}{} broke before the reply began",
            through.unwrap_or_default()
        );
        (TransportErrorKind::Disconnected, message)
    };
    let is_stale = failed.may_be_stale && kind == TransportErrorKind::Disconnected;
    let converted = TransportError::new(kind, message).with_source(error);
    if is_stale {
        converted.with_stale_connection()
    } else {
        converted
    }
}

/// Classifies a failure to connect: to the server, to the proxy, or through the proxy.
fn no_connection(error: &reqwest::Error, failed: &Failed<'_>) -> TransportError {
    let Failed {
        server,
        proxy,
        connect,
        ..
    } = failed;
    if error.is_timeout() {
        let limit = TransportError::timeout(TimeoutPhase::Connect, *connect);
        return match proxy {
            Some(proxy) => TransportError::new(
                limit.kind(),
                format!("{limit} to {server} through the proxy {proxy}"),
            ),
            None => limit,
        };
    }
    let cause = root_cause(error);
    let (kind, message) = if has_tls_cause(error) {
        let message = format!("the TLS handshake with {server} failed: {cause}");
        (TransportErrorKind::Tls, message)
    } else if let Some(proxy) = proxy {
        let message = format!(
            "no connection to {server} could be made through the proxy {proxy}: {cause}; check \
             that the proxy is running, and the proxy settings"
        );
        let is_refused = cause.contains("authorization required");
        let kind = if is_refused {
            TransportErrorKind::InvalidRequest
        } else {
            TransportErrorKind::Connect
        };
        (kind, message)
    } else if is_out_of_files(error) {
        let message = format!(
            "no connection to {server} could be made: {cause}; raise the limit on open files, or \
             keep fewer idle connections"
        );
        (TransportErrorKind::Connect, message)
    } else {
        let message = format!(
            "no connection to {server} could be made: {cause}; check the address, and that the \
             server is running"
        );
        (TransportErrorKind::Connect, message)
    };
    TransportError::new(kind, message)
}

/// Returns `true` if the process has reached its limit of open files.
fn is_out_of_files(error: &(dyn StdError + 'static)) -> bool {
    /// `ENFILE` and `EMFILE`, the same on all systems that define them.
    const CODES: [i32; 2] = [23, 24];
    let mut cause = Some(error);
    while let Some(current) = cause {
        let code = current
            .downcast_ref::<io::Error>()
            .and_then(io::Error::raw_os_error);
        if cfg!(unix) && code.is_some_and(|code| CODES.contains(&code)) {
            return true;
        }
        cause = current.source();
    }
    false
}

/// Returns why the head of a reply could not be parsed, if one arrived: not HTTP, or too many
/// headers.
fn not_http(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(error) = current.downcast_ref::<hyper::Error>()
            && error.is_parse()
        {
            return Some(error.to_string());
        }
        cause = current.source();
    }
    None
}

/// Returns `true` if rustls is among the causes. It is wrapped in [`io::Error`]s, whose inner error
/// is not part of the source chain.
fn has_tls_cause(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if current.is::<rustls::Error>() {
            return true;
        }
        cause = match current
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => current.source(),
        };
    }
    false
}
