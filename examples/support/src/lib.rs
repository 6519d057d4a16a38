//! Code that the example programs share, so that each of them can show one idea: settings that
//! record where they came from, the choice of a provider, printing, and exit codes.
//!
//! ```
//! use clap::Parser;
//! use example_support::{Options, Settings};
//!
//! let options = Options::parse_from(["example", "--model", "gpt-5-mini"]);
//! let settings = Settings::resolve(&options, |_| None)?;
//! assert!(settings.to_string().contains("gpt-5-mini"));
//! # Ok::<(), example_support::Failure>(())
//! ```
//!
//! Expected output of `--print-settings`:
//!
//! ```text
//! model     gpt-5-mini                 (--model)
//! base_url  https://api.openai.com/v1  (default)
//! api_key   sk-…1234                   (OPENAI_API_KEY)
//! output    text                       (default)
//! ```

mod failure;
mod interactive;
mod interrupts;
mod ollama;
mod output;
mod program;
mod provider;
mod settings;

#[cfg(test)]
mod tests;

pub use failure::Failure;
pub use interactive::interact;
pub use output::Printer;
pub use program::{converse, follow, main_with};
pub use provider::Provider;
pub use settings::{DEFAULT_MODEL, Options, OutputFormat, Setting, Settings, Source};
