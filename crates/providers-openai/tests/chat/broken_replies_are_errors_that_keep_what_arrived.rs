//! A reply that breaks off is an error of its kind, for any cause, and its output so far is kept.

use geppetto_engine::ErrorKind;
use geppetto_testing::{At, ProviderServer, Reply};
use geppetto_transport::{HttpClient, ReqwestTransport, RetryPolicy};
use geppetto_turns::Incomplete;

use crate::support::{Run, engine};

fn once() -> HttpClient {
    HttpClient::new(ReqwestTransport::new().unwrap()).with_retry_policy(RetryPolicy::never())
}

/// Returns the engine's outcome for a reply: the kind of the error, and the run with the kept text.
async fn outcome(reply: impl Into<Reply>) -> (Option<ErrorKind>, Run) {
    outcome_by(&once(), reply).await
}

async fn outcome_by(http: &HttpClient, reply: impl Into<Reply>) -> (Option<ErrorKind>, Run) {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(reply);
    let mut run = Run::new("Hi");
    let engine = engine(&server).http_client(http.clone()).build().unwrap();
    let outcome = run.with(&engine).await;
    (outcome.err().map(|error| error.kind()), run)
}

#[tokio::test]
async fn a_stream_that_ends_anywhere_is_never_less_than_it_says() {
    let body = concat!(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Grü\"}}]}\n\n",
        ": keep-alive\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ezi\"}}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: [DONE]\n\n",
    );
    // The event with the reason is complete even without its blank line.
    let reason_ends = body.find("\n\ndata: [DONE]").unwrap();
    let http = once();
    for cut in 0..=body.len() {
        let (kind, run) = outcome_by(&http, Reply::sse_raw(body.as_bytes()[..cut].to_vec())).await;
        let text = run.turn.assistant_text();
        assert!("Grüezi".starts_with(&text), "{cut}: {text}");
        if cut >= reason_ends {
            assert_eq!((kind, text.as_str()), (None, "Grüezi"), "{cut}");
            continue;
        }
        assert_eq!(kind, Some(ErrorKind::Truncated), "{cut}");
        if let Some(block) = run.turn.blocks.get(1) {
            assert_eq!(block.incomplete(), Some(Incomplete::Truncated));
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_from_a_stream_that_ends() {
    let reply = || Reply::chat().text("Hel").text("lo");
    for broken in [reply().cut_at(At::Event(2)), reply().reset_at(At::Event(2))] {
        let (kind, run) = outcome(broken).await;
        assert_eq!(kind, Some(ErrorKind::Disconnected));
        assert!("Hello".starts_with(&run.turn.assistant_text()));
    }
    // After the finish reason nothing is missing.
    let (kind, run) = outcome(reply().cut_at(At::Event(4))).await;
    assert_eq!((kind, run.turn.assistant_text().as_str()), (None, "Hello"));
}

#[tokio::test]
async fn what_cannot_be_read_is_malformed() {
    let event = "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n";
    for (reply, text) in [
        (
            Reply::sse_raw(format!("{event}data: {{not json}}\n\n{event}")),
            "Hel",
        ),
        (Reply::sse_raw(format!("{event}data: [1,2]\n\n")), "Hel"),
        (Reply::raw(200, "application/json", "{\"choices\": 17}"), ""),
        (Reply::raw(200, "application/json", "{\"hello\": 17}"), ""),
        (Reply::raw(200, "application/json", "{\"choices\": []}"), ""),
        (Reply::html(200, "<html><title>Log in</title></html>"), ""),
    ] {
        let (kind, run) = outcome(reply).await;
        assert_eq!(kind, Some(ErrorKind::MalformedResponse));
        assert_eq!(run.turn.assistant_text(), text);
    }
    let half = Reply::raw(
        200,
        "application/json",
        "{\"choices\": [{\"message\": {\"cont",
    );
    assert_eq!(outcome(half).await.0, Some(ErrorKind::Truncated));
}

#[tokio::test]
async fn an_error_inside_a_stream_ends_it() {
    let said = "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n";
    for error in [
        "event: error\ndata: {\"message\":\"m\",\"type\":\"server_error\"}\n\n",
        "event: error\ndata: out of memory\n\n",
        "data: {\"error\":{\"message\":\"m\"}}\n\n",
        "data: {\"error\":\"m\"}\n\n",
        "data: {\"object\":\"error\",\"message\":\"m\",\"code\":500}\n\n",
        "data: {\"message\":\"m\",\"code\":500}\n\n",
        "data: {\"detail\":\"m\"}\n\n",
        "error: {\"code\":500,\"message\":\"m\",\"type\":\"server_error\"}\n\n",
        ": ping\n\nerror: {\"code\":500,\"message\":\"m\"}\n\n",
        "event: error\ndata: [\"m\"]\n\n",
        "event: error\ndata: 17\n\n",
        "event: error\ndata: null\n\n",
        "event: error\ndata:\n\n",
    ] {
        for end in ["data: [DONE]\n\n", ""] {
            let body = format!("{said}{error}{end}");
            let (kind, run) = outcome(Reply::sse_raw(body)).await;
            assert_eq!(kind, Some(ErrorKind::Server), "{error}");
            assert_eq!(run.turn.assistant_text(), "Hel");
        }
    }
}

#[tokio::test]
async fn text_in_the_place_of_a_reply_is_asked_for_once() {
    for text in [
        "Ollama is running",
        "ok",
        "error code: 1016",
        "data is here:\n",
        "id 5\n",
    ] {
        let server = ProviderServer::start().await.unwrap();
        for _ in 0..3 {
            server.enqueue(Reply::raw(200, "text/plain; charset=utf-8", text));
        }
        let engine = engine(&server).build().unwrap();
        let error = Run::new("Hi").with(&engine).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MalformedResponse, "{text}");
        assert!(!error.is_retryable());
        let said = error.to_string();
        let expected = format!("check the base URL: {}", text.trim());
        assert!(said.ends_with(&expected), "{said}");
        assert_eq!(server.requests().len(), 1, "{text}");
    }
}

#[tokio::test]
async fn an_error_in_the_place_of_a_stream_is_told() {
    for body in [
        "[{\"error\":{\"code\":429,\"message\":\"slow down\",\"status\":\"RESOURCE_EXHAUSTED\"}}]",
        "{\"message\":\"slow down\",\"code\":429}",
    ] {
        let server = ProviderServer::start().await.unwrap();
        server.enqueue(Reply::sse_raw(body));
        let engine = engine(&server).http_client(once()).build().unwrap();
        let error = Run::new("Hi").with(&engine).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited, "{body}");
        assert_eq!(error.provider_message(), Some("slow down"));
    }
}

#[tokio::test]
async fn refusals_of_the_server_are_errors_with_its_words() {
    for (status, kind) in [
        (400, ErrorKind::InvalidRequest),
        (401, ErrorKind::Authentication),
        (404, ErrorKind::NotFound),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
    ] {
        let (seen, run) = outcome(Reply::error(status, "some_code", "Some words.")).await;
        assert_eq!(seen, Some(kind));
        assert_eq!(
            run.names(),
            ["provider-call-started", "error", "provider-call-finished"]
        );
    }
}
