use std::time::{Duration, SystemTime};

use geppetto_engine::ErrorKind;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{ErrorDetails, error_for_status, error_in_reply, request_id, retry_after};

mod causes;
mod peers;
mod shapes;
mod waits;
use crate::Redactor;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect()
}

fn error(
    status: u16,
    pairs: &[(&'static str, &'static str)],
    body: &str,
) -> geppetto_engine::EngineError {
    let status = StatusCode::from_u16(status).unwrap();
    error_for_status(status, &headers(pairs), body.as_bytes(), &Redactor::new())
}

#[test]
fn statuses_map_to_kinds_and_to_whether_a_retry_helps() {
    let cases = [
        (400, ErrorKind::InvalidRequest, false),
        (401, ErrorKind::Authentication, false),
        (402, ErrorKind::RateLimited, false),
        (403, ErrorKind::PermissionDenied, false),
        (404, ErrorKind::NotFound, false),
        (407, ErrorKind::Authentication, false),
        (410, ErrorKind::NotFound, false),
        (408, ErrorKind::Timeout, true),
        (409, ErrorKind::InvalidRequest, true),
        (413, ErrorKind::InvalidRequest, false),
        (422, ErrorKind::InvalidRequest, false),
        (424, ErrorKind::Server, true),
        (425, ErrorKind::Server, true),
        (429, ErrorKind::RateLimited, true),
        (498, ErrorKind::Overloaded, true),
        (499, ErrorKind::Server, true),
        (501, ErrorKind::Server, false),
        (511, ErrorKind::Server, false),
        (520, ErrorKind::Server, true),
        (522, ErrorKind::Server, true),
        (524, ErrorKind::Server, true),
        (526, ErrorKind::Server, true),
        (500, ErrorKind::Server, true),
        (502, ErrorKind::Server, true),
        (503, ErrorKind::Overloaded, true),
        (504, ErrorKind::Server, true),
        (529, ErrorKind::Overloaded, true),
        (302, ErrorKind::Configuration, false),
        (304, ErrorKind::MalformedResponse, false),
    ];
    for (status, kind, retryable) in cases {
        let error = error(status, &[], "");
        assert_eq!(
            (error.status(), error.kind(), error.is_retryable()),
            (Some(status), kind, retryable)
        );
    }
}

#[test]
fn the_provider_has_the_last_word_on_retries() {
    assert!(error(400, &[("x-should-retry", "true")], "").is_retryable());
    assert!(!error(500, &[("x-should-retry", "false")], "").is_retryable());
    assert!(error(500, &[("x-should-retry", "perhaps")], "").is_retryable());
}

#[test]
fn a_used_up_quota_is_not_retried() {
    let body = r#"{"error":{"message":"You exceeded your quota","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let error = error(429, &[], body);
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(!error.is_retryable());
    assert!(error.is_quota_exhausted());
}

#[test]
fn redirects_name_the_host_and_nothing_else() {
    let message = |location| error(307, &[("location", location)], "").to_string();
    assert_eq!(
        message("https://me:pw@evil.example/x?key=1"),
        "the server redirects to the host `evil.example`, which is not followed; check the base URL"
    );
    assert_eq!(
        message("/v2/chat"),
        "the server redirects to another path on the same host, which is not followed; check the \
         base URL"
    );
}

#[test]
fn waits_are_read_in_every_form() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Headers<'_>, Option<Duration>); 14] = [
        (&[], None),
        (&[("retry-after", "7")], Some(Duration::from_secs(7))),
        (&[("retry-after", "0.25")], Some(Duration::from_millis(250))),
        (&[("retry-after", "-1")], None),
        (&[("retry-after", "soon")], None),
        (
            &[("retry-after", "1e300")],
            Some(Duration::from_secs(u32::MAX.into())),
        ),
        (&[("retry-after", "inf")], None),
        (&[("retry-after", "nan")], None),
        (
            &[("retry-after-ms", "1500"), ("retry-after", "7")],
            Some(Duration::from_millis(1500)),
        ),
        (
            &[("x-ms-retry-after-ms", "20")],
            Some(Duration::from_millis(20)),
        ),
        (
            &[("retry-after-ms", "x"), ("retry-after", "7")],
            Some(Duration::from_secs(7)),
        ),
        // `now` is Sun, 06 Nov 1994 08:49:37 GMT.
        (
            &[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")],
            Some(Duration::from_secs(30)),
        ),
        (
            &[("retry-after", "Sun, 06 Nov 1994 08:40:00 GMT")],
            Some(Duration::ZERO),
        ),
        (
            &[
                ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"),
                ("date", "Sun, 06 Nov 1994 08:50:02 GMT"),
            ],
            Some(Duration::from_secs(5)),
        ),
    ];
    for (pairs, expected) in cases {
        let map: HeaderMap = pairs
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        assert_eq!(retry_after(&map, now), expected, "{pairs:?}");
    }
}

