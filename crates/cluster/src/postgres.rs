//! A private Postgres in a temporary folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

/// A Postgres server with a data folder of its own, which is removed when this value is dropped, or
/// when the process has ended in whatever way.
#[derive(Debug)]
pub struct Postgres {
    folder: PathBuf,
    bin: PathBuf,
    port: u16,
    is_root: bool,
    /// Ends the server when its input is closed.
    guard: Option<Child>,
}

impl Postgres {
    /// Starts a server with settings in addition to the defaults, such as `fsync = off`. Its superuser
    /// is `owner`, without a password.
    ///
    /// # Errors
    ///
    /// If Postgres is not installed, or does not start.
    pub fn start(settings: &[&str]) -> Result<Self> {
        let bin = programs().context("Postgres is not installed; install Debian's `postgresql`")?;
        let name = format!(
            "geppetto-postgres-{}-{}",
            std::process::id(),
            fastrand::u32(..)
        );
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        let free = std::net::TcpListener::bind("127.0.0.1:0")?;
        let port = free.local_addr()?.port();
        drop(free);
        let is_root = run(Command::new("id").arg("-u"))?.trim() == "0";
        let mut server = Self {
            folder,
            bin,
            port,
            is_root,
            guard: None,
        };
        if is_root {
            run(Command::new("chown").arg("nobody").arg(&server.folder))?;
        }
        let data = server.data();
        let mut initdb = server.command("initdb");
        initdb
            .arg("-D")
            .arg(&data)
            .args(["-U", "owner", "-A", "trust", "-E", "UTF8"]);
        run(initdb.args(["--locale=C", "-N"]))?;
        let path = data.join("postgresql.conf");
        let mut config = fs::read_to_string(&path)?;
        config.push_str(&format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nmax_connections = 200\n\
             unix_socket_directories = '{}'\n{}\n",
            server.folder.display(),
            settings.join("\n")
        ));
        fs::write(path, config)?;
        server.guard = Some(server.guarded()?);
        server.up()?;
        Ok(server)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Returns the port of the server.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL of the default database.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Returns the URL of the default database at the address of a proxy.
    #[must_use]
    pub fn url_at(&self, ip: &str, port: u16) -> String {
        format!("postgres://owner@{ip}:{port}/postgres?sslmode=disable")
    }

    /// Returns a folder that is removed with the server.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the URL of another database of the server.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        let port = self.port;
        format!("postgres://owner@127.0.0.1:{port}/{database}?sslmode=disable")
    }

    /// Starts the server again, and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub fn up(&self) -> Result<()> {
        let mut start = self.command("pg_ctl");
        start
            .arg("-D")
            .arg(self.data())
            .arg("-l")
            .arg(self.folder.join("log"));
        run(start.args(["-w", "-t", "60", "start"])).map(drop)
    }

    /// Stops the server: `fast`, or `immediate` as in a crash.
    ///
    /// # Errors
    ///
    /// If it was not running.
    pub fn down(&self, mode: &str) -> Result<()> {
        let mut stop = self.command("pg_ctl");
        run(stop
            .arg("-D")
            .arg(self.data())
            .args(["-m", mode, "-w", "stop"]))
        .map(drop)
    }

    /// Runs SQL in the default database, and returns the fields of its rows without alignment.
    ///
    /// # Errors
    ///
    /// Those of the server.
    pub fn sql(&self, sql: &str) -> Result<String> {
        self.sql_in("postgres", sql)
    }

    /// Runs SQL in another database.
    ///
    /// # Errors
    ///
    /// Those of the server.
    pub fn sql_in(&self, database: &str, sql: &str) -> Result<String> {
        // Debian's `psql` in the path is a slow script.
        run(Command::new(self.bin.join("psql"))
            .arg(self.url_of(database))
            .args(["-qtAXc", sql]))
    }

    /// Returns the id of the server's first process.
    ///
    /// # Errors
    ///
    /// If the server is not running.
    pub fn pid(&self) -> Result<u32> {
        let file = fs::read_to_string(self.data().join("postmaster.pid"))?;
        Ok(file.lines().next().context("no process")?.trim().parse()?)
    }

    /// Starts a shell that ends the server when this process has ended.
    fn guarded(&self) -> Result<Child> {
        let stop = self.command("pg_ctl");
        let stop: Vec<String> = std::iter::once(stop.get_program())
            .chain(stop.get_args())
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        let script = format!(
            "read _; cd /; {} -D '{}' -m immediate stop; rm -rf '{}'",
            stop.join(" "),
            self.data().display(),
            self.folder.display()
        );
        let mut guard = Command::new("sh");
        guard.args(["-c", &script]).stdin(Stdio::piped());
        Ok(guard.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
    }

    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = Command::new(&program);
        if self.is_root {
            command = Command::new("setpriv");
            command
                .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"])
                .arg(program);
        }
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }
}

fn programs() -> Option<PathBuf> {
    let listed = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut folders: Vec<PathBuf> = listed.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH")?));
    folders
        .into_iter()
        .find(|folder: &PathBuf| Path::is_file(&folder.join("pg_ctl")))
}

/// Runs a program, and returns its output.
///
/// # Errors
///
/// If it cannot be started or fails; with what it said.
pub fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?}: {text}");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
