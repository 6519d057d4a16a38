//! A request on an idle connection that the server has closed is retried immediately.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::{num::NonZeroU32, time::Duration};

use geppetto_engine::ErrorKind;
use geppetto_transport::{HttpClient, Request, ReqwestTransport, RetryBudget, RetryPolicy};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Reads the head of a request; returns `true` if one arrived.
async fn head(socket: &mut TcpStream) -> bool {
    let mut last = [0; 4];
    while &last != b"\r\n\r\n" {
        let Ok(byte) = socket.read_u8().await else {
            return false;
        };
        last.rotate_left(1);
        last[3] = byte;
    }
    true
}

/// Starts a server that answers the first `good` requests of each connection, reads one more and
/// closes the connection. It reports each request.
async fn server(good: usize) -> (String, mpsc::UnboundedReceiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (report, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut left = good;
            while head(&mut socket).await {
                let _reader_may_be_gone = report.send(());
                if left == 0 {
                    break;
                }
                left -= 1;
                socket.write_all(OK).await.unwrap();
            }
        }
    });
    (url, requests)
}

/// Creates a client without a retry budget.
fn client(attempts: u32) -> HttpClient {
    let policy = RetryPolicy::new()
        .with_max_attempts(NonZeroU32::new(attempts).unwrap())
        .with_budget(RetryBudget::with_limits(0.0, 0.0, 0.0));
    HttpClient::new(ReqwestTransport::new().unwrap()).with_retry_policy(policy)
}

/// Sends one request; returns the delays before its retries, and the outcome.
async fn ask(client: &HttpClient, url: &str) -> (Vec<Duration>, Result<(), ErrorKind>) {
    let mut waits = Vec::new();
    let mut retry = client.start_retry();
    let opened = client
        .open_with(&Request::get(url), &mut retry, |failed| {
            waits.push(failed.delay);
        })
        .await;
    let outcome = match opened {
        Ok(mut reply) => {
            while reply.body_mut().chunk().await.unwrap().is_some() {}
            Ok(())
        }
        Err(error) => Err(error.kind()),
    };
    (waits, outcome)
}

#[tokio::test]
async fn it_is_sent_again_at_once_and_without_a_token() {
    let (url, _requests) = server(1).await;
    let client = client(3);
    assert_eq!(ask(&client, &url).await, (vec![], Ok(())));
    for _ in 0..5 {
        assert_eq!(ask(&client, &url).await, (vec![Duration::ZERO], Ok(())));
    }
}

#[tokio::test]
async fn who_wants_no_retries_gets_none() {
    let (url, _requests) = server(1).await;
    let client = client(1);
    assert_eq!(ask(&client, &url).await, (vec![], Ok(())));
    let broken = (vec![], Err(ErrorKind::Disconnected));
    assert_eq!(ask(&client, &url).await, broken);
}

#[tokio::test]
async fn a_server_that_always_hangs_up_is_asked_once() {
    let (url, mut requests) = server(0).await;
    let client = client(3);
    for _ in 0..5 {
        let broken = (vec![], Err(ErrorKind::Disconnected));
        assert_eq!(ask(&client, &url).await, broken);
    }
    let mut seen = 0;
    while requests.try_recv().is_ok() {
        seen += 1;
    }
    assert_eq!(seen, 5);
}
