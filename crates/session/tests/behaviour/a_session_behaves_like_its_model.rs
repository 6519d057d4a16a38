//! Any sequence of operations on a session behaves like a model of twenty lines, under each policy
//! for prompts that are submitted while an inference is running.

#[path = "model/expected.rs"]
mod expected;
#[path = "model/steered.rs"]
mod steered;

use geppetto_events::EventKind;
use geppetto_session::{BusyPolicy, ExecutionHandle, PauseAfter, Session, SessionError};
use geppetto_turns::{Block, Turn};
use proptest::prelude::*;

use expected::{Model, Said};
use steered::{End, Steered};

/// Operations on a session.
#[derive(Debug, Clone)]
enum Op {
    Submit(bool),
    StartInference,
    Append(u8),
    AppendPrompt(bool),
    End(End),
    CancelActive,
    /// Cancels the handle with this index, among those that exist.
    Cancel(usize),
    RemoveQueued(usize),
    PauseQueue,
    CancelActiveAndPauseQueue,
    ResumeQueue,
    Fork(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => prop::bool::weighted(0.1).prop_map(Op::Submit),
        2 => Just(Op::StartInference),
        1 => (0..3u8).prop_map(Op::Append),
        1 => any::<bool>().prop_map(Op::AppendPrompt),
        6 => prop_oneof![
            Just(End::Finish),
            Just(End::Fail),
            Just(End::Deny),
            Just(End::Panic)
        ]
        .prop_map(Op::End),
        2 => Just(Op::CancelActive),
        2 => any::<usize>().prop_map(Op::Cancel),
        1 => any::<usize>().prop_map(Op::RemoveQueued),
        1 => Just(Op::PauseQueue),
        1 => Just(Op::CancelActiveAndPauseQueue),
        2 => Just(Op::ResumeQueue),
        1 => (0..9usize).prop_map(Op::Fork),
    ]
}

/// The session, its model, and the handles of all runs so far.
struct Both {
    session: Session,
    engine: Steered,
    model: Model,
    runs: Vec<ExecutionHandle>,
}

fn said<T>(result: &Result<T, SessionError>) -> Said {
    match result {
        Ok(_) => Said::Done,
        Err(SessionError::Busy { .. }) => Said::Busy,
        Err(SessionError::QueueFull { .. }) => Said::QueueFull,
        Err(SessionError::QueuePaused { .. }) => Said::QueuePaused,
        Err(SessionError::Empty { .. }) => Said::Empty,
        Err(SessionError::EmptyPrompt) => Said::EmptyPrompt,
        Err(SessionError::NoSuchTurn { .. }) => Said::NoSuchTurn,
        Err(error) => panic!("{error}"),
    }
}

fn texts(turn: &Turn) -> Vec<String> {
    let text = |block: &std::sync::Arc<Block>| block.text().unwrap_or_default().to_owned();
    turn.blocks.iter().map(text).collect()
}

impl Both {
    fn new(policy: BusyPolicy, pause: PauseAfter) -> Self {
        let engine = Steered::default();
        Self {
            session: engine.session(policy, pause),
            engine,
            model: Model::new(policy, pause),
            runs: Vec::new(),
        }
    }

    #[expect(clippy::too_many_lines, reason = "an arm for each operation")]
    async fn apply(&mut self, number: usize, op: &Op) {
        let prompt = format!("p{number}");
        let (was, expect) = match op {
            Op::Submit(blank) => {
                let text = if *blank { " ".to_owned() } else { prompt };
                let expect = self.model.submit(&text);
                let submitted = self.session.submit(text).await;
                (self.started(submitted), expect)
            }
            Op::StartInference => {
                let expect = self.model.start_inference();
                let started = self.session.start_inference().await;
                (self.started(started), expect)
            }
            Op::Append(blocks) => {
                let mut turn = Turn::default();
                let blocks: Vec<String> = (0..*blocks).map(|n| format!("{prompt}.{n}")).collect();
                blocks.iter().for_each(|text| turn.push(Block::user(text)));
                let expect = self.model.append(blocks);
                (said(&self.session.append(turn)), expect)
            }
            Op::AppendPrompt(blank) => {
                let text = if *blank { String::new() } else { prompt };
                let expect = self.model.append_prompt(&text);
                (said(&self.session.append_user_prompt(text)), expect)
            }
            Op::End(end) => {
                self.model.end(*end);
                self.engine.end(*end);
                (Said::Done, Said::Done)
            }
            Op::CancelActive => {
                let was_running = self.session.cancel_active();
                assert_eq!(was_running, self.model.cancel_active());
                (Said::Done, Said::Done)
            }
            Op::Cancel(index) if !self.runs.is_empty() => {
                let index = index % self.runs.len();
                self.model.cancel(index);
                self.runs[index].cancel();
                (Said::Done, Said::Done)
            }
            Op::RemoveQueued(index) if !self.runs.is_empty() => {
                let index = index % self.runs.len();
                let id = self.runs[index].id().to_owned();
                assert_eq!(
                    self.session.remove_queued(&id),
                    self.model.remove_queued(index)
                );
                (Said::Done, Said::Done)
            }
            Op::PauseQueue => {
                self.model.pause_queue();
                self.session.pause_queue();
                (Said::Done, Said::Done)
            }
            Op::CancelActiveAndPauseQueue => {
                let was_running = self.session.cancel_active_and_pause_queue();
                assert_eq!(was_running, self.model.cancel_active_and_pause_queue());
                (Said::Done, Said::Done)
            }
            Op::ResumeQueue => {
                assert_eq!(self.session.resume_queue(), self.model.resume_queue());
                (Said::Done, Said::Done)
            }
            Op::Fork(index) => {
                let fork = self.session.fork_at(*index);
                if let Ok(fork) = &fork {
                    let turns: Vec<_> = fork.turns().iter().map(texts).collect();
                    assert_eq!(turns, self.model.turns[..=*index]);
                    assert!(!fork.is_running());
                }
                (said(&fork), self.model.fork(*index))
            }
            Op::Cancel(_) | Op::RemoveQueued(_) => return,
        };
        assert_eq!(was, expect, "{op:?}");
    }

