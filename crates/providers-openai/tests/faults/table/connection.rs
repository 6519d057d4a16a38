//! Faults before and during the head of a reply.

use geppetto_engine::ErrorKind;
use geppetto_testing::{At, Reply};

use super::{Fault, Script};
use crate::expect::{Expect, Waits};

const TLS: Expect = Expect::fails(
    ErrorKind::Connect,
    "the TLS handshake with {server} failed: …",
)
.unseen();

pub(crate) const FAULTS: &[Fault] = &[
    Fault::new(
        "connection refused",
        Script::Refused,
        Expect::recurs(
            ErrorKind::Connect,
            "no connection to {server} could be made: …",
        )
        .unseen(),
    ),
    Fault::new("TLS: the server speaks plain HTTP", Script::NoTls, TLS),
    Fault::new(
        "TLS: the certificate is not trusted",
        Script::UntrustedCertificate,
        TLS,
    ),
    Fault::new(
        "TLS: the handshake stalls",
        Script::SilentHandshake,
        Expect::recurs(ErrorKind::Timeout, "no connection within 10s")
            .unseen()
            .waiting(Waits::Limit(10)),
    ),
    Fault::new(
        "reset before the first byte",
        Script::Replies(|cell| cell.good().reset_at(At::Headers)),
        Expect::recurs(
            ErrorKind::Disconnected,
            "the connection to {server} broke before the reply began",
        ),
    ),
    Fault::new(
        "stall before the headers",
        Script::Replies(|cell| cell.good().stall_at(At::Headers)),
        Expect::recurs(ErrorKind::Timeout, "no reply began within 60s").waiting(Waits::Limit(60)),
    ),
    Fault::new(
        "endless headers",
        Script::Replies(|cell| cell.good().endless_at(At::Headers)),
        Expect::fails(
            ErrorKind::MalformedResponse,
            "what {server} sent is not a reply of HTTP: …",
        ),
    ),
    Fault::new(
        "redirect to another host",
        Script::Redirect,
        Expect::fails(ErrorKind::Configuration, "the server redirects …"),
    ),
    Fault::new(
        "compressed although not asked for",
        Script::Replies(|cell| {
            let body: &[u8] =
                b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03KI,I\xb4R\xa8\xae\xe5\xe2\x02\
                \x00eWH\xeb\n\x00\x00\x00";
            cell.reply(body).header("content-encoding", "gzip")
        }),
        Expect::fails(
            ErrorKind::MalformedResponse,
            "the server compressed its reply (gzip), although `accept-encoding: identity` was asked \
             for; turn compression off at the server or at the proxy before it",
        ),
    ),
    Fault::new(
        "plain text with status 200",
        Script::Replies(|_| Reply::raw(200, "text/plain", "Ollama is running")),
        Expect::fails(
            ErrorKind::MalformedResponse,
            "the server sent text that is neither a stream of events nor JSON, check the base URL: \
             Ollama is running",
        ),
    ),
    Fault::new(
        "status 204, no content",
        Script::Replies(|_| Reply::raw(204, "text/plain", "")),
        Expect::fails(
            ErrorKind::MalformedResponse,
            "the server answered without content (HTTP 204), check the base URL",
        ),
    ),
    Fault::new(
        "a page of HTML with status 200",
        Script::Replies(|_| Reply::html(200, "<html><title>Log in</title></html>")),
        Expect::fails(
            ErrorKind::MalformedResponse,
            "the server sent a body that is …",
        ),
    ),
];
