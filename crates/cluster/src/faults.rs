//! The faults, one after another.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Result;
use tokio::time::{Instant, sleep};

use crate::{host::LEASE, hosts::Hosts, postgres::Postgres};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    Kill,
    Stop,
    Cut,
    Reset,
    Terminate,
    Database,
}

const ALL: [Fault; 6] = [
    Fault::Kill,
    Fault::Stop,
    Fault::Cut,
    Fault::Reset,
    Fault::Terminate,
    Fault::Database,
];

/// Has faults until a time. Returns how many of each there were.
pub(crate) async fn until(
    end: Instant,
    hosts: &Hosts,
    postgres: &Arc<Postgres>,
    random: &mut fastrand::Rng,
) -> Result<BTreeMap<Fault, u64>> {
    let mut counts = BTreeMap::new();
    while Instant::now() < end {
        sleep(Duration::from_millis(random.u64(200..1_500))).await;
        let Some(fault) = random.choice(ALL) else {
            continue;
        };
        *counts.entry(fault).or_default() += 1;
        let Some(member) = random.choice(hosts.0.iter()) else {
            continue;
        };
        // Longer than the lease, or shorter.
        let pause = LEASE.mul_f64(0.3 + 2.0 * random.f64());
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
            Fault::Cut => {
                member.proxy.cut();
                sleep(pause).await;
                member.proxy.heal();
            }
            Fault::Reset => member.proxy.reset(),
            Fault::Terminate => {
                member.signal("TERM");
                member.ended().await;
                member.start()?;
            }
            Fault::Database => {
                let own = Arc::clone(postgres);
                let restart = move || own.down("immediate").and_then(|()| own.up());
                tokio::task::spawn_blocking(restart).await??;
            }
        }
    }
    Ok(counts)
}
