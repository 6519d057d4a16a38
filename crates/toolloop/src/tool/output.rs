//! [`ToolOutput`]: result of a tool.

use geppetto_turns::{FilePart, ImagePart};
use serde::Serialize;

use super::ToolError;

mod into;
mod result;
#[cfg(test)]
mod tests;

pub use into::IntoToolOutput;

/// Output of a tool for the model: a text, with optional images and files.
///
/// ```
/// use geppetto_toolloop::{ToolError, ToolOutput, tool_fn};
/// use geppetto_turns::ImagePart;
///
/// async fn screenshot() -> Result<ToolOutput, ToolError> {
///     let png: Vec<u8> = vec![0x89, b'P', b'N', b'G'];
///     Ok(ToolOutput::text("1280 x 720 pixels").with_image(ImagePart::bytes("image/png", png)))
/// }
///
/// let tool = tool_fn("screenshot", "Takes a picture of the screen", screenshot);
/// # let _ = tool;
/// ```
///
/// If a server accepts only text as a tool result (Chat Completions), images and files follow the
/// results in a user message. The output limit applies to the text alone.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ToolOutput {
    /// The text.
    pub text: String,
    /// The images, in order.
    pub images: Vec<ImagePart>,
    /// The files, in order.
    pub files: Vec<FilePart>,
    /// `true` if the run ends after the calls of this reply, without another call of the model.
    pub ends_run: bool,
}

impl ToolOutput {
    /// Creates an output from a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Creates an output from a value, as JSON. A string is used verbatim.
    ///
    /// # Errors
    ///
    /// If the value cannot be serialized as JSON.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, ToolError> {
        let text = serde_json::to_string(value)?;
        if text.starts_with('"') {
            return Ok(Self::text(serde_json::from_str::<String>(&text)?));
        }
        Ok(Self::text(text))
    }

    /// Creates an output that is an image.
    #[must_use]
    pub fn image(image: ImagePart) -> Self {
        Self::default().with_image(image)
    }

    /// Creates an output that is a file.
    #[must_use]
    pub fn file(file: FilePart) -> Self {
        Self::default().with_file(file)
    }

    /// Adds an image.
    #[must_use]
    pub fn with_image(mut self, image: ImagePart) -> Self {
        self.images.push(image);
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn with_file(mut self, file: FilePart) -> Self {
        self.files.push(file);
        self
    }

    /// Ends the run successfully after the calls of this reply: the tool has delivered the answer,
    /// such as `submit_report`, and the model is not called again.
    ///
    /// The other calls of the reply run, and the next prompt continues as usual.
    #[must_use]
    pub fn ending_run(mut self) -> Self {
        self.ends_run = true;
        self
    }
}

impl<T: Into<String>> From<T> for ToolOutput {
    fn from(text: T) -> Self {
        Self::text(text)
    }
}

/// Truncates `text` to at most `limit` bytes, at a character boundary, and appends a note.
pub(crate) fn cut(text: String, limit: usize) -> String {
    let whole = text.len();
    if whole <= limit {
        return text;
    }
    let end = (0..=limit)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0);
    let mut shown = text;
    shown.truncate(end);
    let note = format!("… [output cut: {} of {} shown]", size(end), size(whole));
    shown + &note
}

/// Formats a number of bytes for people, such as `1.2 MiB`.
fn size(bytes: usize) -> String {
    const KIB: usize = 1024;
    const MIB: usize = 1024 * KIB;
    let (unit, name) = match bytes {
        0..KIB => return format!("{bytes} B"),
        KIB..MIB => (KIB, "KiB"),
        _ => (MIB, "MiB"),
    };
    let tenths = bytes.saturating_mul(10) / unit;
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        tenth => format!("{}.{tenth} {name}", tenths / 10),
    }
}
