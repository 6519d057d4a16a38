//! Titles of sessions: the first words of the first prompt.

use geppetto_turns::{BlockKind, Turn};

/// Maximum length of a title made from a prompt, in characters.
const LONGEST: usize = 80;

/// Returns the first words of the turn's first user message; `None` if it has no text.
pub(super) fn of(turn: &Turn) -> Option<String> {
    let prompts = turn.blocks_of(BlockKind::User);
    prompts
        .filter_map(|block| first_words(block.text()?))
        .next()
}

fn first_words(text: &str) -> Option<String> {
    let mut title = String::new();
    let mut left = LONGEST;
    for word in text.split_whitespace() {
        let space = usize::from(!title.is_empty());
        // A word of its own may be longer than a title.
        let chars = word.chars().take(LONGEST + 1).count();
        if chars + space > left {
            if title.is_empty() {
                title.extend(word.chars().take(LONGEST - 1));
            }
            title.push('\u{2026}');
            break;
        }
        if space > 0 {
            title.push(' ');
        }
        title.push_str(word);
        left -= chars + space;
    }
    title.retain(|c| !c.is_control());
    (!title.is_empty()).then_some(title)
}
