//! Prompts that join a run, under every schedule.

use geppetto_turns::BlockKind;
use shuttle::future::{spawn, yield_now};

use super::bench::{Counts, explore};
use crate::{BusyPolicy, ExecutionHandle, Session};

/// Returns the user's messages of the whole conversation.
fn messages(session: &Session) -> Vec<String> {
    let latest = session.latest().unwrap_or_default();
    let users = latest.blocks.iter();
    let users = users.filter(|block| block.kind() == BlockKind::User);
    users
        .filter_map(|block| block.text().map(str::to_owned))
        .collect()
}

/// Reads the events to the end. Returns the number of terminal events.
async fn terminal_events(run: &ExecutionHandle) -> usize {
    let mut events = run.events();
    let mut terminal = 0;
    while let Some(event) = events.next().await {
        terminal += usize::from(event.is_terminal());
    }
    terminal
}

/// Runs a prompt and two that join it, while `meddle` does something else with the first run or the
/// second prompt.
async fn scenario(
    policy: BusyPolicy,
    meddle: impl FnOnce(ExecutionHandle, ExecutionHandle) + Send + 'static,
) -> (Session, Vec<ExecutionHandle>) {
    let session = Counts::default().session(policy);
    let first = session.submit("a").await.unwrap();
    let other = session.clone();
    let run = first.clone();
    let steering = spawn(async move {
        let second = other.steer("b").await.unwrap();
        let joined = second.clone();
        let meddler = spawn(async move {
            yield_now().await;
            meddle(run, joined);
        });
        let third = other.steer("c").await.unwrap();
        meddler.await.unwrap();
        [second, third]
    });
    let mut runs = vec![first];
    runs.extend(steering.await.unwrap());
    for run in &runs {
        let _ = run.outcome().await;
        assert!(run.is_finished());
    }
    assert!(!session.is_running());
    assert_eq!(session.queued(), []);
    assert_eq!(session.stream().violations(), []);
    (session, runs)
}

#[test]
fn every_message_is_read_once_and_in_order() {
    explore(|| async {
        let (session, runs) = scenario(BusyPolicy::Refuse, |_, _| {}).await;
        assert_eq!(messages(&session), ["a", "b", "c"]);
        for run in &runs {
            assert!(run.wait().await.is_ok());
            assert_eq!(terminal_events(run).await, 1);
        }
    });
}

#[test]
fn a_cancelled_run_loses_no_message() {
    explore(|| async {
        let meddle = |run: ExecutionHandle, _| run.cancel();
        let (session, runs) = scenario(BusyPolicy::Queue { max: 2 }, meddle).await;
        assert_eq!(messages(&session), ["a", "b", "c"]);
        for run in &runs {
            assert_eq!(terminal_events(run).await, 1);
        }
    });
}

#[test]
fn a_withdrawn_message_is_not_read_or_ends_its_run() {
    explore(|| async {
        let meddle = |_, joined: ExecutionHandle| joined.cancel();
        let (session, runs) = scenario(BusyPolicy::Refuse, meddle).await;
        let [_, second, _] = &runs[..] else {
            panic!("three prompts");
        };
        let messages = messages(&session);
        match second.wait().await {
            // It was answered before the cancellation.
            Ok(_) => assert_eq!(messages, ["a", "b", "c"]),
            Err(error) => {
                assert!(error.is_cancelled());
                let was_read = messages.contains(&"b".to_owned());
                let ran = second.joined().is_some() || second.input().is_some();
                assert_eq!(was_read, ran, "{messages:?}");
            }
        }
        assert!(messages.contains(&"c".to_owned()));
    });
}
