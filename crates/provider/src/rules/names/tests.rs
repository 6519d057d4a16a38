use super::*;

#[test]
fn a_name_that_no_tool_can_have_is_made_fit() {
    for (called, sent) in [
        ("look_up-1", "look_up-1"),
        ("", "_"),
        ("$", "_"),
        ("functions.look up", "functions_look_up"),
        ("größe", "gr__e"),
        ("abcdefghijk", "abcdefghij"),
    ] {
        assert_eq!(fitting_name(called, 10.max(sent.len())), sent, "{called:?}");
    }
}
