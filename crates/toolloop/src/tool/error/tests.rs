use super::*;

#[derive(Debug, thiserror::Error)]
#[error("cannot read the map")]
struct Outer(#[source] std::num::ParseIntError);

#[test]
fn any_error_becomes_one_with_its_sources() {
    fn read() -> Result<(), ToolError> {
        "x".parse::<u8>().map_err(Outer)?;
        Ok(())
    }
    let error = read().unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the map: invalid digit found in string"
    );
    assert!(error.source().is_some_and(<dyn Error>::is::<Outer>));
    assert_eq!(error.repeatable(), None);
}

#[test]
fn a_failure_has_words() {
    for message in ["", " \n"] {
        let failure = ToolFailure::Error(ToolError::new(message));
        assert_eq!(failure.to_string(), "the tool failed without a message");
    }
}

#[test]
fn what_a_tool_declares_is_kept() {
    let error = ToolError::new("busy");
    assert_eq!((error.message(), error.repeatable()), ("busy", None));
    assert_eq!(error.safe_to_repeat().repeatable(), Some(true));
    let error = ToolError::new("no such file").permanent();
    assert_eq!(error.repeatable(), Some(false));
}
