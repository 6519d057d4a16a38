//! Agents that run within tool calls.

use super::*;

/// Publishes an event of an agent on its tool's context.
fn forward(stream: &mut Stream, kind: E) -> Vec<Patch> {
    let mut correlation = Correlation::default();
    correlation.session_id = Some("inner".to_owned());
    correlation.run_id = Some("inner-run".to_owned());
    correlation.segment_id = Some("s".to_owned());
    let mut inner = Event::new(kind).with_correlation(Arc::new(correlation));
    inner.seq = 900;
    let outer = Event::from_app(&AgentEvent::new(inner)).unwrap();
    stream.publish(outer.kind)
}

fn with_agent() -> Stream {
    let mut stream = Stream::new();
    stream.run("r", "t", &["find it"]);
    stream.call(1, 1);
    stream.tool("c", "agent", "{}");
    stream.end_call();
    stream.correlation.tool_call_id = Some("c".to_owned());
    stream.publish(E::ToolExecutionStarted(ToolExecutionStarted::new(
        "c", "agent", "{}",
    )));
    forward(&mut stream, E::RunStarted(RunStarted::new("look in src")));
    forward(
        &mut stream,
        E::TextSegmentFinished(TextFinished::new("found", None)),
    );
    stream
}

#[test]
fn the_work_of_an_agent_is_within_its_tool_call() {
    let mut stream = with_agent();
    assert_eq!(
        stream.shown()[2..],
        ["agent running look in src", "answer done found"]
    );
    let agent = stream.entity("c/agent:inner");
    assert_eq!(agent.parent.as_deref(), Some("c"));
    let answer = stream.entity("c/agent:inner/s");
    assert_eq!(answer.parent.as_deref(), Some("c/agent:inner"));
    assert!(answer.is_live_only());
    forward(&mut stream, E::RunFinished(RunFinished::new("completed")));
    assert_eq!(stream.shown()[2], "agent done look in src");
    assert_eq!(stream.timeline.view().status.run.as_deref(), Some("r"));
}

#[test]
fn an_agent_ends_with_the_run_that_it_works_for() {
    let mut stream = with_agent();
    stream.publish(E::RunStopped(RunStopped::new("cancelled")));
    assert_eq!(stream.shown()[2], "agent cancelled look in src");
    assert_eq!(
        forward(&mut stream, E::RunStarted(RunStarted::new("late"))),
        []
    );
}

/// Publishes an event of an agent that works for the agent of [`with_agent`], within its call "d".
fn forward_nested(stream: &mut Stream, kind: E) -> Vec<Patch> {
    let mut correlation = Correlation::default();
    correlation.session_id = Some("innermost".to_owned());
    correlation.run_id = Some("innermost-run".to_owned());
    let innermost = Event::new(kind).with_correlation(Arc::new(correlation));
    let mut correlation = Correlation::default();
    correlation.session_id = Some("inner".to_owned());
    correlation.run_id = Some("inner-run".to_owned());
    correlation.tool_call_id = Some("d".to_owned());
    let mut inner = Event::from_app(&AgentEvent::new(innermost)).unwrap();
    inner.correlation = Arc::new(correlation);
    let outer = Event::from_app(&AgentEvent::new(inner)).unwrap();
    stream.publish(outer.kind)
}

fn with_nested_agent() -> Stream {
    let mut stream = with_agent();
    let tool = ToolCallStarted::new("d", "agent");
    forward(&mut stream, E::ToolCallStarted(tool));
    let requested = ToolCallRequested::new("d", "agent", "{}");
    forward(&mut stream, E::ToolCallRequested(requested));
    let started = ToolExecutionStarted::new("d", "agent", "{}");
    forward(&mut stream, E::ToolExecutionStarted(started));
    forward_nested(&mut stream, E::RunStarted(RunStarted::new("look deeper")));
    stream
}

const INNERMOST: &str = "c/agent:inner/d/agent:innermost";

#[test]
fn an_agent_of_an_agent_is_within_the_call_of_that_agent() {
    let mut stream = with_nested_agent();
    let innermost = stream.entity(INNERMOST);
    assert_eq!(innermost.parent.as_deref(), Some("c/agent:inner/d"));
    assert_eq!(innermost.state(), Some(State::Running));
    assert_eq!(
        stream.entity("c/agent:inner/d").parent.as_deref(),
        Some("c/agent:inner")
    );
    forward_nested(&mut stream, E::RunFinished(RunFinished::new("completed")));
    assert_eq!(stream.entity(INNERMOST).state(), Some(State::Done));
    assert_eq!(stream.entity("c/agent:inner").state(), Some(State::Running));
}

#[test]
fn an_agent_of_an_agent_ends_with_the_run_that_it_works_for() {
    let mut stream = with_nested_agent();
    forward(&mut stream, E::RunStopped(RunStopped::new("cancelled")));
    assert_eq!(stream.entity(INNERMOST).state(), Some(State::Cancelled));
    let late = E::RunStarted(RunStarted::new("late"));
    assert_eq!(forward_nested(&mut stream, late), []);

    let mut stream = with_nested_agent();
    stream.publish(E::RunStopped(RunStopped::new("cancelled")));
    assert_eq!(stream.entity(INNERMOST).state(), Some(State::Cancelled));
}
