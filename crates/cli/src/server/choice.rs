//! The choice of a server where settings leave it open.

use geppetto_settings::{Layer, Resolved};

use super::{
    ADVICE, DEMO, Layers,
    apis::{APIS, Api, is_set},
    chosen,
    local::{self, Found, Ports},
};
use crate::failure::Failure;

/// Settings, and what a person must know about them.
pub(super) struct Choice {
    pub(super) resolved: Resolved,
    pub(super) notice: Option<String>,
}

impl From<Resolved> for Choice {
    fn from(resolved: Resolved) -> Self {
        Self {
            resolved,
            notice: None,
        }
    }
}

pub(super) async fn choose(
    layers: &Layers,
    is_demo: bool,
    ports: Ports,
) -> Result<Choice, Failure> {
    let plain = layers.resolve(Layer::fallback())?;
    if is_demo {
        return Ok(plain.into());
    }
    let model = plain.settings.chat.engine.clone();
    let has_profile = plain
        .profile
        .as_ref()
        .is_some_and(|profile| !profile.is_default);
    if has_profile || is_set(&plain, "chat.api_type") {
        return with_model(layers, plain, model.as_deref());
    }
    let of_model = model.as_deref().and_then(Api::of_model);
    let configured = APIS.iter().find(|api| api.is_configured(&plain));
    match (of_model, configured) {
        (Some(api), _) if api.is_configured(&plain) => of_api(layers, api, model.as_deref()),
        (_, Some(api)) => of_api(layers, api, model.as_deref()),
        (Some(api), None) if model.is_some() => of_api(layers, api, model.as_deref()),
        _ => without_key(layers, plain, model, ports).await,
    }
}

/// The settings name the API; the model may be missing.
fn with_model(layers: &Layers, plain: Resolved, model: Option<&str>) -> Result<Choice, Failure> {
    let api = Api::named(plain.settings.api_type());
    match (model, api) {
        (None, Some(api)) => {
            let source = chosen(format!("default model of `{}`", api.name));
            let layer = Layer::fallback().set_from("ai-engine", api.model, source)?;
            Ok(layers.resolve(layer)?.into())
        }
        (None, None) if plain.settings.api_type() == DEMO => {
            let layer =
                Layer::fallback().set_from("ai-engine", DEMO, chosen("the demo's model"))?;
            Ok(layers.resolve(layer)?.into())
        }
        _ => Ok(plain.into()),
    }
}

/// A key, or the name of the model, chooses the API.
fn of_api(layers: &Layers, api: &Api, model: Option<&str>) -> Result<Choice, Failure> {
    let mut layer = Layer::fallback();
    if api.name != "openai" {
        let why = match model.and_then(Api::of_model) {
            Some(own) if own == api => "provider of the model",
            _ => "the provider with a key",
        };
        layer = layer.set_from("ai-api-type", api.name, chosen(why))?;
    }
    if model.is_none() {
        let source = chosen(format!("default model of `{}`", api.name));
        layer = layer.set_from("ai-engine", api.model, source)?;
    }
    Ok(layers.resolve(layer)?.into())
}

/// Nothing is configured: a server on this machine, or the demo.
async fn without_key(
    layers: &Layers,
    plain: Resolved,
    model: Option<String>,
    ports: Ports,
) -> Result<Choice, Failure> {
    let servers = local::find(ports).await;
    let has_model = |found: &&Found| match &model {
        Some(model) => found
            .models
            .iter()
            .any(|own| local::is_same_model(own, model)),
        None => !found.models.is_empty(),
    };
    if let Some(found) = servers.iter().find(has_model) {
        return of_local(layers, found, model.as_deref());
    }
    if model.is_some() {
        // The factory says what is missing.
        return Ok(plain.into());
    }
    let demo = || chosen("nothing is configured");
    let layer = Layer::fallback()
        .set_from("ai-api-type", DEMO, demo())?
        .set_from("ai-engine", DEMO, demo())?;
    let notice =
        format!("No model is configured: the built-in demo answers. To ask a real one, {ADVICE}.");
    Ok(Choice {
        resolved: layers.resolve(layer)?,
        notice: Some(notice),
    })
}

fn of_local(layers: &Layers, found: &Found, model: Option<&str>) -> Result<Choice, Failure> {
    let source = || chosen(format!("{} found on its default port", found.name));
    let mut layer = Layer::fallback().set_from("openai-base-url", &found.base_url, source())?;
    let first = found.models.first().map(String::as_str).unwrap_or_default();
    if model.is_none() {
        layer = layer.set_from("ai-engine", first, source())?;
    }
    let notice = format!(
        "Asking {} at {} ({} found on its default port).",
        model.unwrap_or(first),
        found.base_url,
        found.name
    );
    Ok(Choice {
        resolved: layers.resolve(layer)?,
        notice: Some(notice),
    })
}
