//! `fetch_url`.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use geppetto_toolloop::{FnTool, ToolError, tool_fn};
use reqwest::{
    Client, Response, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, LOCATION},
    redirect::Policy,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::address::is_public;

/// Maximum size of a page, in bytes.
const MOST: usize = 1 << 20;

/// Time limit.
const LIMIT: Duration = Duration::from_secs(30);

/// Maximum number of redirects.
const REDIRECTS: usize = 5;

#[derive(Deserialize, JsonSchema)]
struct FetchUrl {
    /// Address of the page: https or http.
    url: String,
}

pub(super) fn tool(private: bool) -> FnTool {
    let fetch = move |args: FetchUrl| async move { fetch(&args.url, private).await };
    tool_fn(
        "fetch_url",
        "Fetches a web page or a text file by its URL",
        fetch,
    )
    .timeout(LIMIT)
    .output_limit(MOST + 200)
}

async fn fetch(url: &str, private: bool) -> Result<String, ToolError> {
    let client = client(private)?;
    let mut url = Url::parse(url)
        .map_err(|_| ToolError::new("this is no URL; give one such as https://example.com/page"))?;
    for _ in 0..=REDIRECTS {
        check(&url, private)?;
        let response = client.get(url.clone()).send().await;
        let response = response.map_err(|error| failed(&error))?;
        if !response.status().is_redirection() {
            return page(response).await;
        }
        let place = response
            .headers()
            .get(LOCATION)
            .and_then(|place| place.to_str().ok());
        let place = place.and_then(|place| url.join(place).ok());
        url = place.ok_or_else(|| ToolError::new("the server redirects to no valid address"))?;
    }
    Err(ToolError::new(format!(
        "the server redirects more than {REDIRECTS} times"
    )))
}

/// Each redirect is checked like the first address.
fn check(url: &Url, private: bool) -> Result<(), ToolError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ToolError::new("only http and https addresses are fetched"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ToolError::new(
            "addresses with a user or a password are not fetched",
        ));
    }
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(address) if !private && !is_public(address) => Err(not_public()),
        _ => Ok(()),
    }
}

fn not_public() -> ToolError {
    ToolError::new(
        "this address is private, and not fetched; the user may allow that with \
         --allow-private-addresses",
    )
}

fn client(private: bool) -> Result<Client, ToolError> {
    let client = Client::builder()
        .redirect(Policy::none())
        .user_agent("geppetto");
    // A proxy would look names up itself, and reach what is refused here.
    let client = if private {
        client
    } else {
        client.no_proxy().dns_resolver(Arc::new(Public))
    };
    client
        .build()
        .map_err(|error| ToolError::new(error.to_string()))
}

/// Looks names up, and leaves out private addresses: the one that was checked is the one that is
/// connected to, whatever the name means a moment later.
struct Public;

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|own| is_public(own.ip())).collect();
            if public.is_empty() {
                return Err(PRIVATE.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Error of a name that only has private addresses.
const PRIVATE: &str = "the name has private addresses only";

fn failed(error: &reqwest::Error) -> ToolError {
    let mut source = std::error::Error::source(error);
    let mut last = String::new();
    while let Some(own) = source {
        last = own.to_string();
        source = own.source();
    }
    if last.contains(PRIVATE) {
        return not_public();
    }
    ToolError::new(format!("cannot fetch the page: {last}"))
}

async fn page(mut response: Response) -> Result<String, ToolError> {
    let status = response.status();
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or("text/plain").to_ascii_lowercase();
    let is_text = ["text/", "json", "xml", "javascript", "yaml", "toml"];
    if !is_text.iter().any(|part| kind.contains(part)) {
        return Err(ToolError::new(format!("the page is not text but {kind}")));
    }
    let mut bytes = Vec::new();
    let mut is_cut = false;
    while let Some(piece) = response.chunk().await.map_err(|error| failed(&error))? {
        let left = MOST - bytes.len();
        is_cut = piece.len() > left;
        bytes.extend(piece.iter().take(left));
        if is_cut {
            break;
        }
    }
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if is_cut {
        text.push_str("\n[cut after 1 MiB]");
    }
    if !status.is_success() {
        let start: String = text.chars().take(1_000).collect();
        return Err(ToolError::new(format!(
            "the server answered with status {status}: {start}"
        )));
    }
    Ok(text)
}
