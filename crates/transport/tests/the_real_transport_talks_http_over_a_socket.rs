//! `ReqwestTransport` against a small server on the loopback interface.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::{net::SocketAddr, time::Duration};

use geppetto_engine::ErrorKind;
use geppetto_transport::{
    ApiKey, HttpClient, HttpTransport as _, Request, ReqwestTransport, RetryPolicy, TimeoutPhase,
    Timeouts, TransportErrorKind,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// Reads one request: its head and a body of the announced `content-length`.
async fn read_request(socket: &mut TcpStream) -> Option<String> {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return Some(text);
            }
        }
        let mut buffer = [0; 4096];
        match socket.read(&mut buffer).await.unwrap() {
            0 => return None,
            read => received.extend_from_slice(&buffer[..read]),
        }
    }
}

/// Starts a server that answers the requests of each connection with `replies`, one after the
/// other, and then closes it. Requests are reported with the number of their connection.
async fn serve(
    replies: &'static [&'static str],
) -> (SocketAddr, mpsc::UnboundedReceiver<(u32, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (report, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for connection in 1.. {
            let (mut socket, _) = listener.accept().await.unwrap();
            for reply in replies {
                let Some(request) = read_request(&mut socket).await else {
                    break;
                };
                let _reader_may_be_gone = report.send((connection, request));
                socket.write_all(reply.as_bytes()).await.unwrap();
            }
        }
    });
    (address, requests)
}

fn client() -> HttpClient {
    HttpClient::new(ReqwestTransport::new().unwrap()).with_retry_policy(RetryPolicy::never())
}

fn request(address: SocketAddr) -> Request {
    Request::post(format!("http://{address}/v1/chat"))
        .with_bearer(&ApiKey::new("secret-key"))
        .unwrap()
        .with_json("{\"stream\":true}")
}

const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_1\r\n\
    transfer-encoding: chunked\r\n\r\n\
    9\r\ndata: one\r\n8\r\n\n\ndata: \r\n5\r\ntwo\n\n\r\n0\r\n\r\n";

