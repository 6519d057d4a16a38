//! `/v1/models`: profiles and models.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    error::{Id, Refusal},
    request::{DEFAULT_MODEL, unknown_model},
};
use crate::app::{App, Shared};

pub(super) async fn list(State(app): State<App>) -> Json<Value> {
    let models = names(&app).into_iter().map(|name| model(&app, name));
    let models: Vec<Value> = models.collect();
    Json(json!({"object": "list", "data": models}))
}

pub(super) async fn read(State(app): State<App>, Id(name): Id) -> Result<Json<Value>, Refusal> {
    let any = app.options.openai.as_ref().is_some_and(|own| own.any_model);
    if !any && !names(&app).contains(&name.as_str()) {
        return Err(unknown_model(&name).into());
    }
    Ok(Json(model(&app, &name)))
}

/// Returns the names of all models: those of the profiles first.
fn names(app: &Shared) -> Vec<&str> {
    let profiles = app.options.profiles.iter().map(|own| own.name.as_str());
    let mut names: Vec<&str> = profiles.collect();
    let models = app.options.openai.iter().flat_map(|own| &own.models);
    let models: Vec<&str> = models.map(String::as_str).collect();
    let new = models.into_iter().filter(|name| !names.contains(name));
    let new: Vec<&str> = new.collect();
    names.extend(new);
    if names.is_empty() {
        names.push(DEFAULT_MODEL);
    }
    names
}

fn model(app: &Shared, name: &str) -> Value {
    json!({"id": name, "object": "model", "created": app.started, "owned_by": "geppetto"})
}

/// Returns the time in seconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}
