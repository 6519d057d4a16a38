//! Drafts that were lost and keys that did something else, as reported to other terminal chats in public.
//! Each test names the reports.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyModifiers};
use geppetto_testing::Script;
use ratatui::{backend::Backend as _, layout::Position};

use super::support::{TestChat, chat};

/// Sends a prompt and waits for its answer.
async fn asks(chat: &TestChat, prompt: &str, answer: &str) {
    chat.types(&format!("{prompt}\n"));
    chat.shows(answer).await;
    chat.is_ready().await;
}

fn answers(text: &str) -> Script {
    Script::new().text(text)
}

/// <https://github.com/anthropics/claude-code/issues/55275>,
/// <https://github.com/anthropics/claude-code/issues/9422>,
/// <https://github.com/anthropics/claude-code/issues/18657>,
/// <https://github.com/anthropics/claude-code/issues/33030>,
/// <https://github.com/anthropics/claude-code/issues/37074>,
/// <https://github.com/anthropics/claude-code/issues/47590>
#[tokio::test(start_paused = true)]
async fn up_moves_within_a_draft_first_and_down_restores_all_its_lines() {
    let chat = chat([answers("Hello.")]).await;
    asks(&chat, "earlier", "Hello.").await;
    chat.pastes("one\ntwo\nthree\nfour");
    for _ in 0..3 {
        chat.key(KeyCode::Up);
    }
    chat.types("^");
    chat.shows("> one^").await;
    chat.key(KeyCode::Up);
    chat.shows("> earlier").await;
    chat.key(KeyCode::Down);
    chat.shows("> one^\n  two\n  three\n  four").await;
    chat.key(KeyCode::Down);
    chat.shows("> one^\n  two\n  three\n  four").await;
}

/// <https://github.com/anthropics/claude-code/issues/2208>
#[tokio::test(start_paused = true)]
async fn control_p_and_n_are_up_and_down() {
    let chat = chat([answers("Hello.")]).await;
    asks(&chat, "earlier", "Hello.").await;
    chat.pastes("one\ntwo");
    chat.control('p');
    chat.control('p');
    chat.shows("> earlier").await;
    chat.control('n');
    chat.shows("> one\n  two").await;
}

/// <https://github.com/charmbracelet/crush/issues/423>,
/// <https://github.com/charmbracelet/crush/issues/1932>
#[tokio::test(start_paused = true)]
async fn a_prompt_whose_answer_was_cancelled_comes_back() {
    let chat = chat([answers("Let me look").hang(), answers("Fine.")]).await;
    chat.pastes("a long prompt\nof two lines");
    chat.key(KeyCode::Enter);
    chat.shows("Let me look").await;
    chat.key(KeyCode::Esc);
    chat.is_ready().await;
    chat.key(KeyCode::Up);
    chat.shows("> a long prompt\n  of two lines").await;
    chat.key(KeyCode::Enter);
    chat.shows("Fine.").await;
}

/// <https://github.com/anthropics/claude-code/issues/80521>,
/// <https://github.com/anthropics/claude-code/issues/59408>,
/// <https://github.com/anthropics/claude-code/issues/2281>,
/// <https://github.com/anthropics/claude-code/issues/10209>,
/// <https://github.com/anthropics/claude-code/issues/35275>,
/// <https://github.com/anthropics/claude-code/issues/62438>,
/// <https://github.com/MoonshotAI/kimi-code/issues/3685>
#[tokio::test(start_paused = true)]
async fn a_draft_that_control_c_cleared_comes_back() {
    let chat = chat([]).await;
    chat.pastes("a plan\nof two hours");
    chat.shows("> a plan").await;
    chat.control('c');
    chat.shows("Up brings it back").await;
    chat.key(KeyCode::Up);
    chat.shows("> a plan\n  of two hours").await;
}

/// <https://github.com/sigoden/aichat/issues/954>
#[tokio::test(start_paused = true)]
async fn control_c_before_the_first_word_cancels_and_does_not_quit() {
    let chat = chat([Script::new().hang(), answers("Fine.")]).await;
    chat.types("hi\n");
    chat.shows("waiting for the model").await;
    chat.control('c');
    chat.is_ready().await;
    asks(&chat, "how are you", "Fine.").await;
}

/// <https://github.com/zed-industries/zed/issues/64513>,
/// <https://github.com/Kuberwastaken/claurst/issues/221>,
/// <https://github.com/1jehuang/jcode/issues/632>,
/// <https://github.com/crossterm-rs/crossterm/issues/780>
#[tokio::test(start_paused = true)]
async fn a_paste_with_line_ends_of_windows_and_characters_of_several_bytes() {
    let chat = chat([]).await;
    chat.pastes("漢字\r\né — 🎉\r\nend");
    chat.shows("> 漢字\n  é — 🎉\n  end").await;
    for _ in 0..3 {
        chat.key(KeyCode::Backspace);
    }
    chat.key(KeyCode::Backspace);
    chat.key(KeyCode::Backspace);
    chat.shows("> 漢字\n  é —").await;
}

/// <https://github.com/anomalyco/opencode/issues/35884>,
/// <https://github.com/microsoft/terminal/issues/521>,
/// <https://github.com/microsoft/terminal/issues/1481>
#[tokio::test(start_paused = true)]
async fn characters_of_altgr_are_typed() {
    let chat = chat([]).await;
    // As the console of Windows reports them.
    for typed in "@{[]}\\|~€ćł".chars() {
        let alt_gr = KeyModifiers::CONTROL | KeyModifiers::ALT;
        chat.press(KeyCode::Char(typed), alt_gr);
    }
    chat.shows("> @{[]}\\|~€ćł").await;
}

