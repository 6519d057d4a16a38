//! [`Theme`]: the styles of the chat.

use ratatui::style::{Color, Modifier, Style};

/// Styles of the chat: the terminal's own text colour, its 16 colours, bold, dim and italic, which
/// are legible on dark and on light backgrounds. No background is ever set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Theme {
    /// `false` for terminals without colour.
    pub(crate) has_colour: bool,
}

impl Theme {
    /// Creates a theme with the 16 colours of the terminal.
    pub(crate) fn coloured() -> Self {
        Self { has_colour: true }
    }

    /// Creates a theme without colour (`NO_COLOR`): bold, dim and italic only.
    pub(crate) fn plain() -> Self {
        Self { has_colour: false }
    }

    /// Returns a style with this colour, or without it in a theme without colour.
    fn colour(self, colour: Color) -> Style {
        if self.has_colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    /// Labels, rules, marks and other text that is not the conversation.
    pub(crate) fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Prompts of the user, and the mark before them.
    pub(crate) fn user(self) -> Style {
        self.colour(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Names, such as those of tools.
    pub(crate) fn name(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Headings of all levels.
    pub(crate) fn heading(self) -> Style {
        self.colour(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Code within text.
    pub(crate) fn code(self) -> Style {
        self.colour(Color::Cyan)
    }

    /// Text of links.
    pub(crate) fn link(self) -> Style {
        self.colour(Color::Blue).add_modifier(Modifier::UNDERLINED)
    }

    /// Markers of lists.
    pub(crate) fn marker(self) -> Style {
        self.colour(Color::Cyan)
    }

    /// Success.
    pub(crate) fn good(self) -> Style {
        self.colour(Color::Green)
    }

    /// Something that needs attention or a decision.
    pub(crate) fn warning(self) -> Style {
        self.colour(Color::Yellow)
    }

    /// Failure.
    pub(crate) fn bad(self) -> Style {
        self.colour(Color::Red)
    }

    /// Keywords in code.
    pub(crate) fn keyword(self) -> Style {
        self.colour(Color::Magenta)
    }

    /// Strings in code.
    pub(crate) fn string(self) -> Style {
        self.colour(Color::Green)
    }

    /// Numbers and constants in code.
    pub(crate) fn number(self) -> Style {
        self.colour(Color::Cyan)
    }
}
