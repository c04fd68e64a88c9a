//! Types of arguments that the bindings lack.

use std::fmt::{self, Debug, Formatter};

use godot::classes::TlsOptions;
use godot::meta::GodotImmutable;
use godot::meta::conv::ByValue;
use godot::meta::error::ConvertError;
use godot::meta::shape::GodotShape;
use godot::prelude::*;

/// An optional argument for an object, null by default. The bindings allow no default for plain objects.
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

// SAFETY: the trait marks values that the bindings can keep as defaults for good. The only default is null
// (see `dtls_client_setup`), which has no state to share.
unsafe impl GodotImmutable for NullableTlsOptions {}

/// An optional argument for named options, which are none by default. The bindings allow no default for dictionaries.
#[derive(Debug, Clone)]
pub struct OptionsArgument(pub VarDictionary);

impl OptionsArgument {
    pub fn none() -> Self {
        Self(VarDictionary::new())
    }
}

impl GodotConvert for OptionsArgument {
    type Via = VarDictionary;

    fn godot_shape() -> GodotShape {
        Self::Via::godot_shape()
    }
}

impl ToGodot for OptionsArgument {
    type Pass = ByValue;

    fn to_godot(&self) -> Self::Via {
        self.0.clone()
    }
}

impl FromGodot for OptionsArgument {
    fn try_from_godot(via: Self::Via) -> Result<Self, ConvertError> {
        Ok(Self(via))
    }
}

// SAFETY: the only default is an empty dictionary, which the bindings make read-only with the function below before
// they keep it. Its references are counted atomically.
unsafe impl GodotImmutable for OptionsArgument {
    fn into_runtime_immutable(self) -> Self {
        Self(self.0.into_read_only())
    }
}

/// An argument for an object of one of our classes. A script's untyped call can pass any object: with this type the
/// method can print what is wrong and return an error, while the bindings would fail without a result.
pub enum ObjectArgument<C: GodotClass> {
    Null,
    Foreign(String),
    Given(Gd<C>),
}

// A derived one would ask for a class that prints itself.
impl<C: GodotClass> Debug for ObjectArgument<C> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("Null"),
            Self::Foreign(class) => formatter.debug_tuple("Foreign").field(class).finish(),
            Self::Given(object) => formatter.debug_tuple("Given").field(object).finish(),
        }
    }
}

impl<C: Inherits<Object>> GodotConvert for ObjectArgument<C> {
    type Via = Option<Gd<Object>>;

    fn godot_shape() -> GodotShape {
        Option::<Gd<C>>::godot_shape()
    }
}

impl<C: Inherits<Object>> FromGodot for ObjectArgument<C> {
    fn try_from_godot(via: Self::Via) -> Result<Self, ConvertError> {
        Ok(match via.map(Gd::try_cast::<C>) {
            None => Self::Null,
            Some(Ok(object)) => Self::Given(object),
            Some(Err(object)) => Self::Foreign(object.get_class().to_string()),
        })
    }
}

impl<C: GodotClass> ObjectArgument<C> {
    /// The object or null, or an error for an object of another class. `name` is what the caller calls the argument.
    pub fn nullable(self, name: &str) -> Result<Option<Gd<C>>, String> {
        match self {
            Self::Null => Ok(None),
            Self::Given(object) => Ok(Some(object)),
            Self::Foreign(class) => Err(format!(
                "the {name} must be an {} or null, not an object of class {class}",
                C::class_id()
            )),
        }
    }
}
