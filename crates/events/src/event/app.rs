//! Application-defined events.

use serde::ser::Error as _;
use serde_json::{Map, Value};

use super::Event;
use crate::kind::{AppEvent, CustomEvent, EventKind, RESERVED_FIELDS};

impl Event {
    /// Creates an event from an application-defined type.
    ///
    /// # Errors
    ///
    /// Returns an error if the value does not serialize to a JSON object, or has one of the
    /// [`RESERVED_FIELDS`].
    pub fn from_app<T: AppEvent>(event: &T) -> Result<Self, serde_json::Error> {
        let fields = match serde_json::to_value(event)? {
            Value::Object(fields) => fields,
            Value::Null => Map::new(),
            other => Map::from_iter([("value".to_owned(), other)]),
        };
        if let Some(name) = RESERVED_FIELDS
            .iter()
            .find(|name| fields.contains_key(**name))
        {
            return Err(serde_json::Error::custom(format_args!(
                "`{}` has a field `{name}`, which every event has; give it another name",
                T::TYPE
            )));
        }
        Ok(Self::new(EventKind::Custom(CustomEvent::new(
            T::TYPE,
            fields,
        ))))
    }

    /// Decodes an application-defined event; `None` if the event has another type.
    ///
    /// The inner result is an error if the fields do not match `T`.
    #[must_use]
    pub fn to_app<T: AppEvent>(&self) -> Option<Result<T, serde_json::Error>> {
        match &self.kind {
            EventKind::Custom(event) if event.event_type == T::TYPE => {
                Some(T::deserialize(Value::Object(event.fields.clone())))
            }
            _ => None,
        }
    }
}
