//! The check of the token.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Problem, guard, openai};

/// Name of the cookie.
const COOKIE: &str = "geppetto_token";

/// Refuses requests without the token.
pub(super) async fn check(
    State(token): State<Arc<SecretString>>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    // Browsers send it without credentials; the router answers it by the origin alone.
    let is_preflight = request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if is_preflight {
        return next.run(request).await;
    }
    if bearer(headers)
        .chain(cookies(headers))
        .any(|own| is_equal(own, &token))
    {
        return next.run(request).await;
    }
    let in_query = request.uri().query().and_then(|query| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(name, value)| (name == "token").then_some(value))
    });
    if request.method() == Method::GET && in_query.is_some_and(|own| is_equal(own, &token)) {
        return remember(request.uri().path(), &token);
    }
    let path = request.uri().path().to_owned();
    let shared = sharing(request, next).await;
    let mut response = refusal(&path);
    guard::secure(response.headers_mut());
    response.headers_mut().extend(shared);
    response
}

fn refusal(path: &str) -> Response {
    let problem = Problem::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "the request has no valid token",
    );
    if openai::is_own_path(path) {
        let problem = problem.help("send it as the API key");
        return openai::Refusal::from(problem).into_response();
    }
    problem
        .help("send it as `Authorization: Bearer`, or open the page with `?token=` once")
        .into_response()
}

/// Returns the headers that let a page of another origin read the refusal, if the router allows that
/// origin: without them, the page sees a failed connection. They are those of the router's reply to
/// the preflight of the request, which needs no token.
async fn sharing(request: Request, next: Next) -> HeaderMap {
    let (parts, _) = request.into_parts();
    if !parts.headers.contains_key(header::ORIGIN) {
        return HeaderMap::new();
    }
    let mut preflight = Request::new(Body::empty());
    *preflight.method_mut() = Method::OPTIONS;
    *preflight.uri_mut() = parts.uri;
    let asked = HeaderValue::from_str(parts.method.as_str());
    let headers = preflight.headers_mut();
    for name in [header::HOST, header::ORIGIN] {
        headers.extend(parts.headers.get(&name).cloned().map(|value| (name, value)));
    }
    headers.extend(asked.map(|method| (header::ACCESS_CONTROL_REQUEST_METHOD, method)));
    let mut reply = next.run(preflight).await;
    let names = [
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        header::VARY,
    ];
    let found = names.into_iter().filter_map(|name| {
        let value = reply.headers_mut().remove(&name)?;
        Some((name, value))
    });
    found.collect()
}

/// Sets the cookie, and leads to the page without the token in its address.
fn remember(path: &str, token: &SecretString) -> Response {
    let path = format!("/{}", path.trim_start_matches('/'));
    let value = token.expose_secret();
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict");
    let (Ok(mut cookie), Ok(path)) = (HeaderValue::from_str(&cookie), HeaderValue::from_str(&path))
    else {
        let detail = "the token cannot be a cookie";
        return Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).into_response();
    };
    cookie.set_sensitive(true);
    let headers = [
        (header::SET_COOKIE, cookie),
        (header::LOCATION, path),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn bearer(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::AUTHORIZATION).into_iter();
    let values = values.filter_map(|value| value.to_str().ok()?.split_once(' '));
    values.filter_map(|(scheme, token)| {
        scheme
            .eq_ignore_ascii_case("bearer")
            .then_some(token.trim())
    })
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::COOKIE).into_iter();
    let pairs = values.filter_map(|value| value.to_str().ok());
    let pairs = pairs.flat_map(|value| value.split(';'));
    let pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs.filter_map(|(name, value)| (name == COOKIE).then_some(value))
}

/// Compares in a time that does not depend on where they differ.
fn is_equal(own: &str, token: &SecretString) -> bool {
    let (own, token) = (own.as_bytes(), token.expose_secret().as_bytes());
    let pairs = own.iter().zip(token);
    own.len() == token.len() && pairs.fold(0, |all, (a, b)| all | (a ^ b)) == 0
}
