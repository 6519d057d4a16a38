//! [`Few`]: a list without a heap allocation for the common case.

use std::fmt;

use serde::{
    Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use super::{Fill, Place, room};

/// A list that nearly always has one value. A single object in place of the list is its only value,
/// and null is an empty list.
#[derive(Debug)]
pub struct Few<T> {
    first: Option<T>,
    rest: Vec<T>,
}

impl<T> Few<T> {
    /// Returns `true` if there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Returns the values, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain(&self.rest)
    }

    /// Returns the only value; `None` if there are more or none.
    #[must_use]
    pub fn only(&self) -> Option<&T> {
        self.first.as_ref().filter(|_| self.rest.is_empty())
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self {
            first: None,
            rest: Vec::new(),
        }
    }
}

impl<'de, T: Fill<'de>> Fill<'de> for Few<T> {
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(FewVisitor(self))
    }
}

struct FewVisitor<'p, T>(&'p mut Few<T>);

impl<'de, T: Fill<'de>> Visitor<'de> for FewVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let first = self.0.first.get_or_insert_default();
        first.fill(MapAccessDeserializer::new(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Few { first, rest } = self.0;
        let place = Place(first.get_or_insert_default());
        if seq.next_element_seed(place)?.is_none() {
            *first = None;
            return Ok(());
        }
        loop {
            let mut value = T::default();
            if seq.next_element_seed(Place(&mut value))?.is_none() {
                return Ok(());
            }
            room(rest.len())?;
            rest.push(value);
        }
    }
}
