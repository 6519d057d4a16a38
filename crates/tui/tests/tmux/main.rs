//! The example chat in a real terminal: tmux, with keys sent and screens read.
//!
//! Ignored by default, because tmux may be missing:
//! `cargo test -p geppetto-tui --test tmux -- --ignored`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the helpers of tests fail by panicking"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the chat is another process, which has the clock of the system"
)]

mod support;
mod terminal;

use terminal::Terminal;

const CANCELLED: &str = "cancelled";

#[test]
#[ignore = "needs tmux"]
fn two_turns() {
    let terminal = Terminal::with_chat(80, 24, "");
    terminal.types("My name is Ada");
    terminal.keys(&["Enter"]);
    terminal.shows("Ada").is_ready();
    terminal.types("What is my name?");
    terminal.keys(&["Enter"]);
    terminal.shows("Your name is Ada").is_ready();
}

/// Sends a prompt, whose answer must come.
fn next_prompt_is_answered(terminal: &Terminal) {
    terminal.is_ready();
    terminal.types("ping");
    terminal.keys(&["Enter"]);
    terminal.shows("pong").is_ready();
}

#[test]
#[ignore = "needs tmux"]
fn cancelled_in_the_middle_of_a_text() {
    let terminal = Terminal::with_chat(80, 24, "");
    terminal.types("slow");
    terminal.keys(&["Enter"]);
    terminal.shows("word5").keys(&["Escape"]);
    terminal.shows(CANCELLED);
    next_prompt_is_answered(&terminal);
}

#[test]
#[ignore = "needs tmux"]
fn cancelled_while_a_tool_runs() {
    let terminal = Terminal::with_chat(80, 24, "");
    terminal.types("sleep");
    terminal.keys(&["Enter"]);
    terminal.shows("running a tool").keys(&["Escape"]);
    terminal.shows(CANCELLED);
    next_prompt_is_answered(&terminal);
}

#[test]
#[ignore = "needs tmux"]
fn cancelled_before_the_next_attempt() {
    let terminal = Terminal::with_chat(80, 24, "");
    terminal.types("busy");
    terminal.keys(&["Enter"]);
    terminal.shows("60 s").keys(&["C-c"]);
    terminal.shows(CANCELLED);
    next_prompt_is_answered(&terminal);
}

#[test]
#[ignore = "needs tmux"]
fn a_paste_of_many_lines_is_one_prompt() {
    let terminal = Terminal::with_chat(80, 24, "");
    terminal.pastes("first line\nsecond line\nthird line");
    terminal.shows("> first line\n  second line\n  third line");
    terminal.keys(&["Enter"]);
    terminal.shows("third line\".").is_ready();
}

#[test]
#[ignore = "needs tmux"]
fn resized_while_it_streams() {
    let terminal = Terminal::with_chat(80, 24, "");
    terminal.types("slow");
    terminal.keys(&["Enter"]);
    terminal.shows("word9").resizes(40, 12);
    terminal.shows("word30").resizes(100, 30);
    terminal.shows("word60").keys(&["Escape"]);
    terminal.shows(CANCELLED).is_ready();
    let text = terminal.everything();
    for number in [1, 2, 20, 40] {
        assert!(text.contains(&format!("word{number} ")), "{text}");
    }
    next_prompt_is_answered(&terminal);
}

#[test]
#[ignore = "needs tmux"]
fn a_stream_that_breaks_is_shown_with_what_arrived() {
    let terminal = Terminal::with_chat(80, 24, "");
    terminal.types("cut");
    terminal.keys(&["Enter"]);
    terminal.shows("This is the beginning.").is_ready();
    terminal.shows("the connection broke");
    next_prompt_is_answered(&terminal);
}

#[test]
#[ignore = "needs tmux"]
fn a_tool_asks_first() {
    let terminal = Terminal::with_chat(80, 24, "");
    terminal.types("mail");
    terminal.keys(&["Enter"]);
    terminal.shows("May I send this mail?").shows("y allow");
    terminal.keys_after_a_pause(&["y"]);
    terminal.shows("The tool says: sent").is_ready();
}

#[test]
#[ignore = "needs tmux"]
fn retry_asks_again() {
    let terminal = Terminal::with_chat(80, 24, "");
    terminal.types("hello there");
    terminal.keys(&["Enter"]);
    terminal.shows("demo provider").is_ready();
    terminal.types("/retry");
    terminal.keys(&["Enter"]);
    terminal.until("the answer once", |own| {
        own.screen().matches("demo provider").count() == 1 && own.screen().contains("ready")
    });
}

