//! Sessions with more turns than are shown when they are opened.
//!
//! <https://github.com/openai/codex/issues/34724>, <https://github.com/can1357/oh-my-pi/issues/10399>

use std::path::Path;

use crossterm::event::KeyCode;
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::{Block, Content, Turn};

use super::support::TestChat;
use crate::Chat;

/// Returns a session of `count` turns with a system prompt.
fn session(count: usize, scripts: impl IntoIterator<Item = Script>) -> Session {
    let mut turns: Vec<Turn> = Vec::new();
    for number in 0..count {
        let mut turn = turns.last().cloned().unwrap_or_else(|| {
            let mut first = Turn::new();
            first.push(Block::system("Be brief."));
            first
        });
        turn.id = format!("turn-{number}");
        turn.push(Block::user(format!("question {number}")).with_id(format!("u{number}")));
        turn.push(Block::llm_text(format!("answer {number}")).with_id(format!("a{number}")));
        turns.push(turn);
    }
    let builder = Builder::new(ScriptedEngine::new(scripts));
    Session::builder(builder).history(turns).build()
}

async fn open(session: &Session) -> TestChat {
    let chat = TestChat::start(Chat::new(session.clone()));
    chat.is_ready().await;
    chat
}

#[tokio::test(start_paused = true)]
async fn the_model_sees_all_turns_and_the_screen_the_last_ones() {
    let session = session(1_005, [Script::new().text("Fine.")]);
    let chat = open(&session).await;
    chat.shows("1005 turns").await;
    chat.shows("answer 1004").await;
    chat.types("/system\n");
    chat.shows("Be brief.").await;
    chat.types("go on\n");
    chat.shows("Fine.").await;
    chat.is_ready().await;
    let turn = session.latest().unwrap();
    assert_eq!(turn.blocks.len(), 1 + 2 * 1_006);
    assert_eq!(turn.system_prompt(), Some("Be brief."));
}

#[tokio::test(start_paused = true)]
async fn all_of_it_is_saved() {
    let session = session(1_005, []);
    let chat = open(&session).await;
    let name = format!("geppetto-tui-long-{}.md", std::process::id());
    let path = std::env::temp_dir().join(name);
    chat.types(&format!("/save {}\n", path.display()));
    chat.until("the file", |_| is_written(&path)).await;
    let saved = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let questions: Vec<&str> = saved
        .lines()
        .filter(|line| line.starts_with("question "))
        .collect();
    assert_eq!(questions.len(), 1_005);
    assert_eq!(questions.first(), Some(&"question 0"));
    assert!(saved.starts_with("## System\n\nBe brief.\n\n## User\n\nquestion 0\n"));
    assert!(
        saved.contains("answer 4\n\n## User\n\nquestion 5\n"),
        "the border"
    );
}

fn is_written(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.ends_with("answer 1004\n"))
}

#[tokio::test(start_paused = true)]
async fn turns_before_those_that_are_shown_can_be_removed_and_asked_again() {
    let session = session(1_002, [Script::new().text("Again.")]);
    let chat = open(&session).await;
    for left in (1..1_002).rev() {
        chat.types("/undo\n");
        chat.until("the turn is removed", |_| session.turn_count() == left)
            .await;
        chat.control('u');
    }
    chat.shows("› question 0").await;
    chat.until("the first answer", |own| own.screen().contains("answer 0"))
        .await;
    chat.types("/retry\n");
    chat.shows("Again.").await;
    chat.is_ready().await;
    let turn = session.latest().unwrap();
    assert!(
        matches!(&turn.blocks.get(1).unwrap().content, Content::User(own) if own.text == "question 0")
    );
}

#[tokio::test(start_paused = true)]
async fn the_up_key_brings_prompts_back() {
    let session = session(1_005, []);
    let chat = open(&session).await;
    for _ in 0..1_000 {
        chat.key(KeyCode::Up);
    }
    chat.shows("> question 5").await;
}
