//! [`Cause`]: cause of a provider's error, derived from its status, its contents, or both.

use geppetto_engine::{EngineError, ErrorKind};
use http::StatusCode;

use super::{codes, details::ErrorDetails, phrases, statuses, wait};

/// Cause of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    ContextTooLong,
    Filtered,
    /// Credit or quota is exhausted; waiting for seconds does not help.
    QuotaExhausted,
    /// One request exceeds a limit that applies to all requests together.
    OverLimit,
    RateLimited,
    Overloaded,
    Authentication,
    PermissionDenied,
    NotFound,
    /// An object that the request refers to by id does not exist.
    Gone,
    Conflict,
    Invalid,
    Timeout,
    Server,
    /// The server does not support the request, now or later.
    Unsupported,
    /// A reply that does not match this type of request.
    Unexpected,
}

impl Cause {
    pub(super) fn kind(self) -> ErrorKind {
        match self {
            Self::ContextTooLong => ErrorKind::ContextTooLong,
            Self::Filtered => ErrorKind::ContentFiltered,
            Self::QuotaExhausted | Self::OverLimit | Self::RateLimited => ErrorKind::RateLimited,
            Self::Overloaded => ErrorKind::Overloaded,
            Self::Authentication => ErrorKind::Authentication,
            Self::PermissionDenied => ErrorKind::PermissionDenied,
            Self::NotFound | Self::Gone => ErrorKind::NotFound,
            Self::Conflict | Self::Invalid => ErrorKind::InvalidRequest,
            Self::Timeout => ErrorKind::Timeout,
            Self::Server | Self::Unsupported => ErrorKind::Server,
            Self::Unexpected => ErrorKind::MalformedResponse,
        }
    }

    /// Returns `true` if a delay requested by the server applies to this cause.
    pub(super) fn may_pass(self) -> bool {
        matches!(
            self,
            Self::QuotaExhausted
                | Self::RateLimited
                | Self::Overloaded
                | Self::Timeout
                | Self::Server
        )
    }

    /// Applies the cause to `error`, including its retryability if that differs from the kind's
    /// default.
    pub(super) fn mark(self, error: EngineError) -> EngineError {
        match self {
            Self::QuotaExhausted => error.with_quota_exhausted(),
            Self::OverLimit | Self::Unsupported => error.with_retryable(false),
            Self::Conflict => error.with_retryable(true),
            _ => error,
        }
    }

    /// Returns the cause of an error with this status and these details, if any.
    ///
    /// Order of precedence: specific codes of the provider, its message, statuses that are
    /// unspecific (400, 500), and last codes that are less specific than any status
    /// (`server_error`).
    pub(super) fn of(status: Option<StatusCode>, details: &ErrorDetails) -> Self {
        let said = Said::of(details);
        said.firm(status)
            .or(said.number)
            .or_else(|| statuses::precise(status?))
            .or_else(|| codes::look_up(codes::SOFT, &said.codes))
            .or_else(|| said.of_the_request(status))
            .or_else(|| statuses::passed_on(status, details.inner_status()?))
            .or_else(|| phrases::soft(&said.message))
            .or_else(|| said.loose(status))
            .or_else(|| status.map(statuses::cause))
            .or_else(|| codes::look_up(codes::REQUEST, &said.codes))
            .or_else(|| codes::look_up(codes::VAGUE, &said.codes))
            .unwrap_or(Self::Server)
    }
}

/// Normalized contents of an error, for comparison with the tables.
struct Said {
    /// Codes and types, normalized, the outermost first.
    codes: Vec<String>,
    /// Messages in lower case.
    message: String,
    /// Cause given by a numeric code of a known provider.
    number: Option<Cause>,
    /// `true` if the error requests a delay.
    has_wait: bool,
}

impl Said {
    fn of(details: &ErrorDetails) -> Self {
        let codes = details.all_codes().map(codes::squeezed).collect();
        Self {
            codes,
            message: details.all_words(),
            number: details.number(),
            has_wait: details.wait().is_some(),
        }
    }

    /// Returns the cause if it is certain for any status.
    fn firm(&self, status: Option<StatusCode>) -> Option<Cause> {
        if phrases::is_over_limit(&self.message) {
            return Some(Cause::OverLimit);
        }
        let is_limit = phrases::names_a_limit(&self.message);
        // The message of an invalid request (MiniMax's 2013) states what is wrong.
        let number = self.number.filter(|cause| *cause != Cause::Invalid);
        match codes::look_up(codes::FIRM, &self.codes).or(number) {
            // Scaleway calls a rate limit a quota.
            Some(Cause::QuotaExhausted) if is_limit && !self.is_spent() => Some(Cause::RateLimited),
            Some(cause) => Some(cause),
            None if phrases::is_filtered(&self.message) => Some(Cause::Filtered),
            None if phrases::is_refused(&self.message) => Some(Cause::Invalid),
            None if phrases::is_gone(&self.message) => Some(Cause::Gone),
            None if self.is_spent() => Some(Cause::QuotaExhausted),
            None if is_limit => {
                (status == Some(StatusCode::PAYMENT_REQUIRED)).then_some(Cause::RateLimited)
            }
            None if phrases::is_perhaps_spent(&self.message) => Some(if self.has_wait {
                Cause::RateLimited
            } else {
                Cause::QuotaExhausted
            }),
            None if status.is_none_or(|status| {
                statuses::may_be_about_length(status, self.message.contains("context"))
            }) =>
            {
                phrases::is_too_long(&self.message).then_some(Cause::ContextTooLong)
            }
            None => None,
        }
    }

    /// Returns `true` if money or a daily limit is certainly exhausted.
    fn is_spent(&self) -> bool {
        let names_days = |code: &String| code.contains("perday") || code.contains("weekly");
        phrases::is_spent(&self.message) || self.codes.iter().any(names_days)
    }

    /// An error of the request that a gateway reports as an error of the server.
    fn of_the_request(&self, status: Option<StatusCode>) -> Option<Cause> {
        let status = status.filter(StatusCode::is_server_error)?;
        (status != StatusCode::GATEWAY_TIMEOUT)
            .then(|| codes::look_up(codes::REQUEST, &self.codes))
            .flatten()
    }

    fn loose(&self, status: Option<StatusCode>) -> Option<Cause> {
        let is_vague = status.is_none_or(|status| status.is_server_error());
        is_vague.then(|| phrases::loose(&self.message)).flatten()
    }
}

impl ErrorDetails {
    /// Returns the delay stated by the server, in a field or in its message.
    pub(super) fn wait(&self) -> Option<std::time::Duration> {
        self.retry_after
            .or_else(|| wait::in_words(&self.all_words()))
    }
}
