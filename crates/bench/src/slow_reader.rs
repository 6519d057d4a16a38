//! The cost of a reader that does not read during a long reply: the same run with and without one,
//! each in a separate process.

use std::{fmt::Write as _, process::Command};

use clap::ValueEnum;
use geppetto_events::SlowReaderPolicy;
use serde_json::{Value, json};

use crate::{
    Failure, Options, cpu,
    table::{median, print},
};

mod flood;

/// Who does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stalled {
    /// Nobody.
    None,
    /// A reader that loses nothing.
    Coalesce,
    /// A reader that keeps the last 100 events.
    Drop,
}

impl Stalled {
    fn policy(self) -> Option<SlowReaderPolicy> {
        match self {
            Self::None => None,
            Self::Coalesce => Some(SlowReaderPolicy::Coalesce),
            Self::Drop => Some(SlowReaderPolicy::Drop { max_behind: 100 }),
        }
    }

    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn describe(self) -> &'static str {
        match self {
            Self::None => "one reader, which keeps up",
            Self::Coalesce => "and one that stalls and loses nothing",
            Self::Drop => "and one that stalls and drops",
        }
    }
}

/// Runs the flood in this process and prints the cost.
pub(crate) fn child(stalled: Stalled, mib: u32) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let value = runtime.block_on(async {
        let start = cpu::thread_time()?;
        let done = flood::run(stalled.policy(), mib).await?;
        let took = cpu::thread_time()? - start;
        let peak = cpu::peak_resident_bytes()?;
        let (events, items, lagged) = done.wake().await?;
        Ok::<_, Failure>(json!({
            "cpu_ms": took.as_secs_f64() * 1e3, "peak_bytes": peak, "events": events,
            "items_after_waking": items, "lagged": lagged,
        }))
    })?;
    print(true, &value, "")
}

fn measure(stalled: Stalled, mib: u32) -> Result<Value, Failure> {
    let output = Command::new(std::env::current_exe()?)
        .args(["flood", &stalled.name(), &mib.to_string()])
        .stderr(std::process::Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("the run with {} failed", stalled.describe()).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

pub(crate) fn run(options: &Options, mib: u32) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for _ in 0..options.runs.max(1) {
        for stalled in Stalled::value_variants() {
            rows.push((*stalled, measure(*stalled, mib)?));
        }
    }
    let column = |stalled: Stalled, name: &str| {
        let own = rows.iter().filter(|(own, _)| *own == stalled);
        median(
            own.filter_map(|(_, row)| row.get(name).and_then(Value::as_f64))
                .collect(),
        )
    };
    let mut text = format!(
        "A reply of {mib} MiB in deltas of 1 KiB, texts of 1 MiB; median of {} runs\n\n",
        options.runs
    );
    let mut table = Vec::new();
    for stalled in Stalled::value_variants() {
        let (time, peak) = (column(*stalled, "cpu_ms"), column(*stalled, "peak_bytes"));
        let grown = (peak - column(Stalled::None, "peak_bytes")) / 1024.0 / 1024.0;
        let ratio = time / column(Stalled::None, "cpu_ms");
        writeln!(
            text,
            "  {:38}: {time:8.0} ms CPU ({ratio:.3}), {:7.1} MiB at most ({grown:+.2}), \
             {} events; then {} items and {} lost",
            stalled.describe(),
            peak / 1024.0 / 1024.0,
            column(*stalled, "events"),
            column(*stalled, "items_after_waking"),
            column(*stalled, "lagged"),
        )?;
        table.push(json!({
            "stalled": stalled.name(), "cpu_ms": time, "cpu_ratio": ratio, "peak_bytes": peak,
            "grown_mib": grown,
        }));
    }
    writeln!(text, "\n  target: at most 16 MiB more, and no more time")?;
    print(options.json, &json!({"mib": mib, "rows": table}), &text)
}