    fn started(&mut self, run: Result<ExecutionHandle, SessionError>) -> Said {
        let was = said(&run);
        self.runs.extend(run);
        was
    }

    /// Asserts that the observable state of the session matches the model.
    async fn compare(&self) {
        let turns: Vec<_> = self.session.turns().iter().map(texts).collect();
        assert_eq!(turns, self.model.turns);
        assert_eq!(self.session.turn_count(), turns.len());
        let queued = self.session.queued();
        let queued: Vec<_> = queued.iter().map(|own| own.text.clone()).collect();
        assert_eq!(queued, self.model.queued());
        let snapshot = self.session.snapshot();
        assert_eq!(snapshot.queued, self.session.queued());
        assert_eq!(snapshot.queue_paused, self.session.queue_paused());
        assert_eq!(snapshot.queue_paused.is_some(), self.model.paused);
        self.compare_announced(queued.len() as u64);
        assert_eq!(self.session.is_running(), self.model.active.is_some());
        let active = self.session.active().map(|run| run.id().to_owned());
        let expect = self
            .model
            .active
            .map(|index| self.runs[index].id().to_owned());
        assert_eq!(active, expect);
        assert_eq!(self.session.snapshot().running, expect);
        assert_eq!(self.runs.len(), self.model.outcomes.len());
        for (run, expect) in self.runs.iter().zip(&self.model.outcomes) {
            assert_eq!(run.is_finished(), expect.is_some());
            if let Some(expect) = expect {
                expect.check(&run.outcome().await.status);
            }
        }
        assert!(self.engine.most_at_once() <= 1);
        assert_eq!(self.session.stream().violations(), []);
    }
}

impl Both {
    /// Asserts that the events report the queue as it is.
    fn compare_announced(&self, waiting: u64) {
        let events = self.session.stream().events_after(0);
        let last = events.iter().rev().find_map(|event| match &event.kind {
            EventKind::QueueUpdated(update) => Some(update),
            _ => None,
        });
        assert_eq!(last.is_some_and(|own| own.paused), self.model.paused);
        if let Some(update) = last.filter(|own| own.paused) {
            assert_eq!(update.waiting, waiting);
        }
    }
}

/// Lets all tasks make progress until none can.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

async fn play(policy: BusyPolicy, pause: PauseAfter, ops: Vec<Op>) {
    let mut both = Both::new(policy, pause);
    for (number, op) in ops.iter().enumerate() {
        both.apply(number, op).await;
        settle().await;
        both.compare().await;
    }
    both.apply(0, &Op::ResumeQueue).await;
    settle().await;
    // Whatever happened: the queued prompts run to their end, and the next prompt works.
    while both.session.is_running() {
        both.apply(0, &Op::End(End::Finish)).await;
        settle().await;
        both.compare().await;
    }
    both.apply(ops.len(), &Op::Submit(false)).await;
    settle().await;
    both.apply(0, &Op::End(End::Finish)).await;
    settle().await;
    both.compare().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn under_each_policy(
        policy in prop_oneof![
            Just(BusyPolicy::Refuse),
            Just(BusyPolicy::Replace),
            (0..3usize).prop_map(|max| BusyPolicy::Queue { max }),
        ],
        pause in prop_oneof![
            Just(PauseAfter::Never),
            Just(PauseAfter::LastingFailure),
            Just(PauseAfter::Failure),
            Just(PauseAfter::FailureOrCancel),
        ],
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(play(policy, pause, ops));
    }
}
