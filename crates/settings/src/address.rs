//! [`Address`]: a URL that prints without its credentials.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::MASK;

#[cfg(test)]
mod tests;

/// Parts of the name of a query parameter whose value is a credential.
const SENSITIVE: [&str; 6] = ["key", "token", "secret", "sig", "pass", "auth"];

/// A URL: the address of a provider or of a proxy.
///
/// `Debug`, `Display` and `Serialize` mask possible credentials: the user information
/// (`http://***@proxy:3128`) and the values of query parameters such as `api-key`. Only
/// [`as_str`](Self::as_str) returns the whole text.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "String")]
pub struct Address(String);

impl Address {
    /// Wraps a URL. Surrounding white space is removed; nothing is validated.
    pub fn new(url: impl AsRef<str>) -> Self {
        Self(url.as_ref().trim().to_owned())
    }

    /// Returns the URL as it was given, including credentials.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the URL in its printed form, without credentials.
    #[must_use]
    pub fn masked(&self) -> String {
        let (scheme, rest) = match self.0.split_once("://") {
            Some((scheme, rest)) => (format!("{scheme}://"), rest),
            None => (String::new(), self.0.as_str()),
        };
        let (rest, fragment) = match rest.split_once('#') {
            Some((rest, _)) => (rest, format!("#{MASK}")),
            None => (rest, String::new()),
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, format!("?{}", masked_query(query))),
            None => (rest, String::new()),
        };
        // The last `@` of the authority ends the user information; a password may contain others,
        // and a slash as well, if it is not encoded.
        let rest = match rest.rsplit_once('@') {
            Some((_, host)) => format!("{MASK}@{host}"),
            None => rest.to_owned(),
        };
        format!("{scheme}{rest}{query}{fragment}")
    }

    /// Returns the scheme in lower case: `https` of `https://api.openai.com/v1`. `None` if there is
    /// none.
    #[must_use]
    pub fn scheme(&self) -> Option<String> {
        let (scheme, _) = self.0.split_once("://")?;
        Some(scheme.to_ascii_lowercase())
    }

    /// Returns the host in lower case, with the port if one is given: `api.openai.com` of
    /// `https://api.openai.com/v1`. `None` if the text is not `scheme://host`.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        let (_, rest) = self.0.split_once("://")?;
        // Browsers and clients treat a backslash as a slash: the text after it is not part of the
        // host.
        let authority = rest.split(['/', '\\', '?', '#']).next()?;
        let host = authority.rsplit('@').next()?;
        (!host.is_empty()).then(|| host.to_ascii_lowercase())
    }

    /// Returns `true` if both have the same scheme, host and port. Credentials and paths are not
    /// compared.
    #[must_use]
    pub fn same_host(&self, other: &Self) -> bool {
        let place = |address: &Self| Some((address.scheme()?, address.host_with_port()?));
        place(self).is_some() && place(self) == place(other)
    }

    /// Returns the host and the port, which defaults to that of the scheme.
    fn host_with_port(&self) -> Option<String> {
        let host = self.host()?;
        let host = host.trim_end_matches('.');
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| {
            !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
        });
        match (has_port, self.scheme()?.as_str()) {
            (false, "https") => Some(format!("{host}:443")),
            (false, "http") => Some(format!("{host}:80")),
            _ => Some(host.to_owned()),
        }
    }
}

fn masked_query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_sensitive(name) => format!("{name}={MASK}"),
        Some(_) => pair.to_owned(),
        // A parameter without a name may be a bare token.
        None => MASK.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SENSITIVE.iter().any(|part| name.contains(part))
}

impl From<String> for Address {
    fn from(url: String) -> Self {
        Self::new(url)
    }
}

impl From<&str> for Address {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.masked(), f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.masked())
    }
}
