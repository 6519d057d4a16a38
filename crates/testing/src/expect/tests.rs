use geppetto_events::{EventKind, kind::*};

use super::*;

fn sink(events: &[&str]) -> ExpectationSink {
    let expected = ExpectationSink::new();
    for (n, name) in events.iter().enumerate() {
        let kind = match *name {
            "run-started" => EventKind::RunStarted(RunStarted::default()),
            "run-finished" => EventKind::RunFinished(RunFinished::default()),
            _ => EventKind::Log(Log::new("info", *name)),
        };
        let mut event = Event::new(kind);
        event.seq = n as u64 + 1;
        expected.sink().publish(&event);
    }
    expected
}

#[test]
fn each_difference_is_told() {
    let said = |sink: ExpectationSink| sink.check().map_err(|error| error.message);
    let two = || sink(&["run-started", "run-finished"]);
    assert_eq!(
        said(two().event("run-started").event("run-finished")),
        Ok(())
    );
    assert_eq!(said(two().anything_until("run-finished")), Ok(()));
    assert_eq!(
        said(two().event("log")),
        Err("expectation 1: expected log, but number 1 is run-started".to_owned())
    );
    assert_eq!(
        said(two().event("run-started")),
        Err("nothing more was expected, but then came run-finished".to_owned())
    );
    assert_eq!(
        said(
            two()
                .event("run-started")
                .event("run-finished")
                .event("log")
        ),
        Err("expectation 3: expected log, but no more events came".to_owned())
    );
    let refused = said(two().event_where("run-started", |_| false)).unwrap_err();
    assert!(
        refused.starts_with("expectation 1: run-started came, but was not accepted"),
        "{refused}"
    );
    assert_eq!(
        said(two().anything_until("log")),
        Err("expectation 1: expected log, which never came".to_owned())
    );
    let open = said(sink(&["run-started", "x"]).anything_until("log")).unwrap_err();
    assert!(open.contains("the run has no terminal event"), "{open}");
}
