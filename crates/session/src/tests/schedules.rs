//! Invariants under every schedule.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use geppetto_engine::RunStatus;
use geppetto_events::Event;
use geppetto_turns::Turn;
use shuttle::future::{spawn, yield_now};

use super::bench::{Counts, explore};
use crate::{BusyPolicy, ExecutionHandle, Session, SessionError};

fn prompts(session: &Session) -> Vec<String> {
    let turns = session.turns();
    let prompt = |turn: &Turn| crate::history::last_prompt(turn).to_owned();
    turns.iter().map(prompt).collect()
}

/// Asserts that every turn extends the previous one with one prompt and its reply.
fn assert_whole(session: &Session) {
    let mut before = 0;
    for turn in session.turns() {
        assert!(matches!(turn.blocks.len() - before, 1 | 2), "{turn:?}");
        before = turn.blocks.len();
    }
    assert_eq!(session.stream().violations(), []);
}

async fn terminal_events(run: &ExecutionHandle) -> usize {
    let mut events = run.events();
    let mut terminal = 0;
    while let Some(event) = events.next().await {
        terminal += usize::from(event.is_terminal());
    }
    terminal
}

#[test]
fn one_of_many_starts_and_a_loser_leaves_no_turn() {
    explore(|| async {
        let counts = Counts::default();
        let session = counts.session(BusyPolicy::Refuse);
        let won = Arc::new(AtomicUsize::new(0));
        let mut tasks = Vec::new();
        for name in ["a", "b", "c"] {
            let (session, won) = (session.clone(), Arc::clone(&won));
            tasks.push(spawn(async move {
                match session.submit(name).await {
                    Ok(run) => {
                        won.fetch_add(1, Ordering::SeqCst);
                        run.wait().await.unwrap();
                        assert_eq!(terminal_events(&run).await, 1);
                    }
                    Err(SessionError::Busy { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(counts.most(), 1);
        assert_eq!(session.turn_count(), won.load(Ordering::SeqCst));
        assert_eq!(prompts(&session), counts.stored());
        assert!(!session.is_running() && session.active().is_none());
        assert_whole(&session);
    });
}

#[test]
fn whoever_saw_the_end_may_submit() {
    explore(|| async {
        let counts = Counts::default();
        let session = counts.session(BusyPolicy::Refuse);
        let other = session.clone();
        let meddler = spawn(async move {
            for _ in 0..4 {
                other.cancel_active();
                let _ = (other.latest(), other.snapshot(), other.is_running());
                yield_now().await;
            }
        });
        let mut started = 0;
        for round in 0..3 {
            let run = match session.submit("hi").await {
                Ok(run) => run,
                // It was cancelled before it started.
                Err(SessionError::Cancelled) => continue,
                Err(error) => panic!("{error}"),
            };
            started += 1;
            if round == 1 {
                let _ = run.wait().await;
            } else {
                assert_eq!(terminal_events(&run).await, 1);
            }
            assert!(!session.is_running());
        }
        meddler.await.unwrap();
        session.submit("last").await.unwrap().wait().await.unwrap();
        assert_eq!(session.turn_count(), started + 1);
        assert_whole(&session);
    });
}

#[test]
fn queued_prompts_run_in_order_and_each_handle_has_its_outcome() {
    explore(|| async {
        let counts = Counts::default();
        let session = counts.session(BusyPolicy::Queue { max: 9 });
        let mut runs = Vec::new();
        for name in ["a", "b", "c", "d"] {
            runs.push(session.submit(name).await.unwrap());
        }
        let taken = runs[2].clone();
        let canceller = spawn(async move {
            taken.cancel();
            taken.outcome().await.status.clone()
        });
        let waiters: Vec<_> = runs
            .iter()
            .map(|run| {
                let run = run.clone();
                spawn(async move { run.outcome().await.status.clone() })
            })
            .collect();
        let mut ended = Vec::new();
        for waiter in waiters {
            ended.push(waiter.await.unwrap());
        }
        assert_eq!(canceller.await.unwrap(), ended[2]);
        for (index, status) in ended.iter().enumerate() {
            assert!(
                index == 2 || *status == RunStatus::Finished,
                "{index}: {status:?}"
            );
        }
        // The cancelled one ran or never started: it has a turn in the first case only.
        let ran = prompts(&session);
        match ended[2] {
            RunStatus::Cancelled if ran.len() == 3 => assert_eq!(ran, ["a", "b", "d"]),
            _ => assert_eq!(ran, ["a", "b", "c", "d"]),
        }
        assert_eq!(counts.stored(), ran);
        assert_eq!(counts.most(), 1);
        assert!(session.queued().is_empty() && !session.is_running());
        assert_whole(&session);
    });
}

#[test]
fn submitters_of_a_queue_lose_nothing_while_it_is_handed_over() {
    explore(|| async {
        let counts = Counts::default();
        let session = counts.session(BusyPolicy::Queue { max: 9 });
        let tasks: Vec<_> = ["a", "b", "c"]
            .into_iter()
            .map(|name| {
                let session = session.clone();
                spawn(async move {
                    for _ in 0..2 {
                        let run = session.submit(name).await.unwrap();
                        run.wait().await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!((session.turn_count(), counts.most()), (6, 1));
        assert!(!session.is_running());
        assert_whole(&session);
    });
}

#[test]
fn a_prompt_that_is_given_up_or_cancelled_while_it_is_built_blocks_nobody() {
    explore(|| async {
        let counts = Counts::default();
        let session = counts.session(BusyPolicy::Queue { max: 9 });
        let other = session.clone();
        let gives_up = spawn(async move {
            let mut submit = Box::pin(other.submit("given up"));
            let polled = {
                let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
                submit.as_mut().poll(&mut cx)
            };
            yield_now().await;
            drop(submit);
            // The handle of an accepted one may be dropped.
            polled.is_ready()
        });
        let other = session.clone();
        let cancels = spawn(async move {
            let run = other.try_submit("cancelled").unwrap();
            yield_now().await;
            run.cancel();
            let outcome = run.outcome().await;
            assert_eq!(run.input().is_some(), outcome.provider_calls == 1);
        });
        let mine = session.submit("mine").await.unwrap();
        mine.wait().await.unwrap();
        let was_accepted = gives_up.await.unwrap();
        cancels.await.unwrap();
        while session.is_running() {
            yield_now().await;
        }
        let ran = prompts(&session);
        assert_eq!((counts.stored(), counts.most()), (ran.clone(), 1));
        assert_eq!(ran.contains(&"given up".to_owned()), was_accepted);
        assert!(ran.contains(&"mine".to_owned()) && session.queued().is_empty());
        assert_whole(&session);
    });
}

#[test]
fn nothing_starts_between_a_stop_and_the_resume() {
    explore(|| async {
        let counts = Counts::default();
        let session = counts.session(BusyPolicy::Queue { max: 9 });
        let mut runs = Vec::new();
        for name in ["a", "b", "c"] {
            runs.push(session.submit(name).await.unwrap());
        }
        let other = session.clone();
        let stopper = spawn(async move {
            yield_now().await;
            other.cancel_active_and_pause_queue();
            let active = other.active();
            let waiting = other.queued().len();
            if let Some(active) = active {
                active.outcome().await;
            }
            for _ in 0..4 {
                assert_eq!(other.queued().len(), waiting);
                yield_now().await;
            }
            assert!(!other.is_running());
            let late = other.submit("d").await.unwrap();
            assert!(!late.is_finished() && other.active().is_none());
            // Two at once, and a prompt in the meantime.
            let (one, two) = (other.clone(), other.clone());
            let resumed = [
                spawn(async move { one.resume_queue() }),
                spawn(async move { two.resume_queue() }),
            ];
            let last = other.submit("e").await.unwrap();
            let mut times = 0;
            for task in resumed {
                times += usize::from(task.await.unwrap());
            }
            assert_eq!(times, 1);
            [late, last]
        });
        let later = stopper.await.unwrap();
        let mut expect = Vec::new();
        let mut not_begun = 0;
        for (run, name) in runs.iter().chain(&later).zip(["a", "b", "c", "d", "e"]) {
            let outcome = run.outcome().await;
            match run.input() {
                Some(_) => expect.push(name),
                // The stop arrived while it was built.
                None => {
                    assert_eq!(outcome.status, RunStatus::Cancelled);
                    not_begun += 1;
                }
            }
        }
        assert!(not_begun <= 1);
        assert_eq!(prompts(&session), expect);
        assert_eq!(counts.stored(), prompts(&session));
        assert_eq!(counts.most(), 1);
        assert!(session.queued().is_empty() && !session.is_running());
        assert_whole(&session);
    });
}

#[test]
fn a_replacing_prompt_runs_or_was_replaced_and_left_no_turn() {
    explore(|| async {
        let counts = Counts::default();
        let session = counts.session(BusyPolicy::Replace);
        let tasks: Vec<_> = ["a", "b", "c"]
            .into_iter()
            .map(|name| {
                let session = session.clone();
                spawn(async move {
                    let run = match session.submit(name).await {
                        Ok(run) => run,
                        // It was replaced before it started.
                        Err(SessionError::Cancelled) => return (name, false),
                        Err(error) => panic!("{error}"),
                    };
                    let outcome = run.outcome().await;
                    let ran = crate::history::last_prompt(&outcome.turn) == name;
                    assert!(ran || outcome.status == RunStatus::Cancelled);
                    (name, ran)
                })
            })
            .collect();
        let mut expect = Vec::new();
        for task in tasks {
            let (name, ran) = task.await.unwrap();
            expect.extend(ran.then_some(name));
        }
        let mut ran = prompts(&session);
        assert_eq!(ran, counts.stored());
        ran.sort();
        assert_eq!(ran, expect);
        assert!(!ran.is_empty());
        assert_eq!(counts.most(), 1);
        assert!(session.queued().is_empty() && !session.is_running());
        assert_whole(&session);
    });
}

#[test]
fn an_appended_turn_is_there_or_was_refused() {
    explore(|| async {
        let counts = Counts::default();
        let session = counts.session(BusyPolicy::Refuse);
        let other = session.clone();
        let appender = spawn(async move {
            let mut appended = 0;
            for _ in 0..3 {
                match other.append_user_prompt("note") {
                    Ok(_) => appended += 1,
                    Err(SessionError::Busy { .. }) => yield_now().await,
                    Err(error) => panic!("{error}"),
                }
            }
            appended
        });
        let mut started = 0;
        for _ in 0..2 {
            let run = session.submit("hi").await.unwrap();
            assert!(run.wait().await.is_ok());
            started += 1;
        }
        let appended = appender.await.unwrap();
        assert_eq!(session.turn_count(), started + appended);
        assert_whole(&session);
    });
}

/// Joins the texts of deltas, so that events compare equal however they were merged.
fn unmerged(events: &[Event]) -> (Vec<u64>, String) {
    let mut seqs = Vec::new();
    let mut text = String::new();
    for event in events {
        seqs.extend(event.first_seq()..=event.seq);
        text.push_str(event.text_delta().unwrap_or_default());
    }
    (seqs, text)
}

#[test]
fn a_snapshot_and_what_comes_after_it_are_the_whole_run() {
    explore(|| async {
        let counts = Counts::default();
        let session = counts.session(BusyPolicy::Queue { max: 9 });
        let first = session.submit("a").await.unwrap();
        let second = session.submit("b").await.unwrap();
        let other = session.clone();
        let joiner = spawn(async move {
            let mut joined = Vec::new();
            for _ in 0..3 {
                joined.push(other.join());
                yield_now().await;
            }
            joined
        });
        second.wait().await.unwrap();
        let joined = joiner.await.unwrap();
        let log = session.stream().events_after(0);
        session.stream().close();
        for (snapshot, mut tail) in joined {
            let mut events = snapshot.events.clone();
            while let Some(event) = tail.next_event().await {
                events.push(event);
            }
            let from = events.first().map_or(snapshot.seq + 1, Event::first_seq);
            let all: Vec<Event> = log
                .iter()
                .filter(|event| event.first_seq() >= from)
                .cloned()
                .collect();
            assert_eq!(unmerged(&events), unmerged(&all));
            // The events of a snapshot are those of the run that it names, from the first one on.
            match &snapshot.running {
                Some(id) => {
                    assert!(
                        snapshot.events.iter().all(|event| {
                            event.correlation.run_id.as_deref() == Some(id.as_str())
                        })
                    );
                    assert!(id == first.id() || id == second.id());
                    assert_ne!(from, 0);
                }
                None => assert!(snapshot.events.is_empty()),
            }
        }
    });
}
