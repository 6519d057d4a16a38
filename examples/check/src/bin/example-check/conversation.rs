//! Checks of whole conversations with an example.

use std::collections::BTreeSet;

use example_check::Running;

use crate::{
    Model, build,
    transcript::{End, Run, Tool, Transcript},
};

#[cfg(test)]
mod tests;

/// What a conversation with an example must contain.
#[derive(Debug, Clone, Copy)]
struct Expected {
    /// The package, which is also the name of the program.
    example: &'static str,
    /// The prompts to type. If empty, the example has two of its own.
    typed: &'static [&'static str],
    /// The tools, each of which must be called and succeed. Every run must call one.
    tools: &'static [&'static str],
    /// Whether a real provider must show thinking as well. The demo provider always does.
    must_think: bool,
}

/// The examples that converse.
const EXPECTED: &[Expected] = &[
    Expected {
        example: "simple-streaming-inference",
        typed: &["Say hello.", "Say goodbye."],
        tools: &[],
        must_think: false,
    },
    Expected {
        example: "generic-tool-calling",
        typed: &[],
        tools: &["lookup_weather", "convert_temperature"],
        must_think: false,
    },
    Expected {
        example: "openai-tools",
        typed: &[],
        tools: &["find_train", "convert_minutes"],
        must_think: true,
    },
    Expected {
        example: "claude-tools",
        typed: &[],
        tools: &["find_train", "convert_minutes"],
        must_think: true,
    },
    Expected {
        example: "gemini-tools",
        typed: &[],
        tools: &["find_train", "convert_minutes"],
        must_think: true,
    },
];

/// The number of turns of each example.
const TURNS: usize = 2;

/// Builds the example, runs it, and checks its output against the expectation.
pub(crate) fn check(example: &str, model: Model) -> Result<String, String> {
    let Some(expected) = EXPECTED.iter().find(|known| known.example == example) else {
        let known: Vec<_> = EXPECTED.iter().map(|known| known.example).collect();
        let known = known.join(", ");
        return Err(format!(
            "nothing is expected of {example}; there are: {known}"
        ));
    };
    let path = build::program(example)?;
    let program = model.program(&path);
    let mut running = if expected.typed.is_empty() {
        program.start()?
    } else {
        program.arg("--interactive").start()?
    };
    let transcript = converse(&mut running, expected)?;
    running.finish()?;
    seen(expected, &transcript, model)
}

fn converse(running: &mut Running, expected: &Expected) -> Result<Transcript, String> {
    for prompt in expected.typed {
        running.type_line(prompt)?;
    }
    running.end_input();
    let mut transcript = Transcript::default();
    while let Some(line) = running.next_line()? {
        transcript.accept(&line)?;
    }
    transcript.finish()?;
    Ok(transcript)
}

/// Returns a summary of the conversation, or what is missing.
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

/// Checks that one run is complete.
fn whole(run: &Run, expected: &Expected, model: Model) -> Result<(), String> {
    match &run.end {
        Some(End::Finished(_)) => {}
        Some(End::Stopped(reason)) => return Err(format!("the run was stopped: {reason}")),
        Some(End::Failed(error)) => return Err(format!("the run failed: {error}")),
        None => return Err("the run has no end".to_owned()),
    }
    run.check_usage()?;
    if model == Model::Untrained {
        return Ok(());
    }
    if run.text.trim().is_empty() {
        return Err("the model said nothing".to_owned());
    }
    let live = model == Model::Live;
    if run.thinking.trim().is_empty() && (!live || expected.must_think) {
        let hint = if live {
            "; set OPENAI_MODEL to a model that shows its reasoning"
        } else {
            ""
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

/// Checks a model that follows no instructions: some turn must show text or thinking, and if there
/// are tools, one of them must have been called and have succeeded.
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
