//! Files that commands read and write.

use std::{
    io,
    path::{Path, PathBuf},
};

use geppetto_turns::{FilePart, ImagePart};

#[cfg(test)]
mod tests;

/// Maximum size of an attached file: 20 MiB, about the limit of the providers.
const LIMIT: u64 = 20 * 1024 * 1024;

/// Reads a path as a person gives it: with `~`, and with the quotes or backslashes with which
/// terminals insert files that are dropped on them.
pub(crate) fn path(text: &str) -> PathBuf {
    let quoted = ['\'', '"'].iter().find_map(|quote| {
        let inner = text.strip_prefix(*quote)?;
        inner.strip_suffix(*quote)
    });
    let plain = match quoted {
        Some(inner) => inner.to_owned(),
        None if cfg!(windows) => text.to_owned(),
        None => without_backslashes(text),
    };
    if let Some(rest) = plain.strip_prefix("~/")
        && let Some(home) = std::env::var_os("HOME")
    {
        return PathBuf::from(home).join(rest);
    }
    PathBuf::from(plain)
}

fn without_backslashes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(own) = characters.next() {
        if own == '\\' {
            plain.extend(characters.next());
        } else {
            plain.push(own);
        }
    }
    plain
}

/// A file that is attached to the next prompt.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attached {
    /// Name for people.
    pub(crate) name: String,
    /// Size in bytes.
    pub(crate) bytes: usize,
    /// Content.
    pub(crate) part: Part,
}

/// Content of an attached file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Image(ImagePart),
    File(FilePart),
}

/// Reads a file that is attached, as an image or as it is. Blocks.
pub(crate) fn attach(path: &Path, is_image: bool) -> Result<Attached, String> {
    let shown = path.display();
    let failed = |error: io::Error| format!("{shown} cannot be read: {error}");
    let size = std::fs::metadata(path).map_err(failed)?;
    if !size.is_file() {
        return Err(format!("{shown} is not a file"));
    }
    if size.len() > LIMIT {
        let (size, limit) = (size.len() >> 20, LIMIT >> 20);
        return Err(format!(
            "{shown} has {size} MiB; at most {limit} MiB can be attached"
        ));
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    let name = path.file_name().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    let length = bytes.len();
    let part = if is_image {
        let kind = image_type(&bytes).ok_or_else(|| {
            format!("{shown} is not a PNG, JPEG, GIF or WebP image; /file attaches other files")
        })?;
        Part::Image(ImagePart::bytes(kind, bytes))
    } else {
        let kind = file_type(&name, &bytes);
        Part::File(FilePart::bytes(name.clone(), kind, bytes))
    };
    Ok(Attached {
        name,
        bytes: length,
        part,
    })
}

/// Returns the media type of an image, by its first bytes.
fn image_type(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "image/webp",
        _ => return None,
    })
}

/// Returns the media type of a file, by its name and its bytes.
fn file_type(name: &str, bytes: &[u8]) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, end)| end.to_lowercase());
    match extension.as_deref() {
        Some("pdf") => "application/pdf",
        Some("json") => "application/json",
        Some("csv") => "text/csv",
        Some("html" | "htm") => "text/html",
        Some("md") => "text/markdown",
        _ if image_type(bytes).is_some() => image_type(bytes).unwrap_or_default(),
        _ if std::str::from_utf8(bytes).is_ok() => "text/plain",
        _ => "application/octet-stream",
    }
}

/// A format in which a conversation is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Markdown,
    Yaml,
    Json,
}

impl Format {
    /// Returns the format that a path has by its extension.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        Some(match path.extension()?.to_str()? {
            "md" | "markdown" => Self::Markdown,
            "yaml" | "yml" => Self::Yaml,
            "json" => Self::Json,
            _ => return None,
        })
    }
}

/// Writes a file that must not exist. Blocks. Only the user can read it.
pub(crate) fn write_new(path: &Path, content: &str) -> Result<(), String> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let shown = path.display();
    let written = options
        .open(path)
        .and_then(|mut file| io::Write::write_all(&mut file, content.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{shown} exists already, and is not replaced; /save OTHER-PATH")
        }
        _ => format!("{shown} cannot be written: {error}"),
    })
}

impl Part {
    /// Returns the image, if it is one.
    pub(crate) fn image(self) -> Option<ImagePart> {
        match self {
            Self::Image(image) => Some(image),
            Self::File(_) => None,
        }
    }

    /// Returns the file, if it is not an image.
    pub(crate) fn file(self) -> Option<FilePart> {
        match self {
            Self::File(file) => Some(file),
            Self::Image(_) => None,
        }
    }
}
