//! Registration of the classes' enums and of the help for their values.

use std::borrow::Cow;

use godot::meta::ClassId;
use godot::obj::GodotClass;
use godot::private::{__GODOT_DOCS_REGISTRY, DocsItem, DocsShard, InherentImplDocs};
use godot::register::private::constant::{ConstantKind, ExportConstant, IntegerConstant};

/// A value of an enum: its name, its number, and its help.
pub struct Value(pub &'static str, pub i64, pub Cow<'static, str>);

/// Registers an enum of a class with the engine, with the help for its values. The class must be registered
/// already.
pub fn register<T: GodotClass>(name: &str, values: &[Value]) {
    let class: ClassId = T::class_id();
    let enumerators = values
        .iter()
        .map(|Value(name, number, _)| IntegerConstant::new(name, *number))
        .collect();
    let kind = ConstantKind::Enum {
        name: name.into(),
        enumerators,
    };
    ExportConstant::new(class, kind).register();
    document::<T>(name, values);
}

/// Adds the help for the values to that of the class.
pub fn document<T: GodotClass>(name: &str, values: &[Value]) {
    let help: String = values
        .iter()
        .map(|Value(value, number, text)| {
            format!(r#"<constant name="{value}" value="{number}" enum="{name}">{text}</constant>"#)
        })
        .collect();
    let docs = InherentImplDocs {
        // The registry needs texts that live as long as the library.
        constants_xml: help.leak(),
        ..InherentImplDocs::default()
    };
    if let Ok(mut registry) = __GODOT_DOCS_REGISTRY.lock() {
        registry.push(DocsShard::new::<T>(DocsItem::InherentImpl(docs)));
    }
}
