//! [`ValueReader`]: reads any document as a JSON value, without loss and within a budget.

use std::{cell::Cell, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// Number of bytes of text by which a document may expand beyond twice its size.
const SPARE_BYTES: usize = 8 * 1024 * 1024;
/// Number of values that a document may have beyond four per byte of its text.
const SPARE_VALUES: usize = 100_000;

/// Remaining expansion budget of a document. Only aliases can exceed its size.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: Cell<usize>,
    values: Cell<usize>,
}

impl Budget {
    /// Creates the budget of a document of `len` bytes.
    pub(super) fn of_document(len: usize) -> Self {
        Self {
            bytes: Cell::new(len.saturating_mul(2).saturating_add(SPARE_BYTES)),
            values: Cell::new(len.saturating_mul(4).saturating_add(SPARE_VALUES)),
        }
    }

    /// Deducts one value with `bytes` bytes of text.
    fn spend<E: Error>(&self, bytes: usize) -> Result<(), E> {
        let left = self.bytes.get().checked_sub(bytes);
        let values = self.values.get().checked_sub(1);
        let (Some(left), Some(values)) = (left, values) else {
            return Err(E::custom(
                "aliases repeat too much: the document would become more than twice its size and \
                 8 MiB; write out what is needed",
            ));
        };
        self.bytes.set(left);
        self.values.set(values);
        Ok(())
    }
}

/// Handling of duplicate keys in a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duplicates {
    LastWins,
    Refused,
}

/// Reads one value, including nested ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct ValueReader<'b> {
    budget: &'b Budget,
    duplicates: Duplicates,
}

impl<'b> ValueReader<'b> {
    pub(super) fn new(budget: &'b Budget, duplicates: Duplicates) -> Self {
        Self { budget, duplicates }
    }
}

impl<'de> DeserializeSeed<'de> for ValueReader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueReader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON has")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.budget.spend(0)?;
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        self.deserialize(from)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        self.budget.spend(0)?;
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        self.budget.spend(0)?;
        Ok(Value::from(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        self.budget.spend(0)?;
        Ok(Value::from(number))
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Value, E> {
        Err(too_large(&number))
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Value, E> {
        Err(too_large(&number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        self.budget.spend(0)?;
        let number = Number::from_f64(number).ok_or_else(|| {
            E::custom(format_args!(
                "{number} is no number that JSON has; put it in quotes to keep it as text"
            ))
        })?;
        Ok(Value::Number(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.budget.spend(text.len())?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        self.budget.spend(text.len())?;
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        self.budget.spend(0)?;
        let mut list = Vec::new();
        while let Some(item) = from.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        self.budget.spend(0)?;
        let mut map = Map::new();
        loop {
            let known = (self.duplicates == Duplicates::Refused).then_some(&map);
            let budget = self.budget;
            let Some(key) = from.next_key_seed(KeyReader { budget, known })? else {
                break;
            };
            map.insert(key, from.next_value_seed(self)?);
        }
        Ok(Value::Object(map))
    }
}

/// Reads the key of a map; a scalar of any type becomes its source text.
struct KeyReader<'b> {
    budget: &'b Budget,
    /// Keys that must not occur again.
    known: Option<&'b Map<String, Value>>,
}

impl<'de> DeserializeSeed<'de> for KeyReader<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<String, D::Error> {
        from.deserialize_string(self)
    }
}

impl Visitor<'_> for KeyReader<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text as the key of a map (JSON has no other keys)")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<String, E> {
        self.budget.spend(text.len())?;
        if self.known.is_some_and(|known| known.contains_key(&text)) {
            return Err(E::custom(format_args!(
                "the key {text:?} stands twice in a map; remove one"
            )));
        }
        Ok(text)
    }
}

fn too_large<E: Error>(number: &dyn fmt::Display) -> E {
    E::custom(format_args!(
        "the integer {number} needs more than 64 bits; put it in quotes to keep it as text"
    ))
}
