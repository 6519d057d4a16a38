//! Keys.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{App, Effect};
use crate::input::editor::Move;

/// Number of lines by which a panel scrolls.
const PAGE: usize = 5;

impl App {
    /// Returns `true` while keys answer a question about a tool call.
    pub(super) fn is_deciding(&self) -> bool {
        let approval = self.approval.as_ref();
        approval.is_some_and(|own| own.reason.is_none())
    }

    /// Handles a key.
    pub(super) fn on_key(&mut self, mut key: KeyEvent) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        if is_composed(key) {
            key.modifiers = KeyModifiers::NONE;
        }
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        if is_control && self.on_control(key.code) {
            return;
        }
        self.is_interrupted = false;
        self.flash = None;
        if key.code == KeyCode::F(1) {
            return self.help();
        }
        if self.on_approval_key(key) || self.on_menu_key(key) {
            return;
        }
        self.last_key = Some(self.now);
        match key.code {
            KeyCode::Enter => self.on_enter(key.modifiers),
            KeyCode::Esc => self.on_escape(),
            KeyCode::Up => self.on_vertical(true),
            KeyCode::Down => self.on_vertical(false),
            KeyCode::Char('p') if is_control => self.on_vertical(true),
            KeyCode::Char('n') if is_control => self.on_vertical(false),
            KeyCode::PageUp | KeyCode::PageDown => self.scroll(key.code == KeyCode::PageUp),
            KeyCode::Tab => self.complete(),
            KeyCode::Char(typed) if !is_control && !key.modifiers.contains(KeyModifiers::ALT) => {
                if self.burst.character(self.now) {
                    self.editor.insert_char('\n');
                }
                self.edited(|editor| editor.insert_char(typed));
            }
            _ => self.on_editing(key),
        }
    }

    /// Handles keys that work whatever is open. Returns `false` for others.
    fn on_control(&mut self, code: KeyCode) -> bool {
        match code {
            KeyCode::Char('c') => self.interrupt(),
            KeyCode::Char('d') if self.editor.is_empty() => self.quit(),
            KeyCode::Char('z') if cfg!(unix) => self.effects.push(Effect::Suspend),
            KeyCode::Char('l') => self.rewrite(),
            KeyCode::Char('t') => self.fold(),
            _ => return false,
        }
        true
    }

    /// Cancels what there is to cancel: the run, a question, the draft. A second one in a row quits:
    /// the first may have been for an answer that had just ended.
    pub(super) fn interrupt(&mut self) {
        self.flash = None;
        let is_second = std::mem::replace(&mut self.is_interrupted, true);
        if self.quit_at.is_some() {
            self.is_done = true;
        } else if self
            .menu
            .take_if(|own| own.kind != super::menu::Kind::Complete)
            .is_some()
        {
            // The menu is closed.
        } else if self.approval.is_some() {
            self.leave_approval();
        } else if let Some(run) = &self.run {
            if run.cancel.is_cancelled() {
                self.quit();
            } else {
                self.cancel();
            }
        } else if self.editor.is_empty() && self.attached.is_empty() {
            if is_second {
                self.quit();
            } else {
                self.say("Ctrl+C again quits");
            }
        } else {
            let draft = self.editor.take();
            self.history.push(&draft);
            self.attached.clear();
            self.is_edit = false;
            self.menu = None;
            self.say("the draft is cleared, Up brings it back; Ctrl+C again quits");
        }
    }

    fn on_escape(&mut self) {
        if self.panel.take().is_some() {
            return;
        }
        if let Some(run) = &self.run {
            if run.is_adopted && run.cancel.is_cancelled() {
                // Another process runs it, and may be gone.
                self.run = None;
                self.say("the chat no longer waits for the run of another process");
            } else {
                self.cancel();
            }
        } else if self.is_edit {
            self.is_edit = false;
            self.editor.take();
            self.say("the last prompt stays as it is");
        }
    }

    fn on_enter(&mut self, modifiers: KeyModifiers) {
        if modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SHIFT) {
            self.edited(|editor| editor.insert_char('\n'));
        } else if !self.burst.enter(self.now) {
            self.submit();
        }
    }

    /// Inserts a paste, which is never a command to send it.
    pub(super) fn on_paste(&mut self, text: &str) {
        self.is_interrupted = false;
        self.flash = None;
        self.last_key = Some(self.now);
        if self.is_deciding() {
            return;
        }
        self.edited(|editor| editor.insert(text));
    }

    fn on_vertical(&mut self, is_up: bool) {
        let width = self.input_width();
        if self.editor.go_vertically(is_up, width) {
            return;
        }
        if is_up && self.editor.is_empty() && self.unqueue_last() {
            return;
        }
        let entry = if is_up {
            self.history.previous(self.editor.text())
        } else {
            self.history.next()
        };
        if let Some(entry) = entry {
            self.editor.set(entry);
        }
    }

    fn scroll(&mut self, is_up: bool) {
        if self.scroll_question(is_up) {
            return;
        }
        if let Some(panel) = &mut self.panel {
            let last = panel.lines.len().saturating_sub(1);
            panel.scrolled = if is_up {
                panel.scrolled.saturating_sub(PAGE)
            } else {
                (panel.scrolled + PAGE).min(last)
            };
        }
    }

    /// Edits the draft.
    fn edited(&mut self, edit: impl FnOnce(&mut crate::input::editor::Editor)) {
        self.history.leave();
        edit(&mut self.editor);
        self.offer();
    }

    fn on_editing(&mut self, key: KeyEvent) {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        let is_alt = key.modifiers.contains(KeyModifiers::ALT);
        let by_word = is_control || is_alt;
        match key.code {
            KeyCode::Left if by_word => self.editor.go(Move::WordLeft),
            KeyCode::Right if by_word => self.editor.go(Move::WordRight),
            KeyCode::Char('b') if is_alt => self.editor.go(Move::WordLeft),
            KeyCode::Char('f') if is_alt => self.editor.go(Move::WordRight),
            KeyCode::Left => self.editor.go(Move::Left),
            KeyCode::Char('b') if is_control => self.editor.go(Move::Left),
            KeyCode::Right => self.editor.go(Move::Right),
            KeyCode::Char('f') if is_control => self.editor.go(Move::Right),
            KeyCode::Home if is_control => self.editor.go(Move::Start),
            KeyCode::End if is_control => self.editor.go(Move::End),
            KeyCode::Home => self.editor.go(Move::LineStart),
            KeyCode::Char('a') if is_control => self.editor.go(Move::LineStart),
            KeyCode::End => self.editor.go(Move::LineEnd),
            KeyCode::Char('e') if is_control => self.editor.go(Move::LineEnd),
            KeyCode::Backspace if self.editor.is_empty() => {
                self.attached.pop();
            }
            KeyCode::Char('j') if is_control => self.edited(|editor| editor.insert_char('\n')),
            KeyCode::Char('y') if is_control => {
                self.edited(crate::input::editor::Editor::yank);
            }
            KeyCode::Char('_' | '7') if is_control => {
                self.edited(crate::input::editor::Editor::undo);
            }
            _ => {
                if let Some(to) = deletion(key.code, is_control, by_word) {
                    self.edited(|editor| editor.delete(to));
                }
            }
        }
    }
}

