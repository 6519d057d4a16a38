//! A private Postgres in a temporary folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

pub(crate) struct Postgres {
    folder: PathBuf,
    bin: PathBuf,
    pub(crate) port: u16,
    is_root: bool,
}

/// Notes every change of a session, for the checker: nothing of the store knows of it.
const AUDIT: &str = "
create table geppetto.audit(n bigint generated always as identity, at timestamptz default clock_timestamp(),
    sid bigint, epoch bigint, owner bytea, last_batch bigint, turns bigint, last_seq bigint);
create function geppetto.note() returns trigger language plpgsql as $$ begin
    insert into geppetto.audit(sid, epoch, owner, last_batch, turns, last_seq)
    values (new.sid, new.epoch, new.owner, new.last_batch, new.turns, new.last_seq);
    return null; end $$;
create trigger note after insert or update on geppetto.session for each row execute function geppetto.note();
";

impl Postgres {
    pub(crate) fn start() -> Result<Self> {
        let bin = programs().context("Postgres is not installed; install Debian's `postgresql`")?;
        let name = format!("geppetto-cluster-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        let free = std::net::TcpListener::bind("127.0.0.1:0")?;
        let port = free.local_addr()?.port();
        drop(free);
        let is_root = run(Command::new("id").arg("-u"))?.trim() == "0";
        let server = Self {
            folder,
            bin,
            port,
            is_root,
        };
        if is_root {
            run(Command::new("chown").arg("nobody").arg(&server.folder))?;
        }
        let data = server.data();
        let mut initdb = server.command("initdb");
        initdb.arg("-D").arg(&data).args([
            "-U",
            "owner",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ]);
        run(&mut initdb)?;
        let path = data.join("postgresql.conf");
        let mut config = fs::read_to_string(&path)?;
        config.push_str(&format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nmax_connections = 100\n\
             unix_socket_directories = '{}'\n",
            server.folder.display()
        ));
        fs::write(path, config)?;
        server.up()?;
        Ok(server)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(crate) fn url(&self, port: u16) -> String {
        format!("postgres://owner@127.0.0.1:{port}/postgres?sslmode=disable")
    }

    pub(crate) fn up(&self) -> Result<()> {
        let mut start = self.command("pg_ctl");
        start
            .arg("-D")
            .arg(self.data())
            .arg("-l")
            .arg(self.folder.join("log"));
        run(start.args(["-w", "-t", "60", "start"])).map(drop)
    }

    pub(crate) fn down(&self, mode: &str) -> Result<()> {
        let mut stop = self.command("pg_ctl");
        run(stop
            .arg("-D")
            .arg(self.data())
            .args(["-m", mode, "-w", "stop"]))
        .map(drop)
    }

    pub(crate) fn audit(&self) -> Result<()> {
        self.sql(AUDIT).map(drop)
    }

    pub(crate) fn sql(&self, sql: &str) -> Result<String> {
        run(Command::new("psql")
            .arg(self.url(self.port))
            .args(["-qtAXc", sql]))
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
        let _ = self.down("immediate");
        let _ = fs::remove_dir_all(&self.folder);
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

pub(crate) fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?}: {text}");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
