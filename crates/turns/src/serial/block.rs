//! Conversion between blocks and their file format.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::Error as _,
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::{Map, Value};

use super::{AsMap, Fields, FormatError};
use crate::{
    Args, Block, Content, FilePart, ImagePart, LlmText, MediaSource, OtherContent, Reasoning,
    SummaryPart, SystemText, ToolCall, ToolUse, UserContent,
};

pub(super) fn from_value(value: Value) -> Result<Block, FormatError> {
    let mut fields = Fields::from_value::<FormatError>(value)?;
    let Some(kind) = fields.text::<FormatError>("kind")? else {
        return Err(FormatError::custom(
            "kind: missing; every block has one, such as `user` or `llm_text`",
        ));
    };
    let payload = Fields::from_value(Value::Object(fields.map("payload")?.unwrap_or_default()))?;
    let content =
        content_from(&kind, payload).map_err(|error: FormatError| error.within("payload"))?;
    Ok(Block {
        id: fields.text::<FormatError>("id")?.unwrap_or_default(),
        role: fields.text::<FormatError>("role")?,
        content,
        metadata: fields
            .map::<FormatError>("metadata")?
            .unwrap_or_default()
            .into(),
        extra: fields.rest(),
    })
}

fn content_from(kind: &str, mut payload: Fields) -> Result<Content, FormatError> {
    let p = &mut payload;
    Ok(match kind.trim().to_ascii_lowercase().as_str() {
        "system" => Content::System(SystemText {
            text: p.text::<FormatError>("text")?.unwrap_or_default(),
            extra: payload.rest(),
        }),
        "user" => Content::User(UserContent {
            text: p.text::<FormatError>("text")?.unwrap_or_default(),
            images: items(p, "images", image_from)?,
            files: items(p, "files", file_from)?,
            extra: payload.rest(),
        }),
        "llm_text" => Content::LlmText(LlmText {
            text: p.text::<FormatError>("text")?.unwrap_or_default(),
            refusal: p.flag::<FormatError>("refusal")?.unwrap_or_default(),
            item_id: p.text::<FormatError>("item_id")?,
            extra: payload.rest(),
        }),
        "reasoning" => Content::Reasoning(Reasoning {
            text: p.text::<FormatError>("text")?.unwrap_or_default(),
            summary: items(p, "summary", summary_from)?,
            encrypted_content: p.text::<FormatError>("encrypted_content")?,
            item_id: p.text::<FormatError>("item_id")?,
            extra: payload.rest(),
        }),
        "tool_call" => Content::ToolCall(ToolCall {
            id: p.text::<FormatError>("id")?.unwrap_or_default(),
            name: p.text::<FormatError>("name")?.unwrap_or_default(),
            args: p.take("args").map(Args::from_value).unwrap_or_default(),
            item_id: p.text::<FormatError>("item_id")?,
            shown: p.text::<FormatError>("shown")?,
            extra: payload.rest(),
        }),
        "tool_use" => Content::ToolUse(ToolUse {
            id: p.text::<FormatError>("id")?.unwrap_or_default(),
            result: p.take("result"),
            error: p.text::<FormatError>("error")?,
            ran_with: p.take("ran_with").map(Args::from_value),
            images: items(p, "images", image_from)?,
            files: items(p, "files", file_from)?,
            shown: p.text::<FormatError>("shown")?,
            duration_ms: p.count::<FormatError>("duration_ms")?,
            ends_run: p.flag::<FormatError>("ends_run")?.unwrap_or_default(),
            extra: payload.rest(),
        }),
        _ => Content::Other(OtherContent {
            kind: kind.to_owned(),
            payload: payload.into_map(),
        }),
    })
}

fn items<T>(
    fields: &mut Fields,
    name: &str,
    read: impl Fn(Value) -> Result<T, FormatError>,
) -> Result<Vec<T>, FormatError> {
    let list = fields.list::<FormatError>(name)?.unwrap_or_default();
    list.into_iter()
        .enumerate()
        .map(|(n, item)| read(item).map_err(|error| error.within(format_args!("{name}[{n}]"))))
        .collect()
}

fn summary_from(value: Value) -> Result<SummaryPart, FormatError> {
    if let Value::String(text) = value {
        return Ok(SummaryPart::new(text));
    }
    let mut fields = Fields::from_value::<FormatError>(value)?;
    Ok(SummaryPart {
        part_type: fields.text::<FormatError>("type")?.unwrap_or_default(),
        text: fields.text::<FormatError>("text")?.unwrap_or_default(),
        extra: fields.rest(),
    })
}

