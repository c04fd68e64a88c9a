//! DTLS sessions with an attacker between them; see `src/dtls.rs`. Any panic ends the process, even one
//! that the session would catch.

#![no_main]

use std::alloc::System;
use std::sync::atomic::{AtomicUsize, Ordering};

use cap::Cap;
use enet_fuzz::dtls::Step;
use libfuzzer_sys::fuzz_target;

/// The most bytes that a script may hold at once: three sessions and the attacker's datagrams.
const MOST: usize = 16 * 1024 * 1024;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);
static HIGHEST: AtomicUsize = AtomicUsize::new(0);

fuzz_target!(|steps: Vec<Step>| {
    let before = ALLOCATOR.allocated();
    // An allocation beyond the limit fails, which ends the process.
    ALLOCATOR
        .set_limit(before + MOST)
        .expect("room to begin with");
    enet_fuzz::dtls::play(&steps);
    let highest = ALLOCATOR.max_allocated();
    if HIGHEST.fetch_max(highest, Ordering::Relaxed) < highest {
        eprintln!("most memory allocated: {} KiB", highest / 1024);
    }
});
