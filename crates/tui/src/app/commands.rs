//! What the commands do.

use std::path::PathBuf;

use geppetto_timeline::export;

use super::{App, Effect, Panel, menu::Kind};
use crate::{
    backend::Input,
    commands::{ALL, Command, code, counted, files::Format},
    terminal::clipboard,
};

/// Keys, and what they do.
const KEYS: &[(&str, &str)] = &[
    ("Enter", "send"),
    ("Alt+Enter, Shift+Enter, Ctrl+J", "new line"),
    ("Up, Down", "earlier prompts"),
    ("Tab", "complete a command, a name or a path"),
    ("Esc", "cancel the answer"),
    ("Ctrl+C", "cancel; again: quit"),
    ("Ctrl+D", "quit"),
    (
        "Backspace before the draft",
        "remove the last attached file",
    ),
    ("Ctrl+T", "fold or unfold reasoning and results"),
    ("Ctrl+L", "draw the screen again"),
    ("Ctrl+Z", "suspend"),
];

impl App {
    /// Does what a command says.
    pub(super) fn command(&mut self, command: Command) {
        let changes = matches!(
            command,
            Command::New
                | Command::Sessions(_)
                | Command::Fork
                | Command::Retry
                | Command::Edit
                | Command::Undo
        );
        if changes && self.run.is_some() {
            self.error("not while an answer arrives: Esc cancels it");
            return;
        }
        match command {
            Command::Help => self.help(),
            Command::Model(None) => self.list(Kind::Model, Effect::ListModels),
            Command::Model(Some(name)) => self.effects.push(Effect::SelectModel(name)),
            Command::Profile(None) => self.list(Kind::Profile, Effect::ListProfiles),
            Command::Profile(Some(name)) => self.effects.push(Effect::SelectProfile(name)),
            Command::System(text) => self.set_system(text),
            Command::New => self.effects.push(Effect::Create),
            Command::Sessions(None) => self.list(Kind::Session, Effect::ListSessions),
            Command::Sessions(Some(id)) => self.effects.push(Effect::Open(id)),
            Command::Fork if !self.has_turns() => {
                self.error("there is nothing to fork yet");
            }
            Command::Fork => self.effects.push(Effect::Fork),
            Command::Retry => self.retry(),
            Command::Edit => self.edit_last(),
            Command::Undo if !self.has_turns() => {
                self.error("there is nothing to remove yet");
            }
            Command::Undo => self.effects.push(Effect::Undo),
            Command::Copy(block) => self.copy(block),
            Command::Save(path) => self.save(path),
            Command::Image(path) => self.attach(path, true),
            Command::File(path) => self.attach(path, false),
            Command::Tools => self.show_tools(),
            Command::Cost => self.show_cost(),
            Command::Fold => self.fold(),
            Command::Quit => self.quit(),
        }
    }

    /// Requests the items of a menu, which opens when they have arrived. That of models is asked of a
    /// server, which may take long.
    fn list(&mut self, kind: Kind, effect: Effect) {
        self.wanted = Some(kind);
        self.effects.push(effect);
        if kind == Kind::Model {
            self.say("asking for the models ...");
        }
    }

    fn show(&mut self, lines: Vec<String>) {
        self.panel = Some(Panel { lines, scrolled: 0 });
    }

    /// Shows keys and commands.
    pub(super) fn help(&mut self) {
        let commands = ALL.iter().map(|own| {
            let usage = format!("/{} {}", own.name, own.argument);
            format!("{:<17} {}", usage.trim_end(), own.what)
        });
        let keys = KEYS.iter().map(|(key, what)| format!("{key}: {what}"));
        let lines = commands.chain(keys).collect();
        self.show(lines);
    }

    fn set_system(&mut self, text: Option<String>) {
        if let Some(text) = text {
            self.system = Some(text);
            self.say("the system prompt applies from the next prompt on");
            return;
        }
        let shown = self.system.clone().or_else(|| {
            let mut entities = self.timeline.view().entities();
            let system = entities.find(|own| own.kind() == "system");
            let text = system.and_then(geppetto_timeline::Entity::text);
            let text = text.map(ToOwned::to_owned);
            let text = text.or_else(|| self.opened_system.clone());
            text.or_else(|| self.setup.system.clone())
        });
        match shown {
            Some(text) => self.show(text.lines().map(ToOwned::to_owned).collect()),
            None => self.say("there is no system prompt; /system TEXT sets one"),
        }
    }

