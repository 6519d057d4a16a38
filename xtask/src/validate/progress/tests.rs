use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
};

use super::{ERASE, Progress, WIDTH};

#[derive(Clone, Default)]
struct Terminal(Rc<RefCell<Vec<u8>>>);

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written(act: impl FnOnce(&mut Progress)) -> String {
    let terminal = Terminal::default();
    act(&mut Progress::on(Some(Box::new(terminal.clone()))));
    let bytes = terminal.0.borrow().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn one_line_is_written_over_and_erased_in_the_end() {
    let written = written(|progress| {
        progress.begin(2, 9, "lints");
        progress.show("   Checking a v0.1.0\n");
        progress.end();
    });
    let lines: Vec<_> = written.split(ERASE).collect();
    assert_eq!(
        lines,
        [
            "",
            "[2/9] lints 0 s ",
            "[2/9] lints 0 s Checking a v0.1.0",
            ""
        ]
    );
}

#[test]
fn a_long_line_is_cut_and_control_characters_are_left_out() {
    let written = written(|progress| progress.show(&"\x1b[31mü\t".repeat(80)));
    let line = written.strip_prefix(ERASE).unwrap();
    assert_eq!(line.chars().count(), WIDTH);
    assert!(!line.contains(char::is_control), "{line:?}");
}
