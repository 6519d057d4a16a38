//! [`Reason`]: the finish reason of a choice.

use std::{borrow::Cow, fmt, ops::Deref};

use geppetto_provider::read::{Fill, Place, Text};
use serde::{
    Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

/// A finish reason: a text, or an object whose `type` or `reason` is the text, as in SGLang's
/// internal format (`{"type": "length", "length": 16}`). Any other value is none.
#[derive(Debug, Default)]
pub(in crate::chat) struct Reason<'a>(Text<'a>);

impl Deref for Reason<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Fill<'de> for Reason<'a> {
    fn fill<D: Deserializer<'de>>(&mut self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(ReasonVisitor(self))
    }
}

struct ReasonVisitor<'p, 'a>(&'p mut Reason<'a>);

impl<'de: 'a, 'a> Visitor<'de> for ReasonVisitor<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a finish reason")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        self.0.0 = text.into();
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.0 = Cow::<str>::Owned(text.to_owned()).into();
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if matches!(&*name, "type" | "reason") && self.0.is_empty() {
                map.next_value_seed(Place(&mut self.0.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
