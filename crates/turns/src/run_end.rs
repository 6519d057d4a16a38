//! [`RunEnd`]: how a run ended.

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};

use crate::{Extra, serial::Fields};

#[cfg(test)]
mod tests;

/// End of the last run on a turn ([`RUN_END`](crate::keys::turn_meta::RUN_END)): what its terminal
/// event reported, for readers of stored turns.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct RunEnd {
    /// Id of the run.
    pub run_id: String,
    /// Kind of end.
    pub status: RunEndStatus,
    /// Human-readable reason: the error of a failed run; `cancelled`, the limit or the question of a
    /// stopped one. Empty for a finished run.
    pub reason: String,
    /// Machine-readable kind of the error of a failed run.
    pub error_kind: Option<String>,
    /// Unknown keys, preserved on write.
    pub extra: Extra,
}

/// Kind of end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum RunEndStatus {
    /// The run completed.
    #[default]
    Finished,
    /// The run was stopped: cancelled, at a limit, or to wait for a person.
    Stopped,
    /// The run failed.
    Failed,
    /// Unknown status, preserved.
    Other(String),
}

impl RunEndStatus {
    /// Returns the name in files: `finished`, `stopped` or `failed`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Other(name) => name,
        }
    }
}

impl RunEnd {
    /// Creates the end of a completed run.
    pub fn finished(run_id: impl Into<String>) -> Self {
        Self {
            run_id: run_id.into(),
            ..Self::default()
        }
    }

    /// Creates the end of a run that was stopped for `reason`.
    pub fn stopped(run_id: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            status: RunEndStatus::Stopped,
            reason: reason.into(),
            ..Self::finished(run_id)
        }
    }

    /// Creates the end of a run that failed with `error`.
    pub fn failed(
        run_id: impl Into<String>,
        error: impl Into<String>,
        error_kind: impl Into<String>,
    ) -> Self {
        Self {
            status: RunEndStatus::Failed,
            reason: error.into(),
            error_kind: Some(error_kind.into()),
            ..Self::finished(run_id)
        }
    }
}

impl Serialize for RunEnd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("run_id", &self.run_id)?;
        map.serialize_entry("status", self.status.as_str())?;
        if !self.reason.is_empty() {
            map.serialize_entry("reason", &self.reason)?;
        }
        if let Some(kind) = &self.error_kind {
            map.serialize_entry("error_kind", kind)?;
        }
        for (key, value) in self.extra.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for RunEnd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Fields::deserialize(deserializer)?;
        Ok(Self {
            run_id: fields.text("run_id")?.unwrap_or_default(),
            status: match fields.text("status")?.unwrap_or_default().as_str() {
                "finished" | "" => RunEndStatus::Finished,
                "stopped" => RunEndStatus::Stopped,
                "failed" => RunEndStatus::Failed,
                other => RunEndStatus::Other(other.to_owned()),
            },
            reason: fields.text("reason")?.unwrap_or_default(),
            error_kind: fields.text("error_kind")?,
            extra: fields.rest(),
        })
    }
}
