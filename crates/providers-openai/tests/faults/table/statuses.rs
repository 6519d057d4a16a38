//! Refusals by status.

use geppetto_engine::ErrorKind;
use geppetto_testing::Reply;

use super::{Fault, Script};
use crate::{
    cell::{Cell, Mode},
    expect::{Expect, Waits},
    wire::Wire,
};

const LIMITED: Expect = Expect::recurs(
    ErrorKind::RateLimited,
    "too many requests, or a quota is used up (HTTP 429): words",
);

/// Anthropic names the cause, `request_too_large`.
const TOO_LARGE: Expect = Expect::fails(
    ErrorKind::ContextTooLong,
    "the prompt does not fit the model's context window, shorten it (HTTP 413): words",
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

/// A status whose body has a code and a message.
macro_rules! said {
    ($name:literal, $status:literal, $code:literal, $words:literal, $expect:expr) => {
        Fault::new(
            $name,
            Script::Replies(|_| Reply::error($status, $code, $words)),
            $expect,
        )
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
    said!(
        "status 400, the prompt is too long",
        400,
        "context_length_exceeded",
        "words",
        Expect::fails(
            ErrorKind::ContextTooLong,
            "the prompt does not fit the model's context window, shorten it (HTTP 400): words",
        )
    ),
    said!(
        "status 400, stopped by the content policy",
        400,
        "content_filter",
        "words",
        Expect::fails(
            ErrorKind::ContentFiltered,
            "the provider's content policy refuses the request (HTTP 400): words",
        )
    ),
    refused!(
        401,
        Authentication,
        "the provider refused the credentials, check the API key"
    ),
    refused!(
        402,
        RateLimited,
        "a quota or the credit is used up, check the plan and the billing of the account"
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
    )
    .but(&[
        (Cell::of(Wire::Messages, Mode::Streamed), TOO_LARGE),
        (Cell::of(Wire::Messages, Mode::Single), TOO_LARGE),
    ]),
    refused!(
        422,
        InvalidRequest,
        "the provider refused the request as invalid"
    ),
    repeated!(429, RateLimited, "too many requests, or a quota is used up"),
    said!(
        "status 429, the quota is used up",
        429,
        "insufficient_quota",
        "words",
        Expect::fails(
            ErrorKind::RateLimited,
            "a quota or the credit is used up, check the plan and the billing of the account (HTTP \
             429): words",
        )
    ),
    said!(
        "status 429, the wait stands in the words",
        429,
        "rate_limit_exceeded",
        "Please try again in 3.054s.",
        Expect::recurs(
            ErrorKind::RateLimited,
            "too many requests, or a quota is used up (HTTP 429): Please try again in 3.054s.",
        )
        .waiting(Waits::Asked(3054))
    ),
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
    said!(
        "status 500, the request is invalid",
        500,
        "invalid_request_error",
        "words",
        Expect::fails(
            ErrorKind::InvalidRequest,
            "the provider refused the request as invalid (HTTP 500): words",
        )
    ),
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
