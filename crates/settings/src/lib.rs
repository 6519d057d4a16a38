//! Layered settings for programs that use language models.
//!
//! A [`Resolver`] reads the user's configuration, weakest layer first: defaults, fallbacks, well-known
//! variables (`OPENAI_API_KEY`), configuration files, a [profile](profiles), variables with the
//! application's prefix, flags, the run. The result is [`InferenceSettings`], from which a factory
//! creates an engine, with a [`Trace`] of the values of every layer. API keys are [`Secret`]s and
//! URLs are [`Address`]es; neither prints credentials.
//!
//! ```
//! use geppetto_settings::{App, MemoryPlatform, Resolver, print};
//!
//! let config = "
//! openai-chat:
//!   openai-api-key: sk-1234
//! ai-chat:
//!   ai-engine: gpt-4
//! ";
//! // `OsPlatform`, the default, is the environment and the disk.
//! let platform = MemoryPlatform::new()
//!     .with_file("/me/.config/pinocchio/config.yaml", config)
//!     .with_variable("PINOCCHIO_AI_ENGINE", "gpt-5-mini");
//! let app = App::new("pinocchio");
//! let resolved = Resolver::new(&app).platform(&platform).resolve()?;
//!
//! assert_eq!(resolved.model()?, "gpt-5-mini");
//! let endpoint = resolved.settings.api.endpoint(resolved.settings.api_type());
//! assert_eq!(endpoint.base_url.unwrap().as_str(), "https://api.openai.com/v1");
//! assert_eq!(format!("{:?}", endpoint.key.unwrap()), "***");
//! assert!(print::table(&resolved).contains("PINOCCHIO_AI_ENGINE"));
//! # Ok::<(), geppetto_settings::SettingsError>(())
//! ```
//!
//! # A key stays with its address
//!
//! A key is sent to the provider's own host, or to an address of the same source (the same file, or
//! the same profile with those that it inherits from). Keys from flags, and from variables with the
//! application's prefix, are also sent to addresses in the user's files. An address in a file of
//! the current folder, which may be untrusted, receives only the file's own key or that of a flag.
//!
//! | module | concern |
//! |---|---|
//! | [`catalogue`] | the fields: paths, flags, kinds, defaults, help |
//! | [`settings`] | the typed values |
//! | [`profiles`] | named settings, in registries |
//! | [`mod@print`] | settings and their sources as text |
//! | `args` (feature `clap`) | command-line flags |

mod address;
mod app;
#[cfg(feature = "clap")]
pub mod args;
pub mod catalogue;
mod error;
mod files;
mod layer;
mod nearest;
mod platform;
pub mod print;
pub mod profiles;
mod resolver;
mod secret;
pub mod settings;
mod source;
mod table;
mod trace;
mod value;
mod warning;

pub use address::Address;
pub use app::App;
#[cfg(feature = "clap")]
pub use args::SettingsArgs;
pub use catalogue::{Field, Kind, State};
pub use error::{SettingsError, SettingsErrorKind};
pub use files::{MAX_FILE_BYTES, Plan};
pub use layer::Layer;
pub use platform::{MemoryPlatform, OsPlatform, Platform};
pub use profiles::{ActiveProfile, Profile, ProfileRef, Profiles, Registry};
pub use resolver::{Resolved, Resolver};
pub use secret::{MASK, Secret};
pub use settings::{ApiSettings, Endpoint, InferenceSettings};
pub use source::{Place, Source};
pub use table::Table;
pub use trace::{Said, Trace, Traced};
pub use value::{Invalid, Value};
pub use warning::{Warning, WarningKind};
