//! The hosts, as processes.

use std::{
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Result;
use tokio::process::{Child, Command};

use crate::{postgres, proxy::Proxy};

pub(crate) struct Member {
    pub(crate) port: u16,
    pub(crate) proxy: Proxy,
    arguments: Vec<String>,
    child: Mutex<Option<Child>>,
}

#[derive(Clone)]
pub(crate) struct Hosts(pub(crate) Arc<Vec<Member>>);

impl Member {
    pub(crate) fn new(name: &str, proxy: Proxy, mut arguments: Vec<String>) -> Result<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0")?;
        let port = free.local_addr()?.port();
        drop(free);
        let own = ["--name", name, "--port", &port.to_string()].map(str::to_owned);
        arguments.extend(own);
        Ok(Self {
            port,
            proxy,
            arguments,
            child: Mutex::default(),
        })
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn start(&self) -> Result<()> {
        let program = std::env::current_exe()?;
        let child = Command::new(program)
            .arg("host")
            .args(&self.arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        *self.child() = Some(child);
        Ok(())
    }

    /// Sends a signal, such as `KILL` or `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        if let Some(pid) = self.child().as_ref().and_then(Child::id) {
            let mut kill = std::process::Command::new("kill");
            // It may have ended.
            let _ = postgres::run(kill.args([&format!("-{name}"), &pid.to_string()]));
        }
    }

    /// Waits for the end of the process.
    pub(crate) async fn ended(&self) {
        let child = self.child().take();
        if let Some(mut child) = child {
            let _ = child.wait().await;
        }
    }
}

impl Hosts {
    /// Returns the port of any host.
    pub(crate) fn any(&self, random: &mut fastrand::Rng) -> u16 {
        random.choice(self.0.iter()).map_or(0, |member| member.port)
    }
}
