//! TLS, logins with SCRAM, and channel binding.

use std::fs;

use geppetto_store::{Claim, SessionStore};
use geppetto_store_postgres::PostgresStore;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::server::Server;

struct Files {
    authority: String,
    certificate: String,
    key: String,
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

fn files(name: &str) -> Files {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    Files {
        authority: pem("CERTIFICATE", authority.der()),
        certificate: pem("CERTIFICATE", certificate.der()),
        key: pem("PRIVATE KEY", &key.serialize_der()),
    }
}

async fn works(url: &str) -> bool {
    match PostgresStore::connect(url).await {
        Ok(store) => store
            .open("chat", &Claim::new("a").taking_over())
            .await
            .is_ok(),
        Err(error) => {
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
            false
        }
    }
}

/// Starts a server whose user `ann` needs TLS and a password.
fn encrypted() -> (Server, Files) {
    let server = Server::start(&[]);
    server.sql("create role ann login password 's3cret'; grant create on database postgres to ann");
    let files = files("localhost");
    server.put("server.crt", &files.certificate);
    server.put("server.key", &files.key);
    let hba = "hostssl all ann 127.0.0.1/32 scram-sha-256\nhost all owner 127.0.0.1/32 trust\n\
               local all all trust\n";
    server.put("pg_hba.conf", hba);
    server.put("postgresql.auto.conf", "ssl = on\n");
    server.down("fast");
    server.up();
    (server, files)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn in_each_mode() {
    let (server, files) = encrypted();
    let root = server.folder.join("root.pem");
    fs::write(&root, &files.authority).unwrap();
    let other = server.folder.join("other.pem");
    fs::write(&other, self::files("localhost").authority).unwrap();
    let url = |host: &str, rest: &str| {
        format!(
            "postgres://ann:s3cret@{host}:{}/postgres?{rest}",
            server.port
        )
    };
    let (root, other) = (root.display().to_string(), other.display().to_string());
    for (host, rest, expected) in [
        ("127.0.0.1", "sslmode=require", true),
        ("127.0.0.1", "", true),
        ("127.0.0.1", "sslmode=disable", false),
        ("127.0.0.1", "sslmode=require&channel_binding=require", true),
        (
            "127.0.0.1",
            &format!("sslmode=verify-ca&sslrootcert={root}"),
            true,
        ),
        (
            "127.0.0.1",
            &format!("sslmode=verify-ca&sslrootcert={other}"),
            false,
        ),
        (
            "127.0.0.1",
            &format!("sslmode=require&sslrootcert={other}"),
            false,
        ),
        (
            "127.0.0.1",
            &format!("sslmode=verify-full&sslrootcert={root}"),
            false,
        ),
        (
            "localhost",
            &format!("sslmode=verify-full&sslrootcert={root}"),
            true,
        ),
        (
            "localhost",
            &format!("sslmode=verify-full&sslrootcert={other}"),
            false,
        ),
        ("localhost", "sslmode=verify-full", false),
    ] {
        assert_eq!(works(&url(host, rest)).await, expected, "{host} {rest}");
    }
    let wrong = url("127.0.0.1", "").replace("s3cret", "s3cret-wrong");
    assert!(!works(&wrong).await);
}
