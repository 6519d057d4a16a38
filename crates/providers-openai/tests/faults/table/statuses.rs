//! Refusals by status.

use geppetto_engine::ErrorKind;
use geppetto_testing::Reply;

use super::{Fault, Script};
use crate::expect::{Expect, Waits};

const LIMITED: Expect = Expect::recurs(
    ErrorKind::RateLimited,
    "too many requests, or a quota is used up (HTTP 429): words",
);

macro_rules! status {
    ($status:literal) => {
        Script::Replies(|_| Reply::error($status, "", "words"))
    };
}

macro_rules! limited {
    ($($name:literal: $value:literal),+) => {
        Script::Replies(|_| Reply::error(429, "", "words")$(.header($name, $value))+)
    };
}

macro_rules! refused {
    ($status:literal, $kind:ident, $says:literal) => {
        Fault::new(
            concat!("status ", $status),
            status!($status),
            Expect::fails(
                ErrorKind::$kind,
                concat!($says, " (HTTP ", $status, "): words"),
            ),
        )
    };
}

macro_rules! repeated {
    ($status:literal, $kind:ident, $says:literal) => {
        Fault::new(
            concat!("status ", $status),
            status!($status),
            Expect::recurs(
                ErrorKind::$kind,
                concat!($says, " (HTTP ", $status, "): words"),
            ),
        )
    };
}

pub(crate) const FAULTS: &[Fault] = &[
    refused!(
        400,
        InvalidRequest,
        "the provider refused the request as invalid"
    ),
    refused!(
        401,
        Authentication,
        "the provider refused the credentials, check the API key"
    ),
    refused!(
        403,
        PermissionDenied,
        "the credentials do not allow this request"
    ),
    refused!(
        404,
        NotFound,
        "the model or the endpoint does not exist, check the model name and the base URL"
    ),
    repeated!(408, Timeout, "the provider gave up waiting for the request"),
    repeated!(
        409,
        InvalidRequest,
        "the request conflicts with another one"
    ),
    refused!(
        413,
        InvalidRequest,
        "the request is too large for the provider"
    ),
    refused!(
        422,
        InvalidRequest,
        "the provider refused the request as invalid"
    ),
    repeated!(429, RateLimited, "too many requests, or a quota is used up"),
    Fault::new(
        "status 429, Retry-After: 2 (seconds)",
        limited!("retry-after": "2"),
        LIMITED.waiting(Waits::Asked(2000)),
    ),
    Fault::new(
        "status 429, Retry-After: a date in 30 s",
        limited!("date": "Sun, 06 Nov 1994 08:49:37 GMT",
            "retry-after": "Sun, 06 Nov 1994 08:50:07 GMT"),
        LIMITED.waiting(Waits::Asked(30_000)),
    ),
    Fault::new(
        "status 429, retry-after-ms: 1600",
        limited!("retry-after-ms": "1600"),
        LIMITED.waiting(Waits::Asked(1600)),
    ),
    Fault::new(
        "status 429, Retry-After: 86400",
        limited!("retry-after": "86400"),
        LIMITED.once(),
    ),
    Fault::new(
        "status 429, Retry-After: 1e300",
        limited!("retry-after": "1e300"),
        LIMITED.once(),
    ),
    Fault::new(
        "status 429, Retry-After: -5",
        limited!("retry-after": "-5"),
        LIMITED,
    ),
    Fault::new(
        "status 429, Retry-After: soon",
        limited!("retry-after": "soon"),
        LIMITED,
    ),
    repeated!(500, Server, "the provider failed"),
    Fault::new(
        "status 502, a page of HTML",
        Script::Replies(|_| Reply::html(502, "<html><title>502 Bad Gateway</title></html>")),
        Expect::recurs(
            ErrorKind::Server,
            "the provider failed (HTTP 502): 502 Bad Gateway (an HTML page)",
        ),
    ),
    repeated!(503, Overloaded, "the provider is over its capacity for now"),
    repeated!(529, Overloaded, "the provider is over its capacity for now"),
];
