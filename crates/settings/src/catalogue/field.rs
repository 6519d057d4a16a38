//! [`Field`]: the description of one setting.

/// The description of one setting.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Field {
    /// The path in the typed settings and in `inference_settings` of a profile: `chat.engine`. A final
    /// `*` stands for any name.
    pub path: &'static str,
    /// The section that the flag belongs to, in files with sections: `ai-chat`.
    pub section: &'static str,
    /// The name of the command-line flag, without dashes in front: `ai-engine`. `None` for fields
    /// that only files have.
    pub flag: Option<&'static str>,
    /// The type of the value.
    pub kind: Kind,
    /// The value if no layer sets one, in the spelling of an environment variable.
    pub default: Option<&'static str>,
    /// Description, for help texts and the reference page.
    pub help: &'static str,
    /// Values that are known to work. [`Kind::Choice`] permits no other; elsewhere they are examples.
    pub values: &'static [&'static str],
    /// What the value is used for, if anything.
    pub state: State,
    /// Whether short help omits the flag.
    pub rare: bool,
}

/// The type of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// Text.
    Text,
    /// An integer within the given bounds, inclusive.
    Int(i64, i64),
    /// A finite number within the given bounds, inclusive.
    Float(f64, f64),
    /// `true` or `false`; also `yes`/`no`, `on`/`off`, and in variables and flags `1`/`0`.
    Bool,
    /// A list of texts. In a variable or a flag: separated by commas, optionally in brackets.
    List,
    /// One of the values that the field lists.
    Choice,
    /// Whole seconds; also a duration such as `90s` or `2m30s`.
    Seconds,
    /// A JSON object, as text or as a map of the file.
    Json,
    /// A map of any values. Set as a whole: a stronger layer replaces it.
    Map,
    /// A credential; see [`Secret`](crate::Secret).
    Secret,
    /// A URL; see [`Address`](crate::Address).
    Url,
}

impl Kind {
    /// Returns the name of the kind, as in the reference page: `integer`, `list`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Int(..) => "integer",
            Self::Float(..) => "number",
            Self::Bool => "boolean",
            Self::List => "list",
            Self::Choice => "choice",
            Self::Seconds => "seconds",
            Self::Json => "JSON object",
            Self::Map => "map",
            Self::Secret => "secret",
            Self::Url => "URL",
        }
    }
}

/// What a setting's value is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// The value is part of the request.
    Live,
    /// The value is used here and never sent: timeouts, the profile's name, facts about the model.
    Local,
    /// The value is read, kept and not used, for this reason. A warning names it once.
    Ignored(&'static str),
}

impl Field {
    /// Returns the name of the environment variable: the prefix, then the flag in upper case with
    /// underscores. `None` for fields without a flag.
    #[must_use]
    pub fn variable(&self, prefix: &str) -> Option<String> {
        let flag = self.flag?;
        Some(format!(
            "{prefix}{}",
            flag.replace('-', "_").to_ascii_uppercase()
        ))
    }

    /// Returns `true` for fields that hold a credential.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.kind == Kind::Secret
    }

    /// Returns `true` if the value is read and not used.
    #[must_use]
    pub fn is_ignored(&self) -> bool {
        matches!(self.state, State::Ignored(_))
    }

    /// Returns what the field permits, for errors: `a number from 0 to 2`.
    #[must_use]
    pub fn allowed(&self) -> String {
        match self.kind {
            Kind::Text if self.values.is_empty() => "text".to_owned(),
            Kind::Text => format!("text, such as {}", self.values.join(", ")),
            Kind::Int(i64::MIN, _) => "an integer".to_owned(),
            Kind::Int(min, i64::MAX) => format!("an integer from {min}"),
            Kind::Int(min, max) => format!("an integer from {min} to {max}"),
            Kind::Float(min, f64::MAX) => format!("a number from {min}"),
            Kind::Float(min, max) => format!("a number from {min} to {max}"),
            Kind::Bool => "true or false".to_owned(),
            Kind::List => "a list of texts".to_owned(),
            Kind::Choice => format!("one of {}", self.values.join(", ")),
            Kind::Seconds => "whole seconds, or a duration such as 90s or 2m30s".to_owned(),
            Kind::Json => "a JSON object".to_owned(),
            Kind::Map => "a map".to_owned(),
            Kind::Secret => "text".to_owned(),
            Kind::Url => "a URL that begins with http:// or https://".to_owned(),
        }
    }

    /// A field of a section that has a flag.
    pub(super) const fn new(
        path: &'static str,
        section: &'static str,
        flag: &'static str,
        kind: Kind,
        help: &'static str,
    ) -> Self {
        Self {
            flag: Some(flag),
            ..Self::file_only(path, section, kind, help)
        }
    }

    /// A field that only files have.
    pub(super) const fn file_only(
        path: &'static str,
        section: &'static str,
        kind: Kind,
        help: &'static str,
    ) -> Self {
        Self {
            path,
            section,
            flag: None,
            kind,
            default: None,
            help,
            values: &[],
            state: State::Live,
            rare: false,
        }
    }

    pub(super) const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    pub(super) const fn values(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    pub(super) const fn local(mut self) -> Self {
        self.state = State::Local;
        self
    }

    pub(super) const fn ignored(mut self, why: &'static str) -> Self {
        self.state = State::Ignored(why);
        self
    }

    pub(super) const fn rare(mut self) -> Self {
        self.rare = true;
        self
    }
}
