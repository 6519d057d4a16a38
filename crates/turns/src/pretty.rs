//! [`PrettyPrinter`]: human-readable output of a turn.

use std::fmt::{self, Write};

use crate::{
    Block, Content, FilePart, ImagePart, MediaSource, Turn, printable, printable::shorten_data,
    printable_line,
};

#[cfg(test)]
mod tests;

/// Formats turns for people.
///
/// Defaults: kinds and tool details are shown, ids are hidden, text is not shortened. Terminal
/// control characters are replaced ([`printable`](mod@crate::printable)). Images, and base64 in
/// tool arguments and results, are shortened ([`shorten_data`]).
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct PrettyPrinter {
    ids: bool,
    max_lines: Option<usize>,
}

impl PrettyPrinter {
    /// Creates a printer with the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the ids of turn and blocks are shown.
    pub fn ids(mut self, show: bool) -> Self {
        self.ids = show;
        self
    }

    /// Limits the text of each block to this many lines; the cut is marked.
    pub fn max_lines(mut self, lines: usize) -> Self {
        self.max_lines = Some(lines);
        self
    }

    /// Formats a turn as a string.
    #[must_use]
    pub fn print(&self, turn: &Turn) -> String {
        let mut text = String::new();
        // Writing to a `String` cannot fail.
        let _ = self.write(turn, &mut text);
        text
    }

    /// Formats a turn into a writer.
    ///
    /// # Errors
    ///
    /// Propagates errors of the writer.
    pub fn write(&self, turn: &Turn, out: &mut impl Write) -> fmt::Result {
        if self.ids && !turn.id.is_empty() {
            writeln!(out, "turn {}", printable_line(&turn.id))?;
        }
        for block in &turn.blocks {
            self.write_block(block, out)?;
        }
        Ok(())
    }

    fn write_block(&self, block: &Block, out: &mut impl Write) -> fmt::Result {
        let kind = match &block.content {
            Content::Other(other) => other.kind.as_str(),
            known => known.kind().as_str(),
        };
        write!(out, "{}", printable_line(kind))?;
        if self.ids && !block.id.is_empty() {
            write!(out, " [{}]", printable_line(&block.id))?;
        }
        if let Some(why) = block.incomplete() {
            write!(out, " ({})", printable_line(&why.to_string()))?;
        }
        match &block.content {
            Content::ToolCall(call) => {
                let (name, id) = (printable_line(&call.name), printable_line(&call.id));
                let args = shorten_data(call.args.as_str());
                writeln!(out, ": {name} {id} {}", printable(&args))
            }
            Content::ToolUse(answer) => {
                writeln!(out, ": {}", printable_line(&answer.id))?;
                self.write_text(&shorten_data(&answer.output()), out)?;
                write_media(&answer.images, &answer.files, out)
            }
            Content::Reasoning(reasoning) if reasoning.text.is_empty() => {
                out.write_str(":\n")?;
                let parts: Vec<&str> = reasoning.summary.iter().map(|p| p.text.as_str()).collect();
                self.write_text(&parts.join("\n"), out)
            }
            Content::User(user) => {
                out.write_str(":\n")?;
                self.write_text(&user.text, out)?;
                write_media(&user.images, &user.files, out)
            }
            Content::Other(other) => {
                out.write_str(":\n")?;
                let payload = serde_json::Value::Object(other.payload.clone()).to_string();
                self.write_text(&shorten_data(&payload), out)
            }
            _ => {
                out.write_str(":\n")?;
                self.write_text(block.text().unwrap_or_default(), out)
            }
        }
    }

    fn write_text(&self, text: &str, out: &mut impl Write) -> fmt::Result {
        let text = printable(text);
        let shown = self.max_lines.unwrap_or(usize::MAX);
        for line in text.lines().take(shown) {
            writeln!(out, "  {line}")?;
        }
        let hidden = text.lines().skip(shown).count();
        if hidden > 0 {
            writeln!(out, "  … {hidden} more lines")?;
        }
        Ok(())
    }
}

impl fmt::Display for Turn {
    /// As a [`PrettyPrinter`] with its defaults.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        PrettyPrinter::new().write(self, f)
    }
}

fn write_media(images: &[ImagePart], files: &[FilePart], out: &mut impl Write) -> fmt::Result {
    for image in images {
        write_source("image", &image.source, out)?;
    }
    files.iter().try_for_each(|file| match &file.name {
        Some(name) => writeln!(out, "  <file {}>", printable_line(name)),
        None => write_source("file", &file.source, out),
    })
}

fn write_source(what: &str, source: &MediaSource, out: &mut impl Write) -> fmt::Result {
    let place = match source {
        MediaSource::Url(url) => url.as_str(),
        MediaSource::FileId(id) => return writeln!(out, "  <{what} file {}>", printable_line(id)),
        MediaSource::Inline(_) => "inline",
        MediaSource::Unknown => "of an unknown source",
    };
    writeln!(out, "  <{what} {}>", printable_line(&shorten_data(place)))
}
