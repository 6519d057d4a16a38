//! Content of messages: texts, images and files.

use geppetto_turns::{Block, Content, FilePart, ImagePart, MediaSource, UserContent};
use geppetto_ui::openai::ApiError;
use serde_json::Value;

use super::fields::{Fields, unknown_value, wrong_type};

/// Names of the parts that a message of a user may have, in both APIs.
const KNOWN: [&str; 6] = [
    "text",
    "image_url",
    "file",
    "input_text",
    "input_image",
    "input_file",
];

/// Content of a message.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) images: Vec<ImagePart>,
    pub(super) files: Vec<FilePart>,
}

impl Said {
    fn has_media(&self) -> bool {
        !(self.images.is_empty() && self.files.is_empty())
    }

    fn add_text(&mut self, text: &str) {
        if !self.text.is_empty() && !text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.text.push_str(text);
    }

    fn into_block(self) -> Block {
        let mut user = UserContent::default();
        (user.text, user.images, user.files) = (self.text, self.images, self.files);
        Block::new(Content::User(user))
    }
}

/// Reads the content of a user's message: one block for each text with the media that follow it, so
/// that their order is kept.
pub(super) fn user(value: Option<&Value>, place: &str) -> Result<Vec<Block>, ApiError> {
    let mut blocks = Vec::new();
    let mut said = Said::default();
    for part in parts(value, place)? {
        if let Part::Text(text) = &part
            && said.has_media()
            && !text.is_empty()
        {
            blocks.push(std::mem::take(&mut said).into_block());
        }
        said.add(part);
    }
    blocks.push(said.into_block());
    Ok(blocks)
}

/// Reads content that may be split into parts, such as the result of a tool.
pub(super) fn any(value: Option<&Value>, place: &str) -> Result<Said, ApiError> {
    let mut said = Said::default();
    for part in parts(value, place)? {
        said.add(part);
    }
    Ok(said)
}

impl Said {
    fn add(&mut self, part: Part) {
        match part {
            Part::Text(text) => self.add_text(&text),
            Part::Image(image) => self.images.push(image),
            Part::File(file) => self.files.push(file),
        }
    }
}

/// Reads content of texts alone.
pub(super) fn text(value: Option<&Value>, place: &str) -> Result<String, ApiError> {
    let said = any(value, place)?;
    if said.has_media() {
        let message = format!("`{place}` must consist of texts for this role");
        return Err(ApiError::invalid(place, message).with_code("invalid_value"));
    }
    Ok(said.text)
}

enum Part {
    Text(String),
    Image(ImagePart),
    File(FilePart),
}

fn parts(value: Option<&Value>, place: &str) -> Result<Vec<Part>, ApiError> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![Part::Text(text.clone())]),
        Some(Value::Array(list)) => {
            let parts = list.iter().enumerate();
            let parts = parts.map(|(index, part)| read(part, &format!("{place}[{index}]")));
            parts.collect()
        }
        Some(other) => Err(wrong_type(place, "a string or an array of parts", other)),
    }
}

fn read(part: &Value, place: &str) -> Result<Part, ApiError> {
    if let Value::String(text) = part {
        return Ok(Part::Text(text.clone()));
    }
    let fields = Fields::of(part, place)?;
    match fields.required("type")? {
        "text" | "input_text" | "output_text" => {
            Ok(Part::Text(fields.required("text")?.to_owned()))
        }
        "refusal" => Ok(Part::Text(fields.required("refusal")?.to_owned())),
        "image_url" | "input_image" => image(&fields).map(Part::Image),
        "file" => {
            let inner = fields.object("file")?;
            file(inner.as_ref().unwrap_or(&fields)).map(Part::File)
        }
        "input_file" => file(&fields).map(Part::File),
        "input_audio" => {
            let message = "audio is not supported; send its transcript as text";
            Err(fields
                .refuse("type", message)
                .with_code("unsupported_value"))
        }
        other => Err(unknown_value(fields.place("type"), other, &KNOWN)),
    }
}

fn image(fields: &Fields<'_>) -> Result<ImagePart, ApiError> {
    // Chat Completions nest the address; Responses, and some clients of the former, do not.
    let (url, detail) = match fields.get("image_url") {
        Some(Value::Object(_)) => {
            let Some(inner) = fields.object("image_url")? else {
                return Err(fields.refuse("image_url", "the image has no address"));
            };
            (Some(inner.required("url")?), inner.text("detail")?)
        }
        _ => (fields.text("image_url")?, fields.text("detail")?),
    };
    let image = match (url, fields.text("file_id")?) {
        (Some(url), _) => ImagePart::new(source(url, &fields.place("image_url"))?),
        (None, Some(id)) => ImagePart::file_id(id),
        (None, None) => {
            let message = "the image has neither an address nor a file id";
            return Err(fields.refuse("image_url", message));
        }
    };
    Ok(match detail {
        Some(detail) => image.with_detail(detail),
        None => image,
    })
}

/// Returns the location of a `data:` URL, or of an address that the model's provider fetches.
fn source(url: &str, place: &str) -> Result<MediaSource, ApiError> {
    let scheme = url.split(':').next().unwrap_or_default();
    match scheme.to_ascii_lowercase().as_str() {
        "data" if url.contains(',') => Ok(MediaSource::Inline(url.to_owned())),
        "http" | "https" => Ok(MediaSource::Url(url.to_owned())),
        _ => {
            let message = format!("`{place}` must be an `https:` address or a `data:` URL");
            Err(ApiError::invalid(place, message).with_code("invalid_image_url"))
        }
    }
}

fn file(fields: &Fields<'_>) -> Result<FilePart, ApiError> {
    let data = fields.text("file_data")?;
    let mut file = match (data, fields.text("file_url")?, fields.text("file_id")?) {
        (Some(data), _, _) => FilePart::new(MediaSource::Inline(data.to_owned())),
        (None, Some(url), _) => FilePart::new(source(url, &fields.place("file_url"))?),
        (None, None, Some(id)) => FilePart::file_id(id),
        (None, None, None) => {
            let message = "the file has neither content nor an address nor an id";
            return Err(fields.refuse("file_data", message));
        }
    };
    file.name = fields.text("filename")?.map(str::to_owned);
    Ok(file)
}
