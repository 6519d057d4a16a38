//! The settings of the builder take effect on the wire: proxies, certificates, the pool.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::{net::SocketAddr, sync::Arc};

use geppetto_transport::{
    HttpTransport as _, Request, ReqwestTransport, Response, TransportError, TransportErrorKind,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer,
        server::WebPkiClientVerifier,
    },
};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Reads the head of a request and answers it.
async fn answer(mut socket: impl AsyncRead + AsyncWrite + Unpin, reply: &[u8]) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return String::new(),
        }
    }
    socket.write_all(reply).await.unwrap();
    socket.flush().await.unwrap();
    String::from_utf8(head).unwrap()
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Starts a server for one request; returns the head of the request.
async fn one(reply: &'static [u8]) -> (SocketAddr, JoinHandle<String>) {
    let (listener, address) = listen().await;
    let head = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        answer(socket, reply).await
    });
    (address, head)
}

async fn get(transport: &ReqwestTransport, url: &str) -> Result<Response, TransportError> {
    transport.send(Request::get(url)).await
}

#[tokio::test]
async fn requests_go_through_the_proxy_with_its_credentials() {
    let (address, head) = one(OK).await;
    let transport = ReqwestTransport::builder()
        .proxy(format!("http://user:pass@{address}"))
        .build()
        .unwrap();
    assert!(get(&transport, "http://model.test/v1").await.is_ok());
    let head = head.await.unwrap();
    assert!(
        head.starts_with("GET http://model.test/v1 HTTP/1.1\r\n"),
        "{head}"
    );
    let head = head.to_lowercase();
    assert!(
        head.contains("proxy-authorization: basic dxnlcjpwyxnz\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn requests_go_through_a_socks_proxy() {
    let (listener, address) = listen().await;
    let proxy = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut hello = [0; 3];
        socket.read_exact(&mut hello).await.unwrap();
        socket.write_all(&[5, 0]).await.unwrap();
        let mut connect = [0; 5];
        socket.read_exact(&mut connect).await.unwrap();
        let mut name = vec![0; usize::from(connect[4]) + 2];
        socket.read_exact(&mut name).await.unwrap();
        socket
            .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            .await
            .unwrap();
        (
            String::from_utf8_lossy(&name).into_owned(),
            answer(socket, OK).await,
        )
    });
    let transport = ReqwestTransport::builder()
        .proxy(format!("socks5h://{address}"))
        .build()
        .unwrap();
    assert!(get(&transport, "http://model.test/v1").await.is_ok());
    let (name, head) = proxy.await.unwrap();
    assert!(name.starts_with("model.test"), "{name}");
    assert!(head.starts_with("GET /v1 HTTP/1.1\r\n"), "{head}");
}

