//! LZ4 on arbitrary bytes.

#![no_main]

use std::alloc::System;
use std::cell::RefCell;

use cap::Cap;
use enet_codec::Lz4;
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

thread_local! {
    static CODEC: RefCell<Lz4> = RefCell::new(Lz4::new());
}

fuzz_target!(|input: &[u8]| {
    CODEC.with_borrow_mut(|codec| enet_fuzz::codec::check(&ALLOCATOR, codec, input));
});
