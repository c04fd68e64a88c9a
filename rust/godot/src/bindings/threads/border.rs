//! The guard of every entry from the engine into an object.
//!
//! The bindings ask the engine for the functions that register classes and methods, and get those of this file
//! instead. Each of these registers a guarded entry, which calls the bindings' own entry on the main thread
//! only.

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_void};
use std::sync::{LazyLock, Mutex, PoisonError};

use godot::prelude::*;
use godot::sys::{self, GodotFfi};

use super::engine::{self, REGISTER_CLASS, REGISTER_METHOD, SET_INSTANCE, real};
use super::refusal::Refusal;
use super::{Parked, Place, is_main, notices, park};
use crate::bindings::questions::{self, Question};

/// The function that the bindings get in place of `get`.
///
/// # Safety
/// `get` must be what the engine passes to an extension.
pub unsafe fn guarded(
    get: sys::GDExtensionInterfaceGetProcAddress,
) -> sys::GDExtensionInterfaceGetProcAddress {
    // SAFETY: the caller vouches for `get`.
    unsafe { engine::find(get?)? };
    Some(get_function)
}

unsafe extern "C" fn get_function(name: *const c_char) -> sys::GDExtensionInterfaceFunctionPtr {
    // SAFETY: the bindings pass names; the functions have the types that belong to them.
    unsafe {
        match CStr::from_ptr(name) {
            name if name == REGISTER_CLASS => {
                let ours: sys::GDExtensionInterfaceClassdbRegisterExtensionClass4 = register_class;
                Some(std::mem::transmute::<
                    sys::GDExtensionInterfaceClassdbRegisterExtensionClass4,
                    unsafe extern "C" fn(),
                >(ours))
            }
            name if name == REGISTER_METHOD => {
                let ours: sys::GDExtensionInterfaceClassdbRegisterExtensionClassMethod =
                    register_method;
                Some(std::mem::transmute::<
                    sys::GDExtensionInterfaceClassdbRegisterExtensionClassMethod,
                    unsafe extern "C" fn(),
                >(ours))
            }
            name if name == SET_INSTANCE => {
                let ours: sys::GDExtensionInterfaceObjectSetInstance = set_instance;
                Some(std::mem::transmute::<
                    sys::GDExtensionInterfaceObjectSetInstance,
                    unsafe extern "C" fn(),
                >(ours))
            }
            name => (real().get)(name.as_ptr()),
        }
    }
}

/// # Safety
/// `name` must be a StringName of the engine's.
unsafe fn text(name: sys::GDExtensionConstStringNamePtr) -> String {
    // SAFETY: the caller vouches for the pointer and the size.
    unsafe { StringName::new_from_sys(name.cast()) }.to_string()
}

/// A class with the bindings' own entries. Never freed, as the engine can keep the registration for ever.
struct Class {
    new: Place,
    own: sys::GDExtensionClassCreationInfo4,
}

/// A virtual method of a class. The engine's userdata is the address of this, with the tag of the method's question, or 0,
/// in the lowest bits. A question is then answered without a look at this.
#[repr(align(16))]
struct Virtual {
    own: unsafe extern "C" fn(
        sys::GDExtensionClassInstancePtr,
        *const sys::GDExtensionConstTypePtr,
        sys::GDExtensionTypePtr,
    ),
    refusal: Refusal,
    place: Place,
}

const _: () = assert!(align_of::<Virtual>() >= Question::TAGS);

/// The virtual methods by their class and name, each with its tag.
type Virtuals = HashMap<(usize, String), (&'static Virtual, usize)>;

impl Virtual {
    /// # Safety
    /// The pointers must be those of the engine's call.
    #[inline(never)]
    unsafe fn call(
        &self,
        instance: sys::GDExtensionClassInstancePtr,
        arguments: *const sys::GDExtensionConstTypePtr,
        returned: sys::GDExtensionTypePtr,
    ) {
        // SAFETY: passes on the engine's own call.
        unsafe {
            match self.place.refuses() {
                false => (self.own)(instance, arguments, returned),
                true => self.refusal.write(returned),
            }
        }
    }
}

/// A method of a class.
struct Method {
    place: Place,
    call: sys::GDExtensionClassMethodCall,
    ptrcall: sys::GDExtensionClassMethodPtrCall,
    userdata: *mut c_void,
    refusal: Refusal,
    /// Type of the returned value, if there is one.
    returns: Option<sys::GDExtensionVariantType>,
}

unsafe extern "C" fn register_class(
    library: sys::GDExtensionClassLibraryPtr,
    name: sys::GDExtensionConstStringNamePtr,
    parent: sys::GDExtensionConstStringNamePtr,
    info: *const sys::GDExtensionClassCreationInfo4,
) {
    // SAFETY: the bindings pass arguments for the engine's function.
    let (own, class) = unsafe { (*info, text(name)) };
    let class: &'static Class = Box::leak(Box::new(Class {
        new: Place::of_creation(class),
        own,
    }));
    let info = sys::GDExtensionClassCreationInfo4 {
        create_instance_func: own.create_instance_func.and(Some(create)),
        free_instance_func: own.free_instance_func.and(Some(free)),
        notification_func: (own.notification_func)
            .map(|own| notices::guarded(&class.new.class, own)),
        recreate_instance_func: own.recreate_instance_func.and(Some(recreate)),
        get_virtual_func: None,
        get_virtual_call_data_func: own.get_virtual_func.and(Some(find_virtual)),
        call_virtual_with_data_func: own.get_virtual_func.and(Some(call_virtual)),
        class_userdata: std::ptr::from_ref(class).cast_mut().cast(),
        ..own
    };
    // SAFETY: as above. The engine copies the structure.
    unsafe { (real().register_class)(library, name, parent, &info) }
}

