//! [`Menu`] and [`Panel`]: lists to choose from, and text to read.

use std::time::SystemTime;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{App, Effect};
use crate::{
    Selection,
    backend::{Failure, Listed},
    commands::{self, files::Attached},
};

/// What a choice of a menu does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Completes the draft.
    Complete,
    Model,
    Profile,
    Session,
}

/// A list to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Menu {
    pub(crate) kind: Kind,
    /// Values, and what is shown next to them.
    items: Vec<(String, String)>,
    /// Text that the items shown contain.
    pub(crate) filter: String,
    /// Index among the items shown; `None` for completions until one is chosen.
    pub(crate) selected: Option<usize>,
}

/// Text to read, until Esc or the next prompt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Panel {
    pub(crate) lines: Vec<String>,
    /// Number of lines above the first one shown.
    pub(crate) scrolled: usize,
}

impl Menu {
    fn new(kind: Kind, items: Vec<(String, String)>) -> Self {
        Self {
            kind,
            items,
            filter: String::new(),
            selected: (kind != Kind::Complete).then_some(0),
        }
    }

    /// Creates a menu that begins at the item in use, so that Enter alone changes nothing.
    fn at(kind: Kind, mut items: Vec<(String, String)>, current: Option<&str>) -> Self {
        let place = items
            .iter()
            .position(|(value, _)| Some(value.as_str()) == current);
        if let Some((_, note)) = place.and_then(|at| items.get_mut(at)) {
            let separator = if note.is_empty() { "" } else { " · " };
            *note = format!("current{separator}{note}");
        }
        Self {
            selected: Some(place.unwrap_or(0)),
            ..Self::new(kind, items)
        }
    }

    /// Returns the items that contain the filter.
    pub(crate) fn shown(&self) -> Vec<&(String, String)> {
        let filter = self.filter.to_lowercase();
        let contains = |text: &str| text.to_lowercase().contains(&filter);
        let items = self.items.iter();
        let matching = items.filter(|(value, note)| contains(value) || contains(note));
        matching.collect()
    }

    /// Moves the selection, around the ends.
    fn go(&mut self, is_up: bool) {
        let count = self.shown().len();
        if count == 0 {
            return;
        }
        self.selected = Some(match self.selected {
            None if is_up => count - 1,
            None => 0,
            Some(at) if is_up => (at + count - 1) % count,
            Some(at) => (at + 1) % count,
        });
    }

    fn chosen(&self) -> Option<String> {
        let (value, _) = self.shown().get(self.selected?)?.to_owned();
        Some(value.clone())
    }
}

impl App {
    /// Handles a key while a menu is open. Returns `false` for a key that is not the menu's.
    pub(super) fn on_menu_key(&mut self, key: KeyEvent) -> bool {
        let Some(menu) = &mut self.menu else {
            return false;
        };
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        let is_plain = !key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match (key.code, menu.kind) {
            (KeyCode::Esc, _) => self.menu = None,
            (KeyCode::Up, _) => menu.go(true),
            (KeyCode::Down, _) => menu.go(false),
            (KeyCode::Char('p'), _) if is_control => menu.go(true),
            (KeyCode::Char('n'), _) if is_control => menu.go(false),
            (KeyCode::Tab, Kind::Complete) => self.complete(),
            (KeyCode::Tab, _) => menu.go(false),
            (KeyCode::BackTab, _) => menu.go(true),
            (KeyCode::Enter, kind) if key.modifiers.is_empty() => {
                let Some(value) = menu.chosen() else {
                    // Enter without a choice sends what was typed.
                    return kind != Kind::Complete;
                };
                self.menu = None;
                self.choose(kind, value);
            }
            (_, Kind::Complete) => return false,
            (KeyCode::Backspace, _) => {
                menu.filter.pop();
                menu.selected = Some(0);
            }
            (KeyCode::Char(typed), _) if is_plain => {
                menu.filter.push(typed);
                menu.selected = Some(0);
            }
            _ => return false,
        }
        true
    }

    fn choose(&mut self, kind: Kind, value: String) {
        match kind {
            Kind::Complete => {
                let is_whole = !value.ends_with([' ', '/']);
                self.editor.set(value);
                if is_whole {
                    self.submit();
                } else {
                    self.offer();
                }
            }
            Kind::Model => self.effects.push(Effect::SelectModel(value)),
            Kind::Profile => self.effects.push(Effect::SelectProfile(value)),
            Kind::Session => self.effects.push(Effect::Open(value)),
        }
    }

    /// Offers completions of the draft, after it was edited.
    pub(super) fn offer(&mut self) {
        self.menu = None;
        if self.is_deciding() {
            return;
        }
        let (before, after) = self.editor.parts();
        if !after.is_empty() || !before.starts_with('/') {
            return;
        }
        let before = before.to_owned();
        if commands::paths::is_path(&before) {
            return self.list_paths(before);
        }
        self.ask_for_names(&before);
        let known = [
            ("model", self.models.as_slice()),
            ("profile", self.profiles.as_slice()),
            ("sessions", self.sessions.as_slice()),
        ];
        let choices = commands::complete(&before, &known).choices;
        let is_done = matches!(choices.as_slice(), [(only, _)] if *only == before);
        if !choices.is_empty() && !is_done {
            self.menu = Some(Menu::new(Kind::Complete, choices));
        }
    }

