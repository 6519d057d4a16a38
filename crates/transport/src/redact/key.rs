//! [`ApiKey`]: a provider's API key that is never printed.

use std::{env, fmt};

use geppetto_engine::{EngineError, ErrorKind};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::MASK;
use crate::error::{TransportError, TransportErrorKind};

/// From this length on, the last four characters are shown, like in provider consoles.
const LONG_ENOUGH_TO_HINT: usize = 20;

/// API key of a provider.
///
/// `Debug` and `Display` show [`masked`](Self::masked), and the memory is wiped on drop. The key is
/// only accessible through headers marked sensitive and through [`expose`](Self::expose).
#[derive(Clone)]
pub struct ApiKey {
    secret: SecretString,
}

impl ApiKey {
    /// Wraps a key. Surrounding white space, such as the newline at the end of a file, is removed.
    pub fn new(key: impl AsRef<str>) -> Self {
        Self {
            secret: SecretString::from(key.as_ref().trim()),
        }
    }

    /// Reads the key from the environment variable `name`.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Configuration`] if the variable is unset, empty or not valid Unicode.
    pub fn from_env(name: &str) -> Result<Self, EngineError> {
        let problem = match env::var(name) {
            Ok(value) if value.trim().is_empty() => "is empty",
            Ok(value) => return Ok(Self::new(value)),
            Err(env::VarError::NotPresent) => "is not set",
            Err(env::VarError::NotUnicode(_)) => "is not valid text",
        };
        Err(EngineError::new(
            ErrorKind::Configuration,
            format!("the environment variable {name} {problem}; set it to the provider's API key"),
        ))
    }

    /// Returns the key in clear text. Callers must keep it out of logs and errors.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.secret.expose_secret()
    }

    /// Returns a displayable form of the key: `sk-…abcd`. Keys under 20 bytes are masked
    /// completely.
    #[must_use]
    pub fn masked(&self) -> String {
        let key = self.expose();
        let tail = key
            .len()
            .checked_sub(4)
            .filter(|_| key.len() >= LONG_ENOUGH_TO_HINT)
            .and_then(|start| key.get(start..));
        let Some(tail) = tail else {
            return MASK.to_owned();
        };
        let head = key
            .find(['-', '_'])
            .filter(|end| *end <= 4)
            .and_then(|end| key.get(..=end))
            .unwrap_or_default();
        format!("{head}…{tail}")
    }

    /// Returns the key as a header value, marked sensitive.
    ///
    /// # Errors
    ///
    /// Returns [`TransportErrorKind::InvalidRequest`] if the key is not a valid header value.
    pub fn header_value(&self) -> Result<HeaderValue, TransportError> {
        sensitive(self.expose())
    }

    /// Returns `Bearer <key>` as a header value, marked sensitive.
    ///
    /// # Errors
    ///
    /// Returns [`TransportErrorKind::InvalidRequest`] if the key is not a valid header value.
    pub fn bearer(&self) -> Result<HeaderValue, TransportError> {
        sensitive(&format!("Bearer {}", self.expose()))
    }
}

fn sensitive(text: &str) -> Result<HeaderValue, TransportError> {
    let mut value = HeaderValue::from_str(text).map_err(|source| {
        TransportError::new(
            TransportErrorKind::InvalidRequest,
            "the API key holds characters that a header cannot carry; check how it was copied",
        )
        .with_source(source)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({})", self.masked())
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
