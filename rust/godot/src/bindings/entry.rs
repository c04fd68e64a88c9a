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

/// Where the engine enters the library.
///
/// # Safety
/// For the engine only.
#[unsafe(no_mangle)]
unsafe extern "C" fn gdext_rust_init(
    get_function: sys::GDExtensionInterfaceGetProcAddress,
    library: sys::GDExtensionClassLibraryPtr,
    init: *mut sys::GDExtensionInitialization,
) -> sys::GDExtensionBool {
    // SAFETY: the engine's own arguments, but for a function in place of its own that does the same.
    unsafe { enet_rs_bindings_init(threads::guarded(get_function), library, init) }
}