#[tokio::test]
async fn a_chunked_stream_arrives_and_its_connection_is_used_again() {
    let (address, mut requests) = serve(&[STREAM, STREAM]).await;
    let client = client();
    for _ in 0..2 {
        let response = client.open(&request(address)).await.unwrap();
        assert_eq!(response.request_id(), Some("req_1"));
        let mut stream = response.into_sse();
        assert_eq!(stream.next().await.unwrap().unwrap().data, "one");
        assert_eq!(stream.next().await.unwrap().unwrap().data, "two");
        assert_eq!(stream.next().await.unwrap(), None);
        assert!(!stream.ended_mid_event());
    }
    for _ in 0..2 {
        let (connection, text) = requests.recv().await.unwrap();
        assert_eq!(connection, 1);
        assert!(text.starts_with("POST /v1/chat HTTP/1.1\r\n"), "{text}");
        assert!(
            text.contains("authorization: Bearer secret-key\r\n"),
            "{text}"
        );
        assert!(text.contains("user-agent: geppetto-rs/"), "{text}");
        assert!(text.contains("accept-encoding: identity\r\n"), "{text}");
        assert!(text.ends_with("\r\n\r\n{\"stream\":true}"), "{text}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_inside_the_body_is_an_error() {
    let cut = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\ndata: one\r\n8\r\n\n\nda";
    let (address, _requests) = serve(Box::leak(Box::new([cut]))).await;
    let mut stream = client().open(&request(address)).await.unwrap().into_sse();
    // The bytes of an unfinished chunk may be returned before the end is noticed.
    let error = loop {
        match stream.next().await {
            Ok(Some(event)) => assert_eq!(event.data, "one"),
            Ok(None) => panic!("the cut went unnoticed"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), TransportErrorKind::Disconnected);
    assert!(stream.ended_mid_event());
}

#[tokio::test]
async fn a_connection_that_closes_before_the_reply_is_an_error_that_can_be_retried() {
    let (address, _requests) = serve(&[""]).await;
    let error = client().open(&request(address)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Disconnected);
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_refused_connection_is_a_connect_error() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let error = client().open(&request(address)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let said = error.to_string();
    let expect = format!("no connection to {address} could be made: ");
    assert!(said.starts_with(&expect), "{said}");
    assert!(said.contains("refused"), "{said}");
}

#[tokio::test]
async fn a_server_without_tls_is_a_tls_error() {
    let (address, _requests) = serve(&["HTTP/1.1 400 Bad Request\r\n\r\n"]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        let mut sink = Vec::new();
        let _closed = socket.read_to_end(&mut sink).await;
    });
    let transport = ReqwestTransport::new().unwrap();
    let secure = Request::get(format!("https://{plain}/"));
    let error = transport.send(secure).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Tls, "{error:?}");
    assert!(
        transport
            .send(Request::get(format!("http://{address}/")))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let (other, mut leaked) = serve(&[STREAM]).await;
    for status in [301, 302, 303, 307, 308] {
        let reply = format!(
            "HTTP/1.1 {status} Moved\r\nlocation: http://{other}/v1/chat\r\ncontent-length: 0\r\n\r\n"
        );
        let reply: &'static str = Box::leak(reply.into_boxed_str());
        let (address, _requests) = serve(Box::leak(Box::new([reply]))).await;
        let error = client().open(&request(address)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert_eq!(error.status(), Some(status));
        assert!(error.to_string().contains(&format!("`{other}`")), "{error}");
    }
    assert!(leaked.try_recv().is_err());
}

#[tokio::test]
async fn the_body_of_an_error_reaches_the_error() {
    let reply = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 3\r\ncontent-length: 41\r\n\r\n\
        {\"error\":{\"message\":\"slow\",\"code\":\"rpm\"}}";
    let (address, _requests) = serve(Box::leak(Box::new([reply]))).await;
    let error = client().open(&request(address)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
    assert_eq!(error.provider_message(), Some("slow"));
    assert_eq!(error.provider_code(), Some("rpm"));
}

#[tokio::test]
async fn a_dropped_reply_closes_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_request(&mut socket).await.unwrap();
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n: hi\n\r\n";
        socket.write_all(head).await.unwrap();
        // Ends when the client closes its side of the connection.
        let mut rest = Vec::new();
        let _reset_or_closed = socket.read_to_end(&mut rest).await;
    });
    let mut response = client().open(&request(address)).await.unwrap();
    assert!(response.body_mut().chunk().await.unwrap().is_some());
    drop(response);
    server.await.unwrap();
}

#[tokio::test]
async fn the_limit_on_connecting_is_the_transports() {
    let timeouts = Timeouts {
        connect: Duration::from_millis(20),
        ..Timeouts::default()
    };
    // The server accepts the connection and never answers the TLS handshake.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let transport = ReqwestTransport::with_timeouts(&timeouts).unwrap();
    let secure = Request::get(format!("https://{address}/"));
    let error = transport.send(secure).await.unwrap_err();
    assert_eq!(
        error.kind(),
        TransportErrorKind::Timeout(TimeoutPhase::Connect),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_compressed_reply_is_refused_by_name() {
    for (coding, told) in [("gzip", "gzip"), ("BR", "br"), ("x-own", "another coding")] {
        let reply = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\nx-request-id: req_1\r\n\
             content-length: 2\r\n\r\n\x1f\x7f"
        );
        let reply: &'static str = Box::leak(reply.into_boxed_str());
        let (address, _requests) = serve(Box::leak(Box::new([reply]))).await;
        let error = client().open(&request(address)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MalformedResponse);
        assert!(!error.is_retryable());
        assert_eq!(
            (error.status(), error.request_id()),
            (Some(200), Some("req_1"))
        );
        let begins = format!("the server compressed its reply ({told}), ");
        assert!(error.to_string().starts_with(&begins), "{error}");
    }
}

#[tokio::test]
async fn the_body_of_a_compressed_error_is_left_alone() {
    let reply = "HTTP/1.1 503 Busy\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n\x1f\x7f";
    let (address, _requests) = serve(Box::leak(Box::new([reply]))).await;
    let error = client().open(&request(address)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert_eq!(error.provider_message(), None);
    // A server may also state that nothing is compressed.
    let reply = "HTTP/1.1 503 Busy\r\ncontent-encoding: identity\r\ncontent-length: 4\r\n\r\nbusy";
    let (address, _requests) = serve(Box::leak(Box::new([reply]))).await;
    let error = client().open(&request(address)).await.unwrap_err();
    assert_eq!(error.provider_message(), Some("busy"));
}

#[tokio::test]
async fn a_server_that_does_not_speak_http_is_not_asked_again() {
    for reply in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "\x15\x03\x03\x00\x02\x02\x16",
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
    ] {
        let (address, _requests) = serve(Box::leak(Box::new([reply]))).await;
        let error = client().open(&request(address)).await.unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::MalformedResponse,
            "{reply:?} {error:?}"
        );
        assert!(!error.is_retryable());
        let begins = format!("what {address} sent is not a reply of HTTP: ");
        assert!(error.to_string().starts_with(&begins), "{error}");
    }
}
