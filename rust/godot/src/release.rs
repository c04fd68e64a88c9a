//! Letting go of an object whose methods may still be running.

use godot::prelude::*;

/// Lets go of an object at the end of a poll. If a handler dropped every other reference, the engine
/// is still inside a method of it: it goes when the engine is idle.
pub fn release<T>(this: Gd<T>)
where
    T: GodotClass + Inherits<RefCounted> + Inherits<Object>,
{
    let object: Gd<RefCounted> = this.upcast();
    if object.get_reference_count() == 1 {
        // A call that does nothing. The engine keeps its arguments until then, also when this library
        // is reloaded meanwhile.
        let reference = object.to_variant();
        let arguments = ["unset".to_variant(), reference];
        object.clone().call_deferred("get_meta", &arguments);
    }
}