/// # Safety
/// `userdata` must be what [`register_class`] gave the engine.
unsafe fn class(userdata: *mut c_void) -> &'static Class {
    // SAFETY: the caller vouches for the pointer and the size.
    unsafe { &*userdata.cast::<Class>() }
}

unsafe extern "C" fn create(
    userdata: *mut c_void,
    notifies: sys::GDExtensionBool,
) -> sys::GDExtensionObjectPtr {
    // SAFETY: the engine passes the userdata that `register_class` gave it.
    let class = unsafe { class(userdata) };
    match class.own.create_instance_func {
        // SAFETY: passes on the engine's own call.
        Some(own) if !class.new.refuses() => unsafe { own(class.own.class_userdata, notifies) },
        _ => std::ptr::null_mut(),
    }
}

unsafe extern "C" fn recreate(
    userdata: *mut c_void,
    object: sys::GDExtensionObjectPtr,
) -> sys::GDExtensionClassInstancePtr {
    // SAFETY: the engine passes the userdata that `register_class` gave it.
    let class = unsafe { class(userdata) };
    match class.own.recreate_instance_func {
        // SAFETY: passes on the engine's own call.
        Some(own) => unsafe { own(class.own.class_userdata, object) },
        None => std::ptr::null_mut(),
    }
}

/// The bindings call this once for each object that they make, however it is made.
unsafe extern "C" fn set_instance(
    object: sys::GDExtensionObjectPtr,
    class: sys::GDExtensionConstStringNamePtr,
    instance: sys::GDExtensionClassInstancePtr,
) {
    // SAFETY: the bindings pass arguments for the engine's function.
    unsafe {
        questions::begin(&text(class), instance);
        (real().set_instance)(object, class, instance);
    }
}

unsafe extern "C" fn free(userdata: *mut c_void, instance: sys::GDExtensionClassInstancePtr) {
    let class = userdata as usize;
    match is_main() {
        // SAFETY: passes on the engine's own call.
        true => unsafe { free_here(class, instance) },
        false => park(Parked {
            free: free_here,
            class,
            instance,
        }),
    }
}

unsafe fn free_here(userdata: usize, instance: sys::GDExtensionClassInstancePtr) {
    // SAFETY: the engine passed this userdata to `free`.
    let class = unsafe { class(userdata as *mut c_void) };
    if let Some(own) = class.own.free_instance_func {
        // SAFETY: passes on the engine's own call, with an object of this class.
        unsafe {
            questions::end(&class.new.class, instance);
            own(class.own.class_userdata, instance);
        }
    }
}

/// The engine asks once for each object and virtual method, and gets the same answer for all objects.
unsafe extern "C" fn find_virtual(
    userdata: *mut c_void,
    name: sys::GDExtensionConstStringNamePtr,
    hash: u32,
) -> *mut c_void {
    // Not by the bindings' functions: those with equal code can have equal addresses.
    static KNOWN: LazyLock<Mutex<Virtuals>> = LazyLock::new(Mutex::default);
    // SAFETY: the engine passes the userdata that `register_class` gave it.
    let class = unsafe { class(userdata) };
    let own = class.own.get_virtual_func.and_then(|find| {
        // SAFETY: passes on the engine's own call, which can be made on any thread.
        unsafe { find(class.own.class_userdata, name, hash) }
    });
    let Some(own) = own else {
        return std::ptr::null_mut();
    };
    // SAFETY: the engine passes a name.
    let name = unsafe { text(name) };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let (found, tag) = *known
        .entry((userdata as usize, name.clone()))
        .or_insert_with(|| {
            let method = name.strip_prefix('_').unwrap_or(&name).to_owned();
            let question = questions::of_virtual(&class.new.class, &name);
            let found: &Virtual = Box::leak(Box::new(Virtual {
                place: Place::of_method(class.new.class.clone(), method),
                own,
                refusal: Refusal::of_virtual(&name),
            }));
            (found, question.map_or(0, Question::tag))
        });
    let found = std::ptr::from_ref::<Virtual>(found).cast_mut();
    found.map_addr(|address| address | tag).cast()
}

