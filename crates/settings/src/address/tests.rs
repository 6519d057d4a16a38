use super::Address;

#[test]
fn credentials_of_an_address_are_masked() {
    let check = |given: &str, shown: &str| {
        let address = Address::new(given);
        assert_eq!(address.to_string(), shown);
        assert_eq!(format!("{address:?}"), format!("{shown:?}"));
        assert_eq!(address.as_str(), given);
    };
    check("https://api.openai.com/v1", "https://api.openai.com/v1");
    check(
        "http://user:pa/ss@wo@proxy:3128/x",
        "http://***@proxy:3128/x",
    );
    check("user:pass@proxy:3128", "***@proxy:3128");
    check(
        "https://h/v1?api-version=2024-10&api-key=abc&Signature=x",
        "https://h/v1?api-version=2024-10&api-key=***&Signature=***",
    );
    check("https://h/v1?bare#frag", "https://h/v1?***#***");
}

#[test]
fn hosts_are_compared_with_scheme_and_port() {
    let same = |a: &str, b: &str| Address::new(a).same_host(&Address::new(b));
    assert!(same(
        "https://api.openai.com/v1",
        "HTTPS://API.OPENAI.COM:443"
    ));
    assert!(same("https://api.openai.com./v1", "https://api.openai.com"));
    assert!(!same("https://api.openai.com", "http://api.openai.com"));
    assert!(!same(
        "https://api.openai.com",
        "https://api.openai.com:8443"
    ));
    assert!(!same(
        "https://api.openai.com@evil.example",
        "https://api.openai.com"
    ));
    assert!(!same(
        "https://evil.example\\@api.openai.com",
        "https://api.openai.com"
    ));
    assert!(!same("api.openai.com", "api.openai.com"));
}
