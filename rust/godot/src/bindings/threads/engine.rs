//! The engine's own functions behind those that `border.rs` gives the bindings.

use std::ffi::{CStr, c_char};
use std::sync::OnceLock;

use godot::sys;

type GetFunction = unsafe extern "C" fn(*const c_char) -> sys::GDExtensionInterfaceFunctionPtr;

pub const REGISTER_CLASS: &CStr = c"classdb_register_extension_class4";
pub const REGISTER_METHOD: &CStr = c"classdb_register_extension_class_method";
pub const SET_INSTANCE: &CStr = c"object_set_instance";
const CONSTRUCT: &CStr = c"variant_construct";
const CONVERTER: &CStr = c"get_variant_from_type_constructor";

/// The engine's own functions.
pub struct Real {
    pub get: GetFunction,
    pub register_class: sys::GDExtensionInterfaceClassdbRegisterExtensionClass4,
    pub register_method: sys::GDExtensionInterfaceClassdbRegisterExtensionClassMethod,
    /// Tells the engine the bindings' part of an object.
    pub set_instance: sys::GDExtensionInterfaceObjectSetInstance,
    /// Makes the default value of a type.
    pub construct: sys::GDExtensionInterfaceVariantConstruct,
    /// Makes a Variant of an integer.
    pub from_integer:
        unsafe extern "C" fn(sys::GDExtensionUninitializedVariantPtr, sys::GDExtensionTypePtr),
}

static REAL: OnceLock<Real> = OnceLock::new();

/// Finds the functions. `None` if the engine lacks one.
///
/// # Safety
/// `get` must be what the engine passes to an extension.
pub unsafe fn find(get: GetFunction) -> Option<()> {
    // SAFETY: the caller vouches for `get`. Each name has this type in the engine's header.
    let real = unsafe {
        let converter = get(CONVERTER.as_ptr())?;
        let converter = std::mem::transmute::<
            unsafe extern "C" fn(),
            sys::GDExtensionInterfaceGetVariantFromTypeConstructor,
        >(converter);
        Real {
            get,
            register_class: std::mem::transmute::<
                unsafe extern "C" fn(),
                sys::GDExtensionInterfaceClassdbRegisterExtensionClass4,
            >(get(REGISTER_CLASS.as_ptr())?),
            register_method: std::mem::transmute::<
                unsafe extern "C" fn(),
                sys::GDExtensionInterfaceClassdbRegisterExtensionClassMethod,
            >(get(REGISTER_METHOD.as_ptr())?),
            set_instance: std::mem::transmute::<
                unsafe extern "C" fn(),
                sys::GDExtensionInterfaceObjectSetInstance,
            >(get(SET_INSTANCE.as_ptr())?),
            construct: std::mem::transmute::<
                unsafe extern "C" fn(),
                sys::GDExtensionInterfaceVariantConstruct,
            >(get(CONSTRUCT.as_ptr())?),
            from_integer: converter(sys::GDEXTENSION_VARIANT_TYPE_INT)?,
        }
    };
    // If the library is initialised again, the same engine does so, with the same functions.
    let _ = REAL.set(real);
    Some(())
}

/// The functions, once [`find`] found them.
pub fn real() -> &'static Real {
    REAL.get().expect("set before there is any other call")
}
