//! The library's entry function.

use godot::sys;

use super::threads;

unsafe extern "C" {
    /// The entry function that gdext generates for the crate's `ExtensionLibrary`.
    fn enet_rs_bindings_init(
        get_function: sys::GDExtensionInterfaceGetProcAddress,
        library: sys::GDExtensionClassLibraryPtr,
        init: *mut sys::GDExtensionInitialization,
    ) -> sys::GDExtensionBool;
}

/// The library's entry point.
///
/// # Safety
/// Only the engine may call it.
#[unsafe(no_mangle)]
unsafe extern "C" fn gdext_rust_init(
    get_function: sys::GDExtensionInterfaceGetProcAddress,
    library: sys::GDExtensionClassLibraryPtr,
    init: *mut sys::GDExtensionInitialization,
) -> sys::GDExtensionBool {
    // SAFETY: the arguments are the engine's own, except for a function that does the same as the engine's.
    unsafe { enet_rs_bindings_init(threads::guarded(get_function), library, init) }
}
