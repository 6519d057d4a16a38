use std::time::Duration;

use super::{Ending, Plan, Step};
use crate::reply::{At, Rendered, Reply, Stop};

const SECOND: Duration = Duration::from_secs(1);

fn plan(reply: &Reply, body: &str) -> Plan {
    let rendered = Rendered::events(body.to_owned().into());
    Plan::new(&rendered, &reply.delivery)
}

/// Returns the steps as text: written bytes, and `|` for each wait.
fn steps(reply: &Reply, body: &str) -> Vec<String> {
    let plan = plan(reply, body);
    plan.steps
        .iter()
        .map(|step| match step {
            Step::Write(range) => String::from_utf8_lossy(&plan.body[range.clone()]).into_owned(),
            Step::Wait {
                stop: Stop::Pause(duration),
                ..
            } => format!("|{}", duration.as_secs()),
            Step::Wait { stop, .. } => format!("|{stop:?}"),
        })
        .collect()
}

fn reply() -> Reply {
    Reply::sse_raw("")
}

#[test]
fn events_end_after_a_blank_line_of_any_kind() {
    for (body, events) in [
        ("a\n\nb\n\n", vec!["a\n\n", "b\n\n"]),
        ("a\r\n\r\nb\r\n\r\n", vec!["a\r\n\r\n", "b\r\n\r\n"]),
        ("a\r\rb\r\r", vec!["a\r\r", "b\r\r"]),
        ("a\nb\n\nc", vec!["a\nb\n\n", "c"]),
        ("a\r\n\nb", vec!["a\r\n\n", "b"]),
        ("a", vec!["a"]),
        ("", vec![]),
    ] {
        assert_eq!(steps(&reply(), body), events, "{body:?}");
    }
}

#[test]
fn waits_stand_between_writes_in_order() {
    let reply = reply()
        .pause_at(At::Byte(4), 2 * SECOND)
        .pause_at(At::Event(1), SECOND)
        .pause_at(At::Byte(0), 3 * SECOND)
        .stall_at(At::Event(2))
        .pause_at(At::Byte(4), SECOND);
    let expected = ["|3", "a\n\n", "|1", "b", "|2", "|1", "\n\n", "|Forever"];
    assert_eq!(steps(&reply, "a\n\nb\n\n"), expected);
}

#[test]
fn nothing_lies_beyond_a_cut() {
    let reply = reply()
        .pace(SECOND)
        .pause_at(At::Byte(5), 2 * SECOND)
        .cut_at(At::Byte(4));
    assert_eq!(steps(&reply, "a\n\nb\n\n"), ["|1", "a\n\n", "|1", "b"]);
    assert_eq!(plan(&reply, "a\n\nb\n\n").ending, Ending::CUT);
}

#[test]
fn one_write_does_not_search_for_events() {
    let plan = plan(&reply().in_one_write(), "a\n\nb\n\n");
    assert!(matches!(plan.steps.as_slice(), [Step::Write(range)] if *range == (0..6)));
}

#[test]
fn random_writes_cover_the_body_without_a_gap() {
    let body = "a\n\nbc\n\n".repeat(20);
    for seed in 0..200 {
        let mut random = fastrand::Rng::with_seed(seed);
        let max = random.usize(0..12);
        let stop = random.usize(0..150);
        let limit = random.usize(0..150);
        let reply = reply()
            .cut_into_random_chunks(seed, max)
            .pause_at(At::Byte(stop), SECOND)
            .cut_at(At::Byte(limit));
        let mut position = 0;
        for step in plan(&reply, &body).steps {
            match step {
                Step::Write(range) => {
                    assert_eq!(range.start, position);
                    assert!((1..=max.max(1)).contains(&range.len()));
                    position = range.end;
                }
                Step::Wait { .. } => assert_eq!(position, stop.min(body.len())),
            }
        }
        assert_eq!(position, limit.min(body.len()));
    }
}
