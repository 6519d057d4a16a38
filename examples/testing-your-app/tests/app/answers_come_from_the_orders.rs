//! A scripted engine replaces the model: it plays what the test wrote down and records its
//! requests.

use geppetto_testing::{Script, ScriptedEngine};
use testing_your_app::HelpDesk;

#[tokio::test]
async fn the_model_is_given_the_status_of_the_order_that_it_asks_for() {
    let model = ScriptedEngine::new([
        Script::new().tool_call("call_1", "order_status", r#"{"order": 7}"#),
        Script::new().text("It was shipped on Monday."),
    ]);
    let desk = HelpDesk::new(model.clone()).unwrap();

    let answer = desk.ask("Where is order 7?").await;

    assert_eq!(answer, "It was shipped on Monday.");
    let asked = model.turns();
    assert_eq!(
        asked[0].system_prompt(),
        Some("You answer questions about orders.")
    );
    let status = asked[1].tool_answer("call_1").unwrap();
    assert_eq!(status.output(), "shipped on Monday");
}

#[tokio::test]
async fn an_order_that_is_not_there_is_no_reason_to_fail() {
    let model = ScriptedEngine::new([
        Script::new().tool_call("call_1", "order_status", r#"{"order": 9}"#),
        Script::new().text("Which order, please?"),
    ]);
    let desk = HelpDesk::new(model.clone()).unwrap();

    assert_eq!(desk.ask("Where is order 9?").await, "Which order, please?");
    assert!(model.turns()[1].tool_answer("call_1").unwrap().is_error());
}

#[tokio::test]
async fn the_second_question_knows_of_the_first() {
    let model = ScriptedEngine::always(Script::new().text("Fine."));
    let desk = HelpDesk::new(model.clone()).unwrap();

    desk.ask("Where is order 7?").await;
    desk.ask("And order 8?").await;

    let texts: Vec<String> = model.turns()[1]
        .blocks
        .iter()
        .filter_map(|block| block.text().map(str::to_owned))
        .collect();
    assert_eq!(
        texts,
        [
            "You answer questions about orders.",
            "Where is order 7?",
            "Fine.",
            "And order 8?"
        ]
    );
}
