//! Support for reloading the extension in the running editor.
//!
//! After a reload, the engine recreates the Rust part of every object. For a class that scripts cannot
//! create, the bindings register no function that does so, and a call on such an object would crash. So the
//! class's registration is replaced by one with that function, through the bindings' private module, which
//! `enums.rs` uses too.

use crate::report::print_error;
use godot::obj::cap::{GodotDefault, ImplementsGodotExports};
use godot::private::{__GODOT_SHARD_REGISTRY, ClassShard, ShardItem, Struct};

/// Lets gdext make the objects of a class, which scripts cannot create, from their base with `$init`.
macro_rules! recreatable {
    ($class:ty, $init:expr) => {
        impl godot::obj::cap::GodotDefault for $class {
            fn __godot_user_init(base: Base<Self::Base>) -> Self {
                $init(base)
            }
        }
    };
}

pub(crate) use recreatable;

/// Lets the engine recreate ENetPacketPeerRs objects. To be called before the classes are registered.
pub fn prepare<T: GodotDefault + ImplementsGodotExports>() {
    let class = Struct::new::<T>().with_tool().with_generated::<T>();
    let Ok(mut registry) = __GODOT_SHARD_REGISTRY.lock() else {
        return;
    };
    // Only a registration's debug text tells its class.
    let name = format!("{:?}", T::class_id());
    let is_of_class = |text: &str| text.contains(&name) && text.contains("item: Struct(");
    let found = registry
        .iter_mut()
        .find(|shard| is_of_class(&format!("{shard:?}")));
    match found {
        Some(shard) => *shard = ClassShard::new::<T>(ShardItem::Struct(class)),
        None => print_error(
            &T::class_id().to_string(),
            "reload",
            &"reloading the extension is not possible",
        ),
    }
}
