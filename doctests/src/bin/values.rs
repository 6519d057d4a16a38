//! Prints values from the code as JSON, from which `cargo xtask docs` generates the tables of the
//! reference.

use std::{
    fmt::Debug,
    io::{self, Write},
};

use geppetto_engine::{InferenceConfig, Limits, RetryConfig, StructuredOutput, ToolConfig};
use geppetto_events::{EventKind, kind::ServerTool};
use geppetto_providers_gemini::GeminiOptions;
use geppetto_providers_openai::{ChatOptions, ResponsesOptions};
use geppetto_settings::{State, catalogue};
use geppetto_toolloop::{Resampling, ToolTraits};
use geppetto_transport::{RetryBudget, RetryPolicy, Timeouts};

use serde_json::json;

fn shown<T: Default + Debug>() -> String {
    format!("{:#?}", T::default())
}

/// The catalogue of settings.
fn settings() -> Vec<serde_json::Value> {
    let settings = catalogue::fields().map(|field| {
        let ignored = match field.state {
            State::Ignored(why) => Some(why),
            _ => None,
        };
        json!({
            "section": field.section,
            "path": field.path,
            "flag": field.flag,
            "kind": field.kind.name(),
            "allowed": field.allowed(),
            "default": field.default,
            "help": field.help,
            "ignored": ignored,
        })
    });
    settings.collect()
}

fn main() -> io::Result<()> {
    let server_tools = ServerTool::NAMES.iter();
    let server_tools: Vec<_> = server_tools
        .map(|(name, tool, phase)| json!([name, tool, phase.as_str()]))
        .collect();
    let values = json!({
        "defaults": {
            "InferenceConfig": shown::<InferenceConfig>(),
            "StructuredOutput": shown::<StructuredOutput>(),
            "ToolConfig": shown::<ToolConfig>(),
            "RetryConfig": shown::<RetryConfig>(),
            "ToolTraits": shown::<ToolTraits>(),
            "Resampling": shown::<Resampling>(),
            "Limits": shown::<Limits>(),
            "Timeouts": shown::<Timeouts>(),
            "ChatOptions": shown::<ChatOptions>(),
            "GeminiOptions": shown::<GeminiOptions>(),
            "ResponsesOptions": format!("{:#?}", ResponsesOptions::new()),
            "RetryPolicy": shown::<RetryPolicy>(),
            "RetryBudget": shown::<RetryBudget>(),
        },
        "event_types": EventKind::TYPE_NAMES,
        "server_tools": server_tools,
        "settings": settings(),
    });
    writeln!(io::stdout(), "{values}")
}
