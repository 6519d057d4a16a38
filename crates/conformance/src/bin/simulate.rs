//! The simulator behind `cargo xtask simulate`; see `docs/testing.md`.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use geppetto_testing::simulate::{Case, Cut, Report, corpus};

/// What the program can be asked.
#[derive(Debug, Parser)]
#[command(name = "simulate")]
struct Cli {
    /// How long to go on with further seeds, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Simulate this case alone.
    #[arg(long)]
    case: Option<String>,
    /// Simulate this cut alone, with the given seed and case.
    #[arg(long, requires = "case")]
    cut: Option<Cut>,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            // A broken stderr cannot be reported anywhere better.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Returns `true` if all checks passed.
fn run(cli: &Cli) -> Result<bool, Box<dyn Error>> {
    let mut cases = corpus::cases();
    if let Some(name) = &cli.case {
        let names: Vec<String> = cases.iter().map(|case| case.name().to_owned()).collect();
        cases.retain(|case| case.name() == name);
        if cases.is_empty() {
            let known = names.join(", ");
            return Err(format!("no case is named {name}; there are: {known}").into());
        }
    }
    let (report, seeds, seconds) = simulate(cli, &cases);
    table(&report, seeds, seconds)?;
    Ok(report.failed == 0)
}

/// Simulates all cases with one seed after the other until the time is up, each case at least once.
fn simulate(cli: &Cli, cases: &[Case]) -> (Report, u64, f64) {
    // The real time of the simulation is measured, not the simulated time.
    #[allow(clippy::disallowed_methods, reason = "the real clock is meant")]
    let started = std::time::Instant::now();
    let limit = Duration::from_secs(cli.seconds);
    let (mut report, mut seed) = (Report::default(), cli.seed);
    'seeds: loop {
        for case in cases {
            if seed != cli.seed && started.elapsed() >= limit {
                break 'seeds;
            }
            report += match cli.cut {
                Some(cut) => case.replay(seed, cut),
                None => case.simulate(seed),
            };
        }
        seed = seed.wrapping_add(1);
        if cli.cut.is_some() || started.elapsed() >= limit {
            break;
        }
    }
    let seeds = report.cases.values().map(|tried| tried.seeds).max();
    (report, seeds.unwrap_or(0), started.elapsed().as_secs_f64())
}

fn table(report: &Report, seeds: u64, seconds: f64) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let width = report.cases.keys().map(String::len).max().unwrap_or(0);
    let head = ["case", "seeds", "cuts", "faults", "broken streams"];
    let [case, s, c, f, b] = head;
    writeln!(out, "{case:width$}  {s:>6} {c:>9} {f:>9} {b:>14}")?;
    let total = report.total();
    let rows = report
        .cases
        .iter()
        .map(|(name, tried)| (name.as_str(), *tried));
    for (name, tried) in rows {
        let (s, c, f, b) = (tried.seeds, tried.cuts, tried.faults, tried.broken);
        writeln!(out, "{name:width$}  {s:>6} {c:>9} {f:>9} {b:>14}")?;
    }
    let (c, f, b) = (total.cuts, total.faults, total.broken);
    writeln!(out, "{:width$}  {seeds:>6} {c:>9} {f:>9} {b:>14}", "all")?;
    #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = total.total() as f64 / seconds.max(f64::EPSILON);
    writeln!(
        out,
        "{seconds:.1} s, {rate:.0} runs/s, {} failed",
        report.failed
    )?;
    for failure in &report.failures {
        writeln!(out, "\n{failure}")?;
    }
    Ok(())
}
