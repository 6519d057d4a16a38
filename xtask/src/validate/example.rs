//! The items that run an example and look at its events.

use std::collections::BTreeSet;

use super::{
    Model, Setting,
    outcome::Outcome,
    program::{self, Program},
    transcript::{End, Run, Tool, Transcript},
};
use crate::error::Error;

#[cfg(test)]
mod tests;

/// What must be seen of an example.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// The package, which is also the program.
    pub(super) example: &'static str,
    /// The prompts to type; without any, the example has two of its own.
    pub(super) typed: &'static [&'static str],
    /// The tools, each of which must be called and answer; every run must call one.
    pub(super) tools: &'static [&'static str],
    /// Whether a real provider must be seen thinking too. The embedded one always is.
    pub(super) must_think: bool,
}

/// How many turns each example has.
const TURNS: usize = 2;

/// Builds the example, runs it and holds what it prints to what is expected.
pub(super) fn check(expected: &Expected, setting: &mut Setting) -> Result<Outcome, Error> {
    let path = match program::build(expected.example, setting)? {
        Ok(path) => path,
        Err(problem) => {
            let log = setting.logs.join(format!("build-{}.log", expected.example));
            return Ok(Outcome::failed(problem).with_log(log));
        }
    };
    let log = setting
        .logs
        .join(format!("example-{}.jsonl", expected.example));
    let args: &[&str] = match expected.typed {
        [] => &[],
        _ => &["--interactive"],
    };
    let mut program = Program::start(&path, args, setting.model, &log)?;
    let result = converse(&mut program, expected, setting);
    let result = result.and_then(|transcript| {
        program.finish()?;
        seen(expected, &transcript, setting.model)
    });
    Ok(Outcome::of(result).with_log(log))
}

fn converse(
    program: &mut Program,
    expected: &Expected,
    setting: &mut Setting,
) -> Result<Transcript, String> {
    for prompt in expected.typed {
        program.type_line(prompt)?;
    }
    program.end_input();
    let mut transcript = Transcript::default();
    while let Some(line) = program.next()? {
        let event = transcript.accept(&line)?;
        setting.progress.show(event.type_name());
    }
    transcript.finish()?;
    Ok(transcript)
}

/// What was seen, or what is missing.
fn seen(expected: &Expected, transcript: &Transcript, model: Model) -> Result<String, String> {
    let runs = &transcript.runs;
    if runs.len() != TURNS {
        return Err(format!("{} turns instead of {TURNS}", runs.len()));
    }
    for (number, run) in (1..).zip(runs) {
        whole(run, expected, model).map_err(|problem| format!("turn {number}: {problem}"))?;
    }
    if model == Model::Untrained {
        return anything(expected, runs);
    }
    let tools = runs.iter().flat_map(|run| run.tools.values());
    let called: BTreeSet<_> = tools.map(|tool| tool.name.as_str()).collect();
    if let Some(never) = expected.tools.iter().find(|tool| !called.contains(**tool)) {
        return Err(format!("the tool {never} is never called"));
    }
    Ok(evidence(runs))
}

/// Holds one run to be whole.
fn whole(run: &Run, expected: &Expected, model: Model) -> Result<(), String> {
    match &run.end {
        Some(End::Finished(_)) => {}
        Some(End::Stopped(reason)) => return Err(format!("the run was stopped: {reason}")),
        Some(End::Failed(error)) => return Err(format!("the run failed: {error}")),
        None => return Err("the run has no end".to_owned()),
    }
    if !run.has_usage() {
        return Err("no usage, or the run's is not the sum of its provider calls'".to_owned());
    }
    if model == Model::Untrained {
        return Ok(());
    }
    if run.text.trim().is_empty() {
        return Err("the model said nothing".to_owned());
    }
    let live = model == Model::Live;
    if run.thinking.trim().is_empty() && (!live || expected.must_think) {
        let hint = match live {
            true => "; set OPENAI_MODEL to a model that shows its reasoning",
            false => "",
        };
        return Err(format!("no thinking was seen{hint}"));
    }
    if !expected.tools.is_empty() && run.tools.is_empty() {
        return Err("no tool was called".to_owned());
    }
    match run.tools.values().find(|tool| !tool.succeeded()) {
        Some(tool) => Err(format!("the tool {} gave no result", tool.name)),
        None => Ok(()),
    }
}

/// What a model that follows no instructions cannot be held to is left out: some turn must show
/// words or thoughts, and where there are tools, one of them must have been called and answer.
fn anything(expected: &Expected, runs: &[Run]) -> Result<String, String> {
    let spoke = |run: &Run| !run.text.trim().is_empty() || !run.thinking.trim().is_empty();
    if !runs.iter().any(spoke) {
        return Err("the model said nothing".to_owned());
    }
    let mut tools = runs.iter().flat_map(|run| run.tools.values());
    if !expected.tools.is_empty() && !tools.any(Tool::succeeded) {
        return Err("no tool was called and gave a result".to_owned());
    }
    Ok(evidence(runs))
}

fn evidence(runs: &[Run]) -> String {
    let calls: usize = runs.iter().map(|run| run.provider_calls).sum();
    let tools: usize = runs.iter().map(|run| run.tools.len()).sum();
    let thinking: usize = runs.iter().map(|run| run.thinking.chars().count()).sum();
    let (input, output) = runs
        .iter()
        .filter_map(|run| run.usage)
        .fold((0, 0), |(input, output), (more_input, more_output)| {
            (input + more_input, output + more_output)
        });
    format!(
        "{} turns, {calls} provider calls, {tools} tool calls, {thinking} characters of thinking, \
         {input} tokens in, {output} out",
        runs.len()
    )
}
