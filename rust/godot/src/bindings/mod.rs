//! All code that leans on gdext's private surface: `godot::sys`, `godot::private` and
//! `godot::register::private`. No other module of the crate names them. Their items may change in any
//! release, so the workspace pins gdext's exact version.
//!
//! | file | private items | purpose | check at a gdext upgrade |
//! |------|---------------|---------|--------------------------|
//! | `entry.rs` | the `GDExtension…` types of the entry function in `sys`; the symbol that `#[gdextension(entry_symbol)]` generates | gdext gets a guarded function lookup in place of the engine's | gdext still generates the symbol with these argument types, and the `.gdextension` file names `gdext_rust_init` |
//! | `enums.rs` | `register::private::constant::{ConstantKind, ExportConstant, IntegerConstant}`; `private::{__GODOT_DOCS_REGISTRY, DocsItem, DocsShard, InherentImplDocs}` | gdext registers plain constants only; these register named enums of a class and the help for their values | the enums and the help of each value appear in the editor; gdext may offer named enums by then |
//! | `questions.rs`, `questions/living.rs` | `private::{as_storage, Storage}`; `sys::{GDExtensionClassInstancePtr, GDExtensionConstTypePtr, GDExtensionTypePtr}` | frequent questions such as `get_unique_id` are answered without the borrow of the object | gdext still calls `object_set_instance` once for each object, with its class and the pointer to its `InstanceStorage`, before the engine can call the object; integers and enums are still passed as 64 bits, and a bool as 8; `cargo xtask bench questions` still shows ours below the cost of a call through gdext |
//! | `reload.rs` | `private::{__GODOT_SHARD_REGISTRY, ClassShard, ShardItem, Struct}`, the `Debug` text of a shard, `GodotDefault::__godot_user_init` | the engine can remake objects of a class that scripts cannot create when the extension is reloaded | no "reloading the extension is not possible" is printed at start; reloading with a living peer object keeps the editor alive; `Struct::with_tool` and `with_generated` still set what the derive would |
//! | `threads.rs`, `threads/refusal.rs` | `sys::{GDExtensionClassInstancePtr, GDExtensionTypePtr}` | calls on other threads are refused, frees are deferred to the main thread | integers and enums are still passed as 64 bits, and a bool as 8 |
//! | `threads/border.rs`, `threads/engine.rs` | `sys` function and structure types; `sys::GodotFfi::new_from_sys`; `sys::default_call_error` | every class and method is registered with guarded entries in place of gdext's | gdext still asks the engine for `classdb_register_extension_class4`, `classdb_register_extension_class_method` and `object_set_instance` by name; a newer interface function that gdext prefers escapes the guard without any error |
//! | `threads/notices.rs` | `sys::{GDExtensionClassInstancePtr, GDExtensionBool}` | notifications are guarded; the engine passes no class with them | there is an entry for each class, and the notification function has the same type |
//! | `unload.rs` | none | the code of lookups that go on stays in memory when the library is unloaded | nothing |
//! | `raw.rs` | none; raw pointers of the engine by the public `RawPtr` | packets pass as pointers and sizes | the `…_rawptr` virtual methods keep their signatures |
//!
//! After an upgrade the suites `threads`, `questions` and `reentry` must pass.

mod entry;
pub mod enums;
pub mod questions;
pub mod raw;
pub mod reload;
pub mod threads;
pub mod unload;
