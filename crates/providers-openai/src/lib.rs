//! Inference engine for servers that speak the OpenAI wires.
