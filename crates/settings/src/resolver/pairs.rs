//! A key stays with its address.
//!
//! Each source may set an address, a key, or both. A key is sent to the provider's own host, or to
//! an address with the same author: in the same file, or in the same profile and those that it
//! inherits from. An address of another host also receives the key of a flag, and that of a
//! variable with the application's prefix, unless the address is in a file of the current folder.
//! That folder may be an untrusted repository:
//! <https://github.com/chunkhound/chunkhound/issues/388>,
//! <https://github.com/frankbria/codeframe/pull/992>.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Address, Value, Warning, WarningKind,
    catalogue::own_address,
    layer::Group,
    trace::{Said, Traced},
};

type Settings = BTreeMap<String, Traced>;

/// Marks keys and addresses that are not used.
pub(super) fn settle(settings: &mut Settings, warnings: &mut Vec<Warning>) {
    drop_project_proxy(settings, warnings);
    settle_keys(settings, warnings);
    name_project_addresses(settings, warnings);
    name_project_keys(settings, warnings);
}

/// A proxy can read keys on their way to addresses without TLS, and the user's own proxy may be there to watch or
/// to hide connections, so files of the current folder can neither set nor bypass one.
fn drop_project_proxy(settings: &mut Settings, warnings: &mut Vec<Warning>) {
    for (path, flag) in [
        ("client.proxy_url", "proxy-url"),
        ("client.proxy_from_environment", "proxy-from-environment"),
    ] {
        let said = settings.get_mut(path).into_iter();
        let said = said.flat_map(|traced| &mut traced.log);
        for said in said.filter(|said| said.group.is_project()) {
            let why = "a file of the current folder cannot set the proxy";
            said.note = Some(why.to_owned());
            let message = format!("{}: {flag} is not used: {why}", said.source);
            warnings.push(Warning::new(WarningKind::Untrusted, message));
        }
    }
}

/// The owner of a key can often read what is sent with it, in the provider's logs.
fn name_project_keys(settings: &Settings, warnings: &mut Vec<Warning>) {
    let keys = settings.iter().filter_map(|(path, traced)| {
        let name = path.strip_prefix("api.api_keys.")?;
        Some((name.strip_suffix("-api-key")?, traced.used()?))
    });
    for (name, said) in keys.filter(|(_, said)| said.group.is_project()) {
        let message = format!(
            "{}: requests to `{name}` use the API key of a file of the current folder, and its \
             owner may be able to read them",
            said.source
        );
        warnings.push(Warning::new(WarningKind::Untrusted, message));
    }
}

/// The user should know if a file of the current folder decides where conversations are sent.
fn name_project_addresses(settings: &Settings, warnings: &mut Vec<Warning>) {
    let urls = settings.iter().filter_map(|(path, traced)| {
        let name = path.strip_prefix("api.base_urls.")?;
        Some((name.strip_suffix("-base-url")?, traced.used()?))
    });
    for (name, said) in urls.filter(|(_, said)| said.group.is_project()) {
        if let Some(address) = foreign(name, said) {
            let message = format!(
                "{}: requests to `{name}` go to {address}, which a file of the current folder sets",
                said.source
            );
            warnings.push(Warning::new(WarningKind::Untrusted, message));
        }
    }
}

fn settle_keys(settings: &mut Settings, warnings: &mut Vec<Warning>) {
    let names: BTreeSet<String> = settings
        .keys()
        .filter_map(|path| {
            let key = path.strip_prefix("api.api_keys.")?;
            Some(key.strip_suffix("-api-key")?.to_owned())
        })
        .collect();
    for name in &names {
        let url_path = format!("api.base_urls.{name}-base-url");
        let key_path = format!("api.api_keys.{name}-api-key");
        let Some(mut keys) = settings.remove(&key_path) else {
            continue;
        };
        if let Some(urls) = settings.get_mut(&url_path) {
            drop_weak(urls, &keys);
            if let Some(said) = urls.used()
                && let Some(address) = foreign(name, said)
            {
                choose(name, said, address, &mut keys, warnings);
            }
        }
        settings.insert(key_path, keys);
    }
}

/// Drops addresses that a key for the provider's own address replaces. The well-known address and its key are a
/// pair, which a key in a file replaces; the address that a program falls back to yields to any key.
fn drop_weak(urls: &mut Traced, keys: &Traced) {
    for url in urls.log.iter_mut().rev() {
        let replaces = |key: &&Said| match url.group {
            Group::WellKnown => key.group.is_file(),
            Group::Fallback => key.group != Group::Fallback,
            _ => false,
        };
        let Some(key) = keys.log.iter().rev().find(replaces) else {
            return;
        };
        url.note = Some(format!(
            "the key of {} is for the provider's own address",
            key.source
        ));
    }
}

/// Returns the address if it is not on the provider's own host.
fn foreign<'s>(name: &str, said: &'s Said) -> Option<&'s Address> {
    let Ok(Value::Url(address)) = &said.value else {
        return None;
    };
    let is_own = own_address(name).is_some_and(|own| own.same_host(address));
    (!is_own).then_some(address)
}

/// Keeps the key that belongs to an address, and marks all others as unused.
fn choose(
    name: &str,
    url: &Said,
    address: &Address,
    keys: &mut Traced,
    warnings: &mut Vec<Warning>,
) {
    let ranks: Vec<_> = keys
        .log
        .iter()
        .map(|said| rank(said.group, url.group))
        .collect();
    let best = ranks.iter().flatten().max();
    // Of equal ranks, the strongest layer's.
    let used = best.and_then(|best| ranks.iter().rposition(|rank| rank.as_ref() == Some(best)));
    let last = keys.log.len().checked_sub(1);
    for (index, (said, rank)) in keys.log.iter_mut().zip(&ranks).enumerate() {
        if rank.is_none() {
            said.note = Some(format!(
                "the address {address} is not of the same source: {}",
                url.source
            ));
            if Some(index) == last && !is_expected(said.group, address) {
                warnings.push(not_used(name, said, url, address));
            }
        } else if used.is_some_and(|used| used < index) {
            said.note = Some(format!("the address {address} has a key of its own"));
        }
    }
}

/// Returns `true` if nobody would expect the key at the address: a key that is in the environment for other
/// programs, and a server on this machine.
fn is_expected(key: Group, address: &Address) -> bool {
    let host = address.host().unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .map_or(host.as_str(), |(name, _)| name);
    let is_local = matches!(name, "localhost" | "127.0.0.1" | "[::1]" | "0.0.0.0");
    key == Group::WellKnown && is_local
}

fn not_used(name: &str, key: &Said, url: &Said, address: &Address) -> Warning {
    let message = format!(
        "{}: the API key of `{name}` is not used: the address {address} is set by {}, and a key \
         goes to addresses of its own source only; set both in one place",
        key.source, url.source
    );
    Warning::new(WarningKind::KeyNotUsed, message)
}

/// Returns the rank of a key for a foreign address. `None` if it must not be sent there.
fn rank(key: Group, address: Group) -> Option<u8> {
    match key {
        Group::Run => Some(6),
        Group::Flags => Some(5),
        _ if key == address && key.is_file() => Some(4),
        Group::Variables if !address.is_project() => Some(3),
        Group::WellKnown if address == Group::WellKnown => Some(2),
        _ => None,
    }
}
