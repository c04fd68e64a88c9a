//! Zstd on arbitrary bytes. The C library is not instrumented; the target tests the calls into it.

#![no_main]

use std::alloc::System;
use std::cell::RefCell;

use cap::Cap;
use enet_codec::Zstd;
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

thread_local! {
    static CODEC: RefCell<Zstd> = RefCell::new(Zstd::new());
}

fuzz_target!(|input: &[u8]| {
    CODEC.with_borrow_mut(|codec| enet_fuzz::codec::check(&ALLOCATOR, codec, input));
});
