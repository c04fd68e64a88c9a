//! The value that a call on another thread returns.

use godot::global::Error;
use godot::prelude::*;
use godot::sys;

/// The value that a refused call returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The value that the engine has put there: nothing, or the type's default.
    Untouched,
    Error,
    /// A zero, for virtual methods, where the engine has put no value.
    Zero,
    False,
}

impl Refusal {
    /// The value of [`Refusal::Error`].
    pub fn error() -> i64 {
        i64::from(Error::ERR_UNAVAILABLE.ord())
    }

    /// The refusal of an engine's virtual method with this name.
    pub fn of_virtual(name: &str) -> Self {
        match name {
            "_get_packet" | "_put_packet" => Self::Error,
            "_get_packet_script" | "_put_packet_script" => Self::Untouched,
            _ if name.starts_with("_is_") => Self::False,
            _ if name.starts_with("_get_") => Self::Zero,
            _ => Self::Untouched,
        }
    }

    /// # Safety
    /// `place` must have room for the value that such a method returns.
    pub unsafe fn write(self, place: sys::GDExtensionTypePtr) {
        // SAFETY: the caller vouches for `place`. The engine passes integers and enums as 64 bits, and a bool as 8.
        unsafe {
            match self {
                Self::Untouched => {}
                Self::Error => place.cast::<i64>().write(Self::error()),
                Self::Zero => place.cast::<i64>().write(0),
                Self::False => place.cast::<u8>().write(0),
            }
        }
    }
}