    fn retry(&mut self) {
        if self.last_prompt().is_none() {
            self.error("there is no prompt to ask again");
            return;
        }
        self.approval = None;
        self.start(Input::Retry, None);
    }

    fn edit_last(&mut self) {
        match self.last_prompt() {
            Some(prompt) => {
                self.editor.set(prompt);
                self.is_edit = true;
            }
            None => self.error("there is no prompt to edit"),
        }
    }

    fn copy(&mut self, block: Option<usize>) {
        let Some(answer) = self.last_answer() else {
            return self.error("there is no answer to copy");
        };
        let text = match block {
            None => answer,
            Some(number) => {
                let blocks = code::blocks(&answer);
                let count = blocks.len();
                let Some(text) = blocks.into_iter().nth(number - 1) else {
                    let blocks = counted(count, "code block");
                    return self.error(format!("the last answer has {blocks}"));
                };
                text
            }
        };
        match clipboard::copy(&text, self.setup.in_tmux) {
            Some(bytes) => {
                self.effects.push(Effect::Send(bytes));
                if self.setup.in_tmux {
                    self.effects.push(Effect::CopyInTmux(text.clone()));
                }
                let count = text.chars().count();
                self.say(format!(
                    "{count} characters sent to the clipboard of the terminal"
                ));
            }
            None => self.error(format!(
                "{} bytes are too many for the clipboard of a terminal; /save writes a file",
                text.len()
            )),
        }
    }

    fn save(&mut self, path: Option<PathBuf>) {
        let path =
            path.unwrap_or_else(|| PathBuf::from(format!("{}.md", file_name(&self.session))));
        let Some(format) = Format::of(&path) else {
            return self.error("the name must end in .md, .yaml or .json");
        };
        if !self.has_turns() {
            return self.error("there is nothing to save yet");
        }
        let markdown = match format {
            Format::Markdown => export::markdown(self.timeline.view()),
            _ => String::new(),
        };
        self.effects.push(Effect::Save {
            path,
            format,
            markdown,
            earlier: self.earlier,
        });
    }

    fn attach(&mut self, path: PathBuf, is_image: bool) {
        self.effects.push(Effect::Attach { path, is_image });
    }

    fn show_tools(&mut self) {
        let tools = self.setup.tools.iter().map(|(name, what)| {
            let allowed = if self.always.contains(name) {
                " (always allowed in this session)"
            } else {
                ""
            };
            format!("{name}: {what}{allowed}")
        });
        let lines: Vec<_> = tools.collect();
        if lines.is_empty() {
            let hint = self.setup.no_tools_hint.as_deref();
            let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            return self.say(format!("there are no tools{hint}"));
        }
        self.show(lines);
    }

    fn show_cost(&mut self) {
        let totals = &self.totals;
        let usage = &totals.usage;
        let mut lines = vec![
            format!("provider calls: {}", totals.provider_calls),
            format!("tool calls: {}", totals.tool_calls),
            format!(
                "input tokens: {} ({} from a cache)",
                usage.input_tokens, usage.cached_tokens
            ),
            format!(
                "output tokens: {} ({} reasoning)",
                usage.output_tokens, usage.reasoning_tokens
            ),
        ];
        if usage.unreported_calls > 0 {
            let calls = usage.unreported_calls;
            lines.push(format!("without a report of the provider: {calls} calls"));
        }
        lines.push(match (totals.cost_usd(), usage.cost_usd) {
            (Some(cost), _) => format!("cost: ${cost:.4}"),
            (None, Some(cost)) => format!("cost: at least ${cost:.4}; some prices are unknown"),
            (None, None) => "cost: unknown, the model has no price here".to_owned(),
        });
        self.show(lines);
    }

    /// Folds or unfolds reasoning and results.
    pub(super) fn fold(&mut self) {
        let folded = !self.transcript.is_folded();
        self.transcript.set_folded(folded);
        self.rewrite();
    }
}

/// Returns a session's id as a file name.
fn file_name(id: &str) -> String {
    let plain = |own: char| own.is_alphanumeric() || matches!(own, '-' | '_');
    let name = id.chars().map(|own| if plain(own) { own } else { '-' });
    let name: String = name.take(100).collect();
    if name.is_empty() {
        "session".to_owned()
    } else {
        name
    }
}
