//! [`App`]: names under which a program's settings are found.

/// The names under which a program's settings are found: its configuration folder and the prefix of
/// its variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    name: String,
    prefix: String,
    own: Option<String>,
}

impl App {
    /// Creates the names of a program: `pinocchio` has files under `pinocchio/` and variables that
    /// begin with `PINOCCHIO_`.
    ///
    /// Files under `geppetto/` are read as well; see [`without_own_files`](Self::without_own_files).
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let letters = name.chars().map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        });
        Self {
            prefix: letters.chain(['_']).collect(),
            name,
            own: Some("geppetto".to_owned()),
        }
    }

    /// Sets the prefix of variables: `MY_APP_`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Excludes the files under `geppetto/`, which all programs of this library share.
    #[must_use]
    pub fn without_own_files(mut self) -> Self {
        self.own = None;
        self
    }

    /// Returns the name of the program, which is also that of its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the prefix of variables.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns the folder of the library's own files, if they are read.
    #[must_use]
    pub fn own(&self) -> Option<&str> {
        self.own.as_deref().filter(|own| *own != self.name)
    }
}

impl Default for App {
    /// The names of pinocchio.
    fn default() -> Self {
        Self::new("pinocchio")
    }
}
