//! The hosts, as processes.

use std::{
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Result;
use tokio::{
    process::{Child, Command},
    time::sleep,
};

use crate::proxy::Proxy;

pub(crate) struct Member {
    pub(crate) name: String,
    /// Address of the host: IP and port.
    pub(crate) address: String,
    pub(crate) proxy: Proxy,
    /// Words before the command, which enter the network of the host.
    prefix: Vec<String>,
    arguments: Vec<String>,
    variables: Vec<String>,
    child: Mutex<Option<Child>>,
}

#[derive(Clone)]
pub(crate) struct Hosts(pub(crate) Arc<Vec<Member>>);

impl Member {
    /// Describes a host at an IP address.
    pub(crate) fn new(
        name: &str,
        ip: &str,
        proxy: Proxy,
        prefix: Vec<String>,
        mut arguments: Vec<String>,
        variables: Vec<String>,
    ) -> Result<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0")?;
        let address = format!("{ip}:{}", free.local_addr()?.port());
        drop(free);
        let own = ["--name", name, "--address", &address].map(str::to_owned);
        arguments.extend(own);
        Ok(Self {
            name: name.to_owned(),
            address,
            proxy,
            prefix,
            arguments,
            variables,
            child: Mutex::default(),
        })
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn start(&self) -> Result<()> {
        let program = std::env::current_exe()?;
        // `env` sets the variables for the host alone, not for the program that enters its network.
        let mut words = self.prefix.iter().map(String::as_str).chain(["env"]);
        let mut command = Command::new(words.next().unwrap_or("env"));
        let child = command
            .args(words)
            .args(&self.variables)
            .arg(program)
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
            let _ = geppetto_cluster::run(kill.args([&format!("-{name}"), &pid.to_string()]));
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
    /// Ends all hosts in order.
    pub(crate) async fn end(&self) {
        for member in self.0.iter() {
            member.signal("TERM");
            member.ended().await;
        }
        sleep(Duration::from_millis(100)).await;
    }

    /// Returns the address of any host.
    pub(crate) fn any(&self, random: &mut fastrand::Rng) -> String {
        let member = random.choice(self.0.iter());
        member.map_or_else(String::new, |member| member.address.clone())
    }
}
