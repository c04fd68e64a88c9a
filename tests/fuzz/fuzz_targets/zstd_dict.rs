//! Zstd with a dictionary on arbitrary bytes. The C library is not instrumented; the target tests the
//! calls into it and the headers that the codec omits.

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
