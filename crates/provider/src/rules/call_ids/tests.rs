use super::*;

#[test]
fn ids_that_fit_stay_and_others_are_translated_one_to_one() {
    let mut ids = CallIds::new(CallIdForm::Exactly(9));
    assert_eq!(ids.call("abc123XYZ"), "abc123XYZ");
    let long = ids.call("call_Zk3v9QmP1xTg7yRb2WcN5uLd").into_owned();
    assert!(CallIdForm::Exactly(9).fits(&long), "{long}");
    assert_eq!(ids.answer("call_Zk3v9QmP1xTg7yRb2WcN5uLd"), long);
    assert_ne!(ids.call("call_Zk3v9QmP1xTg7yRb2WcN5uLe"), long);
    // An id that is the translation of another one is not available for itself.
    let own = long.clone();
    assert_ne!(ids.call(&own), long);
    let mut plain = CallIds::new(CallIdForm::Plain(40));
    assert_eq!(plain.call("call_1-a"), "call_1-a");
    assert!(CallIdForm::Plain(40).fits(&plain.call("functions.look up:0")));
    assert!(CallIdForm::Plain(40).fits(&plain.call(&"x".repeat(99))));
    assert_eq!(CallIds::new(CallIdForm::Any).call("a b"), "a b");
}

#[test]
fn a_call_whose_id_was_used_gets_one_of_its_own_and_so_does_its_answer() {
    for form in [
        CallIdForm::Any,
        CallIdForm::Plain(40),
        CallIdForm::Exactly(9),
    ] {
        let mut ids = CallIds::new(form);
        let sent: Vec<String> = (0..300)
            .map(|_| {
                let call = ids.call("terminal:0").into_owned();
                assert_eq!(ids.answer("terminal:0"), call);
                assert!(form.fits(&call), "{call}");
                call
            })
            .collect();
        let distinct: HashSet<&String> = sent.iter().collect();
        assert_eq!(distinct.len(), sent.len());
    }
}
