//! References within a schema.

use serde_json::Value;

/// Returns the target of a reference, if it is in the schema itself.
pub(super) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let pointer = reference.strip_prefix('#')?;
    if pointer.contains('%') {
        return root.pointer(&percent_decoded(pointer));
    }
    root.pointer(pointer)
}

/// Returns the name of the definition that a reference points to.
pub(super) fn definition(reference: &str) -> Option<&str> {
    let name = reference
        .strip_prefix("#/$defs/")
        .or_else(|| reference.strip_prefix("#/definitions/"))?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = tail
            .get(if code.is_some() { 2 } else { 0 }..)
            .unwrap_or(&[]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
