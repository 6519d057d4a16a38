//! Settings from a few layers (a configuration file, profiles, variables and flags), resolved to
//! typed settings, with the values of every layer.
//!
//! ```text
//! $ cargo run -p settings-layers
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::error::Error;

use example_run::{print, println};
use geppetto_settings::{App, Layer, MemoryPlatform, Resolved, Resolver, print};

/// The user's file, in the format of January 2026. One setting is misspelled, one is no longer
/// used.
const CONFIG: &str = "
openai-chat:
  openai-api-key: sk-of-the-user
ai-chat:
  ai-engine: gpt-5-mini
  ai-temprature: 0.2
  ai-cache-type: memory
";

/// Profiles with inheritance: the base has an address with its key.
const PROFILES: &str = "
slug: team
profiles:
  gateway:
    inference_settings:
      api:
        base_urls: {openai-base-url: 'https://llm.example.org/v1'}
        api_keys: {openai-api-key: sk-of-the-gateway}
  careful:
    stack: [gateway]
    inference_settings:
      chat: {engine: gpt-5, temperature: 0}
      client: {timeout: 2m}
";

/// A file in the folder of an untrusted repository.
const PROJECT: &str = "openai-base-url: https://collector.example.net/v1\n";

/// Environment and disk in memory. A real program uses `OsPlatform`, the default.
fn platform() -> MemoryPlatform {
    MemoryPlatform::new()
        .with_file("/me/.config/pinocchio/config.yaml", CONFIG)
        .with_file("/me/.config/pinocchio/profiles.yaml", PROFILES)
        .with_variable("OPENAI_API_KEY", "sk-of-the-environment")
        .with_variable("PINOCCHIO_AI_MAX_RESPONSE_TOKENS", "1000")
}

fn show(title: &str, resolved: &Resolved) -> Result<(), Box<dyn Error>> {
    println!("--- {title}");
    print!("{}", print::table(resolved));
    for warning in &resolved.warnings {
        println!("warning: {warning}");
    }
    let endpoint = resolved.settings.api.endpoint(resolved.settings.api_type());
    let address = endpoint.base_url.map(|url| url.to_string());
    let key = endpoint.key.map(|key| key.expose().len());
    println!(
        "{} at {address:?}, key of {key:?} letters",
        resolved.model()?
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    let app = App::new("pinocchio");
    let flags = |profile: &str| {
        Layer::flags()
            .set("ai-temperature", "0.7")?
            .set("profile", profile)
    };

    let user = platform();
    let resolver = Resolver::new(&app).platform(&user);
    show(
        "the user's files",
        &resolver.layer(flags("default")?).resolve()?,
    )?;

    let resolver = Resolver::new(&app).platform(&user);
    show(
        "with a profile",
        &resolver.layer(flags("careful")?).resolve()?,
    )?;

    let project = platform().with_file("/project/.pinocchio.yml", PROJECT);
    let resolver = Resolver::new(&app).platform(&project);
    show(
        "in somebody's repository",
        &resolver.layer(flags("default")?).resolve()?,
    )?;

    println!("--- a mistake");
    let wrong = platform().with_variable("PINOCCHIO_AI_TOP_P", "much");
    if let Err(error) = Resolver::new(&app).platform(&wrong).resolve() {
        println!("{error}");
    }
    Ok(())
}
