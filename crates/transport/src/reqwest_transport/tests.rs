use super::*;

#[test]
fn without_tls_only_plain_http_is_sent() {
    let transport = ReqwestTransport {
        no_tls: Some("no certificates".to_owned()),
        ..ReqwestTransport::new().unwrap()
    };
    assert!(transport.build(Request::get("http://a.test/")).is_ok());
    let error = transport
        .build(Request::get("https://a.test/"))
        .unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Tls);
    let said = "TLS does not work on this system: no certificates";
    assert_eq!(error.to_string(), said);
}