#[test]
fn a_wait_that_is_a_time_is_the_time_until_then() {
    let at = |date: &'static str| {
        let pairs = [("retry-after", "1771404540"), ("date", date)];
        retry_after(&headers(&pairs), SystemTime::UNIX_EPOCH)
    };
    let wait = at("Wed, 18 Feb 2026 08:48:30 GMT");
    assert_eq!(wait, Some(Duration::from_secs(30)));
    assert_eq!(at("Wed, 18 Feb 2026 08:50:00 GMT"), Some(Duration::ZERO));
}

#[test]
fn the_request_id_is_found_where_each_provider_puts_it() {
    for name in [
        "x-request-id",
        "request-id",
        "x-amzn-requestid",
        "apim-request-id",
        "cf-ray",
    ] {
        assert_eq!(
            request_id(&headers(&[(name, "req_1")])),
            Some("req_1"),
            "{name}"
        );
    }
    let both = headers(&[("cf-ray", "ray"), ("x-request-id", "req_1")]);
    assert_eq!(request_id(&both), Some("req_1"));
    let in_body = r#"{"type":"error","error":{"type":"not_found_error","message":"model: x"},"request_id":"req_9"}"#;
    assert_eq!(error(404, &[], in_body).request_id(), Some("req_9"));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn message_and_code_are_found_in_every_common_body() {
    let cases = [
        (
            r#"{"error":{"message":"bad key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            Some("bad key"),
            Some("invalid_api_key"),
        ),
        (
            r#"{"error":{"message":"too long","type":"invalid_request_error","code":null}}"#,
            Some("too long"),
            Some("invalid_request_error"),
        ),
        (
            r#"{"error":{"message":"slow down","code":429}}"#,
            Some("slow down"),
            Some("429"),
        ),
        (
            r#"{"error":{"code":400,"message":"ctx","type":"exceed_context_size_error"}}"#,
            Some("ctx"),
            Some("exceed_context_size_error"),
        ),
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Some("Overloaded"),
            Some("overloaded_error"),
        ),
        (
            r#"[{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}]"#,
            Some("busy"),
            Some("UNAVAILABLE"),
        ),
        (
            "data: {\"error\":{\"code\":404,\"message\":\"gone\",\"status\":\"NOT_FOUND\"}}\n\n",
            Some("gone"),
            Some("NOT_FOUND"),
        ),
        (
            r#"{"error":"model not found"}"#,
            Some("model not found"),
            None,
        ),
        (
            r#"{"object":"error","message":"Invalid model","type":"invalid_model","code":"1500"}"#,
            Some("Invalid model"),
            Some("invalid_model"),
        ),
        (
            r#"{"detail":"Invalid API Key"}"#,
            Some("Invalid API Key"),
            None,
        ),
        (
            r#"{"detail":[{"loc":["body"],"msg":"field required"},{"msg":"too short"}]}"#,
            Some("body: field required; too short"),
            None,
        ),
        (
            r#"{"success":false,"errors":[{"code":7003,"message":"no route"}]}"#,
            Some("no route"),
            Some("7003"),
        ),
        (r#"{"odd":1}"#, Some(r#"{"odd":1}"#), None),
        (r#""just a string""#, Some("just a string"), None),
        (
            "upstream connect error",
            Some("upstream connect error"),
            None,
        ),
        ("", None, None),
        (
            "<html>\r\n<head><TITLE>502\n Bad Gateway</TITLE></head><body>nginx, details</body></html>",
            Some("502 Bad Gateway (an HTML page)"),
            None,
        ),
        (
            "<!DOCTYPE html><p>hi",
            Some("an HTML page without a title"),
            None,
        ),
    ];
    for (body, message, code) in cases {
        let details = ErrorDetails::parse(body.as_bytes());
        assert_eq!(
            (details.message.as_deref(), details.best_code()),
            (message, code),
            "{body}"
        );
    }
}

#[test]
fn googles_wait_inside_the_body_is_honoured() {
    let body = r#"{"error":{"code":429,"message":"quota","details":[{"@type":"t"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"21.5s"}]}}"#;
    assert_eq!(
        error(429, &[], body).retry_after(),
        Some(Duration::from_millis(21_500))
    );
    let header = error(429, &[("retry-after", "3")], body);
    assert_eq!(header.retry_after(), Some(Duration::from_secs(3)));
}

#[test]
fn long_bodies_are_cut_at_a_character() {
    let body = "ü".repeat(5000);
    let details = ErrorDetails::parse(body.as_bytes()).redacted(&Redactor::new());
    let message = details.message.unwrap();
    assert_eq!(message, format!("{}…", "ü".repeat(1000)));
}

#[test]
fn the_error_reads_as_one_line() {
    let error = error(401, &[], r#"{"error":{"message":"Incorrect API key"}}"#);
    assert_eq!(
        error.to_string(),
        "the provider refused the credentials, check the API key (HTTP 401): Incorrect API key"
    );
}
