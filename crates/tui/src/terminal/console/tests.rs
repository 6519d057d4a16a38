use ratatui::layout::Size;

use super::usable;

#[test]
fn a_terminal_without_a_size_has_80_columns_and_24_rows() {
    assert_eq!(usable(0, 0), Size::new(80, 24));
    assert_eq!(usable(120, 0), Size::new(80, 24));
    assert_eq!(usable(1, 1), Size::new(1, 1));
}
