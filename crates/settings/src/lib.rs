//! Layered settings for programs that talk to language models.
//!
//! [`InferenceSettings`] holds the values with one struct per section. The [`catalogue`] describes every
//! field: its path, flag, kind, default and help. API keys are [`Secret`]s and URLs are [`Address`]es;
//! neither prints a credential.
//!
//! ```
//! use geppetto_settings::{InferenceSettings, Secret};
//!
//! let mut settings = InferenceSettings::default();
//! settings.chat.engine = Some("gpt-5-mini".to_owned());
//! settings.api.set_key("openai", Secret::new("sk-1234"));
//!
//! let endpoint = settings.api.endpoint(settings.api_type());
//! assert_eq!(endpoint.base_url.unwrap().as_str(), "https://api.openai.com/v1");
//! assert_eq!(format!("{:?}", endpoint.key.unwrap()), "***");
//! ```
//!
//! | module | concern |
//! |---|---|
//! | [`catalogue`] | the fields: paths, flags, kinds, defaults, help |
//! | [`settings`] | the typed values |

mod address;
pub mod catalogue;
mod secret;
pub mod settings;
mod table;

pub use address::Address;
pub use catalogue::{Field, Kind, State};
pub use secret::{MASK, Secret};
pub use settings::{ApiSettings, Endpoint, InferenceSettings};
pub use table::Table;
