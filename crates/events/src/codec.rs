//! Events as JSON, one by one and as lines of a log.
//!
//! [`Event`](crate::Event) implements serde's traits: decoding accepts every name that geppetto wrote since
//! January 2026 and loses no field; encoding writes the present names. For readers that know only
//! older shapes there are [`JanuaryEncoder`] and [`CumulativeEncoder`].

mod cumulative;
mod january;
mod line;
mod wire;

#[cfg(test)]
mod tests;

pub use cumulative::CumulativeEncoder;
pub use january::JanuaryEncoder;
pub use line::LogLine;
