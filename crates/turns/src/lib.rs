//! Provider-neutral conversation model: turns of typed blocks, with lossless YAML and JSON.
