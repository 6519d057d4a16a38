use super::Environment;

fn of(has_terminal: bool, variables: &[(&str, &str)]) -> Environment {
    Environment::new(has_terminal, |name| {
        let own = variables.iter().find(|(own, _)| *own == name);
        own.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn a_terminal_with_everything() {
    let own = of(true, &[("TERM", "xterm-256color")]);
    assert!(own.is_terminal && own.has_colour && own.has_bracketed_paste && !own.in_tmux);
}

#[test]
fn colour_is_off_if_the_variable_is_not_empty() {
    assert!(!of(true, &[("TERM", "xterm"), ("NO_COLOR", "1")]).has_colour);
    assert!(of(true, &[("TERM", "xterm"), ("NO_COLOR", "")]).has_colour);
}

#[test]
fn a_dumb_terminal_and_a_pipe_have_lines() {
    assert!(!of(true, &[("TERM", "dumb")]).is_terminal);
    assert!(!of(false, &[("TERM", "xterm")]).is_terminal);
}

#[test]
fn the_console_of_linux_marks_no_pastes() {
    assert!(!of(true, &[("TERM", "linux")]).has_bracketed_paste);
}
