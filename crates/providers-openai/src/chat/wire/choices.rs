//! List of choices, without a heap allocation for the common case.

use std::fmt;

use geppetto_provider::read::{Fill, Place, room};
use serde::{
    Deserializer,
    de::{Error, SeqAccess, Visitor},
};

use super::Choice;

/// Choices of an event, nearly always one.
#[derive(Debug, Default)]
pub(in crate::chat) struct Choices<'a> {
    first: Option<Choice<'a>>,
    rest: Vec<Choice<'a>>,
}

impl<'a> Choices<'a> {
    pub(in crate::chat) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(in crate::chat) fn iter(&self) -> impl Iterator<Item = &Choice<'a>> {
        self.first.iter().chain(&self.rest)
    }
}

impl<'de: 'a, 'a> Fill<'de> for Choices<'a> {
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(ChoicesVisitor(self))
    }
}

struct ChoicesVisitor<'p, 'a>(&'p mut Choices<'a>);

impl<'de: 'a, 'a> Visitor<'de> for ChoicesVisitor<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of choices")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Choices { first, rest } = self.0;
        if seq
            .next_element_seed(Place(first.get_or_insert_default()))?
            .is_none()
        {
            *first = None;
            return Ok(());
        }
        loop {
            let mut choice = Choice::default();
            if seq.next_element_seed(Place(&mut choice))?.is_none() {
                return Ok(());
            }
            room(rest.len())?;
            rest.push(choice);
        }
    }
}
