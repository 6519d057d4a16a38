//! [`address`]: the address of an Ollama server.

#[cfg(test)]
mod tests;

/// Returns the address of the OpenAI-compatible API of the server that `OLLAMA_HOST` names.
///
/// The variable also tells the server where to listen, so scheme and port may be absent, and the host may be that of all
/// interfaces (<https://github.com/crewAIInc/crewAI/issues/7205>, <https://github.com/AlexsJones/llmfit/issues/516>).
/// As in Ollama, the port is 11434, or that of the scheme if there is one.
pub(super) fn address(given: &str) -> String {
    let given = given.trim().trim_matches(['"', '\'']).trim();
    if given.is_empty() {
        return String::new();
    }
    let (scheme, rest) = match given.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, given),
    };
    let (authority, path) = match rest.split_once('/') {
        Some((authority, path)) => (authority, path.trim_end_matches('/')),
        None => (rest, ""),
    };
    let (host, port) = host_and_port(authority);
    let host = match host {
        "" | "0.0.0.0" => "127.0.0.1",
        "[::]" | "::" => "[::1]",
        host => host,
    };
    let port = match (port, scheme) {
        (Some(port), _) => format!(":{port}"),
        (None, Some(_)) => String::new(),
        (None, None) => ":11434".to_owned(),
    };
    let path = if path.is_empty() { "v1" } else { path };
    format!("{}://{host}{port}/{path}", scheme.unwrap_or("http"))
}

/// Splits at the last colon, unless it is part of an IPv6 address.
fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
            if host.contains(':') && !host.ends_with(']') {
                (authority, None)
            } else {
                (host, Some(port))
            }
        }
        _ => (authority, None),
    }
}
