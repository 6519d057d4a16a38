//! What every request passes before its handler: host, origin, content type, rate; and the headers
//! of every reply.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};

mod rates;
mod streams;
#[cfg(test)]
mod tests;

pub(crate) use rates::Rates;
pub(crate) use streams::{Streaming, Streams};

use crate::{Options, Problem, app::App, owner::Scope};

/// Checks where a request comes from, and sets the headers of its reply.
pub(crate) async fn origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let allowed = allowed_origin(&app.options, &parts.headers);
    let mut response = match check_source(&app.options, &parts, allowed.is_some()) {
        Err(problem) => problem.into_response(),
        Ok(()) if parts.method == Method::OPTIONS && allowed.is_some() => preflight(&parts.headers),
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
    };
    let headers = response.headers_mut();
    secure(headers);
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let yes = HeaderValue::from_static("true");
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    response
}

/// Finds the owner of a request, limits the rate of changes, and requires JSON.
pub(crate) async fn api(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let scope = match Scope::of(&app.options, &parts) {
        Ok(scope) => scope,
        Err(problem) => return problem.into_response(),
    };
    if !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        if let Err(seconds) = app.rates.take(scope.group().unwrap_or_default()) {
            let detail = "too many requests in a short time";
            return Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", detail)
                .help("send the request again later")
                .retry_after(seconds)
                .into_response();
        }
        if has_body(&parts.headers) && !is_json(&parts.headers) {
            let detail = "the request is not JSON";
            return Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", detail)
                .help("send it with `Content-Type: application/json`")
                .into_response();
        }
    }
    parts.extensions.insert(scope);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let media_type = response.headers().get(header::CONTENT_TYPE);
    let is_stream = media_type.is_some_and(|own| own.as_bytes().starts_with(b"text/event-stream"));
    // A proxy that compresses a stream sends it in large pieces
    // (<https://github.com/blinkk/rootjs/pull/1209>).
    let no_store = HeaderValue::from_static(match is_stream {
        true => "no-store, no-transform",
        false => "no-store",
    });
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

/// Returns `true` if a request has a body. Clients send none with requests such as those to cancel.
fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    headers.contains_key(header::TRANSFER_ENCODING)
        || length.is_some_and(|length| length.as_bytes() != b"0")
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let value = value.and_then(|value| value.split(';').next());
    value.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json"))
}

/// Refuses requests for other hosts and requests of other sites.
fn check_source(options: &Options, parts: &Parts, origin_allowed: bool) -> Result<(), Problem> {
    let Some(host) = host(parts) else {
        return Err(
            Problem::bad_request("the request names no host").help("send one `Host` header")
        );
    };
    let refused = |kind, detail: String, help| {
        Err(Problem::new(StatusCode::FORBIDDEN, kind, detail).help(help))
    };
    if !options.any_host && !is_known_host(options, host) {
        let shown: String = host.chars().take(80).collect();
        return refused(
            "foreign-host",
            format!("this server does not answer for the host `{shown}`"),
            "use localhost, or name the host with `Options::host`",
        );
    }
    if let Some(origin) = parts.headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        if !origin_allowed && !is_same_origin(origin, host) {
            return refused(
                "foreign-origin",
                "the request was sent by a page of another site".to_owned(),
                "name its origin with `Options::allow_origin` if it may use this server",
            );
        }
        return Ok(());
    }
    // Browsers send no `Origin` with some requests, such as those of images and links.
    let site = parts.headers.get("sec-fetch-site");
    let mode = parts.headers.get("sec-fetch-mode");
    let is_link = parts.method == Method::GET && mode.is_some_and(|mode| mode == "navigate");
    if site.is_some_and(|site| site != "same-origin" && site != "none") && !is_link {
        return refused(
            "foreign-origin",
            "the request was sent by a page of another site".to_owned(),
            "open the server's own page",
        );
    }
    Ok(())
}

/// Returns the host of a request; `None` if there is none, or several.
fn host(parts: &Parts) -> Option<&str> {
    let mut headers = parts.headers.get_all(header::HOST).iter();
    let first = headers.next();
    if headers.next().is_some() {
        return None;
    }
    // HTTP/2 and requests to proxies have it in the URI.
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    match first {
        Some(host) => host.to_str().ok(),
        None => authority,
    }
}

/// Returns the host without its port.
fn without_port(host: &str) -> &str {
    if host.starts_with('[') {
        return host.split_inclusive(']').next().unwrap_or(host);
    }
    host.split(':').next().unwrap_or(host)
}

fn is_known_host(options: &Options, host: &str) -> bool {
    let name = without_port(host).to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    let is_own = |own: &String| own == name || own.eq_ignore_ascii_case(host);
    is_loopback(name) || options.hosts.iter().any(is_own)
}

fn is_loopback(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|own| own.strip_suffix(']'));
    let address = address.unwrap_or(name).parse::<std::net::IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn is_same_origin(origin: &str, host: &str) -> bool {
    let own = origin.split_once("://");
    own.is_some_and(|(scheme, own)| {
        matches!(scheme, "http" | "https") && own.eq_ignore_ascii_case(host)
    })
}

fn allowed_origin(options: &Options, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?.to_ascii_lowercase();
    options.origins.contains(&text).then(|| origin.clone())
}

/// Allows the headers that a page asks for: clients of the OpenAI API send some of their own. None of
/// them means more here than to a client that is not a page.
fn preflight(request: &HeaderMap) -> Response {
    let asked = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let mut allowed = vec!["authorization, content-type, idempotency-key, last-event-id"];
    allowed.extend(asked.and_then(|asked| asked.to_str().ok()));
    let allowed = allowed.join(", ");
    let headers = [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, PATCH, DELETE",
        ),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, allowed.as_str()),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Policy of the page: only its own files, no frames, no plugins. Images of an answer may be inline;
/// those of other sites are not loaded, because their addresses can carry data away.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; \
     base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/// Sets the headers that protect a page.
pub(crate) fn secure(headers: &mut HeaderMap) {
    const HEADERS: [(HeaderName, &str); 6] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in HEADERS {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
