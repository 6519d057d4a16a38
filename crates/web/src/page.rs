//! The page: files that are part of the program.

use axum::{
    extract::{OriginalUri, Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{Problem, api::sessions::random_id, app::App, guard::CONTENT_SECURITY_POLICY};

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Generates the table of files: path below `page/`, media type, content.
macro_rules! files {
    ($( $path:literal: $media:expr, )*) => {
        &[$( ($path, $media, include_str!(concat!("../page/", $path))), )*]
    };
}

const FILES: &[(&str, &str, &str)] = files! {
    "style.css": "text/css; charset=utf-8",
    "main.js": JAVASCRIPT,
    "api.js": JAVASCRIPT,
    "store.js": JAVASCRIPT,
    "stream.js": JAVASCRIPT,
    "markdown.js": JAVASCRIPT,
    "sidebar.js": JAVASCRIPT,
    "messages.js": JAVASCRIPT,
    "composer.js": JAVASCRIPT,
    "icons.js": JAVASCRIPT,
    "copy.js": JAVASCRIPT,
    "decisions.js": JAVASCRIPT,
    "vendor/preact.mjs": JAVASCRIPT,
    "vendor/hooks.mjs": JAVASCRIPT,
    "vendor/htm.mjs": JAVASCRIPT,
    "vendor/marked.esm.js": JAVASCRIPT,
    "vendor/purify.es.mjs": JAVASCRIPT,
    "vendor/NOTICE.txt": TEXT,
};

const INDEX: &str = include_str!("../page/index.html");

/// Returns the page.
pub(crate) async fn index(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let nonce = random_id()?;
    // The router may be nested anywhere, with or without a slash at the end.
    let base = format!("/{}/", uri.path().trim_matches('/')).replace("//", "/");
    let html = INDEX
        .replace("{{title}}", &escaped(&app.options.title))
        .replace("{{base}}", &escaped(&base))
        .replace("{{nonce}}", &nonce)
        .replace("{{notice}}", &escaped(&app.options.notices.join("\n")));
    let policy = CONTENT_SECURITY_POLICY.replace(
        "script-src 'self'",
        &format!("script-src 'self' 'nonce-{nonce}'"),
    );
    let mut response = html.into_response();
    let headers = response.headers_mut();
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, html);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// Returns a file of the page.
pub(crate) async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let found = FILES.iter().find(|(own, ..)| *own == path);
    let Some((_, media_type, text)) = found else {
        return Problem::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "the page has no such file",
        )
        .help("reload the page")
        .into_response();
    };
    let tag = format!("\"{:016x}\"", hash(text));
    let known = headers.get(header::IF_NONE_MATCH);
    let is_known = known.is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let own = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::ETAG,
            HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"0\"")),
        ),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, own).into_response();
    }
    (own, *text).into_response()
}

/// FNV-1a, to tell versions of a file apart.
fn hash(text: &str) -> u64 {
    let bytes = text.bytes();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
