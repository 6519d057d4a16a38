//! The C interface to SQLite: the only file with unsafe code.
//!
//! Each function converts what SQLite gives it, and calls the state of a disk.

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    io, mem, slice,
    sync::{Arc, Mutex, OnceLock, atomic},
};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods, sqlite3_vfs};

use crate::{
    disk::{find, lock},
    state::{Code, State},
};

mod memory;

/// An open file. SQLite allocates it, and knows the first field.
#[repr(C)]
struct Handle {
    base: sqlite3_file,
    open: *mut Open,
}

/// What a handle refers to.
struct Open {
    disk: Arc<Mutex<State>>,
    name: String,
    id: u64,
    generation: u64,
    deletes: bool,
}

impl Open {
    /// Runs an operation, unless the processes of the handle have ended.
    fn with<T>(&self, operation: impl FnOnce(&mut State) -> Result<T, Code>) -> Result<T, Code> {
        let mut state = lock(&self.disk);
        if state.generation != self.generation {
            return Err(ffi::SQLITE_IOERR);
        }
        operation(&mut state)
    }
}

/// Returns what an open file refers to.
///
/// # Safety
///
/// `file` must have been opened by [`open`] and not be closed.
unsafe fn opened<'a>(file: *mut sqlite3_file) -> &'a Open {
    // SAFETY: a file that `open` opened is a `Handle`.
    let handle = unsafe { &*file.cast::<Handle>() };
    // SAFETY: `open` set it to a box that `close` frees.
    unsafe { &*handle.open }
}

fn code(result: Result<(), Code>) -> c_int {
    result.err().unwrap_or(ffi::SQLITE_OK)
}

fn place(at: i64) -> Result<usize, Code> {
    usize::try_from(at).map_err(|_| ffi::SQLITE_IOERR)
}

