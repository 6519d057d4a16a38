//! Export of a session.

use axum::response::{IntoResponse, Response};
use geppetto_timeline::{Timeline, export};
use geppetto_turns::serial;
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;

use crate::{
    Problem,
    extract::{Params, Target},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ExportParams {
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Markdown,
    Json,
    Yaml,
}

pub(crate) async fn export(
    Target(session): Target,
    Params(params): Params<ExportParams>,
) -> Result<Response, Problem> {
    let turns = session.turns().await?;
    let written = match params.format {
        Format::Markdown => Ok(export::markdown(Timeline::from_turns(&turns).view())),
        Format::Json => serial::json_string(&turns),
        Format::Yaml => serial::yaml_string(&turns),
    };
    let text = written.map_err(|error| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "not-exportable",
            error.to_string(),
        )
        .help("choose another format")
    })?;
    let (media_type, extension) = match params.format {
        Format::Markdown => ("text/markdown; charset=utf-8", "md"),
        Format::Json => ("application/json", "json"),
        Format::Yaml => ("application/yaml; charset=utf-8", "yaml"),
    };
    let name = format!("attachment; filename=\"conversation.{extension}\"");
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}
