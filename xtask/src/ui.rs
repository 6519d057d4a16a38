//! `cargo xtask ui`: the packages of other projects against the protocols' routes.
//!
//! Each folder of `crates/ui/verify` has one protocol's packages: `package.json` with its lock file,
//! and `requirements.txt` for those of PyPI. They are installed in `target/verify`, and a test of
//! `crates/web` starts a server and runs the folder's checks against it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    Verdict,
    cargo::{self, Metadata},
    error::Error,
};

mod install;

/// A protocol, and the test that runs its checks.
#[derive(Debug, Clone, Copy)]
struct Protocol {
    /// Folder of `crates/ui/verify`.
    name: &'static str,
    /// Test of `crates/web`, which finds the folder in `GEPPETTO_VERIFY_` and the name.
    test: &'static str,
}

const PROTOCOLS: &[Protocol] = &[
    Protocol {
        name: "ai_sdk",
        test: "interface_clients",
    },
    Protocol {
        name: "agui",
        test: "interface_clients",
    },
    Protocol {
        name: "react",
        test: "interface_clients",
    },
    Protocol {
        name: "openai",
        test: "openai_clients",
    },
];

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Check these protocols only: ai_sdk, agui, react, openai.
    #[arg(long, value_name = "PROTOCOL")]
    only: Vec<String>,
}

/// Installs the packages and runs the checks.
pub(crate) fn run(args: &Args) -> Result<Verdict, Error> {
    let root = Metadata::load()?.workspace_root;
    let target = cargo::target_directory()?;
    let known: Vec<&str> = PROTOCOLS.iter().map(|own| own.name).collect();
    if let Some(name) = args
        .only
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        return Err(Error::UnknownItem {
            name: name.clone(),
            known: known.join(", "),
        });
    }
    let is_chosen = |own: &&Protocol| {
        let named = args.only.is_empty() || args.only.iter().any(|name| name == own.name);
        // A protocol may have no checks yet.
        named && source(&root, own).is_dir()
    };
    let chosen: Vec<&Protocol> = PROTOCOLS.iter().filter(is_chosen).collect();
    let mut folders = Vec::new();
    for protocol in &chosen {
        let folder = target.join("verify").join(protocol.name);
        install::folder(&source(&root, protocol), &folder)?;
        let variable = format!("GEPPETTO_VERIFY_{}", protocol.name.to_uppercase());
        folders.push((variable, folder));
    }
    let mut tests: Vec<&str> = chosen.iter().map(|own| own.test).collect();
    tests.dedup();
    let mut verdict = Verdict::Clean;
    for test in tests {
        if !passes(&root, test, &folders, &chosen)? {
            verdict = Verdict::Findings;
        }
    }
    Ok(verdict)
}

fn source(root: &Path, protocol: &Protocol) -> PathBuf {
    root.join("crates/ui/verify").join(protocol.name)
}

/// Runs a test with the folders of its packages.
fn passes(
    root: &Path,
    test: &str,
    folders: &[(String, PathBuf)],
    chosen: &[&Protocol],
) -> Result<bool, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args([
            "test",
            "--quiet",
            "--package",
            "geppetto-web",
            "--test",
            test,
        ])
        .args(["--", "--ignored", "--nocapture"])
        .current_dir(root)
        .stdin(Stdio::null())
        .envs(folders.iter().map(|(name, folder)| (name, folder)));
    // A test of a protocol that was not chosen has nothing to run.
    for own in PROTOCOLS {
        let is_chosen = chosen.iter().any(|chosen| chosen.name == own.name);
        if own.test == test && !is_chosen {
            command.args(["--skip", own.name]);
        }
    }
    let status = command.status().map_err(|source| Error::Start {
        command: format!("cargo test --package geppetto-web --test {test}"),
        source,
    })?;
    Ok(status.success())
}
