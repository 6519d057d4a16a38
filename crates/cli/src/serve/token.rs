//! [`Token`]: the secret that clients of the server present.

use std::{net::IpAddr, path::Path};

use secrecy::{ExposeSecret as _, SecretString};

use crate::failure::Failure;

/// Variable with the token.
const VARIABLE: &str = "GEPPETTO_SERVE_TOKEN";

/// Minimum length, as of [`geppetto_web::ServeOptions::token`].
const SHORTEST: usize = 16;

/// The secret that clients of the server present.
#[derive(Debug)]
pub(super) struct Token {
    secret: SecretString,
    is_new: bool,
}

impl Token {
    /// Returns the token of the file or the environment; otherwise a new one if others can reach the
    /// address.
    pub(super) fn find(file: Option<&Path>, address: IpAddr) -> Result<Option<Self>, Failure> {
        if let Some(file) = file {
            let text = std::fs::read_to_string(file).map_err(|error| {
                Failure::Usage(format!(
                    "cannot read the token file `{}`: {error}",
                    file.display()
                ))
            })?;
            let shown = format!("the token in `{}`", file.display());
            return Self::checked(&text, &shown).map(Some);
        }
        match std::env::var(VARIABLE) {
            Ok(text) if !text.is_empty() => {
                return Self::checked(&text, &format!("the token in {VARIABLE}")).map(Some);
            }
            Err(std::env::VarError::NotUnicode(_)) => {
                return Err(wrong(&format!("the token in {VARIABLE}")));
            }
            _ => {}
        }
        if address.is_loopback() {
            return Ok(None);
        }
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| Failure::Run(format!("the system has no random numbers: {error}")))?;
        let secret = format!("{:032x}", u128::from_le_bytes(bytes)).into();
        Ok(Some(Self {
            secret,
            is_new: true,
        }))
    }

    fn checked(text: &str, shown: &str) -> Result<Self, Failure> {
        let text = text.trim();
        // It is part of headers, cookies and addresses.
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if text.len() < SHORTEST || !text.bytes().all(is_plain) {
            return Err(wrong(shown));
        }
        Ok(Self {
            secret: text.to_owned().into(),
            is_new: false,
        })
    }

    /// Returns the token for the server.
    pub(super) fn secret(&self) -> SecretString {
        self.secret.clone()
    }

    /// Returns the token if nobody knows it yet.
    pub(super) fn printed(&self) -> Option<&str> {
        self.is_new.then(|| self.secret.expose_secret())
    }
}

fn wrong(shown: &str) -> Failure {
    Failure::Usage(format!(
        "{shown} must have at least {SHORTEST} letters, digits, `-`, `_` or `.`; `openssl rand -hex \
         16` prints one"
    ))
}
