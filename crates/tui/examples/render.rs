//! Prints Markdown or a conversation as the chat shows it. Works in a pipe.
//!
//! ```text
//! cargo run -p geppetto-tui --example render                       # a tour of both
//! cargo run -p geppetto-tui --example render -- README.md          # a file of Markdown
//! cargo run -p geppetto-tui --example render -- --unfolded
//! COLUMNS=40 NO_COLOR=1 cargo run -p geppetto-tui --example render
//! ```

use std::{
    env, fs,
    io::{self, IsTerminal as _, Write as _},
};

use geppetto_timeline::View;
use geppetto_tui::print::Printer;

const TOUR: &str = include_str!("../tests/samples/tour.txt");
const CONVERSATION: &str = include_str!("../tests/samples/conversation.json");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let terminal = io::stdout().is_terminal();
    let columns = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let own = crossterm::terminal::size().ok().map(|(columns, _)| columns);
    let mut printer = Printer::new(columns.or(own.filter(|_| terminal)).unwrap_or(80));
    if terminal {
        printer = printer.for_terminal(env::var_os("NO_COLOR").is_none_or(|own| own.is_empty()));
    }
    let mut files = Vec::new();
    for argument in env::args().skip(1) {
        if argument == "--unfolded" {
            printer = printer.folded(false);
        } else {
            files.push(argument);
        }
    }
    let mut text = String::new();
    for file in &files {
        text.push_str(&printer.markdown(&fs::read_to_string(file)?));
    }
    if files.is_empty() {
        let view = format!(r#"{{"version":1,"entities":[{CONVERSATION}]}}"#);
        let view: View = serde_json::from_str(&view)?;
        text = printer.markdown(TOUR) + "\n" + &printer.conversation(&view);
    }
    match io::stdout().write_all(text.as_bytes()) {
        // The reader of the pipe has enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}
