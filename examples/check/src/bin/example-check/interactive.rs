//! Cancels the first of two runs of an interactive example.
//!
//! The playbook requires of a terminal UI that the second prompt runs (never stuck generating), and
//! that cancelling returns to the input. A pipe and a signal play the person.

use example_check::Running;
use geppetto_events::{Event, EventKind};

use crate::{
    Model, build,
    transcript::{End, Transcript},
};

#[cfg(test)]
mod tests;

/// The first prompt: a question for which even the embedded provider writes for a while.
const FIRST: &str = "What is the weather in Zurich, and in Oslo, and what is a good book for rain?";
/// The prompt after the cancelled run.
const SECOND: &str = "Thank you. Say goodbye.";

/// The number of pieces of the reply to wait for before Ctrl-C.
const PIECES: usize = 3;

/// Builds the example and plays the interaction.
pub(crate) fn check(example: &str, model: Model) -> Result<String, String> {
    if !cfg!(unix) {
        return Ok("skipped: there is no way to send Ctrl-C on this system".to_owned());
    }
    let path = build::program(example)?;
    play(model.program(&path).arg("--interactive").start()?)
}

fn play(mut program: Running) -> Result<String, String> {
    let mut transcript = Transcript::default();
    program.type_line(FIRST)?;
    for _ in 0..PIECES {
        until(&mut program, &mut transcript, is_piece)
            .map_err(|problem| format!("waiting for the first reply: {problem}"))?;
    }
    program.interrupt()?;
    until(&mut program, &mut transcript, is_end)
        .map_err(|problem| format!("after Ctrl-C the run does not end: {problem}"))?;
    let stopped = transcript.runs.last().and_then(|run| run.end.clone());
    if stopped != Some(End::Stopped("cancelled".to_owned())) {
        return Err(format!(
            "Ctrl-C mid-stream did not cancel the run: {stopped:?}"
        ));
    }
    program
        .type_line(SECOND)
        .map_err(|problem| format!("cancelling did not return to the input: {problem}"))?;
    until(&mut program, &mut transcript, is_end)
        .map_err(|problem| format!("the second prompt does not run to its end: {problem}"))?;
    program.end_input();
    while let Some(line) = program.next_line()? {
        transcript.accept(&line)?;
    }
    program
        .finish()
        .map_err(|problem| format!("the end of input did not end it well: {problem}"))?;
    transcript.finish()?;
    conclude(&transcript)
}

/// Reads events up to and including one of a kind.
fn until(
    program: &mut Running,
    transcript: &mut Transcript,
    is_it: fn(&Event) -> bool,
) -> Result<(), String> {
    loop {
        let Some(line) = program.next_line()? else {
            return Err("the program ended".to_owned());
        };
        let event = transcript.accept(&line)?;
        if is_it(&event) {
            return Ok(());
        }
    }
}

fn is_piece(event: &Event) -> bool {
    event.text_delta().is_some()
}

fn is_end(event: &Event) -> bool {
    use EventKind::{RunFailed, RunFinished, RunStopped};
    matches!(event.kind, RunFinished(_) | RunStopped(_) | RunFailed(_))
}

/// Checks that the first run was cancelled and the second was not.
fn conclude(transcript: &Transcript) -> Result<String, String> {
    let [first, second] = transcript.runs.as_slice() else {
        return Err(format!("{} runs instead of 2", transcript.runs.len()));
    };
    if second.prompt != SECOND {
        return Err(format!("the second run answers {:?}", second.prompt));
    }
    match &second.end {
        Some(End::Finished(_)) if !second.text.trim().is_empty() => {}
        Some(End::Finished(_)) => return Err("the second run said nothing".to_owned()),
        other => return Err(format!("the second run did not finish: {other:?}")),
    }
    let kept = first.text.chars().count() + first.thinking.chars().count();
    Ok(format!(
        "run 1 cancelled after {kept} characters, run 2 finished with {}",
        second.text.chars().count()
    ))
}
