//! From a profile to an answer: the settings of a profile become an engine with one call. The profile
//! uses the API type `demo`, so the program needs no key; another profile shows what an error says, and
//! the facts about a model.
//!
//! ```text
//! $ cargo run -p engine-from-profile
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::error::Error;

use example_run::println;
use geppetto_enginebuilder::Builder;
use geppetto_factory::{engine_from_resolved, models};
use geppetto_session::Session;
use geppetto_settings::{App, Layer, MemoryPlatform, Resolved, Resolver, SettingsError};

/// The user's profiles, in pinocchio's format. A real program reads them from the disk.
const PROFILES: &str = "
slug: mine
profiles:
  default:
    inference_settings:
      chat: {api_type: demo, temperature: 0.2}
  large:
    inference_settings:
      chat: {api_type: openai-responses, engine: gpt-5}
      openai: {reasoning_effort: low}
";

fn resolve(profile: &str) -> Result<Resolved, SettingsError> {
    // Without `platform`, the files and variables of the user.
    let platform = MemoryPlatform::new().with_file("/me/.config/pinocchio/profiles.yaml", PROFILES);
    let app = App::new("pinocchio");
    let flags = Layer::flags().set("profile", profile)?;
    let resolver = Resolver::new(&app).platform(&platform).layer(flags);
    resolver.resolve()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();

    let engine = engine_from_resolved(&resolve("default")?)?;
    let session = Session::new(Builder::new(engine));
    let turn = session.submit("Say hello.").await?.wait().await?;
    println!("default: {}", turn.assistant_text());

    let large = resolve("large")?;
    if let Err(error) = engine_from_resolved(&large) {
        println!("large: {error}");
    }
    let info = models::model_info(&large.settings);
    let window = info.context_window.unwrap_or_default();
    let price = info.cost.unwrap_or_default();
    println!(
        "large: {window} tokens of context, ${} in and ${} out per million tokens",
        price.input, price.output
    );
    Ok(())
}
