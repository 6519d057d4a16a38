//! Conversation sessions: history, one active inference, cancel, wait, subscribe.
