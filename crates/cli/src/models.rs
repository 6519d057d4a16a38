//! `geppetto models`.

use std::time::Duration;

use geppetto_settings::Endpoint;
use geppetto_turns::printable_line;
use serde_json::Value;

use crate::{
    failure::Failure,
    say,
    server::{Server, ServerFlags, local},
};

/// Time limit for a list of models.
const LIMIT: Duration = Duration::from_secs(15);

/// Maximum size of a list of models, in bytes.
const MOST: usize = 16 << 20;

/// List the models of the server in use, and of servers found on this machine.
#[derive(Debug, clap::Args)]
pub(crate) struct Models {
    /// Print the ids alone.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    server: ServerFlags,
}

impl Models {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let server = Server::choose(&self.server).await?;
        let settings = &server.resolved().settings;
        let endpoint = settings.api.endpoint(settings.api_type());
        let limit = settings.client.time_limit().unwrap_or(LIMIT).min(LIMIT);
        let local = local::find(local::Ports::default());
        let asks = endpoint.key.is_some()
            || endpoint
                .base_url
                .as_ref()
                .is_some_and(|address| server.is_foreign(address));
        let own = async {
            if !asks {
                return Ok(Vec::new());
            }
            let own = tokio::time::timeout(limit, of(&endpoint)).await;
            own.unwrap_or_else(|_| Err(format!("no answer within {limit:?}")))
        };
        let both = async { tokio::join!(own, local) };
        let (own, local) = say::while_waiting("asking for the models ...", both).await;
        let mut out = String::new();
        let address = endpoint
            .base_url
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        match own {
            Ok(models) if asks => {
                self.add(&mut out, &format!("{} ({address})", endpoint.name), &models);
            }
            Ok(_) => {}
            Err(error) if local.is_empty() => {
                return Err(Failure::Run(format!(
                    "no list of models from {address}: {error}"
                )));
            }
            Err(error) => say::warning(&format!("no list of models from {address}: {error}")),
        }
        for found in local
            .iter()
            .filter(|found| found.base_url.trim_end_matches('/') != address.trim_end_matches('/'))
        {
            self.add(
                &mut out,
                &format!("{} ({})", found.name, found.base_url),
                &found.models,
            );
        }
        if out.is_empty() {
            server.announce();
        }
        say::out(&out)
    }

    fn add(&self, out: &mut String, server: &str, models: &[String]) {
        if !self.quiet {
            let none = if models.is_empty() { ": no models" } else { "" };
            out.push_str(&format!("{}{none}\n", printable_line(server)));
        }
        let indent = if self.quiet { "" } else { "  " };
        for model in models {
            out.push_str(&format!("{indent}{}\n", printable_line(model)));
        }
    }
}

/// Returns the models of the server in use.
pub(crate) async fn of_server(server: &Server) -> Result<Vec<String>, Failure> {
    let settings = &server.resolved().settings;
    let endpoint = settings.api.endpoint(settings.api_type());
    let models = tokio::time::timeout(LIMIT, of(&endpoint)).await;
    let models = models.unwrap_or_else(|_| Err(format!("no answer within {LIMIT:?}")));
    models.map_err(|error| Failure::Run(format!("no list of models: {error}")))
}

/// Asks a server for its models.
async fn of(endpoint: &Endpoint) -> Result<Vec<String>, String> {
    let address = endpoint.base_url.as_ref().ok_or("no address is set")?;
    let base = address.as_str().trim_end_matches('/');
    let (url, items, id) = match endpoint.name.as_str() {
        "claude" | "anthropic" if !base.ends_with("/v1") => {
            (format!("{base}/v1/models?limit=1000"), "data", "id")
        }
        "claude" | "anthropic" => (format!("{base}/models?limit=1000"), "data", "id"),
        "gemini" if !base.ends_with("/v1beta") => (
            format!("{base}/v1beta/models?pageSize=1000"),
            "models",
            "name",
        ),
        "gemini" => (format!("{base}/models?pageSize=1000"), "models", "name"),
        _ => (format!("{base}/models"), "data", "id"),
    };
    // A key must not follow a redirect to another server.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().map_err(|error| error.to_string())?;
    let mut request = client.get(url);
    if let Some(key) = &endpoint.key {
        request = match endpoint.name.as_str() {
            "claude" | "anthropic" => request
                .header("x-api-key", key.expose())
                .header("anthropic-version", "2023-06-01"),
            "gemini" => request.header("x-goog-api-key", key.expose()),
            _ => request.bearer_auth(key.expose()),
        };
    }
    // The error of reqwest has the URL, which may have credentials.
    let said = |error: reqwest::Error| causes(&error.without_url());
    let mut response = request.send().await.map_err(said)?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("the server answered with status {status}"));
    }
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(said)? {
        body.extend_from_slice(&bytes);
        if body.len() > MOST {
            return Err("the answer is too long".to_owned());
        }
    }
    let list: Value =
        serde_json::from_slice(&body).map_err(|_| "the answer is not JSON".to_owned())?;
    Ok(ids(&list, items, id))
}

/// Returns an error and what caused it: reqwest's own message is only that a request failed.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(own) = cause {
        let message = own.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = own.source();
    }
    text
}

/// Returns the ids of a list. Some servers answer with the list alone.
fn ids(list: &Value, items: &str, id: &str) -> Vec<String> {
    let entries = list.get(items).unwrap_or(list).as_array();
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    let id = |entry: &Value| Some(entry.get(id)?.as_str()?.to_owned());
    let mut ids: Vec<String> = entries.iter().filter_map(id).collect();
    for id in &mut ids {
        if let Some(rest) = id.strip_prefix("models/") {
            *id = rest.to_owned();
        }
    }
    ids.sort();
    ids
}
