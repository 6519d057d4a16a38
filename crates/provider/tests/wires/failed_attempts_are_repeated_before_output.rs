//! Faults become errors, and attempts are retried before any output.

use geppetto_engine::ErrorKind;
use geppetto_events::EventKind;
use geppetto_transport::memory::Reply;
use geppetto_turns::Incomplete;

use crate::support::{Asked, turn};

const TEXT: &str = "data: {\"type\":\"text\",\"text\":\"Hi\"}\n\n";
/// The end of a reply that the wire does not expect without output.
const BLANK: &str = "data: {\"type\":\"stop\",\"reason\":\"blank\"}\n\n";
const STOP: &str = "data: {\"type\":\"stop\",\"reason\":\"stop\"}\n\n";

fn reply(frames: &[&str]) -> Reply {
    Reply::ok().chunk(frames.concat())
}

#[tokio::test(start_paused = true)]
async fn each_fault_has_its_kind() {
    let error = "event: error\ndata: {\"type\":\"overloaded_error\",\"message\":\"m\"}\n\n";
    let own = "data: {\"type\":\"error\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}}\n\n";
    for (frames, kind) in [
        (&[TEXT, error][..], ErrorKind::Overloaded),
        (&[TEXT, own], ErrorKind::RateLimited),
        (
            &[TEXT, "data: {\"type\": \n\n"],
            ErrorKind::MalformedResponse,
        ),
        (
            &[
                TEXT,
                "data: {\"type\":\"stop\",\"reason\":\"network_error\"}\n\n",
            ],
            ErrorKind::Server,
        ),
        (&[TEXT, "data: [DONE]\n\n"], ErrorKind::Truncated),
        (&[TEXT], ErrorKind::Truncated),
        (&["{\"object\":\"page\"}"], ErrorKind::MalformedResponse),
        (
            &["{\"detail\":\"no such model\",\"code\":404}"],
            ErrorKind::NotFound,
        ),
        (
            &["<html><title>Welcome</title></html>"],
            ErrorKind::MalformedResponse,
        ),
    ] {
        let asked = Asked::<false>::new([reply(frames)], |builder| {
            builder.retry_policy(geppetto_transport::RetryPolicy::never())
        });
        let mut turn = turn();
        let error = asked.ask(&mut turn).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{frames:?}: {error}");
        let has_text = frames[0] == TEXT;
        assert_eq!(turn.assistant_text(), if has_text { "Hi" } else { "" });
        let mark = turn.blocks.last().unwrap().incomplete();
        let expected = match kind {
            _ if !has_text => None,
            ErrorKind::Truncated => Some(Incomplete::Truncated),
            _ => Some(Incomplete::Failed),
        };
        assert_eq!(mark, expected, "{frames:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_before_output_is_asked_for_again_with_a_new_fold() {
    let busy = "data: {\"type\":\"tokens\",\"tokens\":100}\n\nevent: error\ndata: {\"type\":\"overloaded_error\"}\n\n";
    let asked = Asked::<false>::new([reply(&[busy]), reply(&[TEXT, STOP])], |builder| builder);
    let mut turn = turn();
    let result = asked.ask(&mut turn).await.unwrap();
    assert_eq!(turn.assistant_text(), "Hi");
    assert_eq!(result.usage.unwrap().output_tokens, 0);
    // The tokens of both attempts count towards the run.
    assert_eq!(asked.ctx.total_usage().output_tokens, 100);
    let ends = asked
        .sink
        .events()
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::ProviderCallFinished(end) => Some(end),
            _ => None,
        });
    let discarded = ends.map(|end| end.discarded_usage.map(|usage| usage.output_tokens));
    assert_eq!(discarded.collect::<Vec<_>>(), [Some(100)]);
    assert_eq!(asked.infos(), ["retrying"]);
    let requests = asked.server.requests();
    assert_eq!(requests[0].body(), requests[1].body());
}

#[tokio::test(start_paused = true)]
async fn what_fails_after_output_is_not_asked_for_again() {
    let asked = Asked::<false>::new([reply(&[TEXT]), reply(&[TEXT, STOP])], |builder| builder);
    let error = asked.ask(&mut turn()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated);
    assert_eq!(asked.server.replies_left(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_the_call_at_once() {
    let asked = Asked::<false>::new([Reply::ok().chunk(TEXT).hang()], |builder| builder);
    let ctx = asked.ctx.clone();
    let mut turn = turn();
    let (outcome, ()) = tokio::join!(asked.ask(&mut turn), async {
        tokio::task::yield_now().await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        ctx.cancel();
    });
    assert!(outcome.unwrap_err().is_cancelled());
    let mark = turn.blocks.last().unwrap().incomplete();
    assert_eq!(mark, Some(Incomplete::Cancelled));
}

fn refused() -> Reply {
    Reply::new(http::StatusCode::BAD_REQUEST).chunk("{}")
}

#[tokio::test(start_paused = true)]
async fn an_empty_reply_is_repeated_once() {
    for (replies, text, requests) in [
        ([reply(&[BLANK]), reply(&[TEXT, BLANK])], "Hi", 2),
        ([reply(&[BLANK]), reply(&[BLANK])], "", 2),
        ([reply(&[BLANK]), refused()], "", 2),
        ([reply(&[TEXT, BLANK]), reply(&[BLANK])], "Hi", 1),
    ] {
        let asked = Asked::<false>::new(replies, |builder| builder);
        let mut turn = turn();
        asked.ask(&mut turn).await.unwrap();
        assert_eq!(turn.assistant_text(), text);
        assert_eq!(asked.server.requests().len(), requests);
        assert_eq!(asked.infos().len(), requests - 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_reply_is_the_reply_without_retries() {
    let asked = Asked::<false>::new([reply(&[BLANK]), reply(&[TEXT, BLANK])], |builder| {
        builder.retry_policy(geppetto_transport::RetryPolicy::never())
    });
    asked.ask(&mut turn()).await.unwrap();
    assert_eq!(asked.server.requests().len(), 1);
}
