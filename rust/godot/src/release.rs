//! Letting go of an object whose methods may still be running.

use godot::prelude::*;

/// Drops a reference at the end of a method. If a handler dropped all others, the engine is still inside
/// a method of the object: the object is then freed when the engine is idle.
pub fn release<T>(this: Gd<T>)
where
    T: GodotClass + Inherits<RefCounted> + Inherits<Object>,
{
    let object: Gd<RefCounted> = this.upcast();
    if object.get_reference_count() == 1 {
        // A call without effect. The engine keeps its arguments until then, even if this library is
        // reloaded meanwhile.
        let reference = object.to_variant();
        let arguments = ["unset".to_variant(), reference];
        object.clone().call_deferred("get_meta", &arguments);
    }
}
