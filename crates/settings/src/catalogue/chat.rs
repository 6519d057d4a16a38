//! Model and sampling.

use super::{Field, Kind};

const SECTION: &str = "ai-chat";

const NO_CACHE: &str = "responses are not cached";

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        "chat.engine",
        SECTION,
        "ai-engine",
        Kind::Text,
        "The model.",
    ),
    Field::new(
        "chat.api_type",
        SECTION,
        "ai-api-type",
        Kind::Text,
        "The provider's API.",
    )
    .default("openai")
    .local()
    .values(&[
        "openai",
        "openai-responses",
        "open-responses",
        "claude",
        "gemini",
        "ollama",
        "anyscale",
        "fireworks",
        "demo",
    ]),
    Field::new(
        "chat.max_response_tokens",
        SECTION,
        "ai-max-response-tokens",
        Kind::Int(1, i64::MAX),
        "The output limit in tokens.",
    ),
    Field::new(
        "chat.temperature",
        SECTION,
        "ai-temperature",
        Kind::Float(0.0, 2.0),
        "Sampling temperature.",
    ),
    Field::new(
        "chat.top_p",
        SECTION,
        "ai-top-p",
        Kind::Float(0.0, 1.0),
        "Nucleus sampling: the share of probability to sample from.",
    ),
    Field::new(
        "chat.stop",
        SECTION,
        "ai-stop",
        Kind::List,
        "Stop sequences.",
    ),
    Field::file_only("chat.stream", SECTION, Kind::Bool, "Stream the response.")
        .ignored("responses are always streamed"),
    Field::new(
        "chat.structured_output_mode",
        SECTION,
        "ai-structured-output-mode",
        Kind::Choice,
        "The form of the answer.",
    )
    .values(&["off", "json_schema"])
    .rare(),
    Field::new(
        "chat.structured_output_name",
        SECTION,
        "ai-structured-output-name",
        Kind::Text,
        "The name of the answer's schema.",
    )
    .rare(),
    Field::new(
        "chat.structured_output_description",
        SECTION,
        "ai-structured-output-description",
        Kind::Text,
        "Description of the answer, for the model.",
    )
    .rare(),
    Field::new(
        "chat.structured_output_schema",
        SECTION,
        "ai-structured-output-schema",
        Kind::Json,
        "The JSON schema of the answer.",
    )
    .rare(),
    Field::new(
        "chat.structured_output_strict",
        SECTION,
        "ai-structured-output-strict",
        Kind::Bool,
        "Require the provider to enforce the schema.",
    )
    .rare(),
    Field::new(
        "chat.structured_output_require_valid",
        SECTION,
        "ai-structured-output-require-valid",
        Kind::Bool,
        "Return an error for an invalid structured output configuration.",
    )
    .local()
    .rare(),
    Field::new(
        "chat.cache_type",
        SECTION,
        "ai-cache-type",
        Kind::Text,
        "Cache of responses.",
    )
    .values(&["none", "memory", "disk"])
    .ignored(NO_CACHE),
    Field::new(
        "chat.cache_max_size",
        SECTION,
        "ai-cache-max-size",
        Kind::Int(0, i64::MAX),
        "Size of the cache in bytes.",
    )
    .ignored(NO_CACHE),
    Field::new(
        "chat.cache_max_entries",
        SECTION,
        "ai-cache-max-entries",
        Kind::Int(0, i64::MAX),
        "Number of responses in the cache.",
    )
    .ignored(NO_CACHE),
    Field::new(
        "chat.cache_directory",
        SECTION,
        "ai-cache-directory",
        Kind::Text,
        "Folder of the cache.",
    )
    .ignored(NO_CACHE),
];
