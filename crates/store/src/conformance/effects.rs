//! Effects.

use std::sync::Arc;

use geppetto_turns::Block;

use super::{
    Factory,
    help::{Checked, ID, Writer, ok, refused, same, turn},
    list,
};
use crate::{EffectStart, EffectState, EffectWrite, ErrorKind, SessionStore};

list! {
    effects_keep_their_state:
        "an effect is begun, may wait, may be begun again under the same key, and is finished with \
         its answer; the effects of a turn are listed in the order of their first start",
    effects_end_with_their_turn:
        "a batch that removes the latest turn removes its effects; those of other turns are kept",
    only_begun_effects_end:
        "an effect that was not begun does not wait and is not finished: the batch fails as Invalid",
}

fn begin(key: &str, turn: u64) -> EffectWrite {
    EffectWrite::Begin(EffectStart::new(key, "r1", turn).call("call", "tool", true))
}

fn finish(key: &str, answer: &str) -> EffectWrite {
    EffectWrite::Finish {
        key: key.to_owned(),
        answer: Arc::new(Block::tool_result("call", answer)),
    }
}

fn wait(key: &str) -> EffectWrite {
    EffectWrite::Wait {
        key: key.to_owned(),
    }
}

fn answered(answer: &str) -> EffectState {
    EffectState::Finished(Arc::new(Block::tool_result("call", answer)))
}

async fn state<S: SessionStore>(
    store: &S,
    key: &str,
) -> Result<Option<(u32, EffectState)>, String> {
    let effect = ok(store.effect(ID, key).await, "reading an effect")?;
    Ok(effect.map(|own| (own.begun, own.state)))
}

async fn effects_keep_their_state<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    writer.say("t1", &["one"]).await?;
    same(
        state(&store, "k1").await?,
        None,
        "an effect before it was begun",
    )?;
    for (what, write, expected) in [
        ("begun", begin("k1", 0), (1, EffectState::Begun)),
        ("waiting", wait("k1"), (1, EffectState::Waiting)),
        ("begun again", begin("k1", 0), (2, EffectState::Begun)),
        ("finished", finish("k1", "yes"), (2, answered("yes"))),
        (
            "finished and begun again",
            begin("k1", 0),
            (3, EffectState::Begun),
        ),
        ("finished again", finish("k1", "no"), (3, answered("no"))),
    ] {
        let batch = writer.next().effect(write).synced();
        ok(writer.append(batch).await, "writing an effect")?;
        let what = format!("an effect that was {what}");
        same(state(&store, "k1").await?, Some(expected), &what)?;
    }
    let batch = writer.next().effect(begin("k3", 0)).effect(begin("k2", 0));
    let batch = batch.effect(finish("k3", "3"));
    ok(writer.append(batch).await, "writing effects")?;
    let store = factory.reopen(store).await;
    let effects = ok(store.effects(ID, 0).await, "reading the effects of a turn")?;
    let found = effects.iter().map(|own| (own.key.as_str(), own.is_open()));
    let expected = vec![("k1", false), ("k3", false), ("k2", true)];
    same(found.collect(), expected, "the effects of a turn, in order")?;
    for own in &effects {
        let found = (own.run.as_str(), own.turn, own.call_id.as_str());
        same(found, ("r1", 0, "call"), "run, turn and call of an effect")?;
        let found = (own.tool.as_str(), own.idempotent);
        same(
            found,
            ("tool", true),
            "tool of an effect, and whether it is idempotent",
        )?;
    }
    let others = ok(
        store.effects(ID, 1).await,
        "reading the effects of another turn",
    )?;
    same(others.len(), 0, "the number of effects of another turn")
}

async fn effects_end_with_their_turn<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    writer.say("t1", &["one"]).await?;
    let batch = writer.next().effect(begin("k1", 0));
    ok(writer.append(batch).await, "beginning an effect")?;
    writer.say("t2", &["two"]).await?;
    let batch = writer.next().effect(begin("k2", 1));
    ok(writer.append(batch).await, "beginning an effect")?;
    // A turn takes the place of the removed one, in the same batch.
    writer.turns.pop();
    let again = turn("t3", writer.turns.last(), &["again"]);
    let row = writer.row(again);
    let batch = writer.next().dropping_latest().turn(row);
    let batch = batch.effect(begin("k3", 1));
    ok(writer.append(batch).await, "replacing the latest turn")?;
    for (turn, expected) in [(0, "k1"), (1, "k3")] {
        let effects = ok(store.effects(ID, turn).await, "reading effects")?;
        let found: Vec<_> = effects.iter().map(|own| own.key.as_str()).collect();
        same(
            found,
            vec![expected],
            "the effects after a turn was removed",
        )?;
    }
    same(
        state(&store, "k2").await?,
        None,
        "an effect of a removed turn",
    )
}

async fn only_begun_effects_end<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let writer = Writer::open(&store, ID).await?;
    for (what, write) in [("finishing", finish("k", "x")), ("waiting", wait("k"))] {
        let batch = Arc::new(writer.next().effect(write));
        let result = store.append(&writer.lease, batch).await;
        refused(
            result,
            ErrorKind::Invalid,
            &format!("{what} of an unknown effect"),
        )?;
    }
    let mut other = Writer::open(&store, "other").await?;
    let batch = other.next().effect(begin("k", 0));
    ok(other.append(batch).await, "beginning an effect")?;
    let batch = Arc::new(writer.next().effect(finish("k", "x")));
    let result = store.append(&writer.lease, batch).await;
    refused(
        result,
        ErrorKind::Invalid,
        "finishing an effect of another session",
    )
}
