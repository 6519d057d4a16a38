//! [`Fields`]: readers for the fields of a request, with errors that name the field.

use geppetto_ui::openai::ApiError;
use serde_json::{Map, Value};

/// An object of the request, and its place.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    place: String,
}

impl<'a> Fields<'a> {
    /// Reads the body.
    pub(super) fn body(map: &'a Map<String, Value>) -> Self {
        Self {
            map,
            place: String::new(),
        }
    }

    /// Reads a value at a place as an object.
    pub(super) fn of(value: &'a Value, place: impl Into<String>) -> Result<Self, ApiError> {
        let place = place.into();
        match value {
            Value::Object(map) => Ok(Self { map, place }),
            other => Err(wrong_type(&place, "an object", other)),
        }
    }

    /// Returns the place of a field.
    pub(super) fn place(&self, name: &str) -> String {
        if self.place.is_empty() {
            return name.to_owned();
        }
        format!("{}.{name}", self.place)
    }

    /// Returns the error for a field whose value is not accepted.
    pub(super) fn refuse(&self, name: &str, message: impl Into<String>) -> ApiError {
        ApiError::invalid(self.place(name), message)
    }

    /// Returns a field; null is absent.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, ApiError> {
        self.read(name, "a string", Value::as_str)
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, ApiError> {
        self.read(name, "a number", Value::as_f64)
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        // Some clients send every number as a decimal one.
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
        let whole = |value: &Value| {
            let decimal = value.as_f64().filter(|own| own.fract() == 0.0);
            let decimal = decimal.filter(|own| own.abs() < 1e15);
            value.as_i64().or(decimal.map(|own| own as i64))
        };
        self.read(name, "an integer", whole)
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.read(name, "a boolean", Value::as_bool)
    }

    pub(super) fn list(&self, name: &str) -> Result<&'a [Value], ApiError> {
        let list = self.read(name, "an array", |value| value.as_array())?;
        Ok(list.map_or(&[], Vec::as_slice))
    }

    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, ApiError> {
        let value = self.get(name);
        value
            .map(|value| Self::of(value, self.place(name)))
            .transpose()
    }

    pub(super) fn required(&self, name: &str) -> Result<&'a str, ApiError> {
        let text = self.text(name)?;
        text.ok_or_else(|| {
            let message = format!("missing required parameter: `{}`", self.place(name));
            self.refuse(name, message)
                .with_code("missing_required_parameter")
        })
    }

    fn read<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let wrong = || wrong_type(&self.place(name), expected, value);
        read(value).map(Some).ok_or_else(wrong)
    }
}

/// Returns the error for a value of a wrong type.
pub(super) fn wrong_type(place: &str, expected: &str, found: &Value) -> ApiError {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let message = format!("invalid type for `{place}`: expected {expected}, but got {found}");
    ApiError::invalid(place, message).with_code("invalid_type")
}

/// Returns the error for a value that is not one of the known ones.
pub(super) fn unknown_value(place: String, found: &str, known: &[&str]) -> ApiError {
    let found: String = found.chars().take(80).collect();
    let message = format!(
        "invalid value for `{place}`: `{found}`; supported are {}",
        known.join(", ")
    );
    ApiError::invalid(place, message).with_code("invalid_value")
}
