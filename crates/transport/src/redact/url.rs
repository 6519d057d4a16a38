//! Redaction of URLs.

use super::{MASK, is_key_like};

/// A URL, split at its separators. It is handled as text so that an invalid URL is masked as well.
struct Parts<'a> {
    scheme: &'a str,
    userinfo: Option<&'a str>,
    host: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Self {
        let url = url.split_once('#').map_or(url, |(before, _)| before);
        let (before_query, query) = match url.split_once('?') {
            Some((before, query)) => (before, Some(query)),
            None => (url, None),
        };
        let (scheme, after) = match before_query.find("://") {
            Some(at) => before_query
                .split_at_checked(at + "://".len())
                .unwrap_or(("", before_query)),
            None => ("", before_query),
        };
        let end = after.find(['/', '\\']).unwrap_or(after.len());
        let (authority, path) = after.split_at_checked(end).unwrap_or((after, ""));
        let (userinfo, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, authority),
        };
        Self {
            scheme,
            userinfo,
            host,
            path,
            query,
        }
    }

    fn params(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.query.into_iter().flat_map(|query| query.split('&'))
    }
}

/// Returns a URL that is safe to display: without user info and fragment, and with the values of
/// credential parameters (`key`, `api_key`, `access_token`, `sig`, `X-Amz-Signature`, …) replaced
/// by `***`.
#[must_use]
pub fn redact_url(url: &str) -> String {
    let parts = Parts::of(url);
    let mut out = format!("{}{}{}", parts.scheme, parts.host, parts.path);
    for (index, param) in parts.params().enumerate() {
        out.push(if index == 0 { '?' } else { '&' });
        match param.split_once('=') {
            Some((name, _)) if is_key_like(name) => {
                out.push_str(name);
                out.push('=');
                out.push_str(MASK);
            }
            _ => out.push_str(param),
        }
    }
    out
}

/// Returns the secrets in a URL: user, password and the values of key parameters.
pub(crate) fn secrets_in_url(url: &str) -> impl Iterator<Item = &str> {
    let parts = Parts::of(url);
    let keys = parts
        .params()
        .filter_map(|param| param.split_once('='))
        .filter(|(name, _)| is_key_like(name))
        .map(|(_, value)| value);
    parts
        .userinfo
        .into_iter()
        .flat_map(|info| info.split(':'))
        .chain(keys)
}

/// Splits off the user info of a URL.
pub(crate) fn without_user_info(url: String) -> (String, Option<String>) {
    let parts = Parts::of(&url);
    let Some(user_info) = parts.userinfo else {
        return (url, None);
    };
    let start = parts.scheme.len();
    let rest = url.get(start + user_info.len() + 1..).unwrap_or_default();
    (
        format!("{}{rest}", parts.scheme),
        Some(user_info.to_owned()),
    )
}

/// Returns the host (and port) of an absolute or scheme-relative URL.
pub(crate) fn host_of(url: &str) -> Option<&str> {
    let url = url.strip_prefix("//").unwrap_or(url);
    let parts = Parts::of(url);
    Some(parts.host).filter(|host| !host.is_empty())
}
