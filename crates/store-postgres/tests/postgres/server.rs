//! A private Postgres in a temporary folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use geppetto_store_postgres::{PostgresOptions, PostgresStore};

/// Superuser of the servers.
const USER: &str = "owner";

/// A server that ends with the tests.
pub(crate) struct Server {
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    bin: PathBuf,
    as_root: bool,
}

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Returns the server that the tests share.
pub(crate) fn shared() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    SHARED.get_or_init(|| Server::start(&[]))
}

/// Returns the options of a store in a schema of its own.
pub(crate) fn options() -> PostgresOptions {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    PostgresStore::options().schema(format!("test {number}"))
}

/// Returns an empty store on the shared server.
pub(crate) async fn store() -> PostgresStore {
    options().connect(&shared().url()).await.unwrap()
}

impl Server {
    /// Starts a server with settings in addition to those for tests.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let bin = programs().expect("Postgres is not installed");
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("geppetto-postgres-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        // The kernel names a port that is free.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let as_root = run(Command::new("id").arg("-u")).trim() == "0";
        let server = Self {
            folder,
            port,
            bin,
            as_root,
        };
        if as_root {
            run(Command::new("chown").arg("nobody").arg(&server.folder));
        }
        let data = server.data();
        run(server.command("initdb").arg("-D").arg(&data).args([
            "-U",
            USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ]));
        let mut config = fs::read_to_string(data.join("postgresql.conf")).unwrap();
        config.push_str(&format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nmax_connections = 200\n\
             shared_buffers = 64MB\nfsync = off\nfull_page_writes = off\nunix_socket_directories = '{}'\n",
            server.folder.display()
        ));
        for setting in settings {
            config.push_str(setting);
            config.push('\n');
        }
        fs::write(data.join("postgresql.conf"), config).unwrap();
        server.up();
        server.guard();
        server
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts the server, and waits until it accepts connections.
    pub(crate) fn up(&self) {
        let log = self.folder.join("log");
        run(self
            .command("pg_ctl")
            .arg("-D")
            .arg(self.data())
            .arg("-l")
            .arg(log)
            .args(["-w", "-t", "60", "start"]));
    }

    /// Stops the server: `fast`, or `immediate` as in a crash.
    pub(crate) fn down(&self, mode: &str) {
        run(self
            .command("pg_ctl")
            .arg("-D")
            .arg(self.data())
            .args(["-m", mode, "-w", "stop"]));
    }

    /// Runs SQL as the superuser, and returns its output.
    pub(crate) fn sql(&self, sql: &str) -> String {
        run(Command::new("psql").arg(self.url()).args(["-qtAXc", sql]))
    }

    /// Copies a file into the data folder, readable by the server alone.
    pub(crate) fn put(&self, name: &str, content: &str) {
        let path = self.data().join(name);
        fs::write(&path, content).unwrap();
        run(Command::new("chmod").arg("600").arg(&path));
        if self.as_root {
            run(Command::new("chown").arg("nobody").arg(&path));
        }
    }

    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = if self.as_root {
            // The server refuses to run as root.
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(&self.folder);
        command
    }

    /// Ends the server when this process has ended, in whatever way: a static is not dropped.
    fn guard(&self) {
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
        let guard = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        keep(guard);
    }
}

/// Keeps the input of a guard open until this process ends.
fn keep(guard: Child) {
    static GUARDS: std::sync::Mutex<Vec<Child>> = std::sync::Mutex::new(Vec::new());
    GUARDS.lock().unwrap().push(guard);
}

/// Returns the folder with the programs of Postgres.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH")?));
    folders
        .into_iter()
        .find(|folder: &PathBuf| Path::is_file(&folder.join("pg_ctl")))
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{command:?}: {out}{err}");
    out.into_owned()
}
