//! Names of tools in the form that a server accepts.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::Arc,
};

#[cfg(test)]
mod tests;

/// Form of tool names that a server accepts. Other names are translated in requests, and back in
/// replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum NameForm {
    /// 1 to 64 letters, digits, `_` and `-`, which nearly every server accepts.
    #[default]
    Plain,
    /// The same, starting with a letter: Gemini ("Must start with a letter or an underscore",
    /// <https://github.com/diegosouzapw/OmniRoute/issues/13715>) and Moonshot ("function name is
    /// invalid, must start with a letter", <https://github.com/MoonshotAI/kimi-cli/issues/1773>).
    LetterFirst,
}

/// Maximum length of a name, in bytes.
const LONGEST: usize = 64;

/// Lengths of the beginning and the end that are kept of a name that is too long. They are
/// separated by `_`.
const KEPT: (usize, usize) = (40, 23);

/// Added before a name that must start with a letter.
const LETTER: &str = "t_";

impl NameForm {
    /// Returns `name` if the server accepts it, otherwise the accepted name that resembles it most.
    /// Different names may have the same result; see [`ToolNames`].
    #[must_use]
    pub fn fit(self, name: &str) -> Cow<'_, str> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let begins = match self {
            Self::Plain => !name.is_empty(),
            Self::LetterFirst => name.starts_with(|c: char| c.is_ascii_alphabetic()),
        };
        if begins && name.len() <= LONGEST && name.chars().all(plain) {
            return Cow::Borrowed(name);
        }
        let fit = |c: char| if plain(c) { c } else { '_' };
        let mut fitting: String = match (self, name.is_empty()) {
            (Self::Plain, true) => "_".to_owned(),
            (Self::LetterFirst, _) if !begins => {
                LETTER.chars().chain(name.chars().map(fit)).collect()
            }
            _ => name.chars().map(fit).collect(),
        };
        // Every character is one byte now.
        if fitting.len() > LONGEST {
            let end = fitting.split_off(fitting.len() - KEPT.1);
            fitting.truncate(KEPT.0);
            fitting.push('_');
            fitting.push_str(&end);
        }
        Cow::Owned(fitting)
    }
}

/// The names of the offered tools and their translation, which is one-to-one: `files.read` is sent
/// as `files_read`, unless another tool has that name; then a number is appended.
///
/// Turns, events and the application have the tool's own name. The translation depends only on the
/// offered tools and their order.
///
/// Reports: <https://github.com/mogenius/mogenius-operator/pull/840>,
/// <https://github.com/ayunis-core/ayunis-core/pull/973>,
/// <https://github.com/getkimchi/kimchi/pull/1169>.
#[derive(Debug, Clone, Default)]
pub struct ToolNames {
    form: NameForm,
    /// `None` if no name is translated.
    translated: Option<Arc<Translated>>,
}

#[derive(Debug, Default)]
struct Translated {
    /// From the tool's own name to the name that is sent.
    sent: HashMap<String, String>,
    /// From the name that is sent to the tool's own.
    own: HashMap<String, String>,
}

impl ToolNames {
    /// Creates the translation of the names of the offered tools.
    #[must_use]
    pub fn new<'n>(form: NameForm, names: impl Iterator<Item = &'n str> + Clone) -> Self {
        Self::beside(form, names, &[])
    }

    /// Creates the translation of the names of the offered tools, none of which may be sent under a `reserved` name:
    /// those of tools that the provider runs itself.
    ///
    /// Report: <https://github.com/danny-avila/LibreChat/issues/13162>.
    #[must_use]
    pub fn beside<'n>(
        form: NameForm,
        names: impl Iterator<Item = &'n str> + Clone,
        reserved: &[&str],
    ) -> Self {
        let fits =
            |name: &&str| matches!(form.fit(name), Cow::Borrowed(_)) && !reserved.contains(name);
        // Names that are accepted are never translated.
        let mut taken: HashSet<String> = names.clone().filter(fits).map(str::to_owned).collect();
        taken.extend(reserved.iter().map(|name| (*name).to_owned()));
        let mut translated = Translated::default();
        for name in names.filter(|name| !fits(name)) {
            if translated.sent.contains_key(name) {
                continue;
            }
            let fitting = form.fit(name).into_owned();
            let mut sent = fitting.clone();
            let mut number = 2_usize;
            while !taken.insert(sent.clone()) {
                let suffix = format!("_{number}");
                sent = fitting.chars().take(LONGEST - suffix.len()).collect();
                sent.push_str(&suffix);
                number += 1;
            }
            translated.own.insert(sent.clone(), name.to_owned());
            translated.sent.insert(name.to_owned(), sent);
        }
        let any = !translated.sent.is_empty();
        Self {
            form,
            translated: any.then(|| Arc::new(translated)),
        }
    }

    /// Returns the name to send for a tool. The tool may be one that is not offered: a model may
    /// have called a nonexistent tool, or another server was less strict, and the server would
    /// refuse the entire history.
    #[must_use]
    pub fn sent<'n>(&'n self, own: &'n str) -> Cow<'n, str> {
        let known = self
            .translated
            .as_ref()
            .and_then(|names| names.sent.get(own));
        known.map_or_else(|| self.form.fit(own), |sent| Cow::Borrowed(sent))
    }

    /// Returns the tool's own name for one in a reply.
    #[must_use]
    pub fn own<'n>(&'n self, sent: &'n str) -> &'n str {
        let known = self
            .translated
            .as_ref()
            .and_then(|names| names.own.get(sent));
        known.map_or_else(|| without_mark(sent), String::as_str)
    }
}

/// Returns a name without the mark of Harmony's format behind it, which servers of `gpt-oss` leave there:
/// `search<|channel|>commentary`. No server accepts a tool of such a name.
///
/// Report: <https://github.com/movieclaw/movieclaw/pull/224>.
fn without_mark(name: &str) -> &str {
    match name.split_once("<|") {
        Some((name, _)) if !name.is_empty() => name,
        _ => name,
    }
}
