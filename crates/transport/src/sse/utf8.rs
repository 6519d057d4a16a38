//! [`Utf8`]: count of invalid UTF-8 sequences in a stream of chunks.

#[cfg(test)]
mod tests;

/// Counts invalid UTF-8 sequences, for any chunk boundaries.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// Incomplete character at the end of the last chunk.
    begun: Vec<u8>,
    invalid: u64,
}

impl Utf8 {
    /// Number of invalid sequences.
    pub(super) fn invalid(&self) -> u64 {
        self.invalid
    }

    /// Returns `true` if a chunk changes nothing here: it is valid, and no character is incomplete.
    pub(super) fn is_valid(&self, chunk: &[u8]) -> bool {
        self.begun.is_empty() && std::str::from_utf8(chunk).is_ok()
    }

    pub(super) fn read(&mut self, chunk: &[u8]) {
        let mut chunk = chunk;
        while !self.begun.is_empty() {
            let Some((first, rest)) = chunk.split_first() else {
                return;
            };
            self.begun.push(*first);
            match std::str::from_utf8(&self.begun) {
                Ok(_) => {
                    self.begun.clear();
                    chunk = rest;
                }
                Err(error) if error.error_len().is_none() => chunk = rest,
                // The byte may begin another character.
                Err(_) => {
                    self.begun.clear();
                    self.invalid += 1;
                }
            }
        }
        while let Err(error) = std::str::from_utf8(chunk) {
            let rest = chunk.get(error.valid_up_to()..).unwrap_or_default();
            let Some(len) = error.error_len() else {
                self.begun = rest.to_vec();
                return;
            };
            self.invalid += 1;
            chunk = rest.get(len..).unwrap_or_default();
        }
    }
}