#[tokio::test]
async fn this_machine_is_asked_past_the_proxy() {
    let (address, head) = one(OK).await;
    let transport = ReqwestTransport::builder()
        .proxy("http://127.0.0.1:1")
        .build()
        .unwrap();
    assert!(
        get(&transport, &format!("http://{address}/v1"))
            .await
            .is_ok()
    );
    assert!(head.await.unwrap().starts_with("GET /v1 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_dead_proxy_is_called_by_its_name() {
    let (listener, address) = listen().await;
    drop(listener);
    let transport = ReqwestTransport::builder()
        .proxy(format!("http://user77:hunter22@{address}"))
        .build()
        .unwrap();
    for url in ["http://model.test/v1", "https://model.test/v1"] {
        let error = get(&transport, url).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Connect, "{error:?}");
        let said = error.to_string();
        let expected =
            format!("no connection to model.test could be made through the proxy {address}: ");
        assert!(said.starts_with(&expected), "{said}");
        let shown = format!("{error:?} {transport:?}");
        assert!(
            !shown.contains("hunter22") && !shown.contains("user77"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_the_credentials_is_a_setting_to_change() {
    let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    let (address, _head) = one(refusal).await;
    let transport = ReqwestTransport::builder()
        .proxy(format!("http://{address}"))
        .build()
        .unwrap();
    let error = get(&transport, "https://model.test/v1").await.unwrap_err();
    assert_eq!(
        error.kind(),
        TransportErrorKind::InvalidRequest,
        "{error:?}"
    );
}

#[test]
fn what_is_no_proxy_is_refused_and_not_shown() {
    for url in [
        "http://user77:hunter22@[bad",
        "ftp://hunter22.test",
        "http://",
    ] {
        let error = ReqwestTransport::builder().proxy(url).build().unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::InvalidRequest);
        let said = format!("{error} {error:?}");
        assert!(
            said.contains("the URL of the proxy") && !said.contains("hunter22"),
            "{said}"
        );
    }
    let builder = ReqwestTransport::builder().proxy("http://user77:hunter22@p.test");
    assert!(!format!("{builder:?}").contains("hunter22"));
}

/// Converts DER to PEM.
fn pem(label: &str, der: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in der.chunks(48) {
        for three in line.chunks(3) {
            let at = |index: usize| u32::from(three.get(index).copied().unwrap_or_default());
            let bits = at(0) << 16 | at(1) << 8 | at(2);
            for place in 0..4 {
                let sextet = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap();
                let is_padding = place > three.len();
                text.push(if is_padding {
                    '='
                } else {
                    char::from(ALPHABET[sextet])
                });
            }
        }
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

fn certificate(of: &rcgen::CertifiedKey<rcgen::KeyPair>) -> String {
    pem("CERTIFICATE", of.cert.der())
}

/// Creates a self-signed certificate for `127.0.0.1`, as PEM with its key.
fn own() -> rcgen::CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap()
}

/// Starts a TLS server for one request; with `trusted`, it requires a client certificate.
async fn tls(
    own: &rcgen::CertifiedKey<rcgen::KeyPair>,
    trusted: Option<&rcgen::CertifiedKey<rcgen::KeyPair>>,
) -> (SocketAddr, JoinHandle<String>) {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match trusted {
        None => builder.with_no_client_auth(),
        Some(trusted) => {
            let mut roots = RootCertStore::empty();
            roots.add(trusted.cert.der().clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        }
    };
    let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    let config = builder
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let (listener, address) = listen().await;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let head = tokio::spawn(async move {
        let (socket, _): (TcpStream, _) = listener.accept().await.unwrap();
        match acceptor.accept(socket).await {
            Ok(socket) => answer(socket, OK).await,
            Err(_) => String::new(),
        }
    });
    (address, head)
}

#[tokio::test]
async fn root_certificates_are_trusted_beside_those_of_the_system() {
    let own = own();
    let (address, _head) = tls(&own, None).await;
    let url = format!("https://{address}/v1");
    let stranger = ReqwestTransport::builder().no_proxy().build().unwrap();
    let error = get(&stranger, &url).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Tls, "{error:?}");

    let (address, _head) = tls(&own, None).await;
    let friend = ReqwestTransport::builder()
        .root_certificates(certificate(&own))
        .build()
        .unwrap();
    let reply = get(&friend, &format!("https://{address}/v1")).await;
    assert!(reply.is_ok(), "{reply:?}");
}

#[tokio::test]
async fn a_client_certificate_identifies_the_client() {
    let (server, client) = (own(), own());
    let pem = format!(
        "{}{}",
        certificate(&client),
        pem("PRIVATE KEY", &client.signing_key.serialize_der())
    );
    let builder = || ReqwestTransport::builder().root_certificates(certificate(&server));
    let (address, head) = tls(&server, Some(&client)).await;
    let known = builder().client_certificate(pem).build().unwrap();
    let reply = get(&known, &format!("https://{address}/v1")).await;
    assert!(reply.is_ok(), "{reply:?}");
    assert!(head.await.unwrap().starts_with("GET /v1"));

    let (address, _head) = tls(&server, Some(&client)).await;
    let unknown = builder().build().unwrap();
    assert!(
        get(&unknown, &format!("https://{address}/v1"))
            .await
            .is_err()
    );
}

#[test]
fn what_is_no_certificate_is_refused_by_the_name_of_the_setting() {
    let roots = ReqwestTransport::builder()
        .root_certificates("no pem")
        .build();
    assert!(
        roots
            .unwrap_err()
            .to_string()
            .starts_with("root_certificates: ")
    );
    let client = ReqwestTransport::builder()
        .client_certificate(certificate(&own()))
        .build();
    let said = client.unwrap_err().to_string();
    assert_eq!(said, "client_certificate: holds no private key as PEM");
}

#[tokio::test]
async fn without_idle_connections_each_request_has_its_own() {
    let (listener, address) = listen().await;
    let server = tokio::spawn(async move {
        for _ in 0..2 {
            let (socket, _) = listener.accept().await.unwrap();
            answer(socket, OK).await;
        }
    });
    let transport = ReqwestTransport::builder()
        .max_idle_connections_per_host(0)
        .build()
        .unwrap();
    for _ in 0..2 {
        let mut reply = get(&transport, &format!("http://{address}/v1"))
            .await
            .unwrap();
        while reply.body_mut().chunk().await.unwrap().is_some() {}
    }
    server.await.unwrap();
}
