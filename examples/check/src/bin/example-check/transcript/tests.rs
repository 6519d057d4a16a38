use serde_json::{Value, json};

use super::{End, Transcript};
use crate::fixture::{line, run};

fn read(events: Vec<Value>) -> Result<Transcript, String> {
    let mut transcript = Transcript::default();
    for (seq, event) in (1..).zip(events) {
        transcript.accept(&line(seq, event))?;
    }
    transcript.finish()?;
    Ok(transcript)
}

#[test]
fn a_run_is_told_with_its_text_its_end_and_its_usage() {
    let transcript = read(run("r1")).unwrap();
    let run = &transcript.runs[0];
    assert_eq!((run.prompt.as_str(), run.text.as_str()), ("hi", "hey"));
    assert_eq!(run.end, Some(End::Finished("completed".to_owned())));
    assert_eq!(run.check_usage(), Ok(()));
    assert_eq!(run.usage, Some((3, 4)));
}

#[test]
fn a_line_that_is_no_event_or_not_in_order_is_named_by_its_number() {
    let mut transcript = Transcript::default();
    let error = transcript.accept("thinking...").unwrap_err();
    assert!(
        error.starts_with("line 1 of its output: no event: "),
        "{error}"
    );
    let mut events = run("r1");
    events.remove(2);
    let error = read(events).unwrap_err();
    assert!(error.starts_with("line 3 of its output: "), "{error}");
}

#[test]
fn a_log_that_does_not_begin_at_the_beginning_is_refused() {
    let error = Transcript::default()
        .accept(&line(2, run("r1").remove(0)))
        .unwrap_err();
    assert_eq!(
        error,
        "line 1 of its output: the first event has the number 2, not 1"
    );
}

#[test]
fn a_second_terminal_event_and_a_missing_one_are_refused() {
    let mut events = run("r1");
    events.push(events[7].clone());
    assert!(
        read(events)
            .unwrap_err()
            .starts_with("line 9 of its output: ")
    );
    let mut events = run("r1");
    events.pop();
    assert!(read(events).is_err());
}

#[test]
fn a_text_that_is_not_its_deltas_is_refused() {
    let mut events = run("r1");
    events[5]["text"] = json!("hello");
    let error = read(events).unwrap_err();
    assert!(error.starts_with("line 6 of its output: "), "{error}");
}

#[test]
fn two_runs_have_two_ids() {
    let twice = |second: &str| {
        let mut events = run("r1");
        events.extend(run(second));
        read(events)
    };
    assert_eq!(twice("r2").unwrap().runs.len(), 2);
    assert!(twice("r1").is_err());
}

#[test]
fn usage_that_is_not_the_sum_of_the_calls_is_no_usage() {
    let mut events = run("r1");
    events[7]["usage"]["output_tokens"] = json!(5);
    assert!(read(events).unwrap().runs[0].check_usage().is_err());
}
