//! Facts about the model.

use super::{Field, Kind};

const fn fact(path: &'static str, kind: Kind, help: &'static str) -> Field {
    Field::file_only(path, "model-info", kind, help).local()
}

pub(super) const FIELDS: &[Field] = &[
    fact("model_info.id", Kind::Text, "The model's id."),
    fact(
        "model_info.name",
        Kind::Text,
        "The model's name, for people.",
    ),
    fact("model_info.reasoning", Kind::Bool, "The model reasons."),
    fact(
        "model_info.input",
        Kind::List,
        "What the model takes: `text`, `image`, `audio`, `video`, `pdf`.",
    ),
    fact(
        "model_info.context_window",
        Kind::Int(0, i64::MAX),
        "The context window in tokens.",
    ),
    fact(
        "model_info.quality_high_watermark",
        Kind::Int(0, i64::MAX),
        "Tokens of context up to which the model answers well.",
    ),
    fact(
        "model_info.max_output_tokens",
        Kind::Int(0, i64::MAX),
        "The model's output limit in tokens.",
    ),
    fact(
        "model_info.cost",
        Kind::Map,
        "USD per million tokens: `input`, `output`, `cache_read`, `cache_write`. Replaced as a whole.",
    ),
    fact("model_info.metadata", Kind::Map, "Anything else."),
];