fn image_from(value: Value) -> Result<ImagePart, FormatError> {
    let mut fields = Fields::from_value::<FormatError>(value)?;
    Ok(ImagePart {
        source: source_from(&mut fields)?,
        media_type: fields.text::<FormatError>("media_type")?,
        detail: fields.text::<FormatError>("detail")?,
        extra: fields.rest(),
    })
}

fn file_from(value: Value) -> Result<FilePart, FormatError> {
    let mut fields = Fields::from_value::<FormatError>(value)?;
    Ok(FilePart {
        source: source_from(&mut fields)?,
        name: fields.text::<FormatError>("name")?,
        media_type: fields.text::<FormatError>("media_type")?,
        extra: fields.rest(),
    })
}

fn source_from(fields: &mut Fields) -> Result<MediaSource, FormatError> {
    if fields.contains("content") {
        return match fields.take("content") {
            // Bytes that a writer stored as a list of numbers.
            Some(Value::Array(bytes)) => source_from_bytes(&bytes),
            Some(Value::String(content)) => Ok(MediaSource::Inline(content)),
            _ => Ok(MediaSource::Unknown),
        };
    }
    if let Some(url) = fields.text::<FormatError>("url")? {
        return Ok(MediaSource::Url(url));
    }
    let id = fields.text::<FormatError>("file_id")?;
    Ok(id.map_or(MediaSource::Unknown, MediaSource::FileId))
}

fn source_from_bytes(bytes: &[Value]) -> Result<MediaSource, FormatError> {
    let bytes: Option<Vec<u8>> = bytes
        .iter()
        .map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok()))
        .collect();
    let Some(bytes) = bytes else {
        return Err(FormatError::custom(
            "content: expected base64 text or a list of bytes (0 to 255)",
        ));
    };
    Ok(ImagePart::bytes("", bytes).source)
}

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        text_entry::<S>(&mut map, "id", &self.id)?;
        let kind = match &self.content {
            Content::Other(other) => other.kind.as_str(),
            known => known.kind().as_str(),
        };
        map.serialize_entry("kind", kind)?;
        if let Some(role) = &self.role {
            map.serialize_entry("role", role)?;
        }
        let payload = Payload(&self.content);
        if !payload.is_empty() {
            map.serialize_entry("payload", &payload)?;
        }
        if !self.metadata.is_empty() {
            map.serialize_entry("metadata", &AsMap(self.metadata.iter()))?;
        }
        rest::<S>(&mut map, self.extra.iter())?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_value(Value::Object(Map::deserialize(deserializer)?)).map_err(D::Error::custom)
    }
}

struct Payload<'a>(&'a Content);

