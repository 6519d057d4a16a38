//! [`run_with_demo`]: a program and the demo provider.

#![allow(clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use geppetto_testing::demo;

use crate::{Output, Program};

/// Runs a program against the demo provider, which answers at once.
pub fn run_with_demo(program: Program) -> Output {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = runtime.unwrap_or_else(|error| panic!("cannot start the runtime: {error}"));
    let server = runtime
        .block_on(demo::provider_with_pace(Duration::ZERO))
        .unwrap_or_else(|error| panic!("cannot start the demo provider: {error}"));
    program
        .args(["--base-url", &server.base_url(), "--model", demo::MODEL])
        .run()
}
