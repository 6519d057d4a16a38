//! Channel binding of a connection: `tls-server-end-point` of
//! [RFC 5929](https://www.rfc-editor.org/rfc/rfc5929#section-4).

use geppetto_store::BlockHash;

#[cfg(test)]
mod tests;

/// Object identifiers of signatures with SHA-256, or with a hash for which SHA-256 stands in: MD5
/// and SHA-1.
const SHA_256: &[&[u8]] = &[
    // sha256WithRSAEncryption, sha1WithRSAEncryption, md5WithRSAEncryption
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04],
    // ecdsa-with-SHA256, ecdsa-with-SHA1
    &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
    &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01],
];

/// Returns the hash of a certificate that binds a login to its connection. `None` if the certificate
/// is signed with another hash than SHA-256: the login is not bound then.
pub(super) fn hash(certificate: &[u8]) -> Option<Vec<u8>> {
    let (content, _) = element(certificate, 0x30)?;
    let (_, rest) = element(content, 0x30)?;
    let (algorithm, _) = element(rest, 0x30)?;
    let (oid, _) = element(algorithm, 0x06)?;
    let is_known = SHA_256.contains(&oid);
    is_known.then(|| BlockHash::of_bytes(certificate).as_bytes().to_vec())
}

/// Returns the content of a DER element, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first != tag {
        return None;
    }
    let (len, rest) = rest.split_first()?;
    let (len, rest) = match *len {
        short @ ..0x80 => (usize::from(short), rest),
        long => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            if digits.len() > 4 {
                return None;
            }
            let len = digits
                .iter()
                .fold(0, |len, digit| len << 8 | usize::from(*digit));
            (len, rest)
        }
    };
    rest.split_at_checked(len)
}
