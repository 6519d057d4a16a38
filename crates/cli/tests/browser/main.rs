//! The page of `geppetto serve` in Chromium, driven by the Node project in `crates/web/tests/browser`.
//!
//! Ignored by default, because Chromium or npm may be missing:
//! `cargo test -p geppetto-cli --test browser -- --ignored --test-threads 1`. With
//! `BROWSER_PICTURES=folder`, pictures of the page are kept; with `BROWSER_PAGE=crates/web/page`, the
//! files of the page are used as they are, without building the program again; `CHROMIUM` is the
//! browser, `/usr/bin/chromium` by default.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the helpers of tests fail by panicking"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/tests/browser")
}

/// Installs the packages of the lock file, unless they are installed. Returns their folder.
fn packages() -> PathBuf {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    let lock = fs::read(project().join("package-lock.json")).unwrap();
    // Written by npm when it is done.
    let is_installed = folder.join("node_modules/.package-lock.json").exists();
    if is_installed && fs::read(folder.join("package-lock.json")).is_ok_and(|own| own == lock) {
        return folder;
    }
    fs::create_dir_all(&folder).unwrap();
    for name in ["package.json", "package-lock.json"] {
        fs::copy(project().join(name), folder.join(name)).unwrap();
    }
    let installed = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&folder)
        .status();
    assert!(installed.expect("npm starts").success());
    folder
}

/// Runs a file of tests.
fn run(name: &str) {
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-reporter", "spec"])
        .arg(project().join(format!("{name}.test.mjs")))
        .env("GEPPETTO", env!("CARGO_BIN_EXE_geppetto"))
        .env("BROWSER_MODULES", packages());
    assert!(command.status().expect("node starts").success());
}

#[test]
#[ignore = "needs chromium and npm"]
fn conversations() {
    run("conversation");
}

#[test]
#[ignore = "needs chromium and npm"]
fn connections_that_are_lost() {
    run("connection");
}

#[test]
#[ignore = "needs chromium and npm"]
fn streams_of_protocols_that_are_cut() {
    run("protocols");
}

#[test]
#[ignore = "needs chromium and npm"]
fn answers_that_attack() {
    run("safety");
}

#[test]
#[ignore = "needs chromium and npm"]
fn people_and_their_devices() {
    run("people");
}

#[test]
#[ignore = "needs chromium and npm"]
fn what_users_of_other_chats_reported() {
    run("reports");
}
