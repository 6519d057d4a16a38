//! An app without a screen: lines in, lines out.

use geppetto_engine::Decision;

use super::App;

/// How to decide about a tool call.
const HOW: &str = "y allows, a allows always in this session, n REASON refuses";

impl App {
    /// Returns `true` if a line has an effect: nothing runs, and everything of the last run was read.
    pub(crate) fn wants_line(&self) -> bool {
        self.is_open && self.run.is_none() && self.ended.is_none() && !self.is_done
    }

    /// Handles a line, as if it was typed.
    pub(crate) fn on_line(&mut self, line: &str) {
        if !self.is_deciding() {
            self.editor.set(line);
            self.submit();
            // What was refused is not sent with the next line.
            self.editor.take();
            return;
        }
        let (word, reason) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match word.to_lowercase().as_str() {
            "y" | "yes" => self.decide(Decision::Allow),
            "a" | "always" => self.allow_always(),
            "n" | "no" => self.refuse(reason),
            _ => self.say(HOW),
        }
    }

    /// Handles the end of the input.
    pub(crate) fn on_last_line(&mut self) {
        if self.is_deciding() {
            self.refuse("there is nobody to ask");
        } else {
            self.quit();
        }
    }

    /// Takes what is to be shown besides the events of the session.
    pub(crate) fn take_lines(&mut self) -> Vec<String> {
        let mut lines = std::mem::take(&mut self.banner);
        if let Some(panel) = self.panel.take() {
            lines.extend(panel.lines);
        }
        if let Some(menu) = self.menu.take() {
            let items = menu.shown().into_iter();
            lines.extend(
                items.map(|(value, note)| format!("{value}  {note}").trim_end().to_owned()),
            );
        }
        lines.extend(self.flash.take().map(|flash| flash.text));
        lines
    }

    /// Returns the question about a tool call.
    pub(crate) fn line_question(&self) -> Option<String> {
        let call = self.approval.as_ref()?.open.front()?;
        let question = super::question::question_of(call);
        Some(format!("{question}\n{}\n({HOW})", call.input))
    }
}
