//! The TLS settings: rustls with `aws-lc-rs`, certificates of the system, no global provider.
//!
//! `aws-lc-rs` because it is reqwest's own default. With another provider reqwest would have to be
//! built without a default one, and as features are unified over a whole program, every other
//! `reqwest::Client` in it would panic.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_platform_verifier::Verifier;

use crate::error::{TransportError, TransportErrorKind};

/// The settings, and why TLS cannot work where the system has no certificates. Such systems
/// (small containers) can still talk to a local server without TLS; with it, every server is
/// refused.
pub(super) fn config() -> Result<(ClientConfig, Option<String>), TransportError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            TransportError::new(TransportErrorKind::Tls, "TLS cannot be set up").with_source(error)
        })?;
    let (mut config, problem) = match Verifier::new(provider) {
        Ok(verifier) => {
            let config = builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier))
                .with_no_client_auth();
            (config, None)
        }
        Err(error) => {
            let config = builder
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth();
            (config, Some(error.to_string()))
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((config, problem))
}
