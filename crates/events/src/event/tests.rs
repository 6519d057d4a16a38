use super::*;
use serde_json::json;

use crate::kind::*;

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

#[test]
fn each_kind_of_delta_is_read_by_itself() {
    let source = ReasoningSource::Thinking;
    let events = [
        EventKind::TextDelta(TextDelta::new("a", 0, 1)),
        EventKind::ReasoningDelta(ReasoningDelta::new("b", 0, 1, source)),
        EventKind::ToolCallArgumentsDelta(ToolCallArgumentsDelta::new("c", "d", 0, 1)),
        EventKind::Log(Log::new("info", "e")),
    ]
    .map(Event::new);
    let read = |of: fn(&Event) -> Option<&str>| events.each_ref().map(of);
    let none = None;
    assert_eq!(read(Event::text_delta), [Some("a"), none, none, none]);
    assert_eq!(read(Event::reasoning_delta), [none, Some("b"), none, none]);
    assert_eq!(read(Event::arguments_delta), [none, none, Some("d"), none]);
}

#[test]
fn three_kinds_of_events_end_a_run() {
    for (kind, is_end) in [
        (EventKind::RunFinished(RunFinished::new("completed")), true),
        (EventKind::RunStopped(RunStopped::new("cancelled")), true),
        (EventKind::RunFailed(RunFailed::new("boom")), true),
        (EventKind::RunStarted(RunStarted::new("hi")), false),
        (EventKind::Error(ErrorEvent::new("boom")), false),
    ] {
        assert_eq!(Event::new(kind.clone()).is_terminal(), is_end, "{kind:?}");
    }
}

#[test]
fn segments_and_tool_calls_belong_to_their_provider_call() {
    let call = Correlation {
        run_id: Some("r".to_owned()),
        provider_call_id: Some("p".to_owned()),
        ..Correlation::default()
    };
    let (mut segment, mut tool_call) = (call.clone(), call.clone());
    segment.segment_id = Some("s".to_owned());
    tool_call.tool_call_id = Some("t".to_owned());
    assert_eq!(
        (call.segment("s"), call.tool_call("t")),
        (segment, tool_call)
    );
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Progress {
    percent: u8,
}

impl AppEvent for Progress {
    const TYPE: &'static str = "my-app.progress";
}

#[test]
fn an_application_reads_its_own_type_alone() {
    let event = Event::from_app(&Progress { percent: 40 }).unwrap();
    let read = event.to_app::<Progress>().unwrap().unwrap();
    assert_eq!(read, Progress { percent: 40 });
    let fields = json!({"type": "other.progress", "percent": 40});
    let other: Event = serde_json::from_value(fields).unwrap();
    assert!(other.to_app::<Progress>().is_none());
}
