//! What reloading the extension in the running editor needs.
//!
//! The engine then makes the Rust part of every object anew. For a class that scripts cannot create,
//! the bindings register nothing that could do so, and calls on such an object would crash. So its
//! registration is replaced by one that can. This goes through their private module, like `enums.rs`.

use godot::obj::cap::{GodotDefault, ImplementsGodotExports};
use godot::prelude::*;
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

/// Lets the engine make ENetPacketPeerRs objects anew. To be called before classes are registered.
pub fn prepare<T: GodotDefault + ImplementsGodotExports>() {
    let class = Struct::new::<T>().with_tool().with_generated::<T>();
    let Ok(mut registry) = __GODOT_SHARD_REGISTRY.lock() else {
        return;
    };
    // What a registration is of, only its text for debugging tells.
    let name = format!("{:?}", T::class_id());
    let is_of_class = |text: &str| text.contains(&name) && text.contains("item: Struct(");
    let found = registry
        .iter_mut()
        .find(|shard| is_of_class(&format!("{shard:?}")));
    match found {
        Some(shard) => *shard = ClassShard::new::<T>(ShardItem::Struct(class)),
        None => godot_error!(
            "{}: reloading the extension is not possible.",
            T::class_id()
        ),
    }
}
