//! [`written`]: conversion of a value to output, with `Err` as an error rather than JSON.

use std::fmt;

use serde::{
    Serialize, Serializer,
    ser::{self, Impossible},
};

use super::ToolOutput;
use crate::tool::error::ToolError;

/// Returns the output of `value`. A [`Result`] is distinguished from other values by the name and
/// the variants that it passes to serde.
pub(super) fn written<T: Serialize>(value: &T) -> Result<ToolOutput, ToolError> {
    match value.serialize(Probe) {
        Ok(outcome) => outcome,
        Err(Other) => ToolOutput::json(value),
    }
}

/// Serializes a `Result`, and stops at any other value.
struct Probe;

/// The value is not a `Result`.
#[derive(Debug)]
struct Other;

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a result")
    }
}

impl std::error::Error for Other {}

impl ser::Error for Other {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Outcome = Result<ToolOutput, ToolError>;

/// Serializer methods for values that are not a `Result`.
macro_rules! other {
    ($($method:ident($($type:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$ok, Other> {
            Err(Other)
        })*
    };
}

impl Serializer for Probe {
    type Ok = Outcome;
    type Error = Other;
    type SerializeSeq = Impossible<Outcome, Other>;
    type SerializeTuple = Impossible<Outcome, Other>;
    type SerializeTupleStruct = Impossible<Outcome, Other>;
    type SerializeTupleVariant = Impossible<Outcome, Other>;
    type SerializeMap = Impossible<Outcome, Other>;
    type SerializeStruct = Impossible<Outcome, Other>;
    type SerializeStructVariant = Impossible<Outcome, Other>;

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Outcome, Other> {
        match (name, variant) {
            ("Result", "Ok") => Ok(ToolOutput::json(value)),
            ("Result", "Err") => {
                Ok(ToolOutput::json(value).and_then(|output| Err(ToolError::new(output.text))))
            }
            _ => Err(Other),
        }
    }

    fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> Result<Outcome, Other> {
        Err(Other)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<Outcome, Other> {
        Err(Other)
    }

    other! {
        serialize_bool(bool) -> Outcome;
        serialize_i8(i8) -> Outcome;
        serialize_i16(i16) -> Outcome;
        serialize_i32(i32) -> Outcome;
        serialize_i64(i64) -> Outcome;
        serialize_u8(u8) -> Outcome;
        serialize_u16(u16) -> Outcome;
        serialize_u32(u32) -> Outcome;
        serialize_u64(u64) -> Outcome;
        serialize_f32(f32) -> Outcome;
        serialize_f64(f64) -> Outcome;
        serialize_char(char) -> Outcome;
        serialize_str(&str) -> Outcome;
        serialize_bytes(&[u8]) -> Outcome;
        serialize_none() -> Outcome;
        serialize_unit() -> Outcome;
        serialize_unit_struct(&'static str) -> Outcome;
        serialize_unit_variant(&'static str, u32, &'static str) -> Outcome;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
