use async_trait::async_trait;
use geppetto_engine::{EngineError, ErrorKind, RunContext};
use geppetto_turns::{Block, Incomplete, InferenceResult, keys::block_meta};
use serde_json::json;

use super::{judge::judge, place::places, *};
use crate::recordings::wire;

const BEGINNING: &str = concat!(
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"hm\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Grü\"}}]}\n\n",
);

const END: &str = concat!(
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ezi\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: [DONE]\n\n",
);

fn recording() -> Arc<Recording> {
    let meta = json!({"id": "case", "provider": "openai-chat", "status": 200, "stream": true,
        "response_file": "response.sse", "expected": {}});
    Arc::new(Recording {
        meta: serde_json::from_value(meta).unwrap(),
        body: [BEGINNING, END].concat().into_bytes(),
    })
}

fn chat() -> &'static Adapter {
    wire::adapter("openai-chat").unwrap()
}

const AFTER_BEGINNING: Place = Place {
    at: BEGINNING.len(),
    end: End::Clean,
};

/// The verdict on the cut after [`BEGINNING`], with the replay modified by `change`.
async fn judged(change: impl FnOnce(&mut Replay)) -> Result<(), String> {
    let recording = recording();
    let whole = Place {
        at: recording.body.len(),
        end: End::Clean,
    };
    let full = replay(&recording, chat(), whole).await.unwrap();
    let mut cut = replay(&recording, chat(), AFTER_BEGINNING).await.unwrap();
    change(&mut cut);
    judge(&recording, chat(), AFTER_BEGINNING, &full, &cut)
}

fn last_block(replay: &mut Replay, change: impl Fn(Block) -> Block) {
    let mut blocks: Vec<Block> = replay.turn.blocks.iter().map(|b| Block::clone(b)).collect();
    let last = blocks.pop().map(change);
    replay.turn.blocks = blocks.into_iter().chain(last).collect();
}

type Change<'a> = &'a dyn Fn(&mut Replay);

