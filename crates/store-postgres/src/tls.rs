//! TLS by rustls, with the modes of libpq.
//!
//! The modes are those of the
//! [Postgres documentation](https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION):
//! `require` encrypts and verifies nothing, `verify-ca` verifies the chain of certificates, and
//! `verify-full` the name too.

use std::{
    future::Future,
    io,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use geppetto_store::Error;
use rustls::{
    ClientConfig, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use rustls_platform_verifier::Verifier as PlatformVerifier;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect};
use tokio_rustls::{TlsConnector, client::TlsStream};

mod binding;
mod verify;

/// How much of a server's certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verify {
    Nothing,
    Chain,
    ChainAndName,
}

/// Files of the URL.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    /// Certificates of the authorities, `sslrootcert`. `None`: those of the system.
    pub(crate) roots: Option<PathBuf>,
    /// `sslcert`.
    pub(crate) certificate: Option<PathBuf>,
    /// `sslkey`.
    pub(crate) key: Option<PathBuf>,
}

/// Makes the TLS of a connection.
#[derive(Clone)]
pub(crate) struct MakeTls(Arc<ClientConfig>);

impl MakeTls {
    pub(crate) fn new(verify: Verify, files: &Files) -> Result<Self, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = verifier(verify, files, &provider)?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable("TLS cannot be set up", &error))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let config = match (&files.certificate, &files.key) {
            (Some(certificate), Some(key)) => {
                let chain = certificates(certificate)?;
                let key = PrivateKeyDer::from_pem_file(key)
                    .map_err(|error| unreadable(key, "a private key", &error))?;
                config
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| unusable("the client's certificate cannot be used", &error))?
            }
            (None, None) => config.with_no_client_auth(),
            _ => {
                let message = "`sslcert` and `sslkey` of the Postgres URL need each other";
                return Err(Error::invalid(message));
            }
        };
        Ok(Self(Arc::new(config)))
    }
}

fn verifier(
    verify: Verify,
    files: &Files,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    if verify == Verify::Nothing {
        return Ok(Arc::new(verify::Unverified(Arc::clone(provider))));
    }
    let inner: Arc<dyn ServerCertVerifier> = match &files.roots {
        Some(file) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates(file)?);
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
                .build()
                .map_err(|error| unreadable(file, "certificates", &error))?
        }
        None => {
            let platform = PlatformVerifier::new(Arc::clone(provider));
            Arc::new(platform.map_err(|error| {
                unusable("the certificates of the system cannot be read", &error)
            })?)
        }
    };
    if verify == Verify::ChainAndName {
        return Ok(inner);
    }
    Ok(Arc::new(verify::AnyName(inner)))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let all = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let all: Vec<_> = all.map_err(|error| unreadable(file, "certificates", &error))?;
    if all.is_empty() {
        let message = format!("`{}` has no certificate in PEM format", file.display());
        return Err(Error::invalid(message));
    }
    Ok(all)
}

fn unreadable(file: &Path, what: &str, error: &dyn std::fmt::Display) -> Error {
    let message = format!(
        "{what} cannot be read from `{}` ({error}); check the path in the Postgres URL",
        file.display()
    );
    Error::invalid(message)
}

fn unusable(what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::invalid(format!("{what} ({error})"))
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for MakeTls {
    type Stream = Stream<S>;
    type TlsConnect = Connect;
    type Error = io::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Connect, io::Error> {
        // A host may be absent, with an address instead of it.
        let name = if domain.is_empty() {
            "localhost"
        } else {
            domain
        };
        let name = ServerName::try_from(name.to_owned());
        let name = name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        Ok(Connect {
            connector: TlsConnector::from(Arc::clone(&self.0)),
            name,
        })
    }
}

/// Performs the handshake of one connection.
pub(crate) struct Connect {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Connect {
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let stream = self.connector.connect(self.name, stream).await?;
            Ok(Stream(stream))
        })
    }
}

/// An encrypted connection.
pub(crate) struct Stream<S>(TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> tokio_postgres::tls::TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        let certificates = self.0.get_ref().1.peer_certificates();
        let hash = certificates
            .and_then(<[_]>::first)
            .and_then(|own| binding::hash(own));
        hash.map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
