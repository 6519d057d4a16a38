//! Turns.

use std::sync::Arc;

use geppetto_turns::{Block, ImagePart, Incomplete, ToolCall, Turn, keys::turn_meta};
use serde_json::{Value, json};

use super::{
    Factory,
    help::{Checked, ID, Writer, has_turns, ok, refused, same, turn},
    list,
};
use crate::{Claim, ErrorKind, MAX_STORED_DEPTH, SessionStore};

list! {
    a_turn_is_kept_as_it_is:
        "a turn is read with all blocks, ids, metadata, data and unknown keys that it was written \
         with",
    values_of_any_depth_are_read:
        "whatever the depth of a value, its turn is read; a value of up to MAX_STORED_DEPTH - 4 levels \
         is read as it was",
    the_latest_turn_is_replaced:
        "a row with the index of the latest turn replaces it, whether blocks are added, changed or \
         removed; earlier turns are unchanged",
    the_latest_turn_is_removed:
        "a batch that drops the latest turn leaves the turns before it, and the next turn has its \
         index",
}

fn rich(id: &str) -> Turn {
    let mut turn = turn(id, None, &["text", ""]);
    turn.push(Block::system("be terse").with_id("b1"));
    let image = ImagePart::bytes("image/png", [0, 1, 2, 255]);
    turn.push(Block::user_with_images("look", [image]).with_id("b2"));
    let partial = Block::llm_text("par").with_id("b3");
    turn.push(partial.with_incomplete(Incomplete::Cancelled));
    turn.push(Block::reasoning("hm").with_id("b4"));
    let call = ToolCall::new("call_1", "look_up", r#"{"b": 1, "a": "\u00e9\u0000"}"#);
    turn.push(Block::tool_call(call).with_id("b5"));
    let result = json!({"deep": [1.5, null, {"x": "😀"}]});
    turn.push(Block::tool_result("call_1", result));
    turn.push(Block::tool_error("call_2", "no"));
    if let Some(block) = turn.blocks.make_mut(0) {
        block.role = Some("developer".to_owned());
        block.extra.set("unknown", json!([1, 2]));
        block.metadata.set_raw("app.note@v1", json!("kept"));
    }
    turn.metadata.set_raw(turn_meta::SESSION_ID.id(), json!(ID));
    turn.metadata
        .set_raw("app.unknown@v9", json!({"a": 1.0e-7}));
    let numbers = json!({"n": u64::MAX, "neg": i64::MIN});
    turn.data.set_raw("app.state@v1", numbers);
    turn.extra.set("future", json!("field"));
    turn
}

async fn a_turn_is_kept_as_it_is<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    let row = writer.row(rich("t1"));
    let batch = writer.next().turn(row);
    ok(writer.append(batch).await, "appending a turn")?;
    let mut second = turn("t2", writer.turns.last(), &["more"]);
    second.metadata.set_raw("app.unknown@v9", json!(2));
    let row = writer.row(second);
    let batch = writer.next().turn(row);
    ok(writer.append(batch).await, "appending a turn")?;
    // A turn without blocks.
    let row = writer.row(turn("t3", None, &[]));
    let batch = writer.next().turn(row);
    ok(
        writer.append(batch).await,
        "appending a turn without blocks",
    )?;
    has_turns(&store, ID, &writer.turns).await?;
    let turns = writer.turns;
    let store = factory.reopen(store).await;
    has_turns(&store, ID, &turns).await
}

fn nested(depth: usize) -> Value {
    (1..depth).fold(json!([]), |inner, _| Value::Array(vec![inner]))
}

async fn values_of_any_depth_are_read<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    let kept = MAX_STORED_DEPTH - 4;
    for depth in [1, 120, 125, 126, 127, 128, 129, kept, kept + 20] {
        let mut next = turn("t", None, &["text"]);
        next.id = format!("t{depth}");
        next.extra.set("deep", nested(depth));
        next.metadata.set_raw("app.deep@v1", nested(depth));
        if let Some(block) = next.blocks.make_mut(0) {
            block.extra.set("deep", nested(depth));
            block.metadata.set_raw("app.deep@v1", nested(depth));
        }
        let row = writer.row(next);
        let batch = writer.next().turn(row);
        ok(writer.append(batch).await, "appending deep values")?;
    }
    let last = writer.turns.len() - 1;
    let turns = writer.turns;
    let store = factory.reopen(store).await;
    for (index, expected) in turns.iter().enumerate() {
        let read = store.turn(ID, index as u64).await;
        let read = ok(read, "reading deep values")?;
        if index < last {
            same(&read, expected, "a turn with deep values")?;
        }
    }
    let opened = store.open(ID, &Claim::new("b").taking_over()).await;
    ok(opened, "opening a session with deep values").map(drop)
}

async fn the_latest_turn_is_replaced<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    writer.say("t1", &["a", "b"]).await?;
    writer.say("t2", &["c"]).await?;
    let grown = turn("t2", writer.turns.last(), &["d", "e"]);
    let mut changed = grown.clone();
    if let Some(block) = changed.blocks.make_mut(3) {
        block.mark_incomplete(Incomplete::Failed);
    }
    let mut shortened = changed.clone();
    shortened.blocks.truncate(3);
    // Also what it shares with the turn before it.
    let mut rewritten = shortened.clone();
    rewritten.blocks.truncate(1);
    let rewritten = turn("t2", Some(&rewritten), &["x"]);
    let mut renamed = rewritten.clone();
    renamed.metadata.set_raw("app.note@v1", json!(1));
    let regrown = turn("t2", Some(&renamed), &["y", "z"]);
    for version in [grown, changed, shortened, rewritten, renamed, regrown] {
        let row = writer.replacement(version);
        let batch = writer.next().turn(row);
        ok(writer.append(batch).await, "replacing the latest turn")?;
        has_turns(&store, ID, &writer.turns).await?;
    }
    writer.say("t3", &["f"]).await?;
    has_turns(&store, ID, &writer.turns).await
}

async fn the_latest_turn_is_removed<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    writer.say("t1", &["a"]).await?;
    writer.say("t2", &["b"]).await?;
    writer.turns.pop();
    let batch = writer.next().dropping_latest();
    ok(writer.append(batch).await, "removing the latest turn")?;
    has_turns(&store, ID, &writer.turns).await?;
    writer.say("t3", &["c"]).await?;
    // Removed and replaced in one batch.
    writer.turns.pop();
    let next = turn("t4", writer.turns.last(), &["d"]);
    let row = writer.row(next);
    let batch = writer.next().dropping_latest().turn(row);
    ok(writer.append(batch).await, "removing and appending a turn")?;
    has_turns(&store, ID, &writer.turns).await?;
    for _ in 0..2 {
        let batch = writer.next().dropping_latest();
        ok(writer.append(batch).await, "removing a turn")?;
    }
    has_turns(&store, ID, &[]).await?;
    let batch = Arc::new(writer.next().dropping_latest());
    let result = store.append(&writer.lease, batch).await;
    refused(result, ErrorKind::Invalid, "removing a turn of none")
}
