use super::ended_badly;
use geppetto_turns::FinishClass;

#[test]
fn an_unknown_end_counts_as_bad_where_output_is_missing() {
    let odd = || FinishClass::Other("paused".to_owned());
    for class in [FinishClass::Unknown, odd()] {
        assert!(ended_badly(&class, true).is_some());
        assert!(ended_badly(&class, false).is_none());
    }
    for class in [
        FinishClass::Completed,
        FinishClass::ToolCallsPending,
        FinishClass::MaxTokens,
    ] {
        assert!(ended_badly(&class, false).is_none());
    }
    for class in [
        FinishClass::Refused,
        FinishClass::Error,
        FinishClass::Interrupted,
    ] {
        assert!(ended_badly(&class, false).is_some());
    }
}
