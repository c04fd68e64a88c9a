//! There is no floor on systems that send only one datagram per system call.

use super::cases::Case;
use super::run::Figures;

const WHY: &str = "the floor is measured on Linux only";

/// Panics on this system.
pub fn measure(_case: &Case, _ours: &Figures) -> Figures {
    panic!("{WHY}")
}

/// Panics on this system.
pub fn serve(_words: &[String]) {
    panic!("{WHY}")
}

/// Panics on this system.
pub fn play(_words: &[String]) {
    panic!("{WHY}")
}
