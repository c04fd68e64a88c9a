//! Zstd with a dictionary on any bytes. The library is C and not instrumented: this is about how it
//! is called, and about the headers that are left out.

#![no_main]

use std::alloc::System;
use std::cell::RefCell;

use cap::Cap;
use enet_codec::ZstdDict;
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

thread_local! {
    static CODEC: RefCell<ZstdDict> = RefCell::new(ZstdDict::new(&enet_fuzz::codec::dictionary()));
}

fuzz_target!(|input: &[u8]| {
    CODEC.with_borrow_mut(|codec| enet_fuzz::codec::check(&ALLOCATOR, codec, input));
});
