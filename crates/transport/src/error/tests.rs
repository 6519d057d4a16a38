use std::{error::Error as _, io, time::Duration};

use geppetto_engine::{EngineError, ErrorKind};

use super::{TimeoutPhase, TransportError, TransportErrorKind as Kind};

#[test]
fn every_kind_maps_to_an_engine_kind_and_to_whether_a_retry_helps() {
    let cases = [
        (
            Kind::Timeout(TimeoutPhase::Connect),
            ErrorKind::Timeout,
            true,
        ),
        (
            Kind::Timeout(TimeoutPhase::FirstByte),
            ErrorKind::Timeout,
            true,
        ),
        (Kind::Timeout(TimeoutPhase::Idle), ErrorKind::Timeout, true),
        (
            Kind::Timeout(TimeoutPhase::Message),
            ErrorKind::Timeout,
            false,
        ),
        (
            Kind::Timeout(TimeoutPhase::Total),
            ErrorKind::Timeout,
            false,
        ),
        (Kind::Connect, ErrorKind::Connect, true),
        (Kind::Tls, ErrorKind::Connect, false),
        (Kind::Disconnected, ErrorKind::Disconnected, true),
        (Kind::Protocol, ErrorKind::MalformedResponse, false),
        (Kind::TooLarge, ErrorKind::MalformedResponse, false),
        (Kind::Redirect, ErrorKind::Configuration, false),
        (Kind::InvalidRequest, ErrorKind::Configuration, false),
        (Kind::Other, ErrorKind::Other, false),
    ];
    for (kind, mapped, retryable) in cases {
        let error = EngineError::from(TransportError::new(kind, "it broke"));
        assert_eq!(
            (
                error.kind(),
                error.is_retryable(),
                error.to_string().as_str()
            ),
            (mapped, retryable, "it broke"),
            "{kind:?}"
        );
    }
}

#[test]
fn the_source_survives_the_mapping() {
    let source = io::Error::other("reset by peer");
    let error =
        EngineError::from(TransportError::new(Kind::Disconnected, "broke").with_source(source));
    assert_eq!(error.source().unwrap().to_string(), "reset by peer");
}

#[test]
fn timeouts_say_which_limit_passed() {
    let message = |phase| TransportError::timeout(phase, Duration::from_secs(60)).to_string();
    assert_eq!(message(TimeoutPhase::Connect), "no connection within 60s");
    assert_eq!(
        message(TimeoutPhase::FirstByte),
        "no reply began within 60s"
    );
    assert_eq!(
        message(TimeoutPhase::Idle),
        "the reply stalled: no bytes for 60s"
    );
    assert_eq!(
        message(TimeoutPhase::Total),
        "the reply was not complete within 60s"
    );
}

#[test]
fn a_stale_connection_is_marked() {
    let error = TransportError::new(Kind::Disconnected, "broke");
    assert!(!error.is_stale_connection());
    assert!(error.with_stale_connection().is_stale_connection());
}

#[test]
fn the_message_is_the_one_that_was_given() {
    let error = TransportError::new(Kind::Connect, "refused by the host");
    assert_eq!(error.message(), "refused by the host");
}

#[test]
fn an_error_knows_whether_it_was_a_time_limit_and_its_source() {
    let late = TransportError::timeout(TimeoutPhase::Idle, Duration::from_secs(1));
    let refused = TransportError::new(Kind::Connect, "refused");
    assert_eq!((late.is_timeout(), refused.is_timeout()), (true, false));
    assert!(refused.source().is_none());
    let refused = refused.with_source(io::Error::other("the cause"));
    assert_eq!(refused.source().unwrap().to_string(), "the cause");
}
