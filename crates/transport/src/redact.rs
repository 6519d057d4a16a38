//! Redaction of secrets in logs, errors and `Debug` output.

use std::{borrow::Cow, fmt, sync::Arc};

use http::{HeaderMap, HeaderName, header};
use secrecy::{ExposeSecret, SecretString};

use crate::status::{LONGEST_LABEL, LONGEST_MESSAGE, printable, shorten};
pub(crate) use basic::{basic, percent_decoded};
pub use key::ApiKey;
pub use url::redact_url;
pub(crate) use url::{host_of, secrets_in_url, without_user_info};

mod basic;
mod key;
mod known;
mod shapes;
#[cfg(test)]
mod tests;
mod url;

/// Replacement for a secret.
const MASK: &str = "***";

/// Shorter values are placeholders such as `none`, used for servers without keys; masking them
/// would damage ordinary words.
const SHORTEST_SECRET: usize = 6;

/// Masks secrets in untrusted text, such as the body of an error.
///
/// Recognizes the secrets it was given as well as bearer tokens and common API key formats (`sk-…`,
/// `AIza…`, `gsk_…`, JWTs), so that foreign keys echoed by a server are masked, too. Cheap to
/// clone; `Debug` shows no secret.
#[derive(Clone, Default)]
pub struct Redactor {
    secrets: Arc<Vec<SecretString>>,
}

impl Redactor {
    /// Creates a redactor that only recognizes key formats.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret. A scheme prefix (`Bearer …`, `Basic …`) is not part of it; values under 6
    /// bytes are ignored.
    #[must_use]
    pub fn with_secret(mut self, secret: &str) -> Self {
        let secret = match secret.split_once(' ') {
            Some((scheme, rest)) if is_auth_scheme(scheme) => rest,
            _ => secret,
        };
        let secret = secret.trim();
        if secret.len() >= SHORTEST_SECRET {
            let secrets = Arc::make_mut(&mut self.secrets);
            if secrets.iter().all(|known| known.expose_secret() != secret) {
                secrets.push(SecretString::from(secret));
            }
            // A secret that contains another one must be replaced first, or its remainder would
            // stay.
            secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose_secret().len()));
        }
        self
    }

    /// Replaces every secret in `text` by `***`, including occurrences in a different case or
    /// percent-encoded.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for secret in self.secrets.iter() {
            if let Some(masked) = known::mask(&text, secret.expose_secret()) {
                text = Cow::Owned(masked);
            }
        }
        match shapes::mask(&text) {
            Some(masked) => Cow::Owned(masked),
            None => text,
        }
    }

    /// Sanitizes an id, name or reason sent by a server for use in events and errors: redacted,
    /// without control characters, truncated to 200 bytes.
    #[must_use]
    pub fn label(&self, text: &str) -> String {
        shorten(&printable(&self.redact(text)), LONGEST_LABEL).unwrap_or_default()
    }

    /// Same as [`label`](Self::label), for messages: truncated to 2,000 bytes.
    #[must_use]
    pub fn words(&self, text: &str) -> String {
        shorten(&printable(&self.redact(text)), LONGEST_MESSAGE).unwrap_or_default()
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("secrets", &self.secrets.len())
            .finish()
    }
}

/// Returns `true` if a header of this name carries a credential.
pub(crate) fn is_secret_header(name: &HeaderName) -> bool {
    *name == header::AUTHORIZATION
        || *name == header::PROXY_AUTHORIZATION
        || *name == header::COOKIE
        || *name == header::SET_COOKIE
        || is_key_like(name.as_str())
}

/// Returns `true` if a parameter or header of this name holds a credential, judging by its suffix:
/// `api_key`, `x-goog-api-key`, `access_token`, `X-Amz-Signature`.
fn is_key_like(name: &str) -> bool {
    const ENDINGS: [&str; 8] = [
        "key",
        "token",
        "sig",
        "signature",
        "secret",
        "password",
        "credential",
        "auth",
    ];
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn is_auth_scheme(word: &str) -> bool {
    ["bearer", "basic", "token", "apikey"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Formats headers for `Debug`, with credentials masked even if they are not marked sensitive.
pub(crate) struct MaskedHeaders<'a>(pub(crate) &'a HeaderMap);

impl fmt::Debug for MaskedHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in self.0 {
            if value.is_sensitive() || is_secret_header(name) {
                map.entry(name, &format_args!("{MASK}"));
            } else {
                map.entry(name, value);
            }
        }
        map.finish()
    }
}
