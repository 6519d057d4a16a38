//! Shared memory, which the connections of one process have in common here.

use std::{
    ffi::{c_int, c_void},
    sync::atomic::{Ordering, fence},
};

use rusqlite::ffi::{self, sqlite3_file};

use super::{code, opened};
use crate::{file::Slot, state::Code};

pub(super) unsafe extern "C" fn map(
    file: *mut sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite maps the memory of files that are open.
    let open = unsafe { opened(file) };
    let address = open.with(|state| {
        let file = state.files.entry(open.name.clone()).or_default();
        let regions = &mut file.memory.regions;
        let index = usize::try_from(region).map_err(|_| ffi::SQLITE_IOERR)?;
        let words = usize::try_from(size)
            .map_err(|_| ffi::SQLITE_IOERR)?
            .div_ceil(8);
        while regions.len() <= index && extend != 0 {
            // Never freed: connections may use it until they end, and a test has few of them.
            let memory: &'static mut [u64] = vec![0_u64; words].leak();
            regions.push(memory.as_mut_ptr().expose_provenance());
        }
        Ok(regions.get(index).copied())
    });
    code(address.map(|address| {
        let address = address.map_or(std::ptr::null_mut(), std::ptr::with_exposed_provenance_mut);
        // SAFETY: SQLite's own variable.
        unsafe { out.write(address) }
    }))
}

pub(super) unsafe extern "C" fn lock_slots(
    file: *mut sqlite3_file,
    from: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: SQLite locks the memory of files that are open.
    let open = unsafe { opened(file) };
    code(open.with(|state| {
        let file = state.files.entry(open.name.clone()).or_default();
        let range = usize::try_from(from).ok().zip(usize::try_from(count).ok());
        let slots = range.and_then(|(from, count)| file.memory.locks.get_mut(from..from + count));
        change(slots.ok_or(ffi::SQLITE_IOERR)?, open.id, flags)
    }))
}

fn change(slots: &mut [Slot], id: u64, flags: c_int) -> Result<(), Code> {
    let is_shared = flags & ffi::SQLITE_SHM_SHARED != 0;
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        for slot in slots {
            slot.shared.retain(|other| *other != id);
            slot.exclusive = slot.exclusive.filter(|other| *other != id);
        }
        return Ok(());
    }
    let is_free = |slot: &Slot| {
        let no_writer = slot.exclusive.is_none_or(|other| other == id);
        no_writer && (is_shared || slot.shared.iter().all(|other| *other == id))
    };
    if !slots.iter().all(is_free) {
        return Err(ffi::SQLITE_BUSY);
    }
    for slot in slots {
        if is_shared {
            slot.shared.push(id);
        } else {
            slot.exclusive = Some(id);
        }
    }
    Ok(())
}

pub(super) unsafe extern "C" fn barrier(_: *mut sqlite3_file) {
    fence(Ordering::SeqCst);
}

pub(super) unsafe extern "C" fn unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    // SAFETY: SQLite unmaps the memory of files that are open.
    let open = unsafe { opened(file) };
    let _ = open.with(|state| {
        if let Some(file) = state.files.get_mut(&open.name) {
            let _ = change(&mut file.memory.locks, open.id, ffi::SQLITE_SHM_UNLOCK);
            if delete != 0 {
                file.memory.regions.clear();
            }
        }
        Ok(())
    });
    ffi::SQLITE_OK
}
