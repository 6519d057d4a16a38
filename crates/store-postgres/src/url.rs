//! [`Url`]: the URL of a server, whose password is never shown.

use std::{fmt, str::FromStr, time::Duration};

use geppetto_store::Error;
use tokio_postgres::{
    Config,
    config::{Host, SslMode, TargetSessionAttrs},
};

use crate::tls::{Files, Verify};

#[cfg(test)]
mod tests;

/// Parameters of other clients, which mean nothing here.
const IGNORED: &[&str] = &[
    "connection_limit",
    "gssencmode",
    "krbsrvname",
    "pgbouncer",
    "pool_timeout",
    "sslcompression",
    "sslsni",
    "statement_cache_mode",
    "statement_cache_size",
];

/// A parsed URL.
#[derive(Clone)]
pub(crate) struct Url {
    pub(crate) config: Config,
    pub(crate) verify: Verify,
    pub(crate) files: Files,
}

impl Url {
    /// Parses a URL. No error shows any part of it but names of parameters.
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        let schemes = ["postgres://", "postgresql://"];
        if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
            return Err(Error::invalid(
                "the URL of a Postgres store starts with `postgres://`, as in \
                 `postgres://user@host:5432/database`",
            ));
        }
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        check_password(address)?;
        let mut kept = Vec::new();
        let mut mode = String::from("prefer");
        let mut files = Files::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let path = || {
                Some(decode(value))
                    .filter(|path| path != "system")
                    .map(Into::into)
            };
            match name {
                "sslmode" => value.clone_into(&mut mode),
                "sslrootcert" => files.roots = path(),
                "sslcert" => files.certificate = path(),
                "sslkey" => files.key = path(),
                name if IGNORED.contains(&name) => {}
                _ => kept.push(pair),
            }
        }
        let (ssl, verify) = ssl_mode(&mode, &files)?;
        let rest = format!("{address}?{}", kept.join("&"));
        let mut config =
            Config::from_str(rest.trim_end_matches('?')).map_err(|error| not_parsed(&error))?;
        config.ssl_mode(ssl);
        if config.get_application_name().is_none() {
            config.application_name("geppetto");
        }
        let places = config.get_hosts().len().max(config.get_hostaddrs().len());
        if places == 0 {
            config.host("localhost");
        }
        if places > 1 {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(Duration::from_secs(10));
        }
        config.keepalives_idle(Duration::from_secs(10));
        Ok(Self {
            config,
            verify,
            files,
        })
    }

    /// Returns user, hosts and database.
    pub(crate) fn place(&self) -> String {
        let config = &self.config;
        let mut hosts = Vec::new();
        for (n, host) in config.get_hosts().iter().enumerate() {
            let ports = config.get_ports();
            let port = ports.get(n).or(ports.first()).copied().unwrap_or(5432);
            hosts.push(match host {
                Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}"),
                Host::Tcp(name) => format!("{name}:{port}"),
                #[cfg(unix)]
                Host::Unix(folder) => format!("{}, port {port}", folder.display()),
            });
        }
        let user = config.get_user().map(|user| format!("{user}@"));
        let database = config.get_dbname().map(|name| format!("/{name}"));
        let (user, database) = (user.unwrap_or_default(), database.unwrap_or_default());
        format!("{user}{}{database}", hosts.join(","))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Url").field(&self.place()).finish()
    }
}

/// Fails if a password has characters that end it, after which a part of it would be taken for the
/// host, and shown in messages.
fn check_password(address: &str) -> Result<(), Error> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let slashes_before_host = rest.rfind('@') > Some(authority.len());
    if authority.matches('@').count() > 1 || slashes_before_host || rest.contains('#') {
        return Err(Error::invalid(
            "user or password of the Postgres URL have a character that must be escaped: write `@` as \
             %40, `/` as %2F, `#` as %23, `?` as %3F, `:` as %3A, `%` as %25",
        ));
    }
    Ok(())
}

fn ssl_mode(mode: &str, files: &Files) -> Result<(SslMode, Verify), Error> {
    Ok(match mode {
        "disable" => (SslMode::Disable, Verify::Nothing),
        "allow" | "prefer" => (SslMode::Prefer, Verify::Nothing),
        // As libpq does it, for compatibility.
        "require" if files.roots.is_some() => (SslMode::Require, Verify::Chain),
        "require" | "no-verify" => (SslMode::Require, Verify::Nothing),
        "verify-ca" => (SslMode::Require, Verify::Chain),
        "verify-full" => (SslMode::Require, Verify::ChainAndName),
        _ => {
            return Err(Error::invalid(
                "`sslmode` of the Postgres URL is one of disable, prefer, require, verify-ca and \
                 verify-full",
            ));
        }
    })
}

/// Converts the error of the parser, whose sources may quote the URL.
fn not_parsed(error: &tokio_postgres::Error) -> Error {
    let detail = std::error::Error::source(error).map(ToString::to_string);
    let named = detail.filter(|text| {
        text.starts_with("unknown option") || text.starts_with("invalid value for option")
    });
    let why = named.unwrap_or_else(|| "a part of it is malformed".to_owned());
    Error::invalid(format!(
        "the Postgres URL cannot be used: {why}; it has the form \
         `postgres://user:password@host:5432/database?sslmode=verify-full`"
    ))
}

/// Decodes percent-encoding.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (first, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