#[test]
#[ignore = "needs tmux"]
fn quitting_while_it_streams_stores_the_turn() {
    let file = support::Store::new("quit");
    let terminal = Terminal::with_chat(80, 24, &file.path());
    terminal.types("slow");
    terminal.keys(&["Enter"]);
    terminal.shows("word5").keys(&["C-d"]);
    terminal.shows("ended 0");
    terminal.run_chat(&file.path());
    terminal.shows("1 turn").shows("word5").is_ready();
}

#[test]
#[ignore = "needs tmux"]
fn a_chat_that_was_killed_continues() {
    let file = support::Store::new("kill");
    let terminal = Terminal::with_chat(80, 24, &file.path());
    terminal.types("slow");
    terminal.keys(&["Enter"]);
    terminal.shows("word5").kills("KILL", "chat");
    terminal.shows("ended 137");
    terminal.types("stty sane; clear");
    terminal.keys(&["Enter"]);
    terminal.run_chat(&file.path());
    // The run continues: its answer is asked for again.
    terminal.shows("word20").keys(&["Escape"]);
    terminal.shows(CANCELLED);
    next_prompt_is_answered(&terminal);
}

#[test]
#[ignore = "needs tmux"]
fn the_terminal_is_restored() {
    for end in ["C-d", "TERM", "HUP"] {
        let terminal = Terminal::with_chat(80, 24, "");
        terminal.types("slow");
        terminal.keys(&["Enter"]);
        terminal.shows("word5");
        match end {
            "C-d" => terminal.keys(&["C-d"]),
            signal => terminal.kills(signal, "chat"),
        };
        terminal.shows("ended 0");
        terminal.types("stty -a | grep -o '[-]*icanon' | sed 's/^/mode:/'");
        terminal.keys(&["Enter"]);
        terminal.shows("mode:icanon");
    }
}

#[test]
#[ignore = "needs tmux"]
fn a_panic_of_the_application_restores_the_terminal_and_is_printed() {
    let terminal = Terminal::new(80, 24);
    terminal.types("export PANIC_AFTER_MS=1500");
    terminal.keys(&["Enter"]);
    terminal.run_chat("");
    terminal
        .shows("/help shows keys")
        .shows("as it was told to");
    terminal.shows("ended 101");
    terminal.types("stty -a | grep -o '[-]*icanon' | sed 's/^/mode:/'");
    terminal.keys(&["Enter"]);
    terminal.shows("mode:icanon");
}

#[test]
#[ignore = "needs tmux"]
fn suspended_and_continued() {
    let terminal = Terminal::with_chat(80, 24, "");
    terminal.types("hello there");
    terminal.keys(&["Enter"]);
    terminal.shows("demo provider").is_ready();
    terminal.types("draft");
    terminal.shows("> draft").keys(&["C-z"]);
    terminal.shows("topped").types("fg");
    terminal.keys(&["Enter"]);
    terminal.until("the draft", |own| {
        let screen = own.screen();
        screen.contains("> draft") && screen.contains("ready")
    });
    terminal.keys(&["C-u"]);
    next_prompt_is_answered(&terminal);
}

#[test]
#[ignore = "needs tmux"]
fn forty_columns() {
    let terminal = Terminal::with_chat(40, 10, "");
    terminal.types("slow");
    terminal.keys(&["Enter"]);
    terminal.shows("word40").keys(&["Escape"]);
    terminal.shows(CANCELLED);
    next_prompt_is_answered(&terminal);
    let text = terminal.everything();
    for number in 1..=40 {
        assert!(text.contains(&format!("word{number}")), "{number}: {text}");
    }
}

#[test]
#[ignore = "needs tmux"]
fn a_dumb_terminal_has_lines() {
    let terminal = Terminal::new(80, 24);
    terminal.types("export TERM=dumb");
    terminal.keys(&["Enter"]);
    terminal.run_chat("");
    terminal.shows("\n>").types("My name is Ada");
    terminal.keys(&["Enter"]);
    terminal.shows("Ada").types("/quit");
    terminal.keys(&["Enter"]);
    terminal.shows("ended 0");
}

#[test]
#[ignore = "needs tmux"]
fn an_answer_is_copied_in_tmux() {
    let terminal = Terminal::with_chat(80, 24, "");
    terminal.types("hello there");
    terminal.keys(&["Enter"]);
    terminal.shows("demo provider").is_ready();
    terminal.types("/copy");
    terminal.keys(&["Enter"]).shows("characters sent");
    terminal.keys(&["C-d"]).shows("ended 0");
    terminal.runs("tmux show-buffer");
    terminal.shows("ended 0").shows("demo provider");
}
