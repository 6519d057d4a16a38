//! Installation of a protocol's packages.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::error::Error;

/// File with what was installed.
const INSTALLED: &str = ".installed";

/// Copies the files of a folder, and installs its packages from the lock files unless they are
/// installed already.
pub(super) fn folder(source: &Path, target: &Path) -> Result<(), Error> {
    fs::create_dir_all(target).map_err(|error| unwritable(target, error))?;
    let mut wanted = String::new();
    for entry in fs::read_dir(source).map_err(|error| unreadable(source, error))? {
        let path = entry.map_err(|error| unreadable(source, error))?.path();
        let Some(name) = path.file_name().filter(|_| path.is_file()) else {
            continue;
        };
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, error))?;
        let is_list = name == "package-lock.json" || name == "requirements.txt";
        if is_list {
            wanted.push_str(&String::from_utf8_lossy(&bytes));
        }
        let copy = target.join(name);
        fs::write(&copy, bytes).map_err(|error| unwritable(&copy, error))?;
    }
    let installed = target.join(INSTALLED);
    if fs::read_to_string(&installed).is_ok_and(|known| known == wanted) {
        return Ok(());
    }
    if target.join("package-lock.json").is_file() {
        // Scripts of packages are not run. The packages run on the Node that is one of them.
        let arguments = [
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ];
        run("npm", &arguments, target)?;
    }
    if target.join("requirements.txt").is_file() {
        run("python3", &["-m", "venv", "venv"], target)?;
        let arguments = ["-m", "pip", "install", "--quiet", "-r", "requirements.txt"];
        run("venv/bin/python", &arguments, target)?;
    }
    fs::write(&installed, wanted).map_err(|error| unwritable(&installed, error))
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Result<(), Error> {
    let line = format!("{program} {}", arguments.join(" "));
    let path = match program.contains('/') {
        true => folder.join(program),
        false => program.into(),
    };
    let mut command = Command::new(path);
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let status = command.status().map_err(|source| Error::Start {
        command: line.clone(),
        source,
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed {
        command: format!("{line}, in {}", folder.display()),
        stderr: "its own message stands above; check that the package registries can be reached"
            .to_owned(),
    })
}

fn unreadable(path: &Path, source: std::io::Error) -> Error {
    Error::Read {
        path: path.to_owned(),
        source,
    }
}

fn unwritable(path: &Path, source: std::io::Error) -> Error {
    Error::Write {
        path: path.to_owned(),
        source,
    }
}
