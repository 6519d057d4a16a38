use super::*;

fn environment(variables: &'static [(&str, &str)]) -> Result<Proxies, TransportError> {
    Proxies::of_environment(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

/// Returns the proxy for `url`, by its host and port.
fn place<'a>(proxies: &'a Proxies, url: &str) -> Option<&'a str> {
    proxies.of(&Url::parse(url).unwrap()).map(Proxy::place)
}

#[test]
fn each_scheme_has_its_variable() {
    let proxies = environment(&[
        ("http_proxy", "plain.example:3128"),
        ("HTTPS_PROXY", "https://secure.example"),
    ])
    .unwrap();
    assert_eq!(
        place(&proxies, "http://a.test/"),
        Some("plain.example:3128")
    );
    assert_eq!(place(&proxies, "https://a.test/"), Some("secure.example"));
    let all = environment(&[
        ("ALL_PROXY", "socks5h://s.example:1080"),
        ("HTTP_PROXY", " "),
    ])
    .unwrap();
    assert_eq!(place(&all, "http://a.test/"), Some("s.example:1080"));
    assert_eq!(place(&all, "https://a.test/"), Some("s.example:1080"));
    let none = environment(&[]).unwrap();
    assert_eq!(place(&none, "http://a.test/"), None);
    let cgi = environment(&[
        ("HTTP_PROXY", "http://evil.example"),
        ("REQUEST_METHOD", "GET"),
    ]);
    assert_eq!(place(&cgi.unwrap(), "http://a.test/"), None);
}

#[test]
fn a_variable_that_is_no_proxy_is_named_and_not_shown() {
    for (variables, name) in [
        (&[("https_proxy", "http://u:hunter22@[bad")], "https_proxy"),
        (&[("HTTP_PROXY", "ftp://u:hunter22@host")], "HTTP_PROXY"),
        (&[("ALL_PROXY", "http://")], "ALL_PROXY"),
    ] {
        let error = environment(variables).unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::InvalidRequest);
        let said = format!("{error} {error:?}");
        assert!(
            said.contains(&format!("the environment variable {name} ")),
            "{said}"
        );
        assert!(!said.contains("hunter22"), "{said}");
    }
}

#[test]
fn this_machine_is_asked_directly() {
    for proxies in [
        Proxies::one("http://p.example:1").unwrap(),
        environment(&[("ALL_PROXY", "http://p.example:1")]).unwrap(),
    ] {
        for url in [
            "http://localhost:11434/v1",
            "http://LOCALHOST./v1",
            "http://model.localhost/",
            "http://127.0.0.1/",
            "http://127.8.9.10/",
            "http://[::1]:8080/",
            "http://[::ffff:127.0.0.1]/",
        ] {
            assert_eq!(place(&proxies, url), None, "{url}");
        }
        assert!(place(&proxies, "http://localhost.example/").is_some());
        assert!(place(&proxies, "http://128.0.0.1/").is_some());
    }
}

#[test]
fn exceptions_are_read_as_curl_reads_them() {
    let list =
        "example.com, .inner.test,*.star.test 10.0.0.0/8,192.168.1.7,[fd00::]/8,port.test:8080";
    let bypass = Bypass::of(list);
    for (host, port, direct) in [
        ("example.com", 443, true),
        ("api.EXAMPLE.com", 443, true),
        ("notexample.com", 443, false),
        ("inner.test", 443, true),
        ("a.inner.test", 443, true),
        ("a.star.test", 443, true),
        ("10.255.0.1", 443, true),
        ("11.0.0.1", 443, false),
        ("192.168.1.7", 443, true),
        ("192.168.1.8", 443, false),
        ("port.test", 8080, true),
        ("port.test", 443, false),
    ] {
        assert_eq!(bypass.covers(host, Some(port)), direct, "{host}:{port}");
    }
    assert!(Bypass::of("*").covers("anything.test", None));
    assert!(Bypass::of("fd00::/8").covers("[fd12::1]", None));
    assert!(!Bypass::of("fd00::/8").covers("[fe80::1]", None));
}

#[test]
fn debug_shows_no_credentials() {
    let proxies = Proxies::one("http://user77:hunter22@p.example:3128").unwrap();
    let shown = format!("{proxies:?}");
    assert!(shown.contains("p.example:3128"), "{shown}");
    assert!(
        !shown.contains("hunter22") && !shown.contains("user77"),
        "{shown}"
    );
}

#[test]
fn an_address_without_a_proxy_may_have_colons_and_no_port() {
    let proxies = environment(&[
        ("http_proxy", "plain.example:3128"),
        ("no_proxy", "fd00::5,fe80::/10,[fd00::2]:81"),
    ]);
    let proxies = proxies.unwrap();
    for (url, proxied) in [
        ("http://[fd00::5]/", false),
        ("http://[fe80::7]/", false),
        ("http://[fd00::1]/", true),
        ("http://[fd00::2]:81/", false),
        ("http://[fd00::2]:82/", true),
    ] {
        assert_eq!(place(&proxies, url).is_some(), proxied, "{url}");
    }
}
