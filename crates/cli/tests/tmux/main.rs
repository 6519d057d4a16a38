//! `geppetto chat` in a real terminal: tmux, with keys sent and screens read.
//!
//! Ignored by default, because tmux may be missing:
//! `cargo test -p geppetto-cli --test tmux -- --ignored`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the helpers of tests fail by panicking"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the chat is another process, which has the clock of the system"
)]

use std::path::PathBuf;

use geppetto_testing::{At, Gate, ProviderServer, Reply};
use terminal::{Terminal, unique};

// The terminal of the tests of the chat itself, which this program is to behave like.
#[path = "../../../tui/tests/tmux/terminal.rs"]
mod terminal;

/// A home folder, deleted with the value.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(unique(name));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// Runs `geppetto chat` without the environment of the tests, until it waits for a prompt.
    fn chat(&self, terminal: &Terminal, arguments: &str) {
        terminal.runs(&format!(
            "env -i HOME={} PATH=\"$PATH\" TERM=\"$TERM\" LANG=C.UTF-8 GEPPETTO_NO_DISCOVERY=1 {} chat {arguments}",
            self.0.display(),
            env!("CARGO_BIN_EXE_geppetto"),
        ));
        terminal.shows("ready");
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn says(terminal: &Terminal, prompt: &str, answer: &str) {
    terminal.types(prompt);
    terminal.keys(&["Enter"]).shows(answer).shows("ready");
}

#[test]
#[ignore = "needs tmux"]
fn two_turns_and_a_third_in_the_next_process() {
    let home = Home::new("turns");
    let terminal = Terminal::new(80, 24);
    home.chat(&terminal, "--new-session c");
    says(&terminal, "My name is Ada", "Nice to meet you, Ada");
    says(&terminal, "What is my name?", "Your name is Ada");
    terminal.keys(&["C-d"]).shows("ended 0");
    home.chat(&terminal, "--session c");
    says(&terminal, "And what is my name now?", "Your name is Ada");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs tmux"]
async fn cancelled_and_killed_in_the_middle_of_a_text() {
    let home = Home::new("cut");
    let server = ProviderServer::start().await.unwrap();
    let url = format!("-m test --openai-base-url {}", server.base_url());
    let terminal = Terminal::new(80, 24);
    let stalled = || {
        Reply::chat()
            .text("partial ")
            .text("text")
            .stall_at(At::Event(2))
    };

    server.enqueue(stalled());
    home.chat(&terminal, &format!("--new-session c {url}"));
    terminal.types("First");
    terminal.keys(&["Enter"]).shows("partial").keys(&["Escape"]);
    terminal.shows("cancelled").shows("ready");
    server.enqueue(Reply::chat().text("The second answer."));
    says(&terminal, "Second", "The second answer.");

    server.enqueue(stalled());
    terminal.types("Third");
    terminal.keys(&["Enter"]);
    terminal.until("the third reply", |_| server.request_count() == 3);
    terminal.kills("KILL", "geppetto").shows("ended 137");
    terminal.runs("stty sane").shows("ended 0");
    home.chat(&terminal, &format!("--session c {url}"));
    server.enqueue(Reply::chat().text("The fourth answer."));
    says(&terminal, "Fourth", "The fourth answer.");
    let last = server.requests().last().unwrap().json().to_string();
    for said in ["First", "The second answer.", "Third", "Fourth"] {
        assert!(last.contains(said), "{said}: {last}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs tmux"]
async fn a_tool_asks_before_it_runs() {
    let home = Home::new("tool");
    let server = ProviderServer::start().await.unwrap();
    let url = format!("-m test --openai-base-url {}", server.base_url());
    let terminal = Terminal::new(80, 24);
    home.chat(&terminal, &format!("--tool shell {url}"));
    for (key, result) in [("n", false), ("y", true)] {
        let command = r#"{"command": "echo so-it-ran"}"#;
        server.enqueue(Reply::chat().tool_call(format!("call_{key}"), "run_command", command));
        server.enqueue(Reply::chat().text(format!("Answer after {key}.")));
        terminal.types("Run it");
        terminal
            .keys(&["Enter"])
            .shows("run_command")
            .shows("allow");
        terminal.keys_after_a_pause(&[key]);
        if key == "n" {
            terminal.keys(&["Enter"]); // without a word to the model
        }
        terminal
            .shows(&format!("Answer after {key}."))
            .shows("ready");
        let last = server.requests().last().unwrap().json().to_string();
        assert_eq!(last.contains("exit code 0"), result, "{last}");
    }
}

/// Returns the arguments of a chat with a server.
fn with(server: &ProviderServer) -> String {
    format!("-m test --openai-base-url {}", server.base_url())
}

/// Cancels with a key what the screen shows, after which the next prompt is answered.
fn cancels(terminal: &Terminal, server: &ProviderServer, key: &str) {
    terminal.keys(&[key]).shows("cancelled").shows("ready");
    server.enqueue(Reply::chat().text("The next answer."));
    says(terminal, "Next", "The next answer.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs tmux"]
async fn cancelled_while_a_tool_runs() {
    let home = Home::new("running");
    let server = ProviderServer::start().await.unwrap();
    let terminal = Terminal::new(80, 24);
    home.chat(&terminal, &format!("--yes shell {}", with(&server)));
    let command = r#"{"command": "sleep 3000"}"#;
    server.enqueue(Reply::chat().tool_call("call_1", "run_command", command));
    terminal.types("Run it");
    terminal.keys(&["Enter"]).shows("running a tool");
    cancels(&terminal, &server, "Escape");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs tmux"]
async fn cancelled_before_the_next_attempt() {
    let home = Home::new("retrying");
    let server = ProviderServer::start().await.unwrap();
    let terminal = Terminal::new(80, 24);
    home.chat(&terminal, &with(&server));
    server.enqueue(Reply::error(503, "overloaded", "try later").header("retry-after", "50"));
    terminal.types("Hello");
    terminal.keys(&["Enter"]).shows("50 s");
    cancels(&terminal, &server, "C-c");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs tmux"]
async fn a_stream_that_breaks_leaves_what_arrived() {
    let home = Home::new("broken");
    let server = ProviderServer::start().await.unwrap();
    let terminal = Terminal::new(80, 24);
    home.chat(&terminal, &with(&server));
    for _ in 0..3 {
        let cut = Reply::chat().text("The begin").text("ning").text("never");
        server.enqueue(cut.cut_at(At::Event(3)));
    }
    terminal.types("Hello");
    terminal
        .keys(&["Enter"])
        .shows("The beginning")
        .shows("\u{2717}");
    terminal.shows("ready");
    server.enqueue(Reply::chat().text("The next answer."));
    says(&terminal, "Next", "The next answer.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs tmux"]
async fn retry_asks_the_last_prompt_again_in_its_place() {
    let home = Home::new("retry");
    let server = ProviderServer::start().await.unwrap();
    let terminal = Terminal::new(80, 24);
    home.chat(&terminal, &format!("--new-session r {}", with(&server)));
    server.enqueue(Reply::chat().text("The first answer."));
    says(&terminal, "Hello there", "The first answer.");
    server.enqueue(Reply::chat().text("Another answer."));
    says(&terminal, "/retry", "Another answer.");
    assert!(
        !terminal.screen().contains("The first answer."),
        "{}",
        terminal.screen()
    );
    let again = server.requests().last().unwrap().json().to_string();
    assert_eq!(again.matches("Hello there").count(), 1, "{again}");
    assert!(!again.contains("The first answer."), "{again}");
    // The next process has the second answer alone.
    terminal.keys(&["C-d"]).shows("ended 0");
    home.chat(&terminal, &format!("--session r {}", with(&server)));
    terminal.shows("1 turn").shows("Another answer.");
    server.enqueue(Reply::chat().text("The end."));
    says(&terminal, "Go on", "The end.");
    let last = server.requests().last().unwrap().json().to_string();
    assert!(last.contains("Another answer."), "{last}");
    assert!(!last.contains("The first answer."), "{last}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs tmux"]
async fn quitting_in_the_middle_of_an_answer_stores_it() {
    let home = Home::new("quit");
    let server = ProviderServer::start().await.unwrap();
    let terminal = Terminal::new(80, 24);
    home.chat(&terminal, &format!("--new-session q {}", with(&server)));
    server.enqueue(
        Reply::chat()
            .text("partial ")
            .text("text")
            .stall_at(At::Event(2)),
    );
    terminal.types("Hello");
    terminal.keys(&["Enter"]).shows("partial").keys(&["C-d"]);
    terminal.shows("geppetto chat --session q").shows("ended 0");
    home.chat(&terminal, &format!("--session q {}", with(&server)));
    terminal.shows("partial");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs tmux"]
async fn pasted_and_resized_in_the_middle_of_an_answer() {
    let home = Home::new("resize");
    let server = ProviderServer::start().await.unwrap();
    let terminal = Terminal::new(80, 24);
    home.chat(&terminal, &with(&server));
    let gate = Gate::new();
    let long = "words that are wrapped at the end of the line ".repeat(5);
    server.enqueue(
        Reply::chat()
            .text(&*long)
            .text("The end.")
            .hold_at(At::Event(2), &gate),
    );
    terminal.types("Hello");
    terminal.keys(&["Enter"]).shows("words that");
    for (width, height) in [(40, 12), (100, 30), (60, 20)] {
        terminal.resizes(width, height);
    }
    terminal.pastes("first\nsecond");
    terminal.shows("> first\n  second");
    gate.open();
    terminal.shows("The end.").shows("ready");
    assert_eq!(terminal.everything().matches("The end.").count(), 1);
    server.enqueue(Reply::chat().text("The next answer."));
    terminal.keys(&["Enter"]).shows("The next answer.");
    let last = server.requests().last().unwrap().json().to_string();
    assert!(last.contains("first\\nsecond"), "{last}");
}

/// <https://github.com/ratatui/ratatui/issues/2666>, <https://github.com/ratatui/ratatui/issues/2086>,
/// <https://github.com/lijunzh/koda/issues/418>
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs tmux"]
async fn a_long_answer_is_not_repeated_by_resizes() {
    let home = Home::new("long");
    let server = ProviderServer::start().await.unwrap();
    let terminal = Terminal::new(80, 24);
    home.chat(&terminal, &with(&server));
    let lines: Vec<String> = (1..=200).map(|number| format!("line {number}.")).collect();
    server.enqueue(Reply::chat().text(lines.join("\n")));
    says(&terminal, "Count", "line 200.");
    for (width, height) in [(40, 12), (100, 30), (60, 20), (80, 24)] {
        terminal.resizes(width, height);
        terminal.until("the new size", |own| own.size() == (width, height));
        terminal.until("the last line", |own| {
            let screen = own.screen();
            screen.contains("line 200.") && screen.contains("ready")
        });
    }
    let text = terminal.everything();
    for number in 1..=200 {
        let own = format!("line {number}.");
        let count = text.lines().filter(|line| line.trim() == own).count();
        assert!(count >= 1, "{own} is missing: {text}");
        // Those of the screens that the terminal itself moved into its scrollback.
        assert!(count == 1 || number > 100, "{own} is there {count} times");
    }
}

/// <https://github.com/github/copilot-cli/issues/3855>
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs tmux"]
async fn what_is_selected_with_the_mouse_has_no_bars_and_no_spaces_behind_it() {
    let home = Home::new("copy");
    let server = ProviderServer::start().await.unwrap();
    let terminal = Terminal::new(80, 24);
    home.chat(&terminal, &with(&server));
    let answer = "Run this:\n\n```sh\nls -l\n  grep x\n```\n\n- one\n- two";
    server.enqueue(Reply::chat().text(answer));
    says(&terminal, "How?", "two");
    let written = terminal.with_spaces();
    let rows: Vec<&str> = written.lines().collect();
    let at = rows.iter().position(|row| *row == "Run this:").unwrap();
    let expected = ["", "╭─ sh", "ls -l", "  grep x", "╰─", "", "• one", "• two"];
    assert_eq!(rows[at + 1..at + 9], expected, "{written}");
}

/// A paste at the shell after the chat:
/// <https://github.com/anthropics/claude-code/issues/3134>,
/// <https://github.com/anthropics/claude-code/issues/14379>,
/// <https://github.com/anthropics/claude-code/issues/16817>,
/// <https://github.com/leo-arch/clifm/issues/266>
#[test]
#[ignore = "needs tmux"]
fn every_end_leaves_the_terminal_as_it_was() {
    let home = Home::new("ends");
    let terminal = Terminal::new(80, 24);
    for (end, code) in [
        (["C-d", ""], 0),
        (["C-c", "C-c"], 0),
        (["TERM", "kill"], 143),
        (["HUP", "kill"], 143),
    ] {
        home.chat(&terminal, "--demo --no-store");
        match end {
            [signal, "kill"] => terminal.kills(signal, "geppetto"),
            [first, second] => terminal.keys(&[first]).keys(&[second]),
        };
        terminal.shows(&format!("ended {code}"));
        // Echo, line ends and the interrupt key work, and a paste is plain text.
        terminal.runs("cat");
        terminal.pastes("pasted").shows("pasted");
        assert!(!terminal.screen().contains("00~"), "{}", terminal.screen());
        terminal.keys(&["Enter", "C-d"]).shows("ended 0");
    }
}
