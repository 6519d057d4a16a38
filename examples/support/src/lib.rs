//! Code that the example programs share, so that each of them can show one idea: the choice of a
//! provider, printing, and exit codes. Settings and engines are those of `geppetto-settings` and
//! `geppetto-factory`.
//!
//! ```
//! use clap::Parser;
//! use example_support::Options;
//!
//! let options = Options::parse_from(["example", "--model", "gpt-5-mini", "--ai-temperature", "0.2"]);
//! assert_eq!(options.model.as_deref(), Some("gpt-5-mini"));
//! ```
//!
//! Expected output of `--print-settings`:
//!
//! ```text
//! openai-api-key  ***         OPENAI_API_KEY
//! ai-api-type     openai      default
//! ai-engine       gpt-5-mini  --model
//! ```

mod failure;
mod interactive;
mod interrupts;
mod ollama;
mod options;
mod output;
mod program;
mod provider;

#[cfg(test)]
mod tests;

pub use failure::Failure;
pub use interactive::interact;
pub use options::{Api, DEFAULT_MODEL, Options, OutputFormat};
pub use output::Printer;
pub use program::{converse, follow, main_with};
pub use provider::Provider;
