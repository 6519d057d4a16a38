//! [`Picker`]: the profiles that a user of the page can choose.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, RunContext};
use geppetto_settings::Layer;
use geppetto_turns::{InferenceResult, Turn, printable_line};
use geppetto_web::Profile;

use crate::{
    failure::Failure,
    say,
    server::{Server, ServerFlags},
};

/// The profiles of the settings files, and their engines.
pub(super) struct Picker {
    engines: ByProfile,
    profiles: Vec<Profile>,
}

/// Asks the engine of the profile that a turn runs with. Runs that were cut off have the name of
/// their profile in the turn, so that they go on with the same engine.
struct ByProfile {
    default: Arc<dyn Engine>,
    others: HashMap<String, Arc<dyn Engine>>,
}

impl Picker {
    /// Creates the engine of the settings, and those of all other profiles. Each of the `models` is a
    /// profile of the settings with that model.
    pub(super) async fn new(
        server: &Server,
        flags: &ServerFlags,
        models: &[String],
        system: Option<&str>,
    ) -> Result<Self, Failure> {
        let active = server.resolved().profile.as_ref();
        let mut profiles = vec![match active {
            Some(active) => Profile::new(format!("{}/{}", active.registry, active.slug))
                .title(active.display_name.as_deref().unwrap_or(&active.slug))
                .description(printable_line(&server.about())),
            None => Profile::new("default")
                .title(title_of(server))
                .description(printable_line(&server.about())),
        }];
        // They run on the default engine.
        profiles.extend(models.iter().map(|model| {
            let title = printable_line(model);
            Profile::new(format!("model/{model}"))
                .title(title)
                .model(model)
        }));
        let mut engines = ByProfile {
            default: server.engine()?,
            others: HashMap::new(),
        };
        for (registry, profile) in server.resolved().profiles.list() {
            if active.is_some_and(|active| active.place == profile.place) {
                continue;
            }
            let name = format!("{}/{}", registry.slug, profile.slug);
            let engine = engine_of(flags, &name).await;
            let engine = match engine {
                Ok(engine) => engine,
                Err(error) => {
                    say::warning(&format!("profile `{name}` is left out: {error}"));
                    continue;
                }
            };
            let title = profile.display_name.as_deref().unwrap_or(&profile.slug);
            let mut own = Profile::new(name.as_str()).title(printable_line(title));
            if let Some(description) = &profile.description {
                own = own.description(printable_line(description));
            }
            engines.others.insert(name, engine);
            profiles.push(own);
        }
        let system = system.filter(|system| !system.trim().is_empty());
        if let Some(system) = system {
            profiles = profiles
                .into_iter()
                .map(|profile| with_system(profile, system))
                .collect();
        }
        Ok(Self { engines, profiles })
    }

    /// Returns the profiles; the first one is the default.
    pub(super) fn profiles(&self) -> impl Iterator<Item = Profile> {
        self.profiles.iter().cloned()
    }

    /// Returns the engine of all profiles.
    pub(super) fn engine(&self) -> Arc<dyn Engine> {
        let own = &self.engines;
        Arc::new(ByProfile {
            default: Arc::clone(&own.default),
            others: own.others.clone(),
        })
    }
}

fn title_of(server: &Server) -> String {
    let model = server.model();
    let model = if model.is_empty() { "Default" } else { model };
    printable_line(model).into_owned()
}

async fn engine_of(flags: &ServerFlags, profile: &str) -> Result<Arc<dyn Engine>, Failure> {
    let layer = Layer::run().set("profile", profile)?;
    Server::choose_with(flags, layer).await?.engine()
}

/// Begins conversations with a system prompt.
fn with_system(profile: Profile, system: &str) -> Profile {
    let system = system.to_owned();
    profile.apply(move |submit| {
        let system = system.clone();
        submit.with(|prompt| {
            prompt.edit(move |turn| {
                if turn.system_prompt().is_none() {
                    turn.prepend(geppetto_turns::Block::system(system));
                }
            })
        })
    })
}

#[async_trait]
impl Engine for ByProfile {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let name = Profile::of(turn);
        let engine = name.and_then(|name| self.others.get(&name));
        engine
            .unwrap_or(&self.default)
            .run_inference(ctx, turn)
            .await
    }
}
