//! Embeddings and reranking, which are preserved for programs that support them.

use super::{Field, Kind};

const NO_EMBEDDINGS: &str = "no engine computes embeddings";
pub(super) const NO_RERANKING: &str = "no engine reranks";

const fn embeddings(
    path: &'static str,
    flag: &'static str,
    kind: Kind,
    help: &'static str,
) -> Field {
    Field::new(path, "embeddings", flag, kind, help).ignored(NO_EMBEDDINGS)
}

const fn rerank(path: &'static str, flag: &'static str, kind: Kind, help: &'static str) -> Field {
    Field::new(path, "rerank", flag, kind, help).ignored(NO_RERANKING)
}

pub(super) const FIELDS: &[Field] = &[
    embeddings(
        "embeddings.type",
        "embeddings-type",
        Kind::Text,
        "The provider of embeddings.",
    )
    .values(&["openai", "ollama"]),
    embeddings(
        "embeddings.engine",
        "embeddings-engine",
        Kind::Text,
        "The model of embeddings.",
    ),
    embeddings(
        "embeddings.dimensions",
        "embeddings-dimensions",
        Kind::Int(1, i64::MAX),
        "The number of dimensions.",
    ),
    embeddings(
        "embeddings.cache_type",
        "embeddings-cache-type",
        Kind::Text,
        "Cache of embeddings.",
    )
    .values(&["none", "memory", "file"]),
    embeddings(
        "embeddings.cache_max_size",
        "embeddings-cache-max-size",
        Kind::Int(0, i64::MAX),
        "Size of the cache in bytes.",
    ),
    embeddings(
        "embeddings.cache_max_entries",
        "embeddings-cache-max-entries",
        Kind::Int(0, i64::MAX),
        "Number of embeddings in the cache.",
    ),
    embeddings(
        "embeddings.cache_directory",
        "embeddings-cache-directory",
        Kind::Text,
        "Folder of the cache.",
    ),
    rerank(
        "rerank.type",
        "rerank-type",
        Kind::Text,
        "The provider of rankings.",
    ),
    rerank(
        "rerank.engine",
        "rerank-engine",
        Kind::Text,
        "The model of rankings.",
    ),
    rerank(
        "rerank.max_request_bytes",
        "rerank-max-request-bytes",
        Kind::Int(0, i64::MAX),
        "Size limit of a request in bytes.",
    ),
    rerank(
        "rerank.max_response_bytes",
        "rerank-max-response-bytes",
        Kind::Int(0, i64::MAX),
        "Size limit of a response in bytes.",
    ),
];