/// Returns the name of a file.
///
/// # Safety
///
/// `name` must be null, or end with a zero.
unsafe fn text<'a>(name: *const c_char) -> Result<&'a str, Code> {
    if name.is_null() {
        return Err(ffi::SQLITE_CANTOPEN);
    }
    // SAFETY: the caller's condition.
    let name = unsafe { CStr::from_ptr(name) };
    name.to_str().map_err(|_| ffi::SQLITE_CANTOPEN)
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    static IDS: atomic::AtomicU64 = atomic::AtomicU64::new(1);
    // SAFETY: SQLite gives `szOsFile` bytes, which a handle has. A null method table means that the
    // file is not open.
    unsafe { (*file).pMethods = std::ptr::null() };
    // SAFETY: SQLite's names end with a zero.
    let Ok(name) = (unsafe { text(name) }) else {
        return ffi::SQLITE_CANTOPEN;
    };
    let Some(disk) = find(name) else {
        return ffi::SQLITE_CANTOPEN;
    };
    let mut state = lock(&disk);
    let mut flags = flags;
    if state.faults.is_read_only {
        flags = flags & !ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_READONLY;
    }
    state.files.entry(name.to_owned()).or_default();
    let open = Open {
        name: name.to_owned(),
        id: IDS.fetch_add(1, atomic::Ordering::Relaxed),
        generation: state.generation,
        deletes: flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0,
        disk: Arc::clone(&disk),
    };
    let handle = Handle {
        base: sqlite3_file { pMethods: &METHODS },
        open: Box::into_raw(Box::new(open)),
    };
    // SAFETY: as above.
    unsafe { file.cast::<Handle>().write(handle) };
    if !out_flags.is_null() {
        // SAFETY: SQLite's own variable.
        unsafe { out_flags.write(flags) };
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file that is open, once.
    let handle = unsafe { &mut *file.cast::<Handle>() };
    // SAFETY: set by `open`, and not freed before.
    let open = unsafe { Box::from_raw(handle.open) };
    let _ = open.with(|state| {
        if let Some(file) = state.files.get_mut(&open.name) {
            file.locks.lower(open.id, 0);
        }
        if open.deletes {
            state.files.remove(&open.name);
        }
        Ok(())
    });
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    buffer: *mut c_void,
    len: c_int,
    at: i64,
) -> c_int {
    let (Ok(len), Ok(at)) = (usize::try_from(len), place(at)) else {
        return ffi::SQLITE_IOERR_READ;
    };
    // SAFETY: SQLite's buffer has this length.
    let buffer = unsafe { slice::from_raw_parts_mut(buffer.cast::<u8>(), len) };
    // SAFETY: SQLite reads files that are open.
    let open = unsafe { opened(file) };
    code(open.with(|state| state.read(&open.name, at, buffer)))
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    bytes: *const c_void,
    len: c_int,
    at: i64,
) -> c_int {
    let (Ok(len), Ok(at)) = (usize::try_from(len), place(at)) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    // SAFETY: SQLite's buffer has this length.
    let bytes = unsafe { slice::from_raw_parts(bytes.cast::<u8>(), len) };
    // SAFETY: SQLite writes files that are open.
    let open = unsafe { opened(file) };
    code(open.with(|state| state.write(&open.name, at, bytes)))
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, len: i64) -> c_int {
    // SAFETY: SQLite truncates files that are open.
    let open = unsafe { opened(file) };
    code(open.with(|state| state.truncate(&open.name, place(len)?)))
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite syncs files that are open.
    let open = unsafe { opened(file) };
    code(open.with(|state| state.sync(&open.name)))
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: SQLite asks for files that are open.
    let open = unsafe { opened(file) };
    let len = open.with(|state| {
        let len = state
            .files
            .get(&open.name)
            .map_or(0, crate::file::File::len);
        i64::try_from(len).map_err(|_| ffi::SQLITE_IOERR)
    });
    code(len.map(|len| {
        // SAFETY: SQLite's own variable.
        unsafe { size.write(len) }
    }))
}

unsafe extern "C" fn lock_file(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite locks files that are open.
    let open = unsafe { opened(file) };
    code(open.with(|state| {
        let file = state.files.entry(open.name.clone()).or_default();
        if file.locks.raise(open.id, level) {
            Ok(())
        } else {
            Err(ffi::SQLITE_BUSY)
        }
    }))
}

unsafe extern "C" fn unlock_file(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite unlocks files that are open.
    let open = unsafe { opened(file) };
    let _ = open.with(|state| {
        if let Some(file) = state.files.get_mut(&open.name) {
            file.locks.lower(open.id, level);
        }
        Ok(())
    });
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved(file: *mut sqlite3_file, result: *mut c_int) -> c_int {
    // SAFETY: SQLite asks for files that are open.
    let open = unsafe { opened(file) };
    let reserved = open.with(|state| {
        let file = state.files.get(&open.name);
        Ok(file.is_some_and(|file| file.locks.is_reserved()))
    });
    code(reserved.map(|reserved| {
        // SAFETY: SQLite's own variable.
        unsafe { result.write(c_int::from(reserved)) }
    }))
}

unsafe extern "C" fn control(_: *mut sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut sqlite3_file) -> c_int {
    512
}

/// As SQLite assumes it of the disks of Linux: a write does not damage what is beside it.
unsafe extern "C" fn characteristics(_: *mut sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, _: c_int) -> c_int {
    // SAFETY: SQLite's names end with a zero.
    let Ok(name) = (unsafe { text(name) }) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    match find(name) {
        Some(disk) => code(lock(&disk).delete(name)),
        None => ffi::SQLITE_IOERR_DELETE_NOENT,
    }
}

unsafe extern "C" fn access(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    _: c_int,
    result: *mut c_int,
) -> c_int {
    // SAFETY: SQLite's names end with a zero.
    let exists = unsafe { text(name) }.is_ok_and(|name| {
        find(name).is_some_and(|disk| {
            let state = lock(&disk);
            state.files.get(name).is_some_and(|file| file.len() > 0)
        })
    });
    // SAFETY: SQLite's own variable.
    unsafe { result.write(c_int::from(exists)) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    len: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite's names end with a zero.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if usize::try_from(len).is_ok_and(|len| name.len() <= len) {
        // SAFETY: the buffer has `len` bytes, which are enough, and is SQLite's own.
        unsafe { std::ptr::copy_nonoverlapping(name.as_ptr().cast(), out, name.len()) };
        return ffi::SQLITE_OK;
    }
    ffi::SQLITE_CANTOPEN
}

const METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock_file),
    xUnlock: Some(unlock_file),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(memory::map),
    xShmLock: Some(memory::lock_slots),
    xShmBarrier: Some(memory::barrier),
    xShmUnmap: Some(memory::unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Registers the VFS, once. Clock and randomness are those of the operating system.
pub(crate) fn register() -> io::Result<()> {
    static CODE: OnceLock<c_int> = OnceLock::new();
    let registered = CODE.get_or_init(|| {
        // SAFETY: null asks for the default VFS, which is never removed.
        let default = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
        // SAFETY: not null, since SQLite has a VFS on every platform that std supports.
        let mut vfs = unsafe { *default };
        vfs.iVersion = 2;
        vfs.szOsFile = c_int::try_from(mem::size_of::<Handle>()).unwrap_or(c_int::MAX);
        vfs.mxPathname = 1024;
        vfs.pNext = std::ptr::null_mut();
        vfs.zName = c"geppetto-faults".as_ptr();
        vfs.xOpen = Some(open);
        vfs.xDelete = Some(delete);
        vfs.xAccess = Some(access);
        vfs.xFullPathname = Some(full_path);
        // SAFETY: the structure is never freed.
        unsafe { ffi::sqlite3_vfs_register(Box::into_raw(Box::new(vfs)), 0) }
    });
    if *registered == ffi::SQLITE_OK {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "SQLite refused the VFS: {registered}"
    )))
}
