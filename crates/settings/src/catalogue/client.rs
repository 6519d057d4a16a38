//! The HTTP client.

use super::{Field, Kind};

const SECTION: &str = "ai-client";

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        "client.timeout",
        SECTION,
        "timeout",
        Kind::Seconds,
        "Time limit for the first byte and between two pieces of a response, never for all of it. 0 turns it off.",
    )
    .local(),
    Field::new(
        "client.organization",
        SECTION,
        "organization",
        Kind::Text,
        "The organization that requests are billed to.",
    )
    .ignored("no request has it, nor had it in geppetto"),
    Field::new(
        "client.user_agent",
        SECTION,
        "user-agent",
        Kind::Text,
        "The user agent of requests.",
    )
    .ignored("no request has it, nor had it in geppetto"),
    Field::new(
        "client.proxy_url",
        SECTION,
        "proxy-url",
        Kind::Url,
        "The proxy of all requests.",
    )
    .local()
    .rare(),
    Field::new(
        "client.proxy_from_environment",
        SECTION,
        "proxy-from-environment",
        Kind::Bool,
        "Take the proxy from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.",
    )
    .default("true")
    .local()
    .rare(),
];
