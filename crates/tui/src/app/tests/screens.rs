//! Screens of different sizes.

use crossterm::event::KeyCode;
use geppetto_testing::{Gate, Script};

use super::support::{TestChat, chat, session};
use crate::Chat;

/// Returns the rows of the screen above the status line.
fn above_status(chat: &TestChat) -> String {
    let screen = chat.screen();
    let (above, _) = screen.rsplit_once('\n').unwrap();
    above.trim_start_matches('\n').to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_resize_while_it_streams_keeps_the_answer() {
    let gate = Gate::new();
    let script = Script::new().text("One two").hold_at(&gate).text(" three.");
    let chat = chat([script, Script::new().text("Fine.")]).await;
    chat.types("count\n");
    chat.shows("One two").await;
    for (width, height) in [(30, 8), (100, 30), (12, 4), (40, 10)] {
        chat.resizes(width, height);
    }
    gate.open();
    chat.shows("One two three.").await;
    chat.is_ready().await;
    assert_eq!(
        chat.screen().matches("One two three.").count(),
        1,
        "{}",
        chat.screen()
    );
    chat.types("how are you\n");
    chat.shows("Fine.").await;
}

#[tokio::test(start_paused = true)]
async fn sizes_down_to_one_cell_are_drawn() {
    for (width, height) in [(1, 1), (2, 1), (1, 3), (3, 2), (5, 3), (8, 5)] {
        let session = session([Script::new().text("Hello.\n\nAgain.")]);
        let chat = TestChat::start_in(Chat::new(session.clone()), width, height);
        chat.types("hi\n");
        chat.until("the run", |_| {
            session.turn_count() == 1 && !session.is_running()
        })
        .await;
        chat.types("/help\n");
        chat.key(KeyCode::F(1));
        chat.types("/");
        chat.pastes("a long text that does not fit\nin two lines");
        chat.control('l');
        chat.control('c');
        chat.control('c');
        chat.ended().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_chat_asks_to_be_woken_by_nothing() {
    use ratatui::layout::Size;
    use tokio::time::Instant;

    use crate::{app::App, environment::Environment, start};

    let environment = Environment {
        is_terminal: true,
        has_colour: true,
        has_bracketed_paste: true,
        in_tmux: false,
    };
    let options = Chat::new(session([])).options;
    let setup = start::setup(options, &environment, Size::new(80, 24));
    assert_eq!(App::new(setup, Instant::now()).wake(), None);
}

#[tokio::test(start_paused = true)]
async fn a_question_about_a_tool_in_forty_columns() {
    use std::collections::VecDeque;

    use crate::app::Message;

    let chat = TestChat::start_in(Chat::new(session([])), 40, 14);
    chat.is_ready().await;
    let call = geppetto_engine::PendingCall::new(
        "call_1",
        "shell",
        r#"{"command": "rm -rf target && cargo build"}"#,
        "May I run this command?",
    );
    let waits = VecDeque::from([call]);
    chat.send(Message::Waits(1, waits.into()));
    chat.shows("your decision").await;
    insta::assert_snapshot!(above_status(&chat), @"
    shell: May I run this command?
    command: rm -rf target && cargo build
    y allow, a always in this session, n
    refuse, Esc leave open; refused after 10
    minutes
    ");
}

#[tokio::test(start_paused = true)]
async fn a_menu_of_commands() {
    let chat = chat([]).await;
    chat.types("/co");
    chat.shows("/cost").await;
    insta::assert_snapshot!(above_status(&chat), @r"
      /copy      copy the last answer, or its Nth code block
      /cost      show tokens and cost
    > /co
    ");
}
