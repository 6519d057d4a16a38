use super::*;
use crate::kind::TextDelta;

#[test]
fn events_stay_small() {
    // An event is created for each delta of a stream.
    assert!(size_of::<Event>() <= 160, "{}", size_of::<Event>());
}

#[test]
fn a_merged_event_knows_its_first_number() {
    let mut event = Event::new(EventKind::TextDelta(TextDelta::new("a", 0, 1)));
    event.seq = 9;
    assert_eq!(event.first_seq(), 9);
    event.merged = 4;
    assert_eq!(event.first_seq(), 6);
}
