//! Ids come from code that an application may provide: its panic is named, and the session
//! continues.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use geppetto_engine::{ErrorKind, IdSource, SeededIds};
use geppetto_session::{EngineRunner, Session};
use geppetto_testing::{Script, ScriptedEngine};

/// Panics once, at its nth id.
struct Stumbles {
    ids: SeededIds,
    calls: AtomicU32,
    at: u32,
}

impl IdSource for Stumbles {
    fn next_id(&self) -> String {
        if self.calls.fetch_add(1, Ordering::Relaxed) == self.at {
            panic!("no id at hand");
        }
        self.ids.next_id()
    }
}

#[tokio::test]
async fn a_run_that_misses_an_id_fails_with_all_that_was_said_and_the_next_one_works() {
    // After the ids of the run, of the turn and of the prompt: that of the reply's tool call.
    for at in [3] {
        let script = Script::new().text("hello").tool_call("", "look", "{}");
        let ids = Stumbles {
            ids: SeededIds::new(1),
            calls: AtomicU32::new(0),
            at,
        };
        let session = Session::builder(EngineRunner::new(ScriptedEngine::always(script)))
            .id("session")
            .ids(Arc::new(ids))
            .build();
        let error = session
            .submit("hi")
            .await
            .unwrap()
            .wait()
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "the id source panicked: no id at hand");
        let kind = error.engine_error().unwrap().kind();
        assert_eq!((kind, at), (ErrorKind::Panicked, at));
        assert_eq!(error.turn().assistant_text(), "hello");
        assert!(error.turn().blocks.iter().all(|block| !block.id.is_empty()));

        let turn = session.submit("again").await.unwrap().wait().await.unwrap();
        assert_eq!(turn.blocks.len(), 6);
        assert_eq!(session.turn_count(), 2);
    }
}
