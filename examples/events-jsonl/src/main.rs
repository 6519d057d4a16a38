//! A log of events, one JSON object per line, sent through a filter and a printer. Lines of every
//! version are accepted: bare events, events in an envelope, and events with the names of January
//! 2026.
//!
//! ```text
//! $ cargo run -p events-jsonl -- examples/events-jsonl/sample.jsonl
//! $ my-app --output jsonl | events-jsonl --only tool-result-ready --output yaml
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, ValueEnum};
use geppetto_events::{
    EventSink, LogLine,
    codec::JanuaryEncoder,
    printer::{HumanPrinter, JsonLinesPrinter, YamlPrinter},
    sink_fn,
};

#[derive(Debug, Parser)]
#[command(about = "Prints a log of events")]
struct Cli {
    /// The log; stdin by default.
    file: Option<PathBuf>,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    output: Format,
    /// Print events of these types only, such as text-delta.
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    only: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people: text as it came, tools apart from it.
    #[default]
    Text,
    /// A JSON object in each line, with the present names.
    Jsonl,
    /// A YAML document for each event.
    Yaml,
    /// Lines of JSON for programs that know the names of January 2026 only.
    January,
}

/// A printer is an ordinary event sink: it prints a log as it prints a live run.
fn printer(format: Format) -> Box<dyn EventSink> {
    match format {
        Format::Text => Box::new(HumanPrinter::new(io::stdout())),
        Format::Jsonl => Box::new(JsonLinesPrinter::new(io::stdout())),
        Format::Yaml => Box::new(YamlPrinter::new(io::stdout())),
        Format::January => {
            // Events with the old names carry the whole text so far, so the encoder has state.
            let encoder = std::sync::Mutex::new(JanuaryEncoder::new());
            Box::new(sink_fn(move |event| {
                let line = encoder
                    .lock()
                    .ok()
                    .and_then(|mut encoder| encoder.encode(event));
                if let Some(line) = line {
                    let _ = writeln!(io::stdout(), "{line}");
                }
            }))
        }
    }
}

fn run(cli: &Cli) -> Result<(), String> {
    let log: Box<dyn BufRead> = match &cli.file {
        Some(path) => Box::new(BufReader::new(
            File::open(path).map_err(|error| format!("{}: {error}", path.display()))?,
        )),
        None => Box::new(io::stdin().lock()),
    };
    let printer = printer(cli.output);
    let mut bad = 0;
    for (line, number) in log.split(b'\n').zip(1..) {
        let line = line.map_err(|error| format!("line {number}: {error}"))?;
        // A crash can leave a partial line, which need not be UTF-8.
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        match LogLine::from_json(&line) {
            Ok(LogLine { event, .. }) => {
                let name = event.type_name();
                if cli.only.is_empty() || cli.only.iter().any(|only| only == name) {
                    printer.publish(&event);
                }
            }
            // One bad line must not hide the lines after it.
            Err(error) => {
                let _ = writeln!(io::stderr(), "line {number} is no event: {error}");
                bad += 1;
            }
        }
    }
    match bad {
        0 => Ok(()),
        1 => Err("1 line is no event".to_owned()),
        _ => Err(format!("{bad} lines are no events")),
    }
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(io::stderr(), "error: {message}");
            ExitCode::FAILURE
        }
    }
}
