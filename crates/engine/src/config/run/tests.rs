use geppetto_turns::Turn;
use serde_json::json;

use super::*;

fn turn(model: Option<&str>) -> Turn {
    let mut turn = Turn::builder().user("hi").build();
    if let Some(model) = model {
        let config = InferenceConfig::new().with_model(model).with_seed(3);
        turn.data.set(&keys::INFERENCE_CONFIG, &config).unwrap();
    }
    turn
}

#[test]
fn settings_are_written_over_the_turns_own_and_taken_out_again() {
    let output = StructuredOutput::json_schema("n", json!({"type": "object"}));
    let settings = RunSettings::new()
        .with_inference(InferenceConfig::new().with_model("special"))
        .with_output(output.clone());
    for own in [None, Some("usual")] {
        let (before, mut turn) = (turn(own), turn(own));
        let applied = settings.apply(&mut turn).unwrap();
        let written = turn.data.get(&keys::INFERENCE_CONFIG).unwrap().unwrap();
        assert_eq!(written.model.as_deref(), Some("special"));
        assert_eq!(written.seed, own.map(|_| 3));
        let written = turn.data.get(&keys::STRUCTURED_OUTPUT).unwrap();
        assert_eq!(written, Some(output.clone()));
        applied.undo(&mut turn);
        assert_eq!(turn, before);
    }
}

#[test]
fn what_others_changed_meanwhile_stays() {
    let settings = RunSettings::new().with_inference(InferenceConfig::new().with_model("special"));
    let mut turn = turn(None);
    let applied = settings.apply(&mut turn).unwrap();
    let other = InferenceConfig::new().with_model("another");
    turn.data.set(&keys::INFERENCE_CONFIG, &other).unwrap();
    applied.undo(&mut turn);
    assert_eq!(turn.data.get(&keys::INFERENCE_CONFIG).unwrap(), Some(other));
}

#[test]
fn settings_that_are_given_win_over_defaults() {
    let given = RunSettings::new().with_inference(InferenceConfig::new().with_model("a"));
    let output = StructuredOutput::default();
    let defaults = RunSettings::new()
        .with_inference(InferenceConfig::new().with_model("b").with_seed(1))
        .with_output(output.clone());
    let both = given.or(&defaults);
    let expect = RunSettings::new()
        .with_inference(InferenceConfig::new().with_model("a").with_seed(1))
        .with_output(output);
    assert_eq!(both, expect);
    let stored = serde_json::to_value(&both).unwrap();
    assert_eq!(serde_json::from_value::<RunSettings>(stored).unwrap(), both);
}