/// Returns `true` for a character that AltGr composes, which the console of Windows reports with Control
/// and Alt. Letters and digits with both are shortcuts of other terminals.
fn is_composed(key: KeyEvent) -> bool {
    let alt_gr = KeyModifiers::CONTROL | KeyModifiers::ALT;
    let is_symbol = |typed: char| !typed.is_ascii_alphanumeric() && !typed.is_control();
    key.modifiers.contains(alt_gr) && matches!(key.code, KeyCode::Char(typed) if is_symbol(typed))
}

/// Returns up to where a key deletes.
fn deletion(code: KeyCode, is_control: bool, by_word: bool) -> Option<Move> {
    Some(match code {
        KeyCode::Backspace if by_word => Move::WordLeft,
        KeyCode::Backspace => Move::Left,
        KeyCode::Delete if by_word => Move::WordRight,
        KeyCode::Delete => Move::Right,
        KeyCode::Char('h') if is_control => Move::Left,
        KeyCode::Char('d') if is_control => Move::Right,
        KeyCode::Char('d') if by_word => Move::WordRight,
        KeyCode::Char('w') if is_control => Move::WordLeft,
        KeyCode::Char('u') if is_control => Move::LineStart,
        KeyCode::Char('k') if is_control => Move::LineEnd,
        _ => return None,
    })
}
