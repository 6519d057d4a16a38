//! In-place deserialization of objects.
//!
//! Most events of a reply carry little data in an object with many optional fields. With plain
//! deserialization, such an object is moved at every level of nesting, and moving it costs more
//! than parsing it. Here each value is written to its final place directly. The last value of a
//! repeated field counts; unknown fields are skipped.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, Expected, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor},
};
use serde_json::value::RawValue;

use super::{MAX_ENTRIES, Number, Text};

/// Parses JSON into a value.
///
/// # Errors
///
/// If the text is not JSON, or not of this type.
pub fn parse<'de, T: Fill<'de>>(text: &'de str) -> Result<T, serde_json::Error> {
    let mut value = T::default();
    parse_into(&mut value, text)?;
    Ok(value)
}

/// Parses JSON into an empty value, which is not moved.
///
/// # Errors
///
/// The errors of [`parse`].
pub fn parse_into<'de, T: Fill<'de>>(
    value: &mut T,
    text: &'de str,
) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Place(value).deserialize(&mut reader)?;
    reader.end()
}

/// A value that can be deserialized in place.
pub trait Fill<'de>: Default {
    /// Reads the value.
    ///
    /// # Errors
    ///
    /// If the value is of another type, or the text is not JSON.
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error>;
}

/// The place of a value, as the seed into which serde deserializes the next value.
#[derive(Debug)]
pub struct Place<'p, T>(
    /// The place.
    pub &'p mut T,
);

impl<'de, T: Fill<'de>> DeserializeSeed<'de> for Place<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.fill(deserializer)
    }
}

/// A type that deserializes itself by value.
macro_rules! fill_by_value {
    ($($type:ty),*) => {$(
        impl<'de: 'a, 'a> Fill<'de> for $type {
            fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
                *self = serde::Deserialize::deserialize(deserializer)?;
                Ok(())
            }
        }
    )*};
}

fill_by_value!(Option<&'a RawValue>, Text<'a>, Number);

/// Declares an object with these fields, each of a type that can be deserialized in place
/// ([`Fill`](crate::read::Fill)). Absent fields keep their default.
///
/// The struct has the lifetime `'a` of its input text. A field has the name of the struct's field,
/// or the name after `as`. The last value of a repeated field counts; unknown fields are skipped.
///
/// ```
/// use geppetto_provider::{read::{Number, Text, parse}, wire_object};
///
/// wire_object! {
///     /// One event.
///     struct Event {
///         kind as "type": Text<'a>,
///         index: Number,
///         delta: Option<Delta<'a>>,
///     }
/// }
///
/// wire_object! {
///     struct Delta {
///         text: Text<'a>,
///     }
/// }
///
/// let event: Event<'_> = parse(r#"{"type": "delta", "index": "0", "delta": {"text": "hi"}, "x": []}"#)?;
/// assert_eq!((&*event.kind, event.index.0), ("delta", Some(0)));
/// assert_eq!(&*event.delta.unwrap_or_default().text, "hi");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! wire_object {
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident {
            $($(#[$field_meta:meta])* $field:ident $(as $name_of:literal)?: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        $visibility struct $name<'a> {
            $($(#[$field_meta])* $visibility $field: $type,)*
        }

        impl<'de: 'a, 'a> $crate::read::Fields<'de> for $name<'a> {
            fn field<A: $crate::__serde::de::MapAccess<'de>>(
                &mut self,
                name: &str,
                map: &mut A,
            ) -> Result<(), A::Error> {
                match name {
                    $($crate::wire_object!(@name $field $($name_of)?) => {
                        map.next_value_seed($crate::read::Place(&mut self.$field))
                    })*
                    _ => map.next_value::<$crate::__serde::de::IgnoredAny>().map(drop),
                }
            }
        }

        impl<'de: 'a, 'a> $crate::read::Fill<'de> for $name<'a> {
            fn fill<D: $crate::__serde::Deserializer<'de>>(&mut self, from: D) -> Result<(), D::Error> {
                from.deserialize_any($crate::read::ObjectVisitor(self))
            }
        }
    };
}

/// An object that is deserialized field by field.
#[doc(hidden)]
pub trait Fields<'de> {
    /// Reads the value of the field with this name, or skips it.
    ///
    /// # Errors
    ///
    /// The errors of [`Fill::fill`].
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Deserializes an object; null is one without fields.
#[doc(hidden)]
#[derive(Debug)]
pub struct ObjectVisitor<'p, T>(
    /// The place of the object.
    pub &'p mut T,
);

impl<'de, T: Fields<'de>> Visitor<'de> for ObjectVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        empty(text, &self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            match name {
                Some(name) => self.0.field(name, &mut map)?,
                None => map.next_value::<IgnoredAny>().map(drop)?,
            }
        }
        Ok(())
    }
}

/// Accepts an empty text as absent; any other text is an error.
fn empty<E: Error>(text: &str, expected: &dyn Expected) -> Result<(), E> {
    match text {
        "" => Ok(()),
        _ => Err(E::invalid_type(Unexpected::Str(text), expected)),
    }
}

/// Name of a field; `None` if it contains escapes, which no known name does.
struct Name<'a>(Option<&'a str>);

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Name(Some(name)))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Name(None))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Null is `None`.
impl<'de, T: Fill<'de>> Fill<'de> for Option<T> {
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(OptionVisitor(self))
    }
}

struct OptionVisitor<'p, T>(&'p mut Option<T>);

impl<'de, T: Fill<'de>> Visitor<'de> for OptionVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or null")
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        *self.0 = None;
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.get_or_insert_default().fill(deserializer)
    }
}

/// For rare values, so that absent ones occupy no space.
impl<'de, T: Fill<'de>> Fill<'de> for Box<T> {
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        (**self).fill(deserializer)
    }
}

/// Checks that a list of this length may grow: an entry takes up to a hundred times as much memory
/// as on the wire.
///
/// # Errors
///
/// If the list has more than [`MAX_ENTRIES`] entries.
pub fn room<E: Error>(length: usize) -> Result<(), E> {
    if length > MAX_ENTRIES {
        return Err(E::custom(format_args!(
            "more than {MAX_ENTRIES} entries in a list"
        )));
    }
    Ok(())
}

/// A list; null is an empty one.
impl<'de, T: Fill<'de>> Fill<'de> for Vec<T> {
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(ListVisitor(self))
    }
}

struct ListVisitor<'p, T>(&'p mut Vec<T>);

impl<'de, T: Fill<'de>> Visitor<'de> for ListVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or null")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        empty(text, &self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            let mut item = T::default();
            if seq.next_element_seed(Place(&mut item))?.is_none() {
                return Ok(());
            }
            room(self.0.len())?;
            self.0.push(item);
        }
    }
}

/// Optional addition to the reply: if it is not an object it counts as absent, and the reply
/// continues.
#[derive(Debug)]
pub struct Beside<T>(
    /// The object, if it is one.
    pub Option<Box<T>>,
);

impl<T> Default for Beside<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Fill<'de>> Fill<'de> for Beside<T> {
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        let raw: &'de RawValue = Deserialize::deserialize(deserializer)?;
        self.0 = None;
        // Every event of OpenAI has `"logprobs":null`.
        if raw.get().starts_with('{') {
            let mut reader = serde_json::Deserializer::from_str(raw.get());
            let mut value = Box::<T>::default();
            self.0 = value.fill(&mut reader).is_ok().then_some(value);
        }
        Ok(())
    }
}
