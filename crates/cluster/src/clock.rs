//! Wrong clocks: a library that is loaded before that of the system, and shifts the time of day.
//!
//! The clock that measures durations is right.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use geppetto_cluster::run;

/// `CLOCK_OFFSET` are seconds; with `CLOCK_JUMPS`, the sign changes every so many seconds.
const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*next)(clockid_t, struct timespec *);
    if (!next) next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = next(clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        char *offset = getenv("CLOCK_OFFSET"), *jumps = getenv("CLOCK_JUMPS");
        long seconds = offset ? atol(offset) : 0, period = jumps ? atol(jumps) : 0;
        if (period > 0 && time->tv_sec / period % 2) seconds = -seconds;
        time->tv_sec += seconds;
    }
    return result;
}
"#;

/// Returns the library, if this machine has a C compiler.
pub(crate) fn library(folder: &Path) -> Option<PathBuf> {
    let (source, library) = (folder.join("clock.c"), folder.join("clock.so"));
    fs::write(&source, SOURCE).ok()?;
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library);
    run(cc.arg(&source).arg("-ldl")).ok()?;
    Some(library)
}

/// Returns the variables with which a host has a wrong clock: one is an hour ahead, one is an hour
/// behind, and one jumps by two days every three seconds.
pub(crate) fn variables(library: &Path, host: usize) -> Vec<String> {
    let (offset, jumps) = match host % 3 {
        0 => (3_600, 0),
        1 => (-3_600, 0),
        _ => (86_400, 3),
    };
    vec![
        format!("LD_PRELOAD={}", library.display()),
        format!("CLOCK_OFFSET={offset}"),
        format!("CLOCK_JUMPS={jumps}"),
    ]
}
