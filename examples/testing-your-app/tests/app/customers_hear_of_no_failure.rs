//! Failures, hanging models and impatient users, without real waiting: the clock is paused and
//! jumps to the next timer.

use geppetto_engine::ErrorKind;
use geppetto_events::Event;
use geppetto_testing::{Script, ScriptedEngine};
use testing_your_app::{HelpDesk, PATIENCE, SORRY};
use tokio::time::Instant;

#[tokio::test]
async fn a_provider_that_fails_is_told_kindly_and_the_next_question_works() {
    let model = ScriptedEngine::new([
        Script::new()
            .text("It w")
            .fail(ErrorKind::InvalidRequest, "the prompt has 131073 tokens"),
        Script::new().text("It was shipped."),
    ]);
    let desk = HelpDesk::new(model).unwrap();

    assert_eq!(desk.ask("Where is order 7?").await, SORRY);
    assert_eq!(desk.ask("Where is order 7?").await, "It was shipped.");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_promised() {
    let desk = HelpDesk::new(ScriptedEngine::always(Script::new().hang())).unwrap();
    let asked = Instant::now();

    assert_eq!(desk.ask("Where is order 7?").await, SORRY);

    // The clock is paused: this is exact, and takes no time.
    assert_eq!(asked.elapsed(), PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_is_cancelled_ends_its_run_properly() {
    let desk = HelpDesk::new(ScriptedEngine::always(Script::new().text("Let me").hang())).unwrap();
    let session = desk.session();
    let mut events = session.subscribe();

    let cancel = async {
        while events
            .next_event()
            .await
            .as_ref()
            .and_then(Event::text_delta)
            .is_none()
        {}
        session.cancel_active();
    };
    let (answer, ()) = tokio::join!(desk.ask("Where is order 7?"), cancel);

    assert_eq!(answer, SORRY);
    assert!(!session.is_running());
    // In tests, every event stream is checked against the grammar.
    assert_eq!(session.stream().violations(), []);
}
