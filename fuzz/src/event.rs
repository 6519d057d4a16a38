//! Lines of event logs.
//!
//! - A readable line is written back to a line that reads the same; a written line is written again
//!   byte for byte.
//! - An event of unknown type is preserved with all its fields.
//! - The encoders for old readers accept any event.

use geppetto_events::{
    EventKind, LogLine,
    codec::{CumulativeEncoder, JanuaryEncoder},
};
use geppetto_turns::serial::json_value;
use serde_json::Value;

/// Checks one input.
pub fn check(text: &str) {
    let Ok(line) = LogLine::from_json(text) else {
        return;
    };
    let json = line.to_json().expect("what was read can be written");
    let again = LogLine::from_json(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(again, line, "{json}");
    assert_eq!(again.to_json().expect("it was written before"), json);
    if let (EventKind::Custom(custom), None) = (&line.event.kind, &line.envelope) {
        let original = json_value(text).expect("it was read before");
        let written: Value = serde_json::from_str(&json).expect("it was read before");
        for name in custom.fields.keys() {
            assert_eq!(written.get(name), original.get(name), "{name}");
        }
    }
    let _ = JanuaryEncoder::new().encode(&line.event);
    let _ = CumulativeEncoder::new().encode(&line.event);
}
