use http::{HeaderName, HeaderValue, header::AUTHORIZATION};

use super::Request;
use crate::{ApiKey, TransportErrorKind};

#[test]
fn headers_that_carry_credentials_are_marked_however_they_are_set() {
    let request = Request::post("https://api.example/v1")
        .with_header(AUTHORIZATION, HeaderValue::from_static("Bearer abcdefgh"))
        .try_with_header("x-api-key", "abcdefgh")
        .unwrap()
        .try_with_header("accept", "text/event-stream")
        .unwrap()
        .with_key_header(
            HeaderName::from_static("x-custom"),
            &ApiKey::new("abcdefgh"),
        )
        .unwrap();
    let sensitive: Vec<(&str, bool)> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.is_sensitive()))
        .collect();
    assert_eq!(
        sensitive,
        [
            ("authorization", true),
            ("x-api-key", true),
            ("accept", false),
            ("x-custom", true)
        ]
    );
}

#[test]
fn a_header_is_replaced_not_repeated() {
    let request = Request::get("http://localhost")
        .try_with_header("accept", "a")
        .unwrap()
        .try_with_header("Accept", "b")
        .unwrap();
    assert_eq!(request.headers().get_all("accept").iter().count(), 1);
    assert_eq!(request.headers()["accept"], "b");
}

#[test]
fn what_cannot_stand_in_a_header_is_an_error_that_does_not_show_it() {
    let request = || Request::get("http://localhost");
    let key = ApiKey::new("sk-first\nsk-second-0123456789");
    for error in [
        request().with_bearer(&key).unwrap_err(),
        request()
            .try_with_header("x-api-key", "sk-first\nsk-second")
            .unwrap_err(),
        request().try_with_header("no spaces", "v").unwrap_err(),
    ] {
        assert_eq!(error.kind(), TransportErrorKind::InvalidRequest);
        assert!(!format!("{error} {error:?}").contains("sk-"), "{error:?}");
    }
}

#[test]
fn debug_shows_the_request_without_its_secrets_and_body() {
    let request = Request::post("https://me:hunter22@api.example/v1?key=K0K0K0K0&alt=sse")
        .with_bearer(&ApiKey::new(concat!("sk-abcdefghijklm", "nopqrstuvwxyz")))
        .unwrap()
        .with_json("{\"prompt\":\"private\"}");
    assert_eq!(
        format!("{request:?}"),
        "Request { method: POST, url: \"https://api.example/v1?key=***&alt=sse\", headers: \
         {\"authorization\": ***, \"content-type\": \"application/json\"}, body_bytes: 20 }"
    );
}

#[test]
fn a_user_and_a_password_in_the_url_become_basic_authentication() {
    let request = Request::get("https://robot:p%40ss-word@host:8443/v1?x=1");
    assert_eq!(request.url(), "https://host:8443/v1?x=1");
    let header = &request.headers()[AUTHORIZATION];
    assert_eq!(header, "Basic cm9ib3Q6cEBzcy13b3Jk");
    assert!(header.is_sensitive());
    let echo = "p%40ss-word p@ss-word P@SS-WORD cm9ib3Q6cEBzcy13b3Jk";
    assert_eq!(request.redactor().redact(echo), "*** *** *** ***");
    let bearer = request.with_bearer(&ApiKey::new("my-plain-key")).unwrap();
    assert_eq!(bearer.headers()[AUTHORIZATION], "Bearer my-plain-key");
    assert!(Request::get("https://host/v1").headers().is_empty());
}

#[test]
fn the_redactor_of_a_request_knows_its_header_and_url_secrets() {
    let request = Request::get("https://user:pass-word@host/?access_token=tok12345")
        .with_bearer(&ApiKey::new("my-plain-key"))
        .unwrap();
    let said = "my-plain-key and pass-word and tok12345 were used";
    assert_eq!(
        request.redactor().redact(said),
        "*** and *** and *** were used"
    );
}

#[test]
fn a_request_has_the_method_and_the_body_that_it_was_given() {
    let post = Request::post("http://localhost").with_body("text");
    assert_eq!(
        (post.method().as_str(), &post.body()[..]),
        ("POST", &b"text"[..])
    );
    let get = Request::get("http://localhost");
    assert_eq!((get.method().as_str(), get.body().len()), ("GET", 0));
}
