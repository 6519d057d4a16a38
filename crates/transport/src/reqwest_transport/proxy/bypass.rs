//! [`Bypass`]: servers that bypass the proxy.

use std::net::IpAddr;

/// Servers that bypass the proxy: the local machine, and those listed in `NO_PROXY`.
///
/// Entries are host names (including their subdomains), IP addresses and networks (`10.0.0.0/8`),
/// each with or without a port, or `*` for everything. The syntax is that of curl:
/// <https://everything.curl.dev/usingcurl/proxies/env.html>.
#[derive(Debug, Default)]
pub(super) struct Bypass {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug)]
enum Hosts {
    All,
    Network(IpAddr, u8),
    /// In lower case, without a leading dot.
    Domain(String),
}

impl Bypass {
    pub(super) fn of(list: &str) -> Self {
        let entries = list.split([',', ' ']).map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty());
        Self {
            entries: entries.map(Entry::of).collect(),
        }
    }

    /// Returns `true` if a server bypasses the proxy. `host` is as in a URL, an IPv6 address in
    /// brackets.
    pub(super) fn covers(&self, host: &str, port: Option<u16>) -> bool {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.');
        let host = host.to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        is_this_machine(&host, address)
            || self.entries.iter().any(|entry| {
                entry.port.is_none_or(|own| Some(own) == port) && entry.hosts.cover(&host, address)
            })
    }
}

/// A proxy elsewhere must not see conversations with and keys for a server on this machine, and
/// could not reach it anyway.
fn is_this_machine(host: &str, address: Option<IpAddr>) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || address.is_some_and(|address| address.to_canonical().is_loopback())
}

impl Entry {
    fn of(text: &str) -> Self {
        let (host, port) = split_port(text);
        let host = host.trim_matches(['[', ']']);
        Self {
            hosts: Hosts::of(host),
            port,
        }
    }
}

/// Splits off a trailing port. The colons of an IPv6 address without brackets do not count.
fn split_port(text: &str) -> (&str, Option<u16>) {
    if text.parse::<IpAddr>().is_ok() || text.contains('/') {
        return (text, None);
    }
    match text
        .rsplit_once(':')
        .map(|(host, port)| (host, port.parse()))
    {
        Some((host, Ok(port))) => (host, Some(port)),
        _ => (text, None),
    }
}

impl Hosts {
    fn of(text: &str) -> Self {
        if text == "*" {
            return Self::All;
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, bits.parse().ok()),
            None => (text, None),
        };
        match address.parse::<IpAddr>() {
            Ok(address) => Self::Network(address, bits.unwrap_or(u8::MAX)),
            Err(_) => {
                let domain = text.trim_start_matches("*.").trim_matches('.');
                Self::Domain(domain.to_ascii_lowercase())
            }
        }
    }

    fn cover(&self, host: &str, address: Option<IpAddr>) -> bool {
        match self {
            Self::All => true,
            Self::Network(network, bits) => {
                address.is_some_and(|address| is_inside(address, *network, *bits))
            }
            Self::Domain(domain) => host
                .strip_suffix(domain.as_str())
                .is_some_and(|sub| sub.is_empty() || sub.ends_with('.')),
        }
    }
}

/// Returns `true` if the first `bits` bits of both are equal.
fn is_inside(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let differing = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            (address.to_bits() ^ network.to_bits()).leading_zeros()
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            (address.to_bits() ^ network.to_bits()).leading_zeros()
        }
        _ => return false,
    };
    let all = if address.is_ipv4() { 32 } else { 128 };
    differing >= u32::from(bits).min(all)
}
