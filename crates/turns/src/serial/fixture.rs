//! [`Fixture`]: a turn with follow-up prompts, in the format of geppetto's runner.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use super::{Fields, FormatError, block, json_value, turn, yaml::strict_yaml_value, yaml_string};
use crate::{Blocks, Extra, Turn};

/// File format that wraps a turn: `{version, turn, followups}`.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Fixture {
    /// Format version; currently 1.
    pub version: u64,
    /// Initial turn.
    pub turn: Turn,
    /// Blocks to append, one after each inference.
    pub followups: Blocks,
    /// Unknown keys, preserved on write.
    pub extra: Extra,
}

/// Contents of a file that holds a turn, bare or in a [`Fixture`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Document {
    /// A bare turn.
    Turn(Turn),
    /// A turn with follow-ups.
    Fixture(Fixture),
}

impl Document {
    /// Parses either form from YAML.
    ///
    /// # Errors
    ///
    /// Same as [`Turn::from_yaml`].
    pub fn from_yaml(text: &str) -> Result<Self, FormatError> {
        Self::from_value(strict_yaml_value(text)?)
    }

    /// Parses either form from JSON.
    ///
    /// # Errors
    ///
    /// Same as [`Turn::from_yaml`].
    pub fn from_json(text: &str) -> Result<Self, FormatError> {
        Self::from_value(json_value(text)?)
    }

    /// Serializes the document in its own form as YAML.
    ///
    /// # Errors
    ///
    /// Same as [`Turn::to_yaml`].
    pub fn to_yaml(&self) -> Result<String, FormatError> {
        match self {
            Self::Turn(turn) => turn.to_yaml(),
            Self::Fixture(fixture) => yaml_string(fixture),
        }
    }

    /// Serializes the document in its own form as indented JSON.
    ///
    /// # Errors
    ///
    /// Same as [`Turn::to_json`].
    pub fn to_json(&self) -> Result<String, FormatError> {
        match self {
            Self::Turn(turn) => turn.to_json(),
            Self::Fixture(fixture) => {
                serde_json::to_string_pretty(fixture).map_err(FormatError::unwritable)
            }
        }
    }

    /// Returns the turn.
    #[must_use]
    pub fn turn(&self) -> &Turn {
        match self {
            Self::Turn(turn) => turn,
            Self::Fixture(fixture) => &fixture.turn,
        }
    }

    fn from_value(value: Value) -> Result<Self, FormatError> {
        if value.get("turn").is_none() {
            return turn::from_value(value).map(Self::Turn);
        }
        let mut fields = Fields::from_value::<FormatError>(value)?;
        Ok(Self::Fixture(Fixture {
            version: fields.count::<FormatError>("version")?.unwrap_or_default(),
            turn: turn::from_value(fields.take("turn").unwrap_or_default())
                .map_err(|error| error.within("turn"))?,
            followups: turn::blocks_from(
                fields.list::<FormatError>("followups")?.unwrap_or_default(),
                "followups",
            )?,
            extra: fields.rest(),
        }))
    }
}

impl Serialize for Fixture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", &self.version)?;
        map.serialize_entry("turn", &self.turn)?;
        if !self.followups.is_empty() {
            map.serialize_entry("followups", &self.followups)?;
        }
        block::rest::<S>(&mut map, self.extra.iter())?;
        map.end()
    }
}
