//! The faults, one after another.

mod database;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Result;
use geppetto_cluster::Postgres;
use tokio::time::{Instant, sleep};

use crate::{
    barrier,
    control::Control,
    host::LEASE,
    hosts::{Hosts, Member},
    network::Network,
};

/// Kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Fault {
    /// `kill -9`.
    Kill,
    /// `SIGSTOP` at any time, shorter or longer than the lease.
    Stop,
    /// `SIGSTOP` at a named barrier, longer than the lease.
    Barrier,
    /// Nothing arrives between a host and the database; what was sent arrives later.
    Cut,
    /// The connections of a host to the database are reset.
    Reset,
    /// What is sent between a host and the database arrives late.
    Lag,
    /// All packets of a host are lost.
    Isolate,
    /// The packets between two hosts are lost, in one direction or in both.
    Part,
    /// `SIGTERM`, with a hand-over.
    Terminate,
    /// The database crashes and starts again.
    Database,
    /// Every commit of the database takes longer.
    Slow,
    /// The database stands still, as on a disk that hangs.
    Stall,
}

const ALL: [Fault; 12] = [
    Fault::Kill,
    Fault::Stop,
    Fault::Barrier,
    Fault::Cut,
    Fault::Reset,
    Fault::Lag,
    Fault::Isolate,
    Fault::Part,
    Fault::Terminate,
    Fault::Database,
    Fault::Slow,
    Fault::Stall,
];

/// What goes wrong.
pub(crate) struct Faults {
    hosts: Hosts,
    postgres: Arc<Postgres>,
    network: Arc<Network>,
    control: Control,
    random: fastrand::Rng,
    /// Kinds to choose from; all if there are none.
    only: Vec<Fault>,
    /// Barriers that are left in this round.
    places: Vec<String>,
    orders: u64,
    counts: BTreeMap<String, u64>,
}

impl Faults {
    pub(crate) fn new(
        (hosts, postgres, network): (Hosts, Arc<Postgres>, Arc<Network>),
        control: Control,
        random: fastrand::Rng,
        only: &[Fault],
    ) -> Self {
        let mut only = if only.is_empty() {
            ALL.to_vec()
        } else {
            only.to_vec()
        };
        if !network.is_real() {
            only.retain(|fault| !matches!(fault, Fault::Isolate | Fault::Part));
        }
        Self {
            hosts,
            postgres,
            network,
            control,
            random,
            only,
            places: Vec::new(),
            orders: 0,
            counts: BTreeMap::new(),
        }
    }

    /// Has faults until a time. Returns how many of each there were.
    pub(crate) async fn until(mut self, end: Instant) -> Result<BTreeMap<String, u64>> {
        let hosts = self.hosts.clone();
        while Instant::now() < end {
            sleep(Duration::from_millis(self.random.u64(200..1_500))).await;
            let Some(fault) = self.random.choice(self.only.iter().copied()) else {
                continue;
            };
            let index = self.random.usize(..hosts.0.len());
            let Some(member) = hosts.0.get(index) else {
                continue;
            };
            // Longer than the lease, or shorter.
            let pause = LEASE.mul_f64(0.3 + 2.0 * self.random.f64());
            let name = self.have(fault, index, member, pause).await?;
            *self.counts.entry(name).or_default() += 1;
        }
        Ok(self.counts)
    }

    /// Has a fault, and returns its name.
    async fn have(
        &mut self,
        fault: Fault,
        index: usize,
        member: &Member,
        pause: Duration,
    ) -> Result<String> {
        match fault {
            Fault::Kill => {
                member.signal("KILL");
                member.ended().await;
                sleep(pause).await;
                member.start()?;
            }
            Fault::Stop => {
                member.signal("STOP");
                sleep(pause).await;
                member.signal("CONT");
            }
            Fault::Barrier => return self.barrier(member).await,
            Fault::Cut => {
                member.proxy.cut();
                sleep(pause).await;
                member.proxy.heal();
            }
            Fault::Reset => member.proxy.reset(),
            Fault::Lag => {
                let lag = self.random.u64(20..300);
                member.proxy.lag(Duration::from_millis(lag));
                sleep(pause).await;
                member.proxy.lag(Duration::ZERO);
            }
            Fault::Isolate => {
                self.network.isolate(index, true)?;
                sleep(pause).await;
                self.network.isolate(index, false)?;
            }
            Fault::Part => self.part(index, pause).await?,
            Fault::Terminate => {
                member.signal("TERM");
                member.ended().await;
                member.start()?;
            }
            Fault::Database => database::crash(&self.postgres).await?,
            Fault::Slow => database::slow(&self.postgres, pause).await?,
            Fault::Stall => database::stall(&self.postgres, pause).await?,
        }
        Ok(format!("{fault:?}"))
    }

    /// Parts a host from the next one, in one direction or in both.
    async fn part(&mut self, index: usize, pause: Duration) -> Result<()> {
        let other = (index + 1) % self.hosts.0.len();
        let is_both = self.random.bool();
        for is_parted in [true, false] {
            self.network.part(index, other, is_parted)?;
            if is_both {
                self.network.part(other, index, is_parted)?;
            }
            if is_parted {
                sleep(pause).await;
            }
        }
        Ok(())
    }

    /// Stops a host at the next barrier of the round, for longer than its lease.
    async fn barrier(&mut self, member: &Member) -> Result<String> {
        if self.places.is_empty() {
            let both = |place: &&str| [format!("{place} before"), format!("{place} after")];
            self.places = barrier::PLACES.iter().flat_map(both).collect();
            self.random.shuffle(&mut self.places);
        }
        let place = self.places.pop().unwrap_or_default();
        self.orders += 1;
        let is_release = place.starts_with("release");
        let times = if is_release { 0 } else { self.random.u64(..4) };
        let order = format!("{place} {times}");
        let holding = self.control.hold(&member.name, self.orders, &order);
        if is_release {
            // Sessions are released when a host ends in order.
            member.signal("TERM");
        }
        let held = holding.await;
        let is_held = held.is_some();
        if let Some(held) = held {
            member.signal("STOP");
            sleep(LEASE.mul_f64(1.2 + self.random.f64())).await;
            member.signal("CONT");
            self.control.let_go(&member.name, held).await;
        }
        if is_release {
            member.ended().await;
            member.start()?;
        }
        Ok(if is_held {
            place
        } else {
            format!("not {place}")
        })
    }
}
