use super::*;

#[test]
fn ids_that_fit_stay_and_others_are_translated_one_to_one() {
    let mut ids = CallIds::new(CallIdForm::Exactly(9));
    assert_eq!(ids.sent("abc123XYZ"), "abc123XYZ");
    let long = ids.sent("call_Zk3v9QmP1xTg7yRb2WcN5uLd").into_owned();
    assert!(CallIdForm::Exactly(9).fits(&long), "{long}");
    assert_eq!(ids.sent("call_Zk3v9QmP1xTg7yRb2WcN5uLd"), long);
    assert_ne!(ids.sent("call_Zk3v9QmP1xTg7yRb2WcN5uLe"), long);
    // An id that is the translation of another one is not available for itself.
    let own = long.clone();
    assert_ne!(ids.sent(&own), long);
    let mut plain = CallIds::new(CallIdForm::Plain(40));
    assert_eq!(plain.sent("call_1-a"), "call_1-a");
    assert!(CallIdForm::Plain(40).fits(&plain.sent("functions.look up:0")));
    assert!(CallIdForm::Plain(40).fits(&plain.sent(&"x".repeat(99))));
    assert_eq!(CallIds::new(CallIdForm::Any).sent("a b"), "a b");
}