/// <https://github.com/folke/zaly/issues/33>, <https://github.com/ratatui/tui-widgets/issues/93>,
/// <https://github.com/BaseIntelligence/bounty-challenge/issues/47105>,
/// <https://github.com/BaseIntelligence/bounty-challenge/issues/10136>
#[tokio::test(start_paused = true)]
async fn the_terminal_cursor_is_behind_wide_characters() {
    let chat = chat([]).await;
    let column = || {
        let terminal = Arc::clone(&chat.terminal.0);
        let Ok(Position { x, .. }) = terminal.lock().unwrap().0.get_cursor_position();
        x
    };
    chat.types("漢字🙂a");
    chat.until("the end", |_| column() == 2 + 7).await;
    for expected in [8, 6, 4, 2, 2] {
        chat.key(KeyCode::Left);
        chat.until("one to the left", |_| column() == expected)
            .await;
    }
}

/// <https://github.com/google-gemini/gemini-cli/issues/17003>,
/// <https://github.com/zed-industries/zed/issues/59279>,
/// <https://github.com/MayDay-wpf/snow-cli/issues/96>
#[tokio::test(start_paused = true)]
async fn a_path_at_the_start_is_no_command() {
    let chat = chat([answers("Two files."), answers("No.")]).await;
    asks(&chat, "/data/项目 what is in it?", "Two files.").await;
    // A single name may be a mistyped command: nothing is sent or lost.
    chat.types("/tmp is full?\n");
    chat.shows("there is no command /tmp").await;
    chat.shows("> /tmp is full?").await;
    chat.key(KeyCode::Home);
    chat.types("/\n");
    chat.shows("› /tmp is full?").await;
    chat.shows("No.").await;
}

/// <https://github.com/BaseIntelligence/bounty-challenge/issues/43706>,
/// <https://github.com/tanu-rs/tanu/issues/145>, <https://github.com/gin66/tui-logger/issues/60>,
/// <https://github.com/ratatui/ratatui/issues/1379>
#[tokio::test(start_paused = true)]
async fn a_terminal_that_becomes_tiny_while_a_list_is_open() {
    for open in ["/help\n", "/", "/profile\n", "漢字 und ein langer Entwurf"] {
        let chat = chat([]).await;
        chat.types(open);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        for (width, height) in [
            (25, 5),
            (8, 24),
            (5, 2),
            (1, 1),
            (200, 2),
            (2, 50),
            (60, 16),
        ] {
            chat.resizes(width, height);
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        chat.control('c');
        chat.is_ready().await;
    }
}

/// <https://github.com/google-gemini/gemini-cli/issues/14617>,
/// <https://github.com/google-gemini/gemini-cli/issues/16373>,
/// <https://github.com/google-gemini/gemini-cli/issues/20948>,
/// <https://github.com/anthropics/claude-code/issues/6275>,
/// <https://github.com/anthropics/claude-code/issues/6519>
#[tokio::test(start_paused = true)]
async fn a_draft_is_not_lost_when_an_earlier_prompt_is_edited_or_sent() {
    let chat = chat([answers("Hello."), answers("Fine."), answers("Good.")]).await;
    asks(&chat, "earlier", "Hello.").await;
    chat.pastes("a plan\nof two hours");
    chat.key(KeyCode::Up);
    chat.key(KeyCode::Up);
    chat.shows("> earlier").await;
    chat.types("!");
    chat.shows("> earlier!").await;
    chat.key(KeyCode::Up);
    chat.shows("> a plan\n  of two hours").await;
    chat.key(KeyCode::Down);
    chat.shows("> earlier!").await;
    chat.key(KeyCode::Enter);
    chat.shows("Fine.").await;
    chat.is_ready().await;
    // Sent as it is.
    chat.types("another plan");
    chat.key(KeyCode::Up);
    chat.shows("> earlier!").await;
    chat.key(KeyCode::Enter);
    chat.shows("Good.").await;
    chat.is_ready().await;
    for shown in ["> earlier!", "> another plan"] {
        chat.key(KeyCode::Up);
        chat.shows(shown).await;
    }
}

/// <https://github.com/google-gemini/gemini-cli/issues/14171>,
/// <https://github.com/google-gemini/gemini-cli/issues/18754>
#[tokio::test(start_paused = true)]
async fn earlier_prompts_outlive_a_new_session_and_none_is_skipped() {
    let chat = chat([answers("Hello."), answers("Let me").hang()]).await;
    asks(&chat, "first", "Hello.").await;
    chat.types("second\n");
    chat.shows("Let me").await;
    chat.key(KeyCode::Esc);
    chat.is_ready().await;
    for shown in ["> second", "> first"] {
        chat.key(KeyCode::Up);
        chat.shows(shown).await;
    }
    for _ in 0..2 {
        chat.key(KeyCode::Down);
    }
    chat.types("/new\n");
    chat.shows("new session").await;
    for shown in ["> /new", "> second", "> first"] {
        chat.key(KeyCode::Up);
        chat.until(shown, |own| own.screen().contains(shown)).await;
    }
}

/// <https://github.com/aaif-goose/goose/pull/2664>, <https://github.com/aaif-goose/goose/issues/4265>
#[tokio::test(start_paused = true)]
async fn control_c_in_a_list_closes_it_and_the_chat_goes_on() {
    let chat = chat([answers("Hello.")]).await;
    chat.types("/");
    chat.shows("/help").await;
    chat.control('c');
    chat.until("the list is closed", |own| !own.screen().contains("/fork"))
        .await;
    asks(&chat, "hi", "Hello.").await;
}
