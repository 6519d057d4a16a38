//! Files of a history that a server cannot read.
//!
//! Reports: <https://github.com/anthropics/claude-code/issues/5174>,
//! <https://github.com/danny-avila/LibreChat/issues/14485>.

use super::images::is_text_only;

/// Name of the setting: all files except those of the last prompt.
pub(super) const EARLIER: &str = "earlier_files";

pub(super) const WHY: &str =
    "the server cannot read a file; those before the last prompt are left out";

/// Words with which servers refuse a file.
const REFUSALS: &[&str] = &[
    // Anthropic: "messages.2.content.0.pdf.source.base64.data: The PDF specified was not valid.", "Could not process PDF",
    // "PDF cannot be empty", "A maximum of 100 PDF pages may be provided.",
    // "messages.0.content.1.document.source.base64.media_type: Input should be 'application/pdf'".
    "the pdf specified",
    "could not process pdf",
    "pdf cannot be empty",
    "pdf pages may be provided",
    ".pdf.source",
    ".document.source",
    // OpenAI: "Invalid file data: 'file_data'. Expected a base64-encoded data URL", "Expected context stuffing file type
    // to be a supported format: .pdf but got .docx.", "The file type you uploaded is not supported."
    "invalid file data",
    "context stuffing file type",
    "file type you uploaded",
    // Google: "Unsupported MIME type: application/msword", "The document has no pages."
    "unsupported mime type",
    "document has no pages",
    // Servers of models that take no files.
    "unknown variant `file`",
    "unknown variant `input_file`",
    "unknown variant `document`",
    // vLLM.
    "unknown part type: file",
    "invalid value: 'file'",
    "invalid value: 'input_file'",
    // DashScope (<https://github.com/QwenLM/qwen-code/pull/2028>).
    "invalid value: file",
    "support file input",
    "file input is not",
    "not support files",
    "not support pdf",
];

/// Returns `true` if a message in lower case refuses a file.
pub(super) fn is_refused(message: &str) -> bool {
    REFUSALS.iter().any(|words| message.contains(words)) || is_text_only(message)
}

/// Returns the text in place of a file.
pub(super) fn left_out(name: Option<&str>) -> String {
    let name = name.map_or_else(String::new, |name| format!(" {name}"));
    format!("(file{name} left out: the server cannot read it)")
}
