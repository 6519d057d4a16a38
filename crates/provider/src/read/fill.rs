//! Reading objects into their place.
//!
//! A reply is mostly events that say next to nothing in an object with room for everything. Read
//! the usual way, such an object is moved at every level of nesting, and moving it costs more than
//! parsing it. Here each value is written where it belongs at once. A field that is repeated
//! counts with its last value, one that is not known is skipped.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, Expected, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor},
};
use serde_json::value::RawValue;

use super::{MAX_ENTRIES, Number, Text};

/// Reads JSON into the value that it is.
///
/// # Errors
///
/// The text is not JSON, or not of this type.
pub fn parse<'de, T: Fill<'de>>(text: &'de str) -> Result<T, serde_json::Error> {
    let mut value = T::default();
    parse_into(&mut value, text)?;
    Ok(value)
}

/// Reads JSON into an empty value, which is not moved.
///
/// # Errors
///
/// As for [`parse`].
pub fn parse_into<'de, T: Fill<'de>>(
    value: &mut T,
    text: &'de str,
) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Place(value).deserialize(&mut reader)?;
    reader.end()
}

/// A value that is read into its place.
pub trait Fill<'de>: Default {
    /// Reads the value.
    ///
    /// # Errors
    ///
    /// The value is of another type, or the text is not JSON.
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error>;
}

/// The place of a value, as what serde reads the next value into.
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

/// A type that reads itself the usual way.
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

/// Declares an object with these fields, each of a type that can be read into its place
/// ([`Fill`](crate::read::Fill)), and without the fields that are absent.
///
/// The struct gets the lifetime `'a`, of the text that it is read from. A field has the name of the
/// struct's field, or the one behind `as`. A field that is repeated counts with its last value, one
/// that is not known is skipped.
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

/// An object that is read field by field.
#[doc(hidden)]
pub trait Fields<'de> {
    /// Reads the value of a field that has this name, or skips it.
    ///
    /// # Errors
    ///
    /// As for [`Fill::fill`].
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Reads an object; null is one without fields.
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

/// An empty text stands for absent; another one says something that cannot be read here.
fn empty<E: Error>(text: &str, expected: &dyn Expected) -> Result<(), E> {
    match text {
        "" => Ok(()),
        _ => Err(E::invalid_type(Unexpected::Str(text), expected)),
    }
}

/// The name of a field; none where it has escapes, which no name that is known has.
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

/// Null is none.
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

/// For what is rare, so that it does not take room where it is absent.
impl<'de, T: Fill<'de>> Fill<'de> for Box<T> {
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        (**self).fill(deserializer)
    }
}

/// Checks that a list of this length may grow: an entry takes up to a hundred times as much memory as
/// on the wire.
///
/// # Errors
///
/// The list has more than [`MAX_ENTRIES`] entries.
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

/// What stands beside the reply: it is absent where it is not an object, and the reply goes on.
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
