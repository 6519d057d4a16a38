//! Completion of commands.

use super::ALL;

/// What the text before the cursor can be completed to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Completion {
    /// Texts in place of the draft, and what they do.
    pub(crate) choices: Vec<(String, String)>,
}

impl Completion {
    /// Returns the longest text that all choices begin with.
    pub(crate) fn common(&self) -> Option<String> {
        let mut texts = self.choices.iter().map(|(text, _)| text.as_str());
        let first = texts.next()?;
        let common = texts.fold(first, |common, text| {
            let same = common.char_indices().zip(text.chars());
            let end = same.take_while(|((_, own), other)| own == other);
            let end = end.map(|((at, own), _)| at + own.len_utf8()).last();
            common.get(..end.unwrap_or(0)).unwrap_or_default()
        });
        Some(common.to_owned())
    }
}

/// Completes a draft. `known` are the arguments of commands, and what is shown next to each.
pub(crate) fn complete(draft: &str, known: &[(&str, &[(String, String)])]) -> Completion {
    let none = Completion::default();
    let Some(command) = draft.strip_prefix('/') else {
        return none;
    };
    if command.contains('\n') || command.starts_with('/') {
        return none;
    }
    let choices = match command.split_once(' ') {
        None => {
            let matching = ALL.iter().filter(|own| own.name.starts_with(command));
            let text = |own: &super::Description| {
                let space = if own.argument.is_empty() { "" } else { " " };
                (format!("/{}{space}", own.name), own.what.to_owned())
            };
            matching.map(text).collect()
        }
        Some((name, argument)) => {
            let names = known.iter().find(|(own, _)| *own == name);
            let names = names.map_or(&[] as &[(String, String)], |(_, names)| names);
            let matching = names.iter().filter(|(own, _)| own.starts_with(argument));
            matching
                .map(|(own, note)| (format!("/{name} {own}"), note.clone()))
                .collect()
        }
    };
    Completion { choices }
}
