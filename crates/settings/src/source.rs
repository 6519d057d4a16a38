//! [`Source`]: the source of a value.

use std::{fmt, path::Path, sync::Arc};

/// A position in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Place {
    /// Path of the file, as given or found.
    pub file: Arc<Path>,
    /// Line, starting at 1, if known.
    pub line: Option<usize>,
}

impl Place {
    /// Creates a position.
    #[must_use]
    pub fn new(file: Arc<Path>, line: Option<usize>) -> Self {
        Self { file, line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        match self.line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}

/// Source of a value, weakest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The catalogue.
    Default,
    /// The program, for want of a value of the user's.
    Fallback {
        /// What the value comes from: `found on its default port`.
        what: String,
    },
    /// A variable shared by many programs: `OPENAI_API_KEY`.
    WellKnown {
        /// The variable's name.
        variable: String,
    },
    /// A prompt file that contains settings.
    PromptFile {
        /// The file.
        place: Place,
    },
    /// A configuration file.
    Config {
        /// The file and the line.
        place: Place,
    },
    /// A profile, or one that it inherits from.
    Profile {
        /// The registry's name.
        registry: String,
        /// The profile's name.
        profile: String,
        /// The file and the line.
        place: Place,
    },
    /// A variable with the application's prefix.
    Variable {
        /// The variable's name.
        name: String,
    },
    /// A command-line flag.
    Flag {
        /// Name of the flag, without leading dashes.
        name: String,
    },
    /// The program itself, for this run.
    Run,
}

impl Source {
    /// Returns the kind of the source by its name in geppetto: `defaults`, `config`, `profile`,
    /// `env`, `cobra` for flags.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Default => "defaults",
            Self::Fallback { .. } => "implicit-defaults",
            Self::WellKnown { .. } | Self::Variable { .. } => "env",
            Self::PromptFile { .. } => "command",
            Self::Config { .. } => "config",
            Self::Profile { .. } => "profile",
            Self::Flag { .. } => "cobra",
            Self::Run => "run",
        }
    }

    /// Returns the position in a file, for sources that are files.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::PromptFile { place } | Self::Config { place } | Self::Profile { place, .. } => {
                Some(place)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Fallback { what } => f.write_str(what),
            Self::WellKnown { variable: name } | Self::Variable { name } => f.write_str(name),
            Self::PromptFile { place } | Self::Config { place } => place.fmt(f),
            Self::Profile { profile, place, .. } => write!(f, "profile {profile} ({place})"),
            Self::Flag { name } => write!(f, "--{name}"),
            Self::Run => f.write_str("the run"),
        }
    }
}
