use super::*;

#[test]
fn words_are_bounded_and_hold_no_secrets() {
    let redactor = Redactor::new().with_secret("hunter2hunter2");
    assert_eq!(word("gpt-5", &redactor), "gpt-5");
    assert_eq!(word("m hunter2hunter2", &redactor), "m ***");
    assert_eq!(word("sk-0123456789abcdef", &redactor), "sk-***");
    assert!(word(&"é".repeat(1000), &redactor).len() < 256);
    // A secret behind the limit is not cut into something that cannot be recognised.
    let text = format!("{} hunter2hunter2", "x".repeat(190));
    assert_eq!(word(&text, &redactor), format!("{} ***", "x".repeat(190)));
}

#[test]
fn ids_stay_whole_but_for_secrets() {
    let redactor = Redactor::new().with_secret("hunter2hunter2");
    let text = "call_1__thought__".to_owned() + &"x".repeat(4000);
    assert_eq!(id(&text, &redactor), text);
    assert_eq!(id("hunter2hunter2", &redactor), "***");
    assert_eq!(id(&"x".repeat(100_000), &redactor).len(), 64 * 1024);
}