#[tokio::test]
async fn a_cut_reply_must_be_an_error_that_keeps_a_marked_beginning() {
    assert_eq!(judged(|_| {}).await, Ok(()));
    let success = |cut: &mut Replay| cut.seen.outcome = Ok(InferenceResult::new("p", "m"));
    let wrong_kind = |cut: &mut Replay| {
        cut.seen.outcome = Err(EngineError::new(ErrorKind::MalformedResponse, "x"));
    };
    let other_text = |cut: &mut Replay| cut.seen.text.push('x');
    let more_reasoning = |cut: &mut Replay| cut.seen.reasoning.push('x');
    let call = |cut: &mut Replay| cut.seen.calls.push(Default::default());
    let unmarked_block = |cut: &mut Replay| {
        last_block(cut, |mut block| {
            block.metadata.remove(&block_meta::INCOMPLETE);
            block
        });
    };
    let unmarked_turn = |cut: &mut Replay| cut.turn.metadata = Turn::default().metadata;
    let changes: [(Change<'_>, &str); 7] = [
        (&success, "a result, though"),
        (&wrong_kind, "expected a truncated error"),
        (&other_text, "text is no beginning"),
        (&more_reasoning, "reasoning is no beginning"),
        (&call, "more tool calls"),
        (&unmarked_block, "a block is not whole and not marked so"),
        (&unmarked_turn, "the turn is not marked"),
    ];
    for (change, problem) in changes {
        let judged = judged(change).await.unwrap_err();
        assert!(judged.starts_with(problem), "{judged}");
    }
}

#[tokio::test]
async fn a_block_that_is_marked_may_be_a_beginning() {
    let marked = |cut: &mut Replay| {
        last_block(cut, |_| {
            Block::llm_text("Gr").with_incomplete(Incomplete::Truncated)
        });
    };
    assert_eq!(judged(marked).await, Ok(()));
}

#[tokio::test]
async fn after_the_finish_reason_nothing_may_be_missing() {
    let recording = recording();
    let length = recording.body.len();
    let place = |at| Place {
        at,
        end: End::Broken,
    };
    let full = replay(&recording, chat(), place(length)).await.unwrap();
    // Without the end marker, and with half of it.
    for at in [length - "data: [DONE]\n\n".len(), length - 5] {
        let mut cut = replay(&recording, chat(), place(at)).await.unwrap();
        assert_eq!(judge(&recording, chat(), place(at), &full, &cut), Ok(()));
        cut.seen.text.pop();
        let judged = judge(&recording, chat(), place(at), &full, &cut);
        assert!(judged.unwrap_err().starts_with("text"));
        cut.seen.outcome = Err(EngineError::new(ErrorKind::Truncated, "x"));
        let judged = judge(&recording, chat(), place(at), &full, &cut);
        assert!(judged.unwrap_err().starts_with("the server said"));
    }
}

#[test]
fn places_follow_from_the_name_and_the_seed() {
    let all = places("case", 0, 10_000);
    assert_eq!(all, places("case", 0, 10_000));
    assert_ne!(all, places("case", 1, 10_000));
    assert_ne!(all, places("other", 0, 10_000));
    assert_eq!(all.last().map(|place| place.at), Some(9_999));
    assert_eq!(all.len(), 20);
    assert!(all.iter().filter(|place| place.at >= 9_600).count() >= 8);
    for end in [End::Clean, End::Broken] {
        assert!(all.iter().filter(|place| place.end == end).count() > 5);
    }
    for part in 0..12 {
        let (from, to) = (10_000 * part / 12, 10_000 * (part + 1) / 12);
        assert!(all.iter().any(|place| (from..to).contains(&place.at)));
    }
    assert_eq!(places("case", 0, 0), []);
    assert_eq!(places("case", 0, 25).len(), 20);
    assert!(places("case", 0, 1).iter().all(|place| place.at == 0));
}

struct Panics;

#[async_trait]
impl Engine for Panics {
    async fn run_inference(
        &self,
        _ctx: &RunContext,
        _turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        panic!("on purpose")
    }
}

#[tokio::test]
async fn a_panic_is_a_failure_of_its_place() {
    static PANICS: Adapter = Adapter {
        provider: "panics",
        engine: |_, _, _| Ok(Arc::new(Panics)),
        further: || geppetto_testing::Reply::chat().into(),
        ending: |_| crate::recordings::expectation::Ending::Complete,
        is_over: |_| true,
        looks_complete: |_| false,
        accepts: |_, _| Ok(()),
        class: |_| None,
        usage: |usage, _| usage,
        uncounted_reasoning: |_| None,
        is_text: |_| true,
    };
    let problem = isolated(recording(), &PANICS, AFTER_BEGINNING).await;
    let problem = problem.unwrap_err();
    assert!(problem.starts_with("the engine panicked"), "{problem}");
}

#[tokio::test]
async fn a_cut_between_the_end_and_an_error_may_be_a_shorter_reply() {
    let finished = [
        BEGINNING,
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    ]
    .concat();
    let error = "data: {\"error\":{\"message\":\"the worker was lost\"}}\n\n";
    let mut recording = Recording {
        meta: recording().meta.clone(),
        body: finished.clone().into_bytes(),
    };
    recording.body.extend_from_slice(error.as_bytes());
    let after = |at| Place {
        at,
        end: End::Clean,
    };
    let (end, whole) = (after(finished.len()), after(recording.body.len()));
    let full = replay(&recording, chat(), whole).await.unwrap();
    let cut = replay(&recording, chat(), end).await.unwrap();
    assert!(full.seen.outcome.is_err() && cut.seen.outcome.is_ok());
    judge(&recording, chat(), end, &full, &cut).unwrap();
    // Once the error has arrived, a result is wrong.
    judge(&recording, chat(), whole, &full, &cut).unwrap_err();
}
