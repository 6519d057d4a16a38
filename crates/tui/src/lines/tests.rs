use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use geppetto_enginebuilder::Builder;
use geppetto_events::printer::HumanPrinter;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use tokio::sync::mpsc;

use super::Lines;
use crate::{Chat, environment::Environment};

/// A writer whose content a test reads.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Runs a chat on lines. Returns the answers, and everything else.
async fn run(scripts: impl IntoIterator<Item = Script>, lines: &[&str]) -> (String, String) {
    let session = Session::new(Builder::new(ScriptedEngine::new(scripts)));
    let (sender, receiver) = mpsc::channel(100);
    for line in lines {
        sender.send((*line).to_owned()).await.unwrap();
    }
    drop(sender);
    let (answers, notes) = (Written::default(), Written::default());
    let mut own = Lines {
        lines: receiver,
        notes: notes.clone(),
        has_prompt: false,
        asked: None,
        was_ready: false,
    };
    let environment = Environment {
        is_terminal: false,
        has_colour: false,
        has_bracketed_paste: false,
        in_tmux: false,
    };
    let printer = HumanPrinter::new(answers.clone()).with_notes(notes.clone());
    let ended = own.run(Chat::new(session), &environment, &printer);
    ended.await.unwrap();
    (answers.text(), notes.text())
}

#[tokio::test(start_paused = true)]
async fn each_line_is_a_prompt_and_the_answers_are_on_their_own() {
    let scripts = [Script::new().text("One."), Script::new().text("Two.")];
    let (answers, _) = run(scripts, &["first", "second"]).await;
    assert_eq!(answers, "One.\nTwo.\n");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_a_note_and_the_next_line_is_answered() {
    let failing = Script::new().fail(geppetto_engine::ErrorKind::Server, "out of order");
    let (answers, notes) = run([failing, Script::new().text("Two.")], &["first", "second"]).await;
    assert_eq!(answers, "Two.\n");
    assert!(notes.contains("out of order"), "{notes}");
}

#[tokio::test(start_paused = true)]
async fn commands_answer_as_notes() {
    let (answers, notes) = run([], &["/help", "/nothing", "/copy"]).await;
    assert_eq!(answers, "");
    for text in ["/sessions [ID]", "no command /nothing", "no answer to copy"] {
        assert!(notes.contains(text), "{notes}");
    }
}

#[tokio::test(start_paused = true)]
async fn control_characters_are_visible() {
    let (answers, _) = run([Script::new().text("a\x1b[2Jb")], &["hi"]).await;
    assert!(!answers.contains('\x1b'), "{answers:?}");
}
