//! [`ReqwestTransportBuilder`].

use std::{env, fmt, sync::Arc, time::Duration};

use reqwest::{Client, redirect};
use secrecy::SecretString;

use super::{
    ReqwestTransport,
    idle::IdleConnections,
    proxy::Proxies,
    resolver::DetachedResolver,
    tls::{self, Certificates},
};
use crate::{
    Timeouts,
    error::{TransportError, TransportErrorKind},
};

/// Default `user-agent` header.
const USER_AGENT: &str = concat!("geppetto-rs/", env!("CARGO_PKG_VERSION"));

/// Builder for a [`ReqwestTransport`]. Settings are validated by [`build`](Self::build).
///
/// ```no_run
/// use geppetto_transport::{HttpClient, ReqwestTransport};
///
/// # fn client() -> Result<HttpClient, Box<dyn std::error::Error>> {
/// let transport = ReqwestTransport::builder()
///     .proxy("http://proxy.example:3128")
///     .root_certificates(std::fs::read("company-ca.pem")?)
///     .max_idle_connections_per_host(8)
///     .build()?;
/// // Give the client to the builder of each engine: `.http_client(client.clone())`.
/// Ok(HttpClient::new(transport))
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ReqwestTransportBuilder {
    connect: Duration,
    proxy: ProxyChoice,
    certificates: Certificates,
    max_idle_per_host: Option<usize>,
    idle_timeout: Option<Duration>,
}

#[derive(Clone)]
enum ProxyChoice {
    Environment,
    Never,
    Always(SecretString),
}

impl ReqwestTransportBuilder {
    pub(super) fn new() -> Self {
        Self {
            connect: Timeouts::default().connect,
            proxy: ProxyChoice::Environment,
            certificates: Certificates::default(),
            max_idle_per_host: None,
            idle_timeout: None,
        }
    }

    /// Sets the connect limit from `timeouts`; 10 s by default. The other limits are enforced by
    /// [`HttpClient`](crate::HttpClient).
    pub fn timeouts(mut self, timeouts: &Timeouts) -> Self {
        self.connect = timeouts.connect;
        self
    }

    /// Sends all requests through the proxy at `url` (`http`, `https`, `socks4`, `socks4a`,
    /// `socks5` or `socks5h`, with optional user info), overriding the environment. Requests to the
    /// local machine (`localhost`, `127.0.0.0/8`, `::1`) are sent directly.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = ProxyChoice::Always(SecretString::from(url.into()));
        self
    }

    /// Disables proxies, including those of the environment.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = ProxyChoice::Never;
        self
    }

    /// Trusts the certificates in `pem` in addition to those of the system. Can be called
    /// repeatedly.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.roots.push(pem.into());
        self
    }

    /// Sets the client certificate: `pem` holds the certificate chain, leaf first, and the private
    /// key.
    pub fn client_certificate(mut self, pem: impl Into<String>) -> Self {
        self.certificates.client = Some(SecretString::from(pem.into()));
        self
    }

    /// Sets the maximum number of idle connections per host; unlimited by default. Each one is an
    /// open file of the process.
    pub fn max_idle_connections_per_host(mut self, most: usize) -> Self {
        self.max_idle_per_host = Some(most);
        self
    }

    /// Sets the time after which an idle connection is closed; 90 s by default. A value below that
    /// of the server avoids requests on connections that the server is about to close.
    pub fn idle_connection_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// Builds the transport.
    ///
    /// # Errors
    ///
    /// Returns [`TransportErrorKind::InvalidRequest`] if the proxy, set here or by a variable of
    /// the environment, is not a valid proxy URL, and [`TransportErrorKind::Tls`] if a certificate
    /// or a key cannot be read. The message names the variable or the setting, without its value.
    pub fn build(self) -> Result<ReqwestTransport, TransportError> {
        use secrecy::ExposeSecret as _;

        let proxies = Arc::new(match &self.proxy {
            ProxyChoice::Environment => Proxies::of_environment(|name| env::var(name).ok())?,
            ProxyChoice::Never => Proxies::default(),
            ProxyChoice::Always(url) => Proxies::one(url.expose_secret())?,
        });
        let (tls, no_tls) = tls::config(&self.certificates)?;
        let rules = Arc::clone(&proxies);
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(self.connect)
            .redirect(redirect::Policy::none())
            .referer(false)
            .user_agent(USER_AGENT)
            .dns_resolver(DetachedResolver::new())
            .no_proxy()
            .proxy(reqwest::Proxy::custom(move |url| rules.url_of(url)));
        if let Some(most) = self.max_idle_per_host {
            client = client.pool_max_idle_per_host(most);
        }
        if let Some(timeout) = self.idle_timeout {
            client = client.pool_idle_timeout(timeout);
        }
        let client = client.build().map_err(|error| {
            TransportError::new(
                TransportErrorKind::InvalidRequest,
                "the HTTP client cannot be set up",
            )
            .with_source(error.without_url())
        })?;
        Ok(ReqwestTransport {
            client,
            connect: self.connect,
            proxies,
            idle: IdleConnections::default(),
            no_tls,
        })
    }
}

/// Omits the proxy and the key.
impl fmt::Debug for ReqwestTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxy = match self.proxy {
            ProxyChoice::Environment => "environment",
            ProxyChoice::Never => "none",
            ProxyChoice::Always(_) => "set",
        };
        f.debug_struct("ReqwestTransportBuilder")
            .field("connect", &self.connect)
            .field("proxy", &proxy)
            .field("root_certificates", &self.certificates.roots.len())
            .field("client_certificate", &self.certificates.client.is_some())
            .field("max_idle_connections_per_host", &self.max_idle_per_host)
            .field("idle_connection_timeout", &self.idle_timeout)
            .finish()
    }
}
