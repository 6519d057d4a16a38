//! HTTP clients and time limits from settings.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use geppetto_engine::EngineError;
use geppetto_settings::settings::ClientSettings;
use geppetto_transport::{HttpClient, ReqwestTransport, Timeouts};

/// The HTTP clients of a factory, one for each proxy. Engines with the same proxy share connections and the
/// retry budget.
#[derive(Default)]
pub(crate) struct Clients {
    /// The application's own.
    pub(crate) given: Option<HttpClient>,
    created: Mutex<Vec<(Proxy, HttpClient)>>,
}

#[derive(Clone, PartialEq, Eq)]
enum Proxy {
    Environment,
    Never,
    Always(String),
}

impl Clients {
    /// Returns the client for the proxy of the settings; the application's own if there is one.
    ///
    /// # Errors
    ///
    /// If the proxy is not valid.
    pub(crate) fn of(&self, settings: &ClientSettings) -> Result<HttpClient, EngineError> {
        if let Some(given) = &self.given {
            return Ok(given.clone());
        }
        let proxy = match (&settings.proxy_url, settings.proxy_from_environment) {
            (Some(url), _) if !url.as_str().is_empty() => Proxy::Always(url.as_str().to_owned()),
            (_, Some(false)) => Proxy::Never,
            _ => Proxy::Environment,
        };
        let mut created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = created.iter().find(|(known, _)| *known == proxy) {
            return Ok(client.clone());
        }
        let builder = ReqwestTransport::builder();
        let builder = match &proxy {
            Proxy::Environment => builder,
            Proxy::Never => builder.no_proxy(),
            Proxy::Always(url) => builder.proxy(url),
        };
        let client = HttpClient::new(builder.build()?);
        created.push((proxy, client.clone()));
        Ok(client)
    }
}

/// Returns the time limits of the settings, based on those of the client. `None` if the settings have
/// none.
///
/// The limit applies to the first byte and to the wait between two pieces. A limit on the whole response
/// would end healthy streams.
pub(crate) fn timeouts(settings: &ClientSettings, client: &HttpClient) -> Option<Timeouts> {
    let limit = match settings.timeout? {
        0 => Duration::MAX,
        seconds => Duration::from_secs(seconds),
    };
    let mut timeouts = *client.timeouts();
    timeouts.first_byte = limit;
    timeouts.idle = limit;
    timeouts.message = timeouts.message.max(limit);
    Some(timeouts)
}

/// Shows no proxy, which may have a password.
impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients")
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
