//! Content that Postgres refuses in texts, and that is too long for its indexes.

use std::{sync::Arc, time::SystemTime};

use geppetto_store::{
    Batch, Claim, EffectStart, EffectWrite, Page, Request, RequestWrite, SessionStore, TurnRow,
};
use geppetto_turns::{Block, Turn};

use crate::server;

// Reports: https://github.com/getsentry/junior/pull/897, https://github.com/Autumn-27/ARTEX/issues/112,
// https://github.com/hardbyte/awa/issues/85, https://github.com/osbuild/osbuild-composer/pull/4779,
// https://github.com/certtools/intelmq/issues/2652 (an escape in the content is not one of the store's).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn zero_characters_and_long_texts_too() {
    let store = server::store().await;
    let odd = "\0 a\u{fffd}\u{10ffff}\u{feff}\\u0000 \r\n'\";--$1%s{}";
    let long = odd.repeat(1 << 10);
    let id = "\0chat\0";
    let opened = store
        .open(id, &Claim::new(odd).at_address(odd))
        .await
        .unwrap();
    let mut turn = Turn::new();
    turn.push(Block::user(odd));
    turn.push(Block::user("x".repeat(8 << 20)));
    for n in 0..3_000 {
        turn.push(Block::user(format!("{n} {odd}")));
    }
    let start = EffectStart::new(long.as_str(), odd, 0).call(long.as_str(), odd, true);
    let answer = Arc::new(Block::tool_result(odd, odd));
    let batch = Batch::new(1, SystemTime::UNIX_EPOCH)
        .turn(TurnRow::new(0, None, &turn))
        .effect(EffectWrite::Begin(start))
        .effect(EffectWrite::Finish {
            key: long.clone(),
            answer: Arc::clone(&answer),
        })
        .request(RequestWrite::Put(Request::new(odd, [7; 32], odd)))
        .title(long.as_str())
        .group(long.as_str());
    store.append(&opened.lease, Arc::new(batch)).await.unwrap();
    let info = store.info(id).await.unwrap();
    assert_eq!((info.id.as_str(), info.owner.as_deref()), (id, Some(odd)));
    assert_eq!(
        (info.title, info.group),
        (Some(long.clone()), Some(long.clone()))
    );
    assert_eq!(info.address.as_deref(), Some(odd));
    assert_eq!(store.turn(id, 0).await.unwrap(), turn);
    let rows = store.turn_rows(id, 0, 9).await.unwrap();
    assert_eq!(rows[0].onto(None).unwrap(), turn);
    let effect = store.effect(id, &long).await.unwrap().unwrap();
    assert_eq!(effect.answer(), Some(&answer));
    assert_eq!(effect.call_id, long);
    assert_eq!(store.request(id, odd).await.unwrap().unwrap().run, odd);
    let listed = store.list(&Page::newest(9).of_group(long)).await.unwrap();
    assert_eq!(listed.len(), 1);
}
