//! Keys.

use crossterm::event::{KeyCode, KeyModifiers};
use geppetto_testing::{Gate, Script};

use super::support::chat;
use crate::{
    Ending,
    app::{Input, Message},
};

#[tokio::test(start_paused = true)]
async fn alt_shift_and_control_j_insert_lines() {
    let chat = chat([]).await;
    chat.types("a");
    chat.press(KeyCode::Enter, KeyModifiers::ALT);
    chat.types("b");
    chat.press(KeyCode::Enter, KeyModifiers::SHIFT);
    chat.types("c");
    chat.control('j');
    chat.types("d");
    chat.shows("> a\n  b\n  c\n  d").await;
}

#[tokio::test(start_paused = true)]
async fn a_paste_of_many_lines_is_one_draft() {
    let chat = chat([Script::new().text("Read.")]).await;
    chat.pastes("one\rtwo\r\nthree\n");
    chat.shows("> one\n  two\n  three").await;
    chat.key(KeyCode::Enter);
    chat.shows("Read.").await;
}

#[tokio::test(start_paused = true)]
async fn a_draft_is_kept_while_an_answer_arrives() {
    let gate = Gate::new();
    let chat = chat([Script::new().text("One").hold_at(&gate).text(" two.")]).await;
    chat.types("count\n");
    chat.shows("One").await;
    chat.types("and then");
    chat.shows("> and then").await;
    gate.open();
    chat.shows("One two.").await;
    chat.is_ready().await;
    assert!(chat.screen().contains("> and then"), "{}", chat.screen());
}

#[tokio::test(start_paused = true)]
async fn a_draft_survives_escape() {
    let chat = chat([Script::new().text("One").hang()]).await;
    chat.types("count\n");
    chat.shows("One").await;
    chat.types("and then");
    chat.key(KeyCode::Esc);
    chat.is_ready().await;
    assert!(chat.screen().contains("> and then"), "{}", chat.screen());
}

#[tokio::test(start_paused = true)]
async fn a_prompt_sent_while_an_answer_arrives_follows_it() {
    let gate = Gate::new();
    let first = Script::new().text("One").hold_at(&gate);
    let chat = chat([first, Script::new().text("Two.")]).await;
    chat.types("count\n");
    chat.shows("One").await;
    chat.types("go on\n");
    chat.shows("next: go on").await;
    gate.open();
    chat.shows("Two.").await;
    chat.is_ready().await;
}

#[tokio::test(start_paused = true)]
async fn queued_prompts_return_to_the_draft_when_the_answer_is_cancelled() {
    let chat = chat([Script::new().text("One").hang()]).await;
    chat.types("count\n");
    chat.shows("One").await;
    chat.types("go on\n");
    chat.shows("next: go on").await;
    chat.types("more");
    chat.key(KeyCode::Esc);
    chat.is_ready().await;
    chat.shows("> go on\n  more").await;
}

#[tokio::test(start_paused = true)]
async fn up_and_down_bring_prompts_back_and_keep_the_draft() {
    let chat = chat([Script::new().text("A."), Script::new().text("B.")]).await;
    chat.types("first\n");
    chat.shows("A.").await;
    chat.is_ready().await;
    chat.types("second\n");
    chat.shows("B.").await;
    chat.is_ready().await;
    chat.types("draft");
    chat.key(KeyCode::Up);
    chat.key(KeyCode::Up);
    chat.shows("\n> first").await;
    chat.key(KeyCode::Down);
    chat.key(KeyCode::Down);
    chat.shows("\n> draft").await;
}

#[tokio::test(start_paused = true)]
async fn control_c_cancels_and_again_quits() {
    let chat = chat([Script::new().text("One").hang()]).await;
    chat.types("count\n");
    chat.shows("One").await;
    chat.control('c');
    chat.is_ready().await;
    chat.control('c');
    chat.ended().await;
}

#[tokio::test(start_paused = true)]
async fn control_c_right_after_an_answer_does_not_quit() {
    let chat = chat([Script::new().text("One."), Script::new().text("Two.")]).await;
    chat.types("count\n");
    chat.shows("One.").await;
    chat.is_ready().await;
    chat.control('c');
    chat.shows("Ctrl+C again quits").await;
    chat.types("go on\n");
    chat.shows("Two.").await;
    chat.is_ready().await;
    chat.control('c');
    chat.control('c');
    chat.ended().await;
}

#[tokio::test(start_paused = true)]
async fn control_c_clears_a_draft_before_it_quits() {
    let chat = chat([]).await;
    chat.types("draft");
    chat.control('c');
    chat.shows("Ctrl+C again quits").await;
    assert!(!chat.screen().contains("> draft"), "{}", chat.screen());
    chat.control('c');
    chat.ended().await;
}

#[tokio::test(start_paused = true)]
async fn control_c_twice_quits_while_an_answer_cannot_be_stopped() {
    let chat = chat([Script::new().text("One").hang().deaf()]).await;
    chat.types("count\n");
    chat.shows("One").await;
    chat.control('c');
    chat.control('c');
    chat.control('c');
    chat.ended().await;
}

#[tokio::test(start_paused = true)]
async fn control_d_deletes_within_a_draft_and_quits_without_one() {
    let chat = chat([]).await;
    chat.types("ab");
    chat.key(KeyCode::Home);
    chat.control('d');
    chat.shows("> b").await;
    chat.control('d');
    chat.control('d');
    chat.ended().await;
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_is_gone_ends_the_chat() {
    let chat = chat([Script::new().text("One").hang()]).await;
    chat.types("count\n");
    chat.shows("One").await;
    chat.send(Message::Input(Input::Closed));
    chat.ended().await;
}

#[tokio::test(start_paused = true)]
async fn sigterm_ends_the_chat() {
    let chat = chat([Script::new().text("One").hang()]).await;
    chat.types("count\n");
    chat.shows("One").await;
    chat.send(Message::Terminate(Ending::Terminated));
    chat.ended().await;
}

#[tokio::test(start_paused = true)]
async fn a_suspended_chat_continues_below_the_shell() {
    let chat = chat([Script::new().text("Hello.")]).await;
    chat.types("draft");
    chat.shows("> draft").await;
    chat.control('z');
    chat.shows("> draft").await;
    chat.key(KeyCode::Enter);
    chat.shows("Hello.").await;
}

/// <https://github.com/crossterm-rs/crossterm/issues/772>, <https://github.com/jooaf/thoth/issues/26>,
/// <https://github.com/Dicklesworthstone/coding_agent_session_search/issues/21>
#[tokio::test(start_paused = true)]
async fn a_key_that_is_released_is_not_typed_again() {
    use crossterm::event::{KeyEvent, KeyEventKind};
    let chat = chat([]).await;
    chat.types("a");
    let released = KeyEvent::new_with_kind(
        KeyCode::Char('a'),
        KeyModifiers::NONE,
        KeyEventKind::Release,
    );
    chat.send(Message::Input(Input::Key(released)));
    chat.types("b");
    chat.shows("> ab").await;
}
