//! What a person types: the draft of a prompt, its history, pastes.

pub(crate) mod burst;
pub(crate) mod editor;
pub(crate) mod history;
