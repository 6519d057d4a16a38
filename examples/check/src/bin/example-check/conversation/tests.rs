use super::{Expected, seen};
use crate::Model;
use crate::transcript::{End, Run, Tool, Transcript};
use geppetto_events::kind::{ToolResultReady, ToolStatus};

const EXPECTED: Expected = Expected {
    example: "one",
    typed: &[],
    tools: &["weather"],
    must_think: false,
};

fn tool(result: &str, status: ToolStatus) -> Tool {
    let mut ready = ToolResultReady::default();
    ready.result = result.to_owned();
    ready.status = status;
    Tool {
        name: "weather".to_owned(),
        executed: true,
        result: Some(ready),
    }
}

fn run() -> Run {
    let mut run = Run::default();
    run.end = Some(End::Finished("completed".to_owned()));
    run.text = "clear".to_owned();
    run.thinking = "hm".to_owned();
    run.provider_calls = 2;
    run.counted = (3, 4);
    run.usage = Some((3, 4));
    run.tools
        .insert("t1".to_owned(), tool("21", ToolStatus::Success));
    run
}

/// The problem found in two turns of which the second is `broken`.
fn problem(broken: impl FnOnce(&mut Run)) -> String {
    let mut transcript = Transcript::default();
    transcript.runs = vec![run(), run()];
    broken(&mut transcript.runs[1]);
    seen(&EXPECTED, &transcript, Model::Demo).unwrap_err()
}

#[test]
fn everything_that_was_seen_is_counted() {
    let mut transcript = Transcript::default();
    transcript.runs = vec![run(), run()];
    assert_eq!(
        seen(&EXPECTED, &transcript, Model::Demo).unwrap(),
        "2 turns, 4 provider calls, 2 tool calls, 4 characters of thinking, 6 tokens in, 8 out"
    );
    transcript.runs.pop();
    assert_eq!(
        seen(&EXPECTED, &transcript, Model::Demo).unwrap_err(),
        "1 turns instead of 2"
    );
}

#[test]
fn each_missing_thing_is_named_with_its_turn() {
    let failed = |run: &mut Run| run.end = Some(End::Failed("no route".to_owned()));
    assert_eq!(problem(failed), "turn 2: the run failed: no route");
    let stopped = |run: &mut Run| run.end = Some(End::Stopped("cancelled".to_owned()));
    assert_eq!(problem(stopped), "turn 2: the run was stopped: cancelled");
    assert_eq!(problem(|run| run.end = None), "turn 2: the run has no end");
    assert_eq!(
        problem(|run| run.text.clear()),
        "turn 2: the model said nothing"
    );
    assert_eq!(
        problem(|run| run.thinking.clear()),
        "turn 2: no thinking was seen"
    );
    assert_eq!(
        problem(|run| run.usage = None),
        "turn 2: the run has no usage"
    );
    assert_eq!(
        problem(|run| run.usage = Some((3, 0))),
        "turn 2: usage of 3 tokens in, 0 out"
    );
    assert_eq!(
        problem(|run| run.usage = Some((6, 8))),
        "turn 2: the run's usage is 6 tokens in, 8 out; its provider calls' is 3 in, 4 out"
    );
    assert_eq!(
        problem(|run| run.tools.clear()),
        "turn 2: no tool was called"
    );
}

#[test]
fn a_tool_that_did_not_run_or_failed_gave_no_result() {
    let broken = [
        tool("21", ToolStatus::Error),
        tool("", ToolStatus::Success),
        Tool {
            executed: false,
            ..tool("21", ToolStatus::Success)
        },
    ];
    for tool in broken {
        let problem = problem(|run| drop(run.tools.insert("t1".to_owned(), tool)));
        assert_eq!(problem, "turn 2: the tool weather gave no result");
    }
}

#[test]
fn a_tool_that_is_never_called_is_named() {
    let mut transcript = Transcript::default();
    transcript.runs = vec![run(), run()];
    let expected = Expected {
        tools: &["weather", "clock"],
        ..EXPECTED
    };
    assert_eq!(
        seen(&expected, &transcript, Model::Demo).unwrap_err(),
        "the tool clock is never called"
    );
}

#[test]
fn a_real_provider_need_not_show_its_thinking_unless_the_example_is_about_it() {
    let mut transcript = Transcript::default();
    transcript.runs = vec![run(), run()];
    transcript.runs[0].thinking.clear();
    assert!(seen(&EXPECTED, &transcript, Model::Live).is_ok());
    let expected = Expected {
        must_think: true,
        ..EXPECTED
    };
    let problem = seen(&expected, &transcript, Model::Live).unwrap_err();
    assert!(problem.contains("OPENAI_MODEL"), "{problem}");
}

#[test]
fn an_untrained_model_is_held_to_what_does_not_depend_on_it() {
    let seen = |broken: fn(&mut Run)| {
        let mut transcript = Transcript::default();
        transcript.runs = vec![run(), run()];
        broken(&mut transcript.runs[0]);
        transcript.runs[1].text.clear();
        transcript.runs[1].tools.clear();
        seen(&EXPECTED, &transcript, Model::Untrained)
    };
    assert!(seen(|_| {}).is_ok());
    assert!(seen(|run| run.text.clear()).is_ok());
    assert_eq!(
        seen(|run| run.tools.clear()).unwrap_err(),
        "no tool was called and gave a result"
    );
    assert!(
        seen(|run| run.usage = None)
            .unwrap_err()
            .contains("no usage")
    );
    let failed = seen(|run| run.end = Some(End::Failed("no route".to_owned())));
    assert_eq!(failed.unwrap_err(), "turn 1: the run failed: no route");
}
