//! Arguments that the bindings have no type for.

use godot::classes::TlsOptions;
use godot::meta::GodotImmutable;
use godot::meta::conv::ByValue;
use godot::meta::error::ConvertError;
use godot::meta::shape::GodotShape;
use godot::prelude::*;

use crate::classes::connection::ENetConnectionRs;

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
#[derive(Debug, Clone)]
pub enum HostArgument {
    Null,
    Foreign(String),
    Connection(Gd<ENetConnectionRs>),
}

impl GodotConvert for HostArgument {
    type Via = Option<Gd<Object>>;

    fn godot_shape() -> GodotShape {
        Option::<Gd<ENetConnectionRs>>::godot_shape()
    }
}

impl FromGodot for HostArgument {
    fn try_from_godot(via: Self::Via) -> Result<Self, ConvertError> {
        Ok(match via.map(Gd::try_cast::<ENetConnectionRs>) {
            None => Self::Null,
            Some(Ok(connection)) => Self::Connection(connection),
            Some(Err(object)) => Self::Foreign(object.get_class().to_string()),
        })
    }
}
