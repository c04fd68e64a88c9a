//! Hostile clients that are connected; see `src/connected.rs`.

#![no_main]

use std::alloc::System;
use std::sync::atomic::{AtomicUsize, Ordering};

use cap::Cap;
use enet_fuzz::connected::Script;
use libfuzzer_sys::fuzz_target;

/// The most bytes that a script may hold at once, with the attackers' own.
const MOST: usize = 192 * 1024 * 1024;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);
static HIGHEST: AtomicUsize = AtomicUsize::new(0);

fuzz_target!(|script: Script| {
    let before = ALLOCATOR.allocated();
    // An allocation beyond the limit fails, which ends the process.
    ALLOCATOR
        .set_limit(before + MOST)
        .expect("room to begin with");
    enet_fuzz::connected::play(&script, &|| ALLOCATOR.allocated());
    let highest = ALLOCATOR.max_allocated();
    if HIGHEST.fetch_max(highest, Ordering::Relaxed) < highest {
        eprintln!("most memory allocated: {} KiB", highest / 1024);
    }
});
