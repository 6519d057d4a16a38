//! [`Source`]: where a value comes from.

use std::{fmt, path::Path, sync::Arc};

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Place {
    /// The file's path, as it was given or found.
    pub file: Arc<Path>,
    /// The line, starting at 1, where it is known.
    pub line: Option<usize>,
}

impl Place {
    /// Creates a place.
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

/// Where a value comes from, weakest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The catalogue.
    Default,
    /// A variable that many programs share: `OPENAI_API_KEY`.
    WellKnown {
        /// The variable's name.
        variable: String,
    },
    /// A prompt file, which may bring settings along.
    PromptFile {
        /// The file.
        place: Place,
    },
    /// A configuration file.
    Config {
        /// The file and the line.
        place: Place,
    },
    /// A profile, or one that it stands on.
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
        /// The flag's name, without dashes in front.
        name: String,
    },
    /// The program itself, for this run.
    Run,
}

impl Source {
    /// Returns the kind of the source, in the spelling of geppetto: `defaults`, `config`, `profile`, `env`,
    /// `cobra` for flags.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Default => "defaults",
            Self::WellKnown { .. } | Self::Variable { .. } => "env",
            Self::PromptFile { .. } => "command",
            Self::Config { .. } => "config",
            Self::Profile { .. } => "profile",
            Self::Flag { .. } => "cobra",
            Self::Run => "run",
        }
    }

    /// Returns the place in a file, for sources that are files.
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
            Self::WellKnown { variable: name } | Self::Variable { name } => f.write_str(name),
            Self::PromptFile { place } | Self::Config { place } => place.fmt(f),
            Self::Profile { profile, place, .. } => write!(f, "profile {profile} ({place})"),
            Self::Flag { name } => write!(f, "--{name}"),
            Self::Run => f.write_str("the run"),
        }
    }
}
