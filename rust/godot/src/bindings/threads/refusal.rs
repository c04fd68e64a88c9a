//! What a call on another thread returns.

use godot::global::Error;
use godot::prelude::*;
use godot::sys;

/// What a refused call returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// What the engine has put there: nothing, or the type's default.
    Untouched,
    Error,
    /// In a virtual method, where the engine has put nothing.
    Zero,
    False,
}

impl Refusal {
    /// The value of [`Refusal::Error`].
    pub fn error() -> i64 {
        i64::from(Error::ERR_UNAVAILABLE.ord())
    }

    /// By the name of one of the engine's virtual methods.
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
    /// `place` must have room for what such a method returns.
    pub unsafe fn write(self, place: sys::GDExtensionTypePtr) {
        // SAFETY: the caller's. The engine passes integers and enums as 64 bits, and a bool as 8.
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
