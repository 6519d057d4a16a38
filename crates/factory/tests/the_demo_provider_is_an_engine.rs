//! The API type `demo`: a model without a key and without a network.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use geppetto_engine::RunContext;
use geppetto_factory::engine_from_settings;
use geppetto_settings::InferenceSettings;
use geppetto_turns::Turn;

#[tokio::test]
async fn it_answers_without_any_other_setting() {
    let settings = InferenceSettings::from_yaml("chat: {api_type: demo}").unwrap();
    let engine = engine_from_settings(&settings).unwrap();
    for _ in 0..2 {
        let mut turn = Turn::builder().user("Say hello.").build();
        let result = engine
            .run_inference(&RunContext::new(), &mut turn)
            .await
            .unwrap();
        assert_eq!(
            (result.provider.as_str(), result.model.as_str()),
            ("demo", "demo")
        );
        assert!(
            turn.assistant_text().contains("demo provider"),
            "{}",
            turn.assistant_text()
        );
        assert_eq!(result.cost_usd(), None);
    }
}
