//! The OpenAI API, as a server: Chat Completions and Responses.
