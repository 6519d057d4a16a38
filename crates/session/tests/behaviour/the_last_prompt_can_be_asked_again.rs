//! The last prompt is asked again, changed, or removed: its turn is replaced when the new run starts,
//! and what it cost stays in the totals.

use geppetto_enginebuilder::Builder;
use geppetto_session::{BusyPolicy, Session, SessionError};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::{Block, BlockKind, ImagePart, Turn};

fn prompts(turn: &Turn) -> Vec<&str> {
    let prompts = turn.blocks_of(BlockKind::User);
    prompts.filter_map(|block| block.text()).collect()
}

async fn say(session: &Session, prompt: &str) {
    session.submit(prompt).await.unwrap().wait().await.unwrap();
}

#[tokio::test]
async fn a_retry_takes_the_place_of_the_answer() {
    let engine =
        ScriptedEngine::new(["A", "B", "C"].map(|text| Script::new().text(text).usage(1, 1)));
    let session = Session::new(Builder::new(engine.clone()));
    say(&session, "one").await;
    say(&session, "two").await;
    let replaced = session.latest().unwrap();
    let turn = session
        .retry()
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(session.turn_count(), 2);
    assert_ne!(turn.id, replaced.id);
    assert_eq!(prompts(&turn), ["one", "two"]);
    assert_eq!(turn.blocks.len(), 4);
    assert!(turn.assistant_text().ends_with('C'));
    // The model has not seen the earlier answer, which was paid for.
    assert_eq!(engine.turns().pop().unwrap().blocks.len(), 3);
    assert_eq!(session.totals().provider_calls, 3);
    let restored = Session::builder(Builder::new(engine))
        .history(session.turns())
        .build();
    assert_eq!(restored.totals(), session.totals());
}

#[tokio::test]
async fn with_the_settings_of_the_first_run() {
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let session = Session::new(Builder::new(engine.clone()));
    let run = session.prompt("one").model("special").submit().await;
    run.unwrap().wait().await.unwrap();
    session
        .retry()
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    let run = session.retry().model("other").submit().await;
    run.unwrap().wait().await.unwrap();
    let models = engine.turns().into_iter().map(|turn| {
        let config = turn.data.get(&geppetto_engine::keys::INFERENCE_CONFIG);
        config.unwrap().unwrap().model.unwrap()
    });
    assert_eq!(models.collect::<Vec<_>>(), ["special", "special", "other"]);
}

#[tokio::test]
async fn an_edit_keeps_the_images_and_further_messages_are_new() {
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let session = Session::new(Builder::new(engine));
    let image = ImagePart::url("https://example.org/a.png");
    let run = session
        .prompt("one")
        .image(image.clone())
        .block(Block::user("more"));
    run.submit().await.unwrap().wait().await.unwrap();
    // A retry has both messages.
    let turn = session
        .retry()
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(prompts(&turn), ["one", "more"]);
    let turn = session
        .edit_prompt("two")
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(prompts(&turn), ["two"]);
    let user = turn.first_of(BlockKind::User).unwrap();
    let geppetto_turns::Content::User(user) = &user.content else {
        panic!("a user's message");
    };
    assert_eq!(user.images, [image]);
}

#[tokio::test]
async fn what_cannot_be_replaced_is_refused() {
    let gate = Gate::new();
    let engine = ScriptedEngine::always(Script::new().hold_at(&gate).text("ok"));
    let queue = BusyPolicy::Queue { max: 3 };
    let session = Session::builder(Builder::new(engine))
        .busy_policy(queue)
        .build();
    let empty = session.retry().submit().await.unwrap_err();
    assert!(matches!(empty, SessionError::Empty { .. }), "{empty:?}");
    let empty = session.undo().unwrap_err();
    assert!(matches!(empty, SessionError::Empty { .. }), "{empty:?}");
    let run = session.submit("one").await.unwrap();
    let busy = session.edit_prompt("two").submit().await.unwrap_err();
    assert!(matches!(busy, SessionError::Busy { .. }), "{busy:?}");
    let busy = session.undo().unwrap_err();
    assert!(matches!(busy, SessionError::Busy { .. }), "{busy:?}");
    gate.open();
    run.wait().await.unwrap();
    let blank = session.edit_prompt(" ").submit().await.unwrap_err();
    assert!(matches!(blank, SessionError::EmptyPrompt), "{blank:?}");
    assert_eq!(prompts(&session.latest().unwrap()), ["one"]);
}

#[tokio::test]
async fn an_undo_removes_the_turn_and_keeps_the_totals() {
    let engine =
        ScriptedEngine::new(["A", "B", "C"].map(|text| Script::new().text(text).usage(1, 1)));
    let session = Session::new(Builder::new(engine));
    say(&session, "one").await;
    say(&session, "two").await;
    let removed = session.undo().unwrap();
    assert_eq!(prompts(&removed), ["one", "two"]);
    assert_eq!(session.turn_count(), 1);
    assert_eq!(session.totals().provider_calls, 2);
    say(&session, "three").await;
    assert_eq!(prompts(&session.latest().unwrap()), ["one", "three"]);
    assert_eq!(session.totals().provider_calls, 3);
    session.undo().unwrap();
    session.undo().unwrap();
    assert_eq!(session.latest(), None);
}

#[tokio::test]
async fn with_the_system_prompt_that_was_set_for_it() {
    let engine = ScriptedEngine::always(Script::new().text("Hello."));
    let session = Session::new(Builder::new(engine.clone()));
    let brief = session
        .prompt("hi")
        .edit(|turn| turn.prepend(Block::system("Be brief.")));
    brief.submit().await.unwrap().wait().await.unwrap();
    session
        .retry()
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    session
        .edit_prompt("hi there")
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    // Another one from the second turn on.
    let long = session.prompt("more").edit(|turn| {
        let system = turn.blocks.make_mut(0).unwrap();
        system.content = Block::system("Be long.").content;
    });
    long.submit().await.unwrap().wait().await.unwrap();
    session
        .retry()
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    let systems: Vec<_> = engine
        .turns()
        .iter()
        .map(|turn| turn.system_prompt().map(ToOwned::to_owned))
        .collect();
    let expected = [
        "Be brief.",
        "Be brief.",
        "Be brief.",
        "Be long.",
        "Be long.",
    ];
    assert_eq!(systems, expected.map(|own| Some(own.to_owned())));
    let turn = session.latest().unwrap();
    assert_eq!(prompts(&turn), ["hi there", "more"]);
    assert_eq!(turn.blocks_of(BlockKind::System).count(), 1);
}
