//! Images and files that are attached to a prompt.

use std::path::Path;

use geppetto_turns::{FilePart, ImagePart};
use tokio::io::AsyncReadExt as _;

use crate::{failure::Failure, input};

/// Maximum size of an attachment, in bytes.
const MOST: u64 = 64 << 20;

/// Media types of images by their first bytes.
const IMAGES: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
];

/// Media types by the beginning of the content, or by the end of the name.
const FILES: &[(&[u8], &str, &str)] = &[
    (b"%PDF-", "pdf", "application/pdf"),
    (b"ID3", "mp3", "audio/mpeg"),
    (b"RIFF", "wav", "audio/wav"),
    (b"OggS", "ogg", "audio/ogg"),
    (b"fLaC", "flac", "audio/flac"),
];

/// What is attached to a prompt.
#[derive(Debug, Default)]
pub(crate) struct Attachments {
    pub(crate) images: Vec<ImagePart>,
    pub(crate) files: Vec<FilePart>,
    /// Text files, which all models can read.
    pub(crate) texts: Vec<(String, String)>,
}

impl Attachments {
    /// Returns `true` if nothing is attached.
    pub(crate) fn is_empty(&self) -> bool {
        self.images.is_empty() && self.files.is_empty() && self.texts.is_empty()
    }

    /// Attaches an image: a path, a URL, or `-` for standard input.
    pub(crate) async fn image(&mut self, name: &str) -> Result<(), Failure> {
        if is_url(name) {
            self.images.push(ImagePart::url(name));
            return Ok(());
        }
        let bytes = read(name).await?;
        let Some(media_type) = image_type(&bytes) else {
            return Err(Failure::Usage(format!(
                "{} is no PNG, JPEG, GIF or WebP image; attach other files with --file",
                shown(name)
            )));
        };
        self.images.push(ImagePart::bytes(media_type, bytes));
        Ok(())
    }

    /// Attaches a file: a path, a URL, or `-` for standard input.
    pub(crate) async fn file(&mut self, name: &str) -> Result<(), Failure> {
        if is_url(name) {
            self.files.push(FilePart::url(name));
            return Ok(());
        }
        let bytes = read(name).await?;
        let base = base_of(name);
        if let Some(media_type) = image_type(&bytes) {
            self.images.push(ImagePart::bytes(media_type, bytes));
            return Ok(());
        }
        let is_known = |(start, _, _): &&(&[u8], &str, &str)| bytes.starts_with(start);
        if let Some((_, _, media_type)) = FILES.iter().find(is_known) {
            self.files.push(FilePart::bytes(base, *media_type, bytes));
            return Ok(());
        }
        match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => {
                let text = text.trim_start_matches('\u{feff}').to_owned();
                self.texts.push((base, text));
            }
            Ok(text) => self.files.push(binary(base, text.as_bytes())),
            Err(error) => self.files.push(binary(base, error.as_bytes())),
        }
        Ok(())
    }

    /// Returns the prompt with the attached texts above it.
    pub(crate) fn with_texts(&self, prompt: &str) -> String {
        let mut whole = String::new();
        for (name, text) in &self.texts {
            let fence = fence(text);
            let text = text.trim_end_matches('\n');
            whole.push_str(&format!("{name}:\n{fence}\n{text}\n{fence}\n\n"));
        }
        whole.push_str(prompt);
        whole
    }
}

fn binary(name: String, bytes: &[u8]) -> FilePart {
    let extension = Path::new(&name)
        .extension()
        .and_then(|extension| extension.to_str());
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    let known = FILES.iter().find(|(_, own, _)| *own == extension);
    let media_type = known.map_or("application/octet-stream", |(_, _, media_type)| media_type);
    FilePart::bytes(name, media_type, bytes)
}

/// Returns a fence that is longer than all in the text.
fn fence(text: &str) -> String {
    let mut longest = 2;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat(longest + 1)
}

async fn read(name: &str) -> Result<Vec<u8>, Failure> {
    if name == "-" {
        return input::bytes().await;
    }
    let unreadable = |error| Failure::Usage(format!("cannot read {}: {error}", shown(name)));
    let metadata = tokio::fs::metadata(name).await.map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Failure::Usage(format!(
            "{} is a folder, not a file",
            shown(name)
        )));
    }
    if metadata.len() > MOST {
        return Err(Failure::Usage(format!(
            "{} has {} MiB; attachments have at most {} MiB",
            shown(name),
            metadata.len() >> 20,
            MOST >> 20
        )));
    }
    // A pipe or a device has no size, and may have no end.
    let file = tokio::fs::File::open(name).await.map_err(unreadable)?;
    let mut bytes = Vec::new();
    let read = file.take(MOST + 1).read_to_end(&mut bytes).await;
    if u64::try_from(read.map_err(unreadable)?).unwrap_or(u64::MAX) > MOST {
        return Err(Failure::Usage(format!(
            "{} has more than {} MiB, the limit of attachments",
            shown(name),
            MOST >> 20
        )));
    }
    Ok(bytes)
}

/// Returns the name that the model is told.
fn base_of(name: &str) -> String {
    if name == "-" {
        return "standard input".to_owned();
    }
    let base = Path::new(name).file_name().unwrap_or_default();
    base.to_string_lossy().into()
}

fn shown(name: &str) -> String {
    match name {
        "-" => "standard input".to_owned(),
        name => format!("`{}`", geppetto_turns::printable_line(name)),
    }
}

fn is_url(name: &str) -> bool {
    ["http://", "https://", "data:"]
        .iter()
        .any(|start| name.starts_with(start))
}

fn image_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some("image/webp");
    }
    let known = IMAGES.iter().find(|(start, _)| bytes.starts_with(start));
    known.map(|(_, media_type)| *media_type)
}
