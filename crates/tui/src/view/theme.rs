//! [`Theme`]: the styles of the chat.

/// Styles of the chat.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Theme {
    /// `false` for terminals without colour.
    pub(crate) has_colour: bool,
}

impl Theme {
    /// Creates a theme with the 16 colours of the terminal.
    pub(crate) fn coloured() -> Self {
        Self { has_colour: true }
    }

    /// Creates a theme without colour (`NO_COLOR`).
    pub(crate) fn plain() -> Self {
        Self { has_colour: false }
    }
}
