//! The network of the hosts: a namespace each, so that packets can be lost; or the loopback interface.

use std::{
    fmt::Write as _,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result};
use geppetto_cluster::run;

/// Which network the hosts use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Namespaces where this process may create them, the loopback interface otherwise.
    Auto,
    /// A network namespace per host, joined by a bridge. Needs root.
    Namespaces,
    /// The loopback interface. Hosts cannot be isolated.
    Loopback,
}

/// The network between the hosts, their clients and everything that they need.
#[derive(Debug)]
pub(crate) struct Network {
    /// Number of the network, in its names and addresses; `None` for the loopback interface.
    number: Option<u32>,
    /// Removes the namespaces when its input is closed.
    guard: Option<Child>,
}

impl Network {
    pub(crate) fn new(kind: Kind, hosts: usize) -> Result<Self> {
        let loopback = Self {
            number: None,
            guard: None,
        };
        if kind == Kind::Loopback {
            return Ok(loopback);
        }
        match Self::namespaces(hosts) {
            Ok(network) => Ok(network),
            Err(_) if kind == Kind::Auto => Ok(loopback),
            Err(error) => Err(error).context("network namespaces need root and `ip`"),
        }
    }

    fn namespaces(hosts: usize) -> Result<Self> {
        let number = std::process::id() % 250 + 1;
        let mut script = String::from("read _\n");
        for host in 0..hosts {
            let _ = writeln!(script, "ip netns del gc{number}h{host}");
        }
        let _ = writeln!(script, "ip link del gc{number}");
        let mut guard = Command::new("sh");
        guard.args(["-c", &script]).stdin(Stdio::piped());
        let guard = guard.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        // Removes what it has created if a step fails.
        let network = Self {
            number: Some(number),
            guard: Some(guard),
        };
        let bridge = format!("gc{number}");
        ip(&format!("link add {bridge} type bridge"))?;
        ip(&format!("addr add 10.213.{number}.1/24 dev {bridge}"))?;
        ip(&format!("link set {bridge} up"))?;
        for host in 0..hosts {
            let (space, link) = (format!("gc{number}h{host}"), network.link(host));
            ip(&format!("netns add {space}"))?;
            ip(&format!(
                "link add {link} type veth peer name eth0 netns {space}"
            ))?;
            ip(&format!("link set {link} master {bridge} up"))?;
            let address = network.host(host);
            ip(&format!("-n {space} addr add {address}/24 dev eth0"))?;
            ip(&format!("-n {space} link set lo up"))?;
            ip(&format!("-n {space} link set eth0 up"))?;
        }
        Ok(network)
    }

    fn link(&self, host: usize) -> String {
        format!("gc{}v{host}", self.number.unwrap_or_default())
    }

    /// Returns `true` if packets can be lost.
    pub(crate) fn is_real(&self) -> bool {
        self.number.is_some()
    }

    pub(crate) fn name(&self) -> &'static str {
        if self.is_real() {
            "namespaces"
        } else {
            "loopback"
        }
    }

    /// Returns the address of what the hosts need.
    pub(crate) fn services(&self) -> String {
        match self.number {
            Some(number) => format!("10.213.{number}.1"),
            None => "127.0.0.1".to_owned(),
        }
    }

    /// Returns the address of a host.
    pub(crate) fn host(&self, host: usize) -> String {
        match self.number {
            Some(number) => format!("10.213.{number}.{}", host + 10),
            None => "127.0.0.1".to_owned(),
        }
    }

    /// Returns the words before the command of a host.
    pub(crate) fn prefix(&self, host: usize) -> Vec<String> {
        let Some(number) = self.number else {
            return Vec::new();
        };
        let words = ["ip", "netns", "exec"].map(str::to_owned);
        words
            .into_iter()
            .chain([format!("gc{number}h{host}")])
            .collect()
    }

    /// Loses all packets of a host, or ends that.
    pub(crate) fn isolate(&self, host: usize, is_isolated: bool) -> Result<()> {
        let state = if is_isolated { "down" } else { "up" };
        ip(&format!("link set {} {state}", self.link(host)))
    }

    /// Loses the packets from one host to another, or ends that.
    pub(crate) fn part(&self, from: usize, to: usize, is_parted: bool) -> Result<()> {
        let number = self.number.unwrap_or_default();
        let verb = if is_parted { "add" } else { "del" };
        let to = self.host(to);
        ip(&format!(
            "-n gc{number}h{from} route {verb} blackhole {to}/32"
        ))
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }
}

fn ip(arguments: &str) -> Result<()> {
    run(Command::new("ip").args(arguments.split(' '))).map(drop)
}
