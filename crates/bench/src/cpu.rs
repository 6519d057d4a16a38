//! CPU time and memory of this process.

use std::{fs, time::Duration};

use crate::Failure;

/// The time that the calling thread has spent on a CPU, in user and system code.
///
/// `/proc/thread-self/schedstat` counts in nanoseconds.
pub(crate) fn thread_time() -> Result<Duration, Failure> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text
        .split_whitespace()
        .next()
        .ok_or("schedstat has no numbers")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

/// The time that all running threads of this process have spent on a CPU.
pub(crate) fn process_time() -> Result<Duration, Failure> {
    let mut nanos: u64 = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        nanos += text
            .split_whitespace()
            .next()
            .ok_or("schedstat has no numbers")?
            .parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// The resident memory in bytes.
pub(crate) fn resident_bytes() -> Result<u64, Failure> {
    status("VmRSS:")
}

/// The peak resident memory in bytes.
pub(crate) fn peak_resident_bytes() -> Result<u64, Failure> {
    status("VmHWM:")
}

fn status(field: &str) -> Result<u64, Failure> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .ok_or_else(|| format!("{field} is missing in /proc/self/status"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}