impl Payload<'_> {
    fn is_empty(&self) -> bool {
        match self.0 {
            Content::System(c) => c.text.is_empty() && c.extra.is_empty(),
            Content::User(c) => *c == UserContent::default(),
            Content::LlmText(c) => *c == LlmText::default(),
            Content::Reasoning(c) => *c == Reasoning::default(),
            Content::ToolCall(c) => *c == ToolCall::default(),
            Content::ToolUse(c) => *c == ToolUse::default(),
            Content::Other(c) => c.payload.is_empty(),
        }
    }
}

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let m = &mut map;
        match self.0 {
            Content::System(content) => {
                text_entry::<S>(m, "text", &content.text)?;
                rest::<S>(m, content.extra.iter())?;
            }
            Content::User(content) => {
                text_entry::<S>(m, "text", &content.text)?;
                media::<S>(m, &content.images, &content.files)?;
                rest::<S>(m, content.extra.iter())?;
            }
            Content::LlmText(content) => {
                text_entry::<S>(m, "text", &content.text)?;
                if content.refusal {
                    m.serialize_entry("refusal", &true)?;
                }
                option_entry::<S>(m, "item_id", content.item_id.as_ref())?;
                rest::<S>(m, content.extra.iter())?;
            }
            Content::Reasoning(content) => {
                text_entry::<S>(m, "text", &content.text)?;
                option_entry::<S>(m, "encrypted_content", content.encrypted_content.as_ref())?;
                option_entry::<S>(m, "item_id", content.item_id.as_ref())?;
                if !content.summary.is_empty() {
                    m.serialize_entry("summary", &List(&content.summary))?;
                }
                rest::<S>(m, content.extra.iter())?;
            }
            Content::ToolCall(content) => {
                text_entry::<S>(m, "id", &content.id)?;
                text_entry::<S>(m, "name", &content.name)?;
                if !content.args.as_str().is_empty() {
                    m.serialize_entry("args", &content.args.to_value())?;
                }
                option_entry::<S>(m, "item_id", content.item_id.as_ref())?;
                option_entry::<S>(m, "shown", content.shown.as_ref())?;
                rest::<S>(m, content.extra.iter())?;
            }
            Content::ToolUse(content) => {
                text_entry::<S>(m, "id", &content.id)?;
                option_entry::<S>(m, "result", content.result.as_ref())?;
                option_entry::<S>(m, "error", content.error.as_ref())?;
                if let Some(args) = &content.ran_with {
                    m.serialize_entry("ran_with", &args.to_value())?;
                }
                media::<S>(m, &content.images, &content.files)?;
                option_entry::<S>(m, "shown", content.shown.as_ref())?;
                option_entry::<S>(m, "duration_ms", content.duration_ms.as_ref())?;
                if content.ends_run {
                    m.serialize_entry("ends_run", &true)?;
                }
                rest::<S>(m, content.extra.iter())?;
            }
            Content::Other(content) => {
                rest::<S>(m, content.payload.iter().map(|(k, v)| (k.as_str(), v)))?;
            }
        }
        map.end()
    }
}

fn media<S: Serializer>(
    map: &mut S::SerializeMap,
    images: &[ImagePart],
    files: &[FilePart],
) -> Result<(), S::Error> {
    if !images.is_empty() {
        map.serialize_entry("images", &List(images))?;
    }
    if !files.is_empty() {
        map.serialize_entry("files", &List(files))?;
    }
    Ok(())
}

fn source<S: Serializer>(map: &mut S::SerializeMap, source: &MediaSource) -> Result<(), S::Error> {
    match source {
        MediaSource::Url(url) => map.serialize_entry("url", url),
        MediaSource::Inline(content) => map.serialize_entry("content", content),
        MediaSource::FileId(id) => map.serialize_entry("file_id", id),
        MediaSource::Unknown => Ok(()),
    }
}

impl Serialize for FilePart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        option_entry::<S>(&mut map, "name", self.name.as_ref())?;
        option_entry::<S>(&mut map, "media_type", self.media_type.as_ref())?;
        source::<S>(&mut map, &self.source)?;
        rest::<S>(&mut map, self.extra.iter())?;
        map.end()
    }
}

impl Serialize for ImagePart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        option_entry::<S>(&mut map, "media_type", self.media_type.as_ref())?;
        source::<S>(&mut map, &self.source)?;
        option_entry::<S>(&mut map, "detail", self.detail.as_ref())?;
        rest::<S>(&mut map, self.extra.iter())?;
        map.end()
    }
}

impl Serialize for SummaryPart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        text_entry::<S>(&mut map, "type", &self.part_type)?;
        text_entry::<S>(&mut map, "text", &self.text)?;
        rest::<S>(&mut map, self.extra.iter())?;
        map.end()
    }
}

struct List<'a, T>(&'a [T]);

impl<T: Serialize> Serialize for List<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for item in self.0 {
            list.serialize_element(item)?;
        }
        list.end()
    }
}

pub(super) fn text_entry<S: Serializer>(
    map: &mut S::SerializeMap,
    name: &str,
    text: &str,
) -> Result<(), S::Error> {
    if text.is_empty() {
        return Ok(());
    }
    map.serialize_entry(name, text)
}

fn option_entry<S: Serializer>(
    map: &mut S::SerializeMap,
    name: &str,
    value: Option<&impl Serialize>,
) -> Result<(), S::Error> {
    match value {
        None => Ok(()),
        Some(value) => map.serialize_entry(name, value),
    }
}

pub(super) fn rest<'a, S: Serializer>(
    map: &mut S::SerializeMap,
    entries: impl Iterator<Item = (&'a str, &'a Value)>,
) -> Result<(), S::Error> {
    for (key, value) in entries {
        map.serialize_entry(key, value)?;
    }
    Ok(())
}
