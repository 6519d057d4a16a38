//! Conversion between turns and YAML or JSON.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::Error as _,
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::{Map, Value};

use super::{AsMap, Fields, FormatError, block};
use crate::{Blocks, Turn};

pub(super) fn from_value(value: Value) -> Result<Turn, FormatError> {
    let mut fields = Fields::from_value::<FormatError>(value)?;
    Ok(Turn {
        id: fields.text::<FormatError>("id")?.unwrap_or_default(),
        blocks: blocks_from(
            fields.list::<FormatError>("blocks")?.unwrap_or_default(),
            "blocks",
        )?,
        metadata: fields
            .map::<FormatError>("metadata")?
            .unwrap_or_default()
            .into(),
        data: fields
            .map::<FormatError>("data")?
            .unwrap_or_default()
            .into(),
        extra: fields.rest(),
    })
}

pub(super) fn blocks_from(list: Vec<Value>, name: &str) -> Result<Blocks, FormatError> {
    let mut blocks = Blocks::new();
    for (n, value) in list.into_iter().enumerate() {
        let block =
            block::from_value(value).map_err(|error| error.within(format_args!("{name}[{n}]")))?;
        blocks.push(block);
    }
    Ok(blocks)
}

impl Turn {
    /// Parses a turn from YAML.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not YAML or exceeds the limits of
    /// [`yaml_value`](crate::serial::yaml_value) (with line and column), has duplicate keys in a
    /// map, or is not a turn (with the path of the field, such as `blocks[2].payload.text`).
    pub fn from_yaml(text: &str) -> Result<Self, FormatError> {
        from_value(super::yaml::strict_yaml_value(text)?)
    }

    /// Parses a turn from JSON.
    ///
    /// # Errors
    ///
    /// Same as [`Turn::from_yaml`], with [`MAX_JSON_DEPTH`](crate::serial::MAX_JSON_DEPTH) as limit
    /// of nesting. Numbers of more than 64 bits are also errors.
    pub fn from_json(text: &str) -> Result<Self, FormatError> {
        from_value(super::json_value(text)?)
    }

    /// Serializes the turn as YAML. Values that [`from_yaml`](Self::from_yaml) would reject as too
    /// deep become text ([`yaml_string`](crate::serial::yaml_string)).
    ///
    /// # Errors
    ///
    /// Propagates serializer errors; a turn causes none.
    pub fn to_yaml(&self) -> Result<String, FormatError> {
        super::yaml_string(self)
    }

    /// Serializes the turn as indented JSON.
    ///
    /// # Errors
    ///
    /// Propagates serializer errors; a turn causes none.
    pub fn to_json(&self) -> Result<String, FormatError> {
        super::json::pretty_json_string(self)
    }
}

impl Serialize for Turn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        block::text_entry::<S>(&mut map, "id", &self.id)?;
        map.serialize_entry("blocks", &self.blocks)?;
        if !self.metadata.is_empty() {
            map.serialize_entry("metadata", &AsMap(self.metadata.iter()))?;
        }
        if !self.data.is_empty() {
            map.serialize_entry("data", &AsMap(self.data.iter()))?;
        }
        block::rest::<S>(&mut map, self.extra.iter())?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Turn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_value(Value::Object(Map::deserialize(deserializer)?)).map_err(D::Error::custom)
    }
}

impl Serialize for Blocks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for block in self {
            list.serialize_element(&**block)?;
        }
        list.end()
    }
}
