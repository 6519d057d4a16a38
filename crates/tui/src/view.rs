//! Styled lines of a timeline: pure, without a terminal, a clock or I/O.

mod entity;
pub(crate) mod status;
pub(crate) mod theme;
pub(crate) mod transcript;
