//! [`Screen`]: finished lines above, which the terminal keeps, and a view below, which is redrawn.

use std::io;

use ratatui::{
    buffer::{Buffer, Cell},
    layout::{Position, Rect, Size},
    prelude::backend::ClearType,
    text::Line,
};

use super::surface::Surface;

#[cfg(test)]
mod tests;

/// What is redrawn below the finished lines.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Frame {
    /// The rows, from top to bottom.
    pub(crate) lines: Vec<Line<'static>>,
    /// Column and row of the cursor within the frame; `None` hides it.
    pub(crate) cursor: Option<(u16, u16)>,
}

/// The part of a terminal that a chat uses: finished lines, which are written once and scroll into
/// the terminal's own scrollback, and below them a [`Frame`].
///
/// Lines scroll as in the output of any program, by line feeds at the bottom of the terminal, so that
/// every terminal keeps them. Scroll regions would save bytes, but several terminals drop the lines
/// that leave a region.
#[derive(Debug)]
pub(crate) struct Screen<S> {
    surface: S,
    size: Size,
    /// First row of the frame.
    top: u16,
    /// Number of rows above the frame that the chat has written.
    own: u16,
    /// The frame as it is shown, with row 0 at the top of the frame.
    shown: Buffer,
}

impl<S: Surface> Screen<S> {
    /// Creates a screen of `size`, whose frame begins in row `top`.
    pub(crate) fn new(surface: S, size: Size, top: u16) -> Self {
        Self {
            surface,
            size,
            top: top.min(size.height.saturating_sub(1)),
            own: 0,
            shown: Buffer::empty(Rect::new(0, 0, size.width, 0)),
        }
    }

    pub(crate) fn surface_mut(&mut self) -> &mut S {
        &mut self.surface
    }

    /// Writes finished lines, and draws the frame below them.
    pub(crate) fn draw(&mut self, finished: &[Line<'static>], frame: &Frame) -> io::Result<()> {
        if self.size.width == 0 || self.size.height == 0 {
            return Ok(());
        }
        self.surface.begin_frame()?;
        self.surface.hide_cursor()?;
        if !finished.is_empty() {
            self.erase()?;
            self.append(finished)?;
        }
        self.show(frame)?;
        self.surface.end_frame()
    }

    /// Erases what the chat has drawn on the screen, after a change of the size: the terminal has
    /// moved it. What scrolled off before stays. The caller writes the last lines again.
    pub(crate) fn restart(&mut self, size: Size) -> io::Result<()> {
        let others = self.top.saturating_sub(self.own);
        // A terminal that becomes lower scrolls.
        let scrolled = self.size.height.saturating_sub(size.height);
        self.size = size;
        self.top = others
            .saturating_sub(scrolled)
            .min(size.height.saturating_sub(1));
        self.own = 0;
        self.erase()
    }

    /// Starts below whatever is on the screen, for example after the program was suspended.
    pub(crate) fn restart_at_bottom(&mut self, size: Size) -> io::Result<()> {
        self.size = size;
        self.own = 0;
        self.top = size.height.saturating_sub(1);
        self.shown = Buffer::empty(Rect::new(0, 0, size.width, 0));
        self.surface
            .set_cursor_position(Position::new(0, self.top))?;
        self.surface.append_lines(1)
    }

    /// Erases the frame, and leaves the cursor in its place, for the program's end.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        self.erase()?;
        self.surface
            .set_cursor_position(Position::new(0, self.top))?;
        self.surface.show_cursor()?;
        self.surface.flush()
    }

    /// Erases the frame and everything below it.
    fn erase(&mut self) -> io::Result<()> {
        self.shown = Buffer::empty(Rect::new(0, 0, self.size.width, 0));
        self.surface
            .set_cursor_position(Position::new(0, self.top))?;
        if self.top > 0 {
            return self.surface.clear_region(ClearType::AfterCursor);
        }
        // tmux moves a screen that is erased from its first cell into the scrollback.
        self.surface.clear_region(ClearType::CurrentLine)?;
        if self.size.height > 1 {
            self.surface.set_cursor_position(Position::new(0, 1))?;
            self.surface.clear_region(ClearType::AfterCursor)?;
        }
        Ok(())
    }

    /// Writes lines above the frame, which is erased.
    fn append(&mut self, lines: &[Line<'static>]) -> io::Result<()> {
        let mut rest = lines;
        while !rest.is_empty() {
            let free = usize::from((self.size.height - self.top).max(1));
            let (now, later) = rest.split_at(free.min(rest.len()));
            let blank = Buffer::empty(Rect::new(0, 0, self.size.width, rows(now)));
            let buffer = self.render(now, rows(now));
            self.put(&blank, &buffer)?;
            self.top = self.top.saturating_add(rows(now));
            self.own = self.own.saturating_add(rows(now)).min(self.top);
            // One row is kept for what follows.
            self.make_room(1)?;
            rest = later;
        }
        Ok(())
    }

    /// Scrolls until there are `height` rows from the top of the frame.
    fn make_room(&mut self, height: u16) -> io::Result<()> {
        let needed = self.top.saturating_add(height);
        let missing = needed.saturating_sub(self.size.height);
        if missing > 0 {
            let last = Position::new(0, self.size.height - 1);
            self.surface.set_cursor_position(last)?;
            self.surface.append_lines(missing)?;
            self.top = self.top.saturating_sub(missing);
            self.own = self.own.min(self.top);
        }
        Ok(())
    }

    fn show(&mut self, frame: &Frame) -> io::Result<()> {
        let height = rows(&frame.lines).min(self.size.height);
        self.make_room(height)?;
        // Rows that the frame no longer has become blank.
        let all = height.max(self.shown.area.height);
        let all = all.min(self.size.height - self.top);
        let next = self.render(&frame.lines, all);
        let mut shown = std::mem::take(&mut self.shown);
        shown.resize(Rect::new(0, 0, self.size.width, all));
        self.put(&shown, &next)?;
        self.shown = next;
        self.shown.resize(Rect::new(0, 0, self.size.width, height));
        let Some((x, y)) = frame.cursor else {
            return Ok(());
        };
        let x = x.min(self.size.width - 1);
        let y = y.min(height.saturating_sub(1));
        self.surface
            .set_cursor_position(Position::new(x, self.top + y))?;
        self.surface.show_cursor()
    }

    fn render(&self, lines: &[Line<'static>], height: u16) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.size.width, height));
        for (row, line) in (0..height).zip(lines) {
            buffer.set_line(0, row, line, self.size.width);
        }
        buffer
    }

    /// Draws the differences, from the top of the frame.
    fn put(&mut self, before: &Buffer, after: &Buffer) -> io::Result<()> {
        let changes = before.diff(after).into_iter();
        let changes = changes.map(|(x, y, cell): (u16, u16, &Cell)| (x, y + self.top, cell));
        let changes: Vec<_> = changes.collect();
        self.surface.draw(changes.into_iter())
    }
}

/// Returns the number of rows of lines.
fn rows(lines: &[Line<'static>]) -> u16 {
    u16::try_from(lines.len()).unwrap_or(u16::MAX)
}
