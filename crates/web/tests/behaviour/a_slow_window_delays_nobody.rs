//! A window that reads nothing costs bounded memory, and neither runs nor windows wait for it.

use geppetto_testing::{Script, ScriptedEngine};
use serde_json::json;

use crate::support::{Server, Window, answer, is_answered};

#[tokio::test]
async fn what_it_missed_is_merged() {
    // More than the buffers of sockets hold.
    let mut script = Script::new();
    for number in 0..4_000 {
        script = script.text(format!("{number:04} {}\n", "x".repeat(2_000)));
    }
    let server = Server::new(ScriptedEngine::always(script)).await;
    let session = server.session().await;
    let mut slow = Window::open(&server, &session).await;
    slow.step().await;
    let mut fast = Window::open(&server, &session).await;
    server
        .post(
            &format!("{session}/messages"),
            &json!({"text": "A long story"}),
        )
        .await;
    // The slow window reads nothing meanwhile.
    fast.until(is_answered).await;
    assert_eq!(answer(&fast.view).len(), 4_000 * 2_006);
    let mut steps = 0;
    while !is_answered(&slow.view) {
        assert!(slow.step().await);
        steps += 1;
    }
    assert!(steps < 3_000, "{steps}");
    assert_eq!(slow.view, fast.view);
}
