//! TLS settings: rustls with `aws-lc-rs`, certificates of the system, no global provider.
//!
//! `aws-lc-rs` because it is the default of reqwest. For another provider, reqwest would have to be
//! built without a default one; because features are unified over a whole program, every other
//! `reqwest::Client` in it would then panic.

use std::sync::Arc;

use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore,
    client::WantsClientCert,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{TransportError, TransportErrorKind};

/// Certificates supplied by the application, as PEM.
#[derive(Clone, Default)]
pub(super) struct Certificates {
    /// Root certificates trusted in addition to those of the system.
    pub(super) roots: Vec<Vec<u8>>,
    /// The client's certificate chain and its key.
    pub(super) client: Option<SecretString>,
}

/// Creates the settings, and the reason why TLS is unavailable if the system has no certificates.
/// Such systems (small containers) can still use a local server without TLS; with TLS, they reject
/// every server.
pub(super) fn config(
    certificates: &Certificates,
) -> Result<(ClientConfig, Option<String>), TransportError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed("TLS cannot be set up").with_source(error))?;
    let roots = roots(certificates)?;
    let verifier = if roots.is_empty() {
        Verifier::new(provider)
    } else {
        Verifier::new_with_extra_roots(roots, provider)
    };
    let (builder, problem) = match verifier {
        Ok(verifier) => {
            let verifier = Arc::new(verifier);
            let builder = builder.dangerous();
            (builder.with_custom_certificate_verifier(verifier), None)
        }
        Err(error) => {
            let builder = builder.with_root_certificates(RootCertStore::empty());
            (builder, Some(error.to_string()))
        }
    };
    let mut config = with_client(builder, certificates)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((config, problem))
}

fn roots(certificates: &Certificates) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let mut roots = Vec::new();
    for pem in &certificates.roots {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.push(certificate.map_err(|error| {
                failed("root_certificates: a certificate cannot be read").with_source(error)
            })?);
        }
        if roots.len() == before {
            return Err(failed("root_certificates: holds no certificate as PEM"));
        }
    }
    Ok(roots)
}

fn with_client(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    certificates: &Certificates,
) -> Result<ClientConfig, TransportError> {
    let Some(pem) = &certificates.client else {
        return Ok(builder.with_no_client_auth());
    };
    // Sources are omitted: they may quote parts of the key.
    let pem = pem.expose_secret().as_bytes();
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| failed("client_certificate: holds no certificate as PEM"))?;
    let key = PrivateKeyDer::from_pem_slice(pem)
        .map_err(|_| failed("client_certificate: holds no private key as PEM"))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|error| failed("client_certificate: cannot be used").with_source(error))
}

fn failed(message: &str) -> TransportError {
    TransportError::new(TransportErrorKind::Tls, message)
}
