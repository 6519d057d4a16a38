//! The clipboard of the terminal, by OSC 52.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

#[cfg(test)]
mod tests;

/// Maximum length of a text that is copied, in bytes. Terminals ignore longer sequences; xterm's limit
/// is among the lowest.
pub(crate) const LIMIT: usize = 74_994;

/// Returns the sequence that copies a text to the clipboard, also through tmux. `None` if the text is
/// longer than [`LIMIT`].
///
/// The text is encoded, so that nothing in it is interpreted by the terminal.
pub(crate) fn copy(text: &str, in_tmux: bool) -> Option<Vec<u8>> {
    if text.len() > LIMIT {
        return None;
    }
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    if in_tmux {
        // tmux copies by itself if `set-clipboard` is on, and passes the second one on if
        // `allow-passthrough` is.
        let wrapped = format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b"));
        return Some((plain + &wrapped).into_bytes());
    }
    Some(plain.into_bytes())
}

/// Copies a text to the buffers of tmux, and through it to the clipboard. By default tmux ignores the
/// sequence of a program (`set-clipboard external`). A tmux that refuses is not reported: the sequence
/// was sent as well. Blocks.
pub(crate) fn copy_in_tmux(text: &str) {
    let started = Command::new("tmux")
        .args(["load-buffer", "-w", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut tmux) = started else {
        return;
    };
    if let Some(mut stdin) = tmux.stdin.take() {
        let _ = stdin.write_all(text.as_bytes());
    }
    let _ = tmux.wait();
}
