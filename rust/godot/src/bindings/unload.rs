//! The end of the library: lookups of host names cannot be interrupted, and may go on in its code.

use std::time::Duration;

use godot::classes::Engine;
use godot::prelude::*;

/// Longer than the system waits for name servers, with few of them.
const LIMIT: Duration = Duration::from_secs(30);

/// Sees to it that the code of threads that look up names stays in memory. To be called before the library is
/// unloaded.
pub fn outlive_lookups() {
    if enet_net::await_lookups(Duration::ZERO) {
        return;
    }
    // A game that quits does not wait. The editor may be reloading the extension, for which the library has to go;
    // there, only tool scripts look up names.
    let must_go = Engine::singleton().is_editor_hint() || !stay();
    // A library that goes under a thread takes the process with it.
    if must_go && !enet_net::await_lookups(LIMIT) {
        stay();
    }
}

/// Keeps the library in memory until the process ends; false if that is not possible.
#[cfg(unix)]
fn stay() -> bool {
    let own = outlive_lookups as fn() as *const libc::c_void;
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: the address is one of this library, and the result is read only where the call filled it.
    let name = unsafe {
        if libc::dladdr(own, info.as_mut_ptr()) == 0 {
            return false;
        }
        info.assume_init().dli_fname
    };
    let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
    // SAFETY: the name is one that the dynamic linker gave. The library is loaded already, so none of its code runs.
    !name.is_null() && !unsafe { libc::dlopen(name, flags) }.is_null()
}

/// The same on Windows, by a count of references that never falls.
#[cfg(windows)]
fn stay() -> bool {
    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
    };
    let own = outlive_lookups as fn() as *const u16;
    let mut module = std::ptr::null_mut();
    let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN;
    // SAFETY: with this flag the name is an address in a module, which is this library. The result is written to a
    // variable that lives long enough.
    unsafe { GetModuleHandleExW(flags, own, &mut module) != 0 }
}

#[cfg(not(any(unix, windows)))]
fn stay() -> bool {
    false
}
