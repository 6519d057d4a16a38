//! [`Tag`]: type of a structured block.

use std::{error::Error, fmt};

/// Maximum length of an opening tag, in bytes, including the brackets. Anything longer is text,
/// which bounds the amount of text that is held back.
pub const MAX_TAG_BYTES: usize = 256;

/// Type of a block: `<package:type:version>`.
///
/// Each part consists of ASCII letters, digits, `_`, `.` and `-`. Case sensitive.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Tag {
    /// Package that defines the type.
    pub package: String,
    /// Name of the type.
    pub block_type: String,
    /// Version of the type.
    pub version: String,
}

impl Tag {
    /// Creates a tag.
    ///
    /// # Errors
    ///
    /// Returns an error if a part is empty or has characters that are not allowed, or if the tag is
    /// longer than [`MAX_TAG_BYTES`].
    pub fn new(
        package: impl Into<String>,
        block_type: impl Into<String>,
        version: impl Into<String>,
    ) -> Result<Self, TagError> {
        let tag = Self {
            package: package.into(),
            block_type: block_type.into(),
            version: version.into(),
        };
        for part in [&tag.package, &tag.block_type, &tag.version] {
            check_part(part)?;
        }
        if tag.opening().len() > MAX_TAG_BYTES {
            return Err(TagError(format!(
                "the tag {tag} is too long: at most {MAX_TAG_BYTES} bytes are allowed"
            )));
        }
        Ok(tag)
    }

    /// Creates a tag from `package:type:version`, which must be valid.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let mut parts = name.splitn(3, ':').map(str::to_owned);
        Self::new(parts.next()?, parts.next()?, parts.next()?).ok()
    }

    /// Returns the opening tag.
    #[must_use]
    pub fn opening(&self) -> String {
        self.to_string()
    }

    /// Returns the closing tag.
    #[must_use]
    pub fn closing(&self) -> String {
        format!("</{}:{}:{}>", self.package, self.block_type, self.version)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}:{}:{}>", self.package, self.block_type, self.version)
    }
}

/// Returns `true` if a part of a tag may contain the character.
pub(super) fn is_part_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

pub(super) fn check_part(part: &str) -> Result<(), TagError> {
    if !part.is_empty() && part.chars().all(is_part_char) {
        return Ok(());
    }
    Err(TagError(format!(
        "`{}` cannot be part of a tag: use one or more ASCII letters, digits, `_`, `.` or `-`",
        part.escape_debug()
    )))
}

/// Error returned for an invalid tag.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagError(String);

impl fmt::Display for TagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for TagError {}
