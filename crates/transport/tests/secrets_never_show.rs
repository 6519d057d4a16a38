//! No secret of a request appears in output for people and logs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::{error::Error, fmt::Write as _, sync::Arc};

use geppetto_engine::EngineError;
use geppetto_transport::{
    ApiKey, HttpClient, HttpTransport as _, Request, ReqwestTransport, RetryPolicy,
    memory::{MemoryTransport, Reply},
};
use http::{HeaderName, HeaderValue, StatusCode};

const KEY: &str = "plainlookingsecret42";
const URL_KEY: &str = "urlsecretvalue77";
const PASSWORD: &str = "correcthorse";
const COOKIE: &str = "sessioncookie99";

fn request(scheme_and_host: &str) -> Request {
    let url = format!("{scheme_and_host}/v1?key={URL_KEY}&alt=sse")
        .replace("://", &format!("://robot99:{PASSWORD}@"));
    Request::post(url)
        .with_bearer(&ApiKey::new(KEY))
        .unwrap()
        .with_key_header(HeaderName::from_static("x-tenant"), &ApiKey::new(KEY))
        .unwrap()
        .with_json(format!("{{\"prompt\":\"{KEY}\"}}"))
}

#[track_caller]
fn assert_clean(shown: &str) {
    for secret in [KEY, URL_KEY, PASSWORD, COOKIE, "robot99"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

/// Returns everything that printing an error and its causes can show.
fn everything(error: &EngineError) -> String {
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause {
        write!(shown, " {current} {current:?}").unwrap();
        cause = current.source();
    }
    shown
}

#[tokio::test]
async fn debug_of_requests_transports_and_clients_is_clean() {
    let transport = Arc::new(MemoryTransport::new([Reply::ok()]));
    let client = HttpClient::new(Arc::clone(&transport));
    let request = request("https://api.example");
    let response = client.open(&request).await.unwrap();
    assert_clean(&format!(
        "{request:?} {request:#?} {transport:?} {client:?}"
    ));
    assert_clean(&format!("{response:?} {:?}", response.redactor()));
    assert_clean(&format!("{:?} {}", ApiKey::new(KEY), ApiKey::new(KEY)));
}

#[tokio::test]
async fn debug_of_responses_hides_cookies() {
    let cookie = HeaderValue::from_str(&format!("sid={COOKIE}")).unwrap();
    let transport = MemoryTransport::new([Reply::ok().header(http::header::SET_COOKIE, cookie)]);
    let response = transport
        .send(request("https://api.example"))
        .await
        .unwrap();
    assert_clean(&format!("{response:?}"));
}

#[tokio::test]
async fn a_server_that_echoes_the_secrets_does_not_get_them_into_errors() {
    let said = format!("no such key {KEY} or {URL_KEY} for robot99:{PASSWORD}");
    let bodies = [
        said.clone(),
        format!("{{\"error\":{{\"message\":\"{said}\",\"code\":\"{KEY}\",\"type\":\"{said}\"}}}}"),
        format!("{{\"detail\":[{{\"msg\":\"{said}\"}}]}}"),
        format!("{{\"unknown\":\"{said}\"}}"),
        format!("<html><title>{said}</title></html>"),
    ];
    for body in bodies {
        for status in [401, 400, 500] {
            let reply = Reply::new(StatusCode::from_u16(status).unwrap())
                .header(
                    HeaderName::from_static("x-request-id"),
                    HeaderValue::from_str(KEY).unwrap(),
                )
                .chunk(body.clone());
            let client = HttpClient::new(MemoryTransport::new([reply]))
                .with_retry_policy(RetryPolicy::never());
            let error = client
                .open(&request("https://api.example"))
                .await
                .unwrap_err();
            assert!(
                error
                    .provider_message()
                    .is_some_and(|said| said.contains("***"))
            );
            assert_clean(&everything(&error));
        }
    }
}

#[tokio::test]
async fn a_redirect_that_repeats_the_secrets_does_not_get_them_into_errors() {
    let location = format!("https://robot99:{PASSWORD}@{KEY}.example/?key={URL_KEY}");
    let reply = Reply::new(StatusCode::FOUND).header(
        http::header::LOCATION,
        HeaderValue::from_str(&location).unwrap(),
    );
    let client = HttpClient::new(MemoryTransport::new([reply]));
    let error = client
        .open(&request("https://api.example"))
        .await
        .unwrap_err();
    assert_clean(&everything(&error));
}

#[tokio::test]
async fn errors_of_the_real_transport_are_clean() {
    let transport = ReqwestTransport::new().unwrap();
    assert_clean(&format!("{transport:?}"));
    let client = HttpClient::new(transport).with_retry_policy(RetryPolicy::never());
    // A port that was just closed, a scheme other than HTTP, an invalid URL.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    for base in [
        format!("http://127.0.0.1:{port}"),
        "ftp://host".into(),
        "http://[bad".into(),
    ] {
        let error = client.open(&request(&base)).await.unwrap_err();
        assert_clean(&everything(&error));
    }
}
