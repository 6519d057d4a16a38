//! JSON encoding of events, individually and as lines of a log.
//!
//! [`Event`](crate::Event) implements serde's traits. Decoding accepts every name that geppetto has
//! written since January 2026 and loses no field; encoding writes the current names.
//! [`JanuaryEncoder`] and [`CumulativeEncoder`] serve readers that only understand older formats.

mod cumulative;
mod january;
mod line;
mod wire;

#[cfg(test)]
mod tests;

pub use cumulative::CumulativeEncoder;
pub use january::JanuaryEncoder;
pub use line::LogLine;
