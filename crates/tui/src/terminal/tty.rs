//! [`Tty`]: the modes of the terminal, which are restored in every case.

use std::{
    io::{self, Write},
    panic,
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crossterm::{
    cursor, event, execute, queue,
    terminal::{self, disable_raw_mode, enable_raw_mode},
};

/// `true` while the terminal is in the modes of a chat.
static ACTIVE: AtomicBool = AtomicBool::new(false);

/// Messages of panics since then. They are printed when the terminal is restored: a panic of a tool
/// ends its run, not the chat.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Maximum number of panics that are printed.
const MAX_PANICS: usize = 20;

/// The modes of the terminal: keys are received one by one, without echo, and pastes as one event.
/// Dropping it restores the terminal.
#[derive(Debug)]
pub(crate) struct Tty {
    has_key_flags: bool,
}

impl Tty {
    /// Sets the modes.
    pub(crate) fn open() -> io::Result<Self> {
        keep_panics_off_the_screen();
        enable_raw_mode()?;
        ACTIVE.store(true, Ordering::SeqCst);
        // From here on, dropping restores the terminal.
        let mut own = Self {
            has_key_flags: false,
        };
        own.has_key_flags = own.set()?;
        Ok(own)
    }

    /// Sets the modes again, after they were restored by [`suspend`](Self::suspend) or by the shell.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        // crossterm remembers that the mode is set, and a shell may have reset it.
        disable_raw_mode()?;
        enable_raw_mode()?;
        ACTIVE.store(true, Ordering::SeqCst);
        self.has_key_flags = self.set()?;
        Ok(())
    }

    /// Restores the terminal for a while.
    pub(crate) fn suspend(&mut self) {
        self.restore();
    }

    fn set(&self) -> io::Result<bool> {
        let mut out = io::stdout();
        execute!(out, event::EnableBracketedPaste)?;
        // Terminals that do not know the flags ignore them. With them, Shift+Enter is distinct from
        // Enter.
        let flags = event::KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES;
        Ok(execute!(out, event::PushKeyboardEnhancementFlags(flags)).is_ok())
    }

    fn restore(&mut self) {
        if !ACTIVE.swap(false, Ordering::SeqCst) {
            return;
        }
        // Nothing can be done about a terminal that is gone.
        let mut out = io::stdout();
        if self.has_key_flags {
            let _ = queue!(out, event::PopKeyboardEnhancementFlags);
        }
        let _ = queue!(
            out,
            terminal::EndSynchronizedUpdate,
            event::DisableBracketedPaste,
            cursor::Show
        );
        let _ = out.flush();
        let _ = disable_raw_mode();
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        self.restore();
        let panics = std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner));
        for text in panics {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }
}

/// Returns the row of the cursor; `None` if the terminal does not say. Must be called before events
/// are read: they would take the reply.
pub(crate) fn cursor_row() -> Option<u16> {
    cursor::position().ok().map(|(_, row)| row)
}

/// Installs a hook that keeps the messages of panics while the terminal is in the modes of a chat.
fn keep_panics_off_the_screen() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let earlier = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !ACTIVE.load(Ordering::SeqCst) {
                earlier(info);
                return;
            }
            if cfg!(panic = "abort") {
                // Nothing is dropped.
                Tty {
                    has_key_flags: true,
                }
                .restore();
                earlier(info);
                return;
            }
            let mut kept = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() < MAX_PANICS {
                kept.push(info.to_string());
            }
        }));
    });
}