    /// Requests the names that complete an argument, once.
    fn ask_for_names(&mut self, draft: &str) {
        let effect = match draft {
            "/model " if self.models.is_empty() => Effect::ListModels,
            "/profile " if self.profiles.is_empty() => Effect::ListProfiles,
            "/sessions " if self.sessions.is_empty() => Effect::ListSessions,
            _ => return,
        };
        self.effects.push(effect);
    }

    /// Requests what completes the path at the end of the draft, one request at a time.
    fn list_paths(&mut self, draft: String) {
        if self.listing.is_none() {
            self.effects.push(Effect::ListPaths(draft.clone()));
        }
        self.listing = Some(draft);
    }

    /// Offers paths, unless the draft has changed since.
    pub(super) fn on_paths(&mut self, draft: &str, paths: Vec<String>) {
        let latest = self.listing.take();
        if self.editor.parts() != (draft, "") {
            if let Some(latest) = latest.filter(|latest| self.editor.text() == latest) {
                self.list_paths(latest);
            }
            return;
        }
        let is_done = matches!(paths.as_slice(), [only] if only == draft);
        if !paths.is_empty() && !is_done && !self.is_deciding() {
            let paths = paths.into_iter().map(|path| (path, String::new()));
            self.menu = Some(Menu::new(Kind::Complete, paths.collect()));
        }
    }

    /// Completes the draft as far as it is certain, or else selects the next choice.
    pub(super) fn complete(&mut self) {
        let Some(menu) = &mut self.menu else {
            self.offer();
            return;
        };
        let choices = menu.items.clone();
        let common = commands::Completion { choices }.common();
        match common.filter(|text| text.len() > self.editor.text().len()) {
            Some(text) => {
                self.editor.set(text);
                self.offer();
            }
            None => menu.go(false),
        }
    }

    /// Returns `true` if a menu is to open now that its items have arrived. It takes the keys, and so
    /// does not open over a draft that was begun meanwhile.
    fn is_wanted(&mut self, kind: Kind) -> bool {
        self.flash = None;
        let is_wanted = self.wanted.take_if(|own| *own == kind).is_some();
        is_wanted && self.editor.is_empty()
    }

    /// Stores names that were listed, and offers them.
    pub(super) fn on_names(&mut self, of: &'static str, names: Result<Vec<String>, Failure>) {
        let kind = match of {
            "model" => Kind::Model,
            _ => Kind::Profile,
        };
        let is_wanted = self.is_wanted(kind);
        let names = match names {
            Ok(names) => names,
            Err(failure) => return self.error(failure),
        };
        let items: Vec<_> = names
            .into_iter()
            .map(|name| (name, String::new()))
            .collect();
        match kind {
            Kind::Model => self.models.clone_from(&items),
            _ => self.profiles.clone_from(&items),
        }
        if !is_wanted {
            return self.offer();
        }
        if items.is_empty() {
            return self.say(match kind {
                Kind::Model => "no models are listed here; /model NAME requests one by its name",
                _ => "there are no profiles to choose from",
            });
        }
        let current = match kind {
            Kind::Model => self.model(),
            _ => self.selection.profile.clone(),
        };
        self.menu = Some(Menu::at(kind, items, current.as_deref()));
    }

    /// Offers sessions.
    pub(super) fn on_sessions(&mut self, listed: Result<Vec<Listed>, Failure>) {
        let is_wanted = self.is_wanted(Kind::Session);
        let listed = match listed {
            Ok(listed) => listed,
            Err(failure) => return self.error(failure),
        };
        let now = SystemTime::now();
        let items = listed.into_iter().map(|own| {
            let note = note_of(&own, now);
            (own.id, note)
        });
        self.sessions = items.collect();
        if !is_wanted {
            return self.offer();
        }
        if self.sessions.is_empty() {
            return self.say("there are no stored sessions yet");
        }
        let items = self.sessions.clone();
        self.menu = Some(Menu::at(Kind::Session, items, Some(&self.session)));
    }

    /// Returns the model of the next run, or else that of the last one.
    pub(super) fn model(&self) -> Option<String> {
        let last = &self.timeline.view().status.model;
        self.selection.model.clone().or_else(|| last.clone())
    }

    pub(super) fn on_selected(&mut self, result: Result<Selection, Failure>) {
        match result {
            Ok(selection) => {
                let names = [&selection.profile, &selection.model];
                let names = names.into_iter().flatten().cloned();
                let names = names.collect::<Vec<_>>().join(", ");
                self.selection = selection;
                self.say(format!("from the next prompt on: {names}"));
            }
            Err(failure) => self.error(failure),
        }
    }

    pub(super) fn on_attached(&mut self, result: Result<Attached, Failure>) {
        match result {
            Ok(attached) => self.attached.push(attached),
            Err(failure) => self.error(failure),
        }
    }
}

/// Returns what is shown next to the id of a session.
fn note_of(session: &Listed, now: SystemTime) -> String {
    let age = session
        .updated
        .and_then(|time| now.duration_since(time).ok())
        .map(|age| match age.as_secs() / 60 {
            0 => "now".to_owned(),
            minutes @ 1..60 => format!("{minutes} min ago"),
            minutes @ 60..1440 => format!("{} h ago", minutes / 60),
            minutes => format!("{} ago", commands::counted(minutes / 1440, "day")),
        });
    let turns = commands::counted(session.turns, "turn");
    let state = (!session.state.is_empty()).then(|| session.state.clone());
    let title = (!session.title.is_empty()).then(|| session.title.clone());
    let parts = [title, Some(turns), age, state];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
