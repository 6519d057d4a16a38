//! Settings and their sources as text, without credentials.

mod inference;
mod parsed;
mod said;
mod table;

#[cfg(test)]
mod tests;

pub use inference::inference_settings;
pub use parsed::parsed_fields;
pub use table::table;
