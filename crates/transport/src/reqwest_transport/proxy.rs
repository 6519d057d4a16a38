//! [`Proxies`]: proxy selection.

use std::fmt;

use reqwest::Url;

use crate::error::{TransportError, TransportErrorKind};
use bypass::Bypass;

mod bypass;
#[cfg(test)]
mod tests;

/// Supported schemes of proxies.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// Selects the proxy of a request by the scheme and the host of its URL.
#[derive(Default)]
pub(super) struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    bypass: Bypass,
}

/// A proxy; its URL may contain credentials.
#[derive(Clone)]
pub(super) struct Proxy {
    url: Url,
    place: String,
}

impl Proxy {
    /// Host and port, for people.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Parses the URL of a proxy; without a scheme it is an HTTP proxy. The error describes the
    /// problem without showing the URL.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let has_scheme = text.contains("://");
        let url = if has_scheme {
            Url::parse(text)
        } else {
            Url::parse(&format!("http://{text}"))
        };
        let url = url.map_err(|_| "is not a URL")?;
        if !SCHEMES.contains(&url.scheme()) {
            return Err("is neither an HTTP nor a SOCKS URL");
        }
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return Err("names no host");
        };
        let place = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(Self { url, place })
    }
}

impl Proxies {
    /// Reads the proxies from the environment, through `variable`: `HTTP_PROXY`, `HTTPS_PROXY`,
    /// `ALL_PROXY`, `NO_PROXY`, in upper or lower case.
    ///
    /// # Errors
    ///
    /// A variable does not contain the URL of a proxy. Ignoring it would send the request directly
    /// to the server, bypassing the requested proxy.
    pub(super) fn of_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, TransportError> {
        let first = |name: &str| {
            let names = [name.to_owned(), name.to_ascii_lowercase()];
            names.into_iter().find_map(|name| {
                let value = variable(&name).filter(|value| !value.trim().is_empty())?;
                Some((name, value))
            })
        };
        let proxy = |name: &str| {
            first(name)
                .map(|(name, value)| {
                    Proxy::parse(&value).map_err(|problem| {
                        let name = format!("the environment variable {name}");
                        invalid(&name, problem)
                    })
                })
                .transpose()
        };
        let all = proxy("ALL_PROXY")?;
        // Web servers pass a client's header `Proxy` as HTTP_PROXY to programs that they run:
        // <https://httpoxy.org>.
        let is_cgi = variable("REQUEST_METHOD").is_some();
        let http = if is_cgi { None } else { proxy("HTTP_PROXY")? };
        let excepted = first("NO_PROXY").map(|(_, hosts)| hosts);
        Ok(Self {
            http: http.or_else(|| all.clone()),
            https: proxy("HTTPS_PROXY")?.or(all),
            bypass: Bypass::of(excepted.as_deref().unwrap_or_default()),
        })
    }

    /// Uses one proxy for everything except the local machine.
    ///
    /// # Errors
    ///
    /// Returns an error if `url` is not a valid proxy URL.
    pub(super) fn one(url: &str) -> Result<Self, TransportError> {
        let proxy =
            Proxy::parse(url).map_err(|problem| invalid("the URL of the proxy", problem))?;
        Ok(Self {
            http: Some(proxy.clone()),
            https: Some(proxy),
            bypass: Bypass::default(),
        })
    }

    /// Returns the proxy for requests to `url`.
    pub(super) fn of(&self, url: &Url) -> Option<&Proxy> {
        let proxy = match url.scheme() {
            "https" => &self.https,
            _ => &self.http,
        };
        let proxy = proxy.as_ref()?;
        let is_direct = self
            .bypass
            .covers(url.host_str()?, url.port_or_known_default());
        (!is_direct).then_some(proxy)
    }

    /// Returns the URL of that proxy, including its credentials.
    pub(super) fn url_of(&self, url: &Url) -> Option<Url> {
        self.of(url).map(|proxy| proxy.url.clone())
    }
}

fn invalid(what: &str, problem: &str) -> TransportError {
    TransportError::new(
        TransportErrorKind::InvalidRequest,
        format!("{what} {problem}; set it to one such as `http://proxy.example:3128`"),
    )
}

/// Omits the credentials.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies")
            .field("http", &self.http.as_ref().map(Proxy::place))
            .field("https", &self.https.as_ref().map(Proxy::place))
            .field("bypass", &self.bypass)
            .finish()
    }
}
