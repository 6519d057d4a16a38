//! [`Call`]: one call of a function of the schema, with its parameters.

use std::fmt;

use geppetto_store::Error;
use tokio_postgres::types::{ToSql, Type};

type Value = Box<dyn ToSql + Sync + Send>;

/// A call of a function, all of which return one row. The first parameter, which is `true` if the
/// outcome of an earlier attempt is unknown, is added when it is sent.
pub(crate) struct Call {
    pub(crate) name: &'static str,
    parameters: Vec<(Value, Type)>,
    /// Approximate size in bytes.
    pub(crate) size: usize,
}

impl Call {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            parameters: Vec::new(),
            size: 0,
        }
    }

    fn with(mut self, value: impl ToSql + Sync + Send + 'static, kind: Type) -> Self {
        self.parameters.push((Box::new(value), kind));
        self
    }

    pub(crate) fn flag(self, value: impl Into<Option<bool>>) -> Self {
        self.with(value.into(), Type::BOOL)
    }

    pub(crate) fn number(self, value: impl Into<Option<i64>>) -> Self {
        self.with(value.into(), Type::INT8)
    }

    /// Adds a text, as bytes.
    pub(crate) fn text(self, value: &str) -> Self {
        self.maybe_text(Some(value))
    }

    pub(crate) fn maybe_text(mut self, value: Option<&str>) -> Self {
        self.size += value.map_or(0, str::len);
        let bytes = value.map(|text| text.as_bytes().to_vec());
        self.with(bytes, Type::BYTEA)
    }

    pub(crate) fn flags(self, values: Vec<bool>) -> Self {
        self.with(values, Type::BOOL_ARRAY)
    }

    pub(crate) fn codes(self, values: Vec<i16>) -> Self {
        self.with(values, Type::INT2_ARRAY)
    }

    pub(crate) fn numbers(self, values: Vec<i64>) -> Self {
        self.with(values, Type::INT8_ARRAY)
    }

    pub(crate) fn maybe_numbers(self, values: Vec<Option<i64>>) -> Self {
        self.with(values, Type::INT8_ARRAY)
    }

    pub(crate) fn bytes(mut self, values: Vec<Vec<u8>>) -> Self {
        self.size += values.iter().map(Vec::len).sum::<usize>();
        self.with(values, Type::BYTEA_ARRAY)
    }

    pub(crate) fn maybe_bytes(mut self, values: Vec<Option<Vec<u8>>>) -> Self {
        let sizes = values
            .iter()
            .map(|value| value.as_ref().map_or(0, Vec::len));
        self.size += sizes.sum::<usize>();
        self.with(values, Type::BYTEA_ARRAY)
    }

    /// Returns the statement in a schema whose name is quoted.
    pub(crate) fn sql(&self, schema: &str) -> String {
        let mut sql = format!("select * from {schema}.{}($1", self.name);
        for place in 2..=self.parameters.len() + 1 {
            sql.push_str(&format!(", ${place}"));
        }
        sql.push(')');
        sql
    }

    pub(crate) fn parameters<'a>(&'a self, again: &'a bool) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
        let first: (&(dyn ToSql + Sync), Type) = (again, Type::BOOL);
        let others = self.parameters.iter().map(|(value, kind)| {
            let value: &(dyn ToSql + Sync) = value.as_ref();
            (value, kind.clone())
        });
        std::iter::once(first).chain(others).collect()
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("name", &self.name)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Converts a number to the type of a column.
pub(crate) fn to_i64(number: impl TryInto<i64>) -> Result<i64, Error> {
    let too_large = |_| Error::invalid("a number is larger than 2^63 - 1");
    number.try_into().map_err(too_large)
}
