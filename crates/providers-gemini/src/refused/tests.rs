use geppetto_engine::{EngineError, ErrorKind, InferenceConfig};
use geppetto_provider::Settings;
use geppetto_turns::Turn;

use super::{
    CALL_IDS, INSTRUCTIONS, JSON_SCHEMA, OUTPUT, SCHEMA_LIMITS, THINKING, is_about_signatures,
    remedy,
};
use crate::Gemini;

fn settings() -> Settings {
    Settings::of::<Gemini>(&Turn::default(), &InferenceConfig::new(), "m", true).unwrap()
}

fn error(message: &str) -> EngineError {
    EngineError::new(ErrorKind::InvalidRequest, "refused").with_provider_message(message)
}

#[test]
fn refusals_name_what_is_left_out() {
    for (message, setting) in [
        (
            "Thinking level MINIMAL is not supported for this model.",
            THINKING,
        ),
        (
            "Budget 0 is invalid. This model only works in thinking mode.",
            THINKING,
        ),
        (
            "Function calling with a response mime type: 'application/json' is unsupported",
            OUTPUT,
        ),
        ("JSON mode is not enabled for models/gemma-3-27b-it", OUTPUT),
        (
            "Invalid JSON payload received. Unknown name \"parametersJsonSchema\" at \
             'tools[0].function_declarations[0]': Cannot find field.",
            JSON_SCHEMA,
        ),
        (
            "The specified schema produces a constraint that has too many states for serving.",
            SCHEMA_LIMITS,
        ),
        (
            "Invalid JSON payload received. Unknown name \"id\" at 'contents[1].parts[0].function_call'",
            CALL_IDS,
        ),
        (
            "Developer instruction is not enabled for models/gemma-3-27b-it",
            INSTRUCTIONS,
        ),
    ] {
        let found = remedy(&error(message), &settings()).expect(message);
        assert!(
            format!("{found:?}").contains(&format!("(\"{setting}\"")),
            "{message}: {found:?}"
        );
        let mut without = settings();
        without.unsent.add(setting, "refused before");
        assert_eq!(remedy(&error(message), &without), None, "{message}");
    }
}

#[test]
fn other_errors_are_errors() {
    for message in [
        "Request contains an invalid argument.",
        "The thinking budget 50000 is invalid. Please choose a value between 512 and 24576.",
        "API key not valid. Please pass a valid API key.",
    ] {
        assert_eq!(remedy(&error(message), &settings()), None, "{message}");
        assert!(!is_about_signatures(&error(message)));
    }
    let busy = EngineError::new(ErrorKind::Overloaded, "busy")
        .with_provider_message("thinking is not supported");
    assert_eq!(remedy(&busy, &settings()), None);
    assert!(is_about_signatures(&error("Corrupted thought signature.")));
    assert!(is_about_signatures(&error(
        "Function call is missing a thought_signature in functionCall parts."
    )));
}
