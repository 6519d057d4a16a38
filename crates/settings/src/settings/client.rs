//! [`ClientSettings`].

use std::time::Duration;

use super::section::section;
use crate::Address;

section! {
    /// The HTTP client.
    pub struct ClientSettings {
        /// Time limit in seconds; see [`ClientSettings::time_limit`].
        pub timeout: u64,
        /// Ignored: no request has it.
        pub organization: String,
        /// Ignored: no request has it.
        pub user_agent: String,
        /// The proxy of all requests.
        pub proxy_url: Address,
        /// Take the proxy from the environment. True by default.
        pub proxy_from_environment: bool,
    }
}

impl ClientSettings {
    /// Returns the time limit for the first byte and between two parts of a response. `None` if it
    /// is not set, or 0.
    ///
    /// It must not limit the whole response: a long answer that keeps streaming is healthy.
    #[must_use]
    pub fn time_limit(&self) -> Option<Duration> {
        let seconds = self.timeout.filter(|seconds| *seconds > 0);
        seconds.map(Duration::from_secs)
    }
}
