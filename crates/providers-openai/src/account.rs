//! OpenAI's own server, for both wires: its base URL, API key and accounts.

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_provider::{Server, WireRequest};

/// Base URL of OpenAI.
pub(crate) const BASE_URL: &str = "https://api.openai.com/v1";

/// Checks that an API key is set if the server requires one.
///
/// # Errors
///
/// An error of kind `Configuration` if the server is OpenAI's and the key is missing.
pub(crate) fn check_key(server: &Server) -> Result<(), EngineError> {
    let is_openai = server.base_url().starts_with("https://api.openai.com/");
    if is_openai && !server.has_key() {
        return Err(EngineError::new(
            ErrorKind::Configuration,
            "api_key: is missing; set OPENAI_API_KEY or give the engine a key, or set the base URL \
             of a server that needs none",
        ));
    }
    Ok(())
}

/// Adds the headers that name the account to bill.
///
/// # Errors
///
/// An error of kind `Configuration` if an id is not valid in a header.
pub(crate) fn headers(
    mut request: WireRequest,
    organization: Option<&str>,
    project: Option<&str>,
) -> Result<WireRequest, EngineError> {
    let headers = [
        ("openai-organization", organization),
        ("openai-project", project),
    ];
    for (name, id) in headers {
        if let Some(id) = id {
            request = request.try_with_header(name, id)?;
        }
    }
    Ok(request)
}
