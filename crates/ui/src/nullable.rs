//! [`or_default`]: null as the absence of a field.

use serde::{Deserialize, Deserializer};

/// Reads null as the default: clients in several languages send optional fields without a value as
/// null (<https://github.com/CopilotKit/CopilotKit/pull/6944>).
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
