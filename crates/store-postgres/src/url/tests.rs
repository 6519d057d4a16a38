use tokio_postgres::config::{ChannelBinding, SslMode, TargetSessionAttrs};

use super::Url;
use crate::tls::Verify;

fn refused(url: &str) -> String {
    let error = Url::parse(url).map(|url| url.place()).unwrap_err();
    format!("{error} {error:?}")
}

#[test]
fn passwords_are_shown_nowhere() {
    let url = Url::parse("postgres://ann:s3cret@db:5433/app?application_name=x").unwrap();
    assert_eq!(url.place(), "ann@db:5433/app");
    assert!(!format!("{url:?}").contains("s3cret"));
    for wrong in [
        "mysql://ann:s3cret@db/app",
        "s3cret",
        "postgres://ann:s3cret@db:port/app",
        "postgres://ann:s3cret@db/app?pool=s3cret",
        "postgres://ann:s3cret@db/app?sslmode=s3cret",
        "postgres://ann:s3cret@s3cret@db/app",
        "postgres://ann:s3c/ret@s3cret/app",
        "postgres://ann:x#s3cret@db/app",
        "postgres://ann:%s3cret%@db:x/app",
        "postgres://ann:s3cret@db/app?password=s3cret&connect_timeout=s3cret",
    ] {
        let shown = refused(wrong);
        assert!(
            !shown.contains("s3cret") && !shown.contains("s3c"),
            "{shown}"
        );
    }
}

#[test]
fn parameters_that_are_unknown_are_named() {
    let shown = refused("postgres://db/app?pool_mode=transaction");
    assert!(shown.contains("unknown option `pool_mode`"), "{shown}");
}

#[test]
fn modes_are_those_of_libpq() {
    let parsed = |mode: &str| {
        let url = Url::parse(&format!("postgresql://db/app?{mode}")).unwrap();
        (url.config.get_ssl_mode(), url.verify)
    };
    assert_eq!(parsed(""), (SslMode::Prefer, Verify::Nothing));
    assert_eq!(
        parsed("sslmode=disable"),
        (SslMode::Disable, Verify::Nothing)
    );
    assert_eq!(
        parsed("sslmode=require"),
        (SslMode::Require, Verify::Nothing)
    );
    assert_eq!(
        parsed("sslmode=require&sslrootcert=/ca.pem"),
        (SslMode::Require, Verify::Chain)
    );
    assert_eq!(
        parsed("sslmode=verify-ca"),
        (SslMode::Require, Verify::Chain)
    );
    assert_eq!(
        parsed("sslmode=verify-full&sslrootcert=system"),
        (SslMode::Require, Verify::ChainAndName)
    );
}

#[test]
fn urls_of_other_clients_are_understood() {
    let neon = "postgresql://u:p@ep-x.neon.tech/db?sslmode=require&channel_binding=require";
    let url = Url::parse(neon).unwrap();
    assert_eq!(url.config.get_channel_binding(), ChannelBinding::Require);
    let prisma = "postgres://u:p@h:6543/db?pgbouncer=true&connection_limit=1";
    assert_eq!(Url::parse(prisma).unwrap().place(), "u@h:6543/db");
    let many = Url::parse("postgres://u@a:1,b:2/db").unwrap();
    assert_eq!(many.place(), "u@a:1,b:2/db");
    let wanted = many.config.get_target_session_attrs();
    assert_eq!(wanted, TargetSessionAttrs::ReadWrite);
    let socket = Url::parse("postgres://u@%2Ftmp%2Fpg:5433/db").unwrap();
    assert_eq!(socket.place(), "u@/tmp/pg, port 5433/db");
    let files = Url::parse("postgres://h/db?sslrootcert=%2Fa%20b.pem")
        .unwrap()
        .files;
    assert_eq!(files.roots, Some("/a b.pem".into()));
    let escaped = Url::parse("postgres://u:p%40%2F%23@h/db").unwrap();
    assert_eq!(escaped.config.get_password(), Some(&b"p@/#"[..]));
}
