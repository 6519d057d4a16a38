//! Ollama's own sampling options, which its OpenAI-compatible API does not support.

use super::{Field, Kind};

const NOT_MOUNTED: &str =
    "the OpenAI-compatible API of Ollama does not have it; set it in the Modelfile";

const fn int(path: &'static str, flag: &'static str) -> Field {
    Field::new(
        path,
        "ollama-chat",
        flag,
        Kind::Int(i64::MIN, i64::MAX),
        "Ollama's option of this name.",
    )
    .ignored(NOT_MOUNTED)
}

const fn float(path: &'static str, flag: &'static str) -> Field {
    Field::new(
        path,
        "ollama-chat",
        flag,
        Kind::Float(f64::MIN, f64::MAX),
        "Ollama's option of this name.",
    )
    .ignored(NOT_MOUNTED)
}

pub(super) const FIELDS: &[Field] = &[
    int("ollama.mirostat", "ollama-mirostat"),
    float("ollama.mirostat_eta", "ollama-mirostat-eta"),
    float("ollama.mirostat_tau", "ollama-mirostat-tau"),
    int("ollama.num_ctx", "ollama-num-ctx"),
    int("ollama.num_gqa", "ollama-num-gqa"),
    int("ollama.num_gpu", "ollama-num-gpu"),
    int("ollama.num_thread", "ollama-num-thread"),
    int("ollama.repeat_last_n", "ollama-repeat-last-n"),
    float("ollama.repeat_penalty", "ollama-repeat-penalty"),
    float("ollama.temperature", "ollama-temperature"),
    int("ollama.seed", "ollama-seed"),
    Field::new(
        "ollama.stop",
        "ollama-chat",
        "ollama-stop",
        Kind::List,
        "Ollama's option of this name.",
    )
    .ignored(NOT_MOUNTED),
    float("ollama.tfs_z", "ollama-tfs-z"),
    int("ollama.num_predict", "ollama-num-predict"),
    int("ollama.top_k", "ollama-top-k"),
    float("ollama.top_p", "ollama-top-p"),
];
