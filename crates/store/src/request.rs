//! [`Request`]: a submit with an idempotency key.

use crate::hash::digest;

/// Submit with an idempotency key, stored together with the prompt it submitted, so that the same
/// submit after a lost reply or a restart finds its run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Idempotency key, chosen by the client and unique within a session. At most
    /// [`MAX_ID_BYTES`](crate::MAX_ID_BYTES) bytes.
    pub key: String,
    /// SHA-256 digest of the body. A submit with the same key and another digest is an error of the
    /// client.
    pub digest: [u8; 32],
    /// Id of the run that the submit started.
    pub run: String,
}

impl Request {
    /// Creates the record of a submit.
    pub fn new(key: impl Into<String>, digest: [u8; 32], run: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            digest,
            run: run.into(),
        }
    }
}

/// Change of the stored [`Request`]s.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestWrite {
    /// Adds a request, whose key must not exist.
    Put(Request),
    /// Removes a request whose run was withdrawn before it started. Does nothing if the key does
    /// not exist.
    Remove {
        /// Key of the request.
        key: String,
    },
}

/// Idempotency key of a run that is about to be submitted. As an extension of the run
/// ([`Prompt::extension`](https://docs.rs/geppetto-session)), it makes the run's
/// [`JournalOf`](crate::JournalOf) write a [`Request`] together with the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestKey {
    /// Idempotency key.
    pub key: String,
    /// SHA-256 digest of the body.
    pub digest: [u8; 32],
}

impl RequestKey {
    /// Creates the key of a request with this body.
    pub fn new(key: impl Into<String>, body: &[u8]) -> Self {
        Self {
            key: key.into(),
            digest: digest(body),
        }
    }
}
