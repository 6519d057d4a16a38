//! Addresses of Vertex AI, which serves the models of several vendors.

use std::fmt::Write as _;

#[cfg(test)]
mod tests;

/// Returns the base URL of Vertex AI for a Google Cloud project. The location is a region
/// (`us-central1`), a multi-region (`us`, `eu`), or `global`.
///
/// Source: <https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations>.
#[must_use]
pub fn vertex_url(project: &str, location: &str) -> String {
    let host = match location {
        "global" => "aiplatform.googleapis.com".to_owned(),
        "us" | "eu" => format!("aiplatform.{location}.rep.googleapis.com"),
        region => format!("{region}-aiplatform.googleapis.com"),
    };
    format!("https://{host}/v1/projects/{project}/locations/{location}")
}

/// Returns `true` if a base URL is that of Vertex AI, or of a gateway with its paths.
#[must_use]
pub fn is_vertex(authority: &str, path: &str) -> bool {
    let host = authority.to_ascii_lowercase();
    path.contains("/projects/") || host.contains("aiplatform.") && host.contains("googleapis.com")
}

/// Appends the name of a model to a path, and encodes characters that a path cannot have.
pub fn push_model(path: &mut String, model: &str) {
    for byte in model.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' | b'/' => {
                path.push(char::from(byte));
            }
            byte => {
                // Writing to a string cannot fail.
                let _ = write!(path, "%{byte:02X}");
            }
        }
    }
}
