//! The check of the token.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Problem, openai};

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
    let problem = Problem::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "the request has no valid token",
    );
    if openai::is_own_path(request.uri().path()) {
        let problem = problem.help("send it as the API key");
        return openai::Refusal::from(problem).into_response();
    }
    problem
        .help("send it as `Authorization: Bearer`, or open the page with `?token=` once")
        .into_response()
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