unsafe extern "C" fn call_virtual(
    instance: sys::GDExtensionClassInstancePtr,
    _name: sys::GDExtensionConstStringNamePtr,
    userdata: *mut c_void,
    arguments: *const sys::GDExtensionConstTypePtr,
    returned: sys::GDExtensionTypePtr,
) {
    // SAFETY: the engine passes the userdata that `find_virtual` gave it, and arguments for that method.
    unsafe {
        let mask = Question::TAGS - 1;
        if let Some(question) = Question::of_tag(userdata.addr() & mask)
            && questions::ask(question, instance, arguments, returned)
        {
            return;
        }
        let called = userdata.map_addr(|address| address & !mask);
        (*called.cast::<Virtual>()).call(instance, arguments, returned);
    }
}

unsafe extern "C" fn register_method(
    library: sys::GDExtensionClassLibraryPtr,
    class: sys::GDExtensionConstStringNamePtr,
    info: *const sys::GDExtensionClassMethodInfo,
) {
    // SAFETY: the bindings pass arguments for the engine's function.
    let (own, method) = unsafe {
        let own = *info;
        let value = own.return_value_info.as_ref();
        let value = value.filter(|_| own.has_return_value != 0);
        let is_error = value.is_some_and(|value| text(value.class_name) == "Error");
        let method = Method {
            place: Place::of_method(text(class), text(own.name)),
            call: own.call_func,
            ptrcall: own.ptrcall_func,
            userdata: own.method_userdata,
            refusal: match is_error {
                true => Refusal::Error,
                false => Refusal::Untouched,
            },
            returns: value.map(|value| value.type_),
        };
        (own, method)
    };
    let method: &'static Method = Box::leak(Box::new(method));
    let info = sys::GDExtensionClassMethodInfo {
        method_userdata: std::ptr::from_ref(method).cast_mut().cast(),
        call_func: own.call_func.and(Some(call)),
        ptrcall_func: own.ptrcall_func.and(Some(ptrcall)),
        ..own
    };
    // SAFETY: as above. The engine copies the structure.
    unsafe { (real().register_method)(library, class, &info) }
}

unsafe extern "C" fn ptrcall(
    userdata: *mut c_void,
    instance: sys::GDExtensionClassInstancePtr,
    arguments: *const sys::GDExtensionConstTypePtr,
    returned: sys::GDExtensionTypePtr,
) {
    // SAFETY: the engine passes the userdata that `register_method` gave it, and arguments for that method.
    unsafe {
        let method = &*userdata.cast::<Method>();
        match method.ptrcall {
            Some(own) if !method.place.refuses() => {
                own(method.userdata, instance, arguments, returned);
            }
            _ => method.refusal.write(returned),
        }
    }
}

unsafe extern "C" fn call(
    userdata: *mut c_void,
    instance: sys::GDExtensionClassInstancePtr,
    arguments: *const sys::GDExtensionConstVariantPtr,
    count: sys::GDExtensionInt,
    returned: sys::GDExtensionVariantPtr,
    error: *mut sys::GDExtensionCallError,
) {
    // SAFETY: as for `ptrcall`.
    unsafe {
        let method = &*userdata.cast::<Method>();
        match method.call {
            Some(own) if !method.place.refuses() => {
                own(method.userdata, instance, arguments, count, returned, error);
            }
            _ => refuse_call(method, returned),
        }
    }
}

/// Returns the default value of the method's type. For `ptrcall` the engine does so itself.
///
/// # Safety
/// `returned` must be a Variant that holds nothing.
unsafe fn refuse_call(method: &Method, returned: sys::GDExtensionVariantPtr) {
    // SAFETY: the caller vouches for `returned`, and the type is the method's own.
    unsafe {
        let returned: sys::GDExtensionUninitializedVariantPtr = returned.cast();
        match (method.refusal, method.returns) {
            (Refusal::Error, _) => {
                let mut error = Refusal::error();
                (real().from_integer)(returned, (&raw mut error).cast());
            }
            (_, Some(kind)) => {
                let mut ignored = sys::default_call_error();
                (real().construct)(kind, returned, std::ptr::null(), 0, &mut ignored);
            }
            _ => {}
        }
    }
}
