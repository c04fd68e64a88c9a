//! Arguments that the bindings have no type for.

use std::fmt::{self, Debug, Formatter};

use godot::classes::TlsOptions;
use godot::meta::GodotImmutable;
use godot::meta::conv::ByValue;
use godot::meta::error::ConvertError;
use godot::meta::shape::GodotShape;
use godot::prelude::*;

/// An object or null, and null if the script leaves the argument out: the bindings allow no default
/// for objects.
#[derive(Debug, Clone)]
pub struct NullableTlsOptions(pub Option<Gd<TlsOptions>>);

impl GodotConvert for NullableTlsOptions {
    type Via = Option<Gd<TlsOptions>>;

    fn godot_shape() -> GodotShape {
        Self::Via::godot_shape()
    }
}

impl ToGodot for NullableTlsOptions {
    type Pass = ByValue;

    fn to_godot(&self) -> Self::Via {
        self.0.clone()
    }
}

impl FromGodot for NullableTlsOptions {
    fn try_from_godot(via: Self::Via) -> Result<Self, ConvertError> {
        Ok(Self(via))
    }
}

// SAFETY: the trait marks values that may be kept as defaults for good. The only one ever kept is null
// (see `dtls_client_setup`), which has no state to share.
unsafe impl GodotImmutable for NullableTlsOptions {}

/// What a script passed for a connection. Untyped calls can pass any object: the method says what is
/// wrong with it, where the bindings would fail without a result.
pub enum HostArgument<C: GodotClass> {
    Null,
    Foreign(String),
    Connection(Gd<C>),
}

// A derived one would ask for a class that prints itself.
impl<C: GodotClass> Debug for HostArgument<C> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("Null"),
            Self::Foreign(class) => formatter.debug_tuple("Foreign").field(class).finish(),
            Self::Connection(host) => formatter.debug_tuple("Connection").field(host).finish(),
        }
    }
}

impl<C: Inherits<Object>> GodotConvert for HostArgument<C> {
    type Via = Option<Gd<Object>>;

    fn godot_shape() -> GodotShape {
        Option::<Gd<C>>::godot_shape()
    }
}

impl<C: Inherits<Object>> FromGodot for HostArgument<C> {
    fn try_from_godot(via: Self::Via) -> Result<Self, ConvertError> {
        Ok(match via.map(Gd::try_cast::<C>) {
            None => Self::Null,
            Some(Ok(connection)) => Self::Connection(connection),
            Some(Err(object)) => Self::Foreign(object.get_class().to_string()),
        })
    }
}
