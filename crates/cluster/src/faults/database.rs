//! Faults of the database.

use std::{process::Command, sync::Arc, time::Duration};

use anyhow::Result;
use geppetto_cluster::{Postgres, run};
use tokio::{task::spawn_blocking, time::sleep};

/// Crashes the database, and starts it again.
pub(super) async fn crash(postgres: &Arc<Postgres>) -> Result<()> {
    let own = Arc::clone(postgres);
    spawn_blocking(move || own.down("immediate").and_then(|()| own.up())).await?
}

/// Lets every commit wait for a tenth of a second, as on a slow disk.
pub(super) async fn slow(postgres: &Arc<Postgres>, time: Duration) -> Result<()> {
    let set = async |delay: u32| {
        let own = Arc::clone(postgres);
        let setting = move || {
            own.sql(&format!("alter system set commit_delay = {delay}"))?;
            own.sql("alter system set commit_siblings = 0")?;
            own.sql("select pg_reload_conf()").map(drop)
        };
        spawn_blocking(setting).await?
    };
    set(100_000).await?;
    sleep(time).await;
    set(0).await
}

/// Stops all processes of the database for a time.
pub(super) async fn stall(postgres: &Arc<Postgres>, time: Duration) -> Result<()> {
    let pid = postgres.pid()?.to_string();
    let children = run(Command::new("ps").args(["-o", "pid=", "--ppid", &pid]))?;
    let mut pids: Vec<&str> = children.split_whitespace().collect();
    pids.push(&pid);
    for signal in ["-STOP", "-CONT"] {
        for pid in pids.iter().rev() {
            // It may have ended.
            let _ = run(Command::new("kill").args([signal, pid]));
        }
        if signal == "-STOP" {
            sleep(time).await;
        }
    }
    Ok(())
}
