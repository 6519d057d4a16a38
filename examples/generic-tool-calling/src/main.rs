//! Two typed tools made from plain async functions, called in parallel by the model, in a
//! conversation of two turns. With `--interactive`, the program reads prompts from standard input,
//! and Ctrl-C cancels a run and returns to the prompt.
//!
//! ```text
//! $ cargo run -p generic-tool-calling
//! ```
//!
//! Expected output, with the embedded demo provider (the answer on stdout, everything else on stderr):
//!
//! ```text
//! thinking: (what the model thinks)
//! → lookup_weather {"city":"Zurich"}
//! → lookup_weather {"city":"Oslo"}
//! ← lookup_weather {"city":"Zurich","celsius":21,"sky":"clear"}
//! ← lookup_weather {"city":"Oslo","celsius":9,"sky":"rain"}
//! (its answer)
//! [… tokens in, … out]
//! (the second turn, likewise)
//! ```

use std::process::ExitCode;

use clap::Parser;
use example_support::{Failure, Options, converse, interact, main_with};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_toolloop::{ToolError, ToolRegistry, tool_fn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Parser)]
#[command(about = "Lets a model call two typed tools, over two turns")]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// What to ask, one prompt for each turn.
    #[arg(default_values = [
        "What is the weather in Zurich and in Oslo? Use lookup_weather for each.",
        "Convert 21 degrees Celsius with the convert_temperature tool, please.",
    ])]
    prompts: Vec<String>,
    /// Read prompts from standard input, one per line.
    #[arg(long, conflicts_with = "prompts")]
    interactive: bool,
}

/// Arguments of `lookup_weather`.
#[derive(Debug, Deserialize, JsonSchema)]
struct LookupWeather {
    /// The city, such as Zurich.
    // Servers with grammar-constrained decoding enforce the limit, too.
    #[schemars(length(max = 60))]
    city: String,
}

#[derive(Debug, Serialize)]
struct Weather {
    city: String,
    celsius: i32,
    sky: &'static str,
}

async fn lookup_weather(args: LookupWeather) -> Result<Weather, ToolError> {
    let (celsius, sky) = match args.city.to_lowercase().as_str() {
        "zurich" | "zürich" => (21, "clear"),
        "oslo" => (9, "rain"),
        _ => (15, "cloudy"),
    };
    Ok(Weather {
        city: args.city,
        celsius,
        sky,
    })
}

/// Arguments of `convert_temperature`.
#[derive(Debug, Deserialize, JsonSchema)]
struct ConvertTemperature {
    /// Degrees Celsius.
    celsius: f64,
}

async fn convert_temperature(args: ConvertTemperature) -> Result<String, ToolError> {
    if args.celsius < -273.15 {
        return Err(ToolError::new("there is nothing colder than -273.15 °C"));
    }
    Ok(format!(
        "{} °C is {:.1} °F",
        args.celsius,
        args.celsius * 1.8 + 32.0
    ))
}

fn tools() -> Result<ToolRegistry, Failure> {
    let weather = tool_fn(
        "lookup_weather",
        "The weather in a city right now",
        lookup_weather,
    );
    let convert = tool_fn(
        "convert_temperature",
        "Converts a temperature from Celsius to Fahrenheit",
        convert_temperature,
    );
    ToolRegistry::new()
        .with(weather)
        .and_then(|tools| tools.with(convert))
        .map_err(|error| Failure::Setting(error.to_string()))
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    main_with(&cli.options, async |provider, printer| {
        let builder = Builder::new(provider.engine()?)
            .event_sink(printer.clone())
            .tools(tools()?);
        let session = Session::new(builder);
        if cli.interactive {
            return interact(&session, &provider, &printer).await;
        }
        for prompt in &cli.prompts {
            converse(&session, prompt, &provider, &printer).await?;
        }
        Ok(())
    })
}
