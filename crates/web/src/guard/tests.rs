//! Tests of hosts and origins.

use super::*;

#[test]
fn hosts_are_compared_without_port_and_case() {
    let options = Options::new().host("Chat.Example.com");
    for host in [
        "localhost",
        "LOCALHOST:8080",
        "localhost.",
        "127.0.0.1:1",
        "127.8.9.1",
        "[::1]:8080",
        "chat.example.com",
        "chat.example.com:443",
    ] {
        assert!(is_known_host(&options, host), "{host}");
    }
    for host in [
        "",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "chat.example.com.evil.example",
        "10.0.0.1",
        "0.0.0.0",
        "[::]",
        "[::1",
        "user@localhost",
    ] {
        assert!(!is_known_host(&options, host), "{host}");
    }
}

#[test]
fn an_origin_is_the_servers_own_with_its_port_alone() {
    assert!(is_same_origin("http://localhost:8080", "localhost:8080"));
    assert!(is_same_origin(
        "https://chat.example.com",
        "chat.example.com"
    ));
    for origin in [
        "null",
        "",
        "http://localhost:8081",
        "http://localhost",
        "http://localhost:8080.evil.example",
        "file://localhost:8080",
    ] {
        assert!(!is_same_origin(origin, "localhost:8080"), "{origin}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_allows_a_burst_and_then_its_tokens() {
    let rates = Rates::new(Some((2, 3)));
    let taken = (0..5).map(|_| rates.take("ann").is_ok());
    assert_eq!(taken.collect::<Vec<_>>(), [true, true, true, false, false]);
    assert_eq!(rates.take("bob"), Ok(()));
    tokio::time::advance(std::time::Duration::from_millis(600)).await;
    assert_eq!((rates.take("ann"), rates.take("ann")), (Ok(()), Err(1)));
}

#[test]
fn streams_are_counted_per_owner_and_in_all() {
    let streams = Streams::new(3, 2);
    let _one = streams.open("ann").ok();
    let two = streams.open("ann").ok();
    assert!(two.is_some() && streams.open("ann").is_err());
    let _three = streams.open("bob").ok();
    assert!(streams.open("cid").is_err());
    drop(two);
    assert!(streams.open("cid").is_ok());
}
