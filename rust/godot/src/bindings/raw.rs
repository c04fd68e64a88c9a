//! Packets as the engine passes them: pointers and sizes.

use std::slice;

use godot::meta::conv::RawPtr;

use crate::lent::Lent;

/// The largest packet in bytes as reported to the engine, which does not enforce the limit. The protocol's own
/// limit is twice that.
pub const REPORTED_MAX_PACKET_SIZE: i32 = 16_777_216;

/// Hands a received packet to the engine. `lent` keeps the bytes at their address until a later frame.
///
/// # Safety
///
/// Both out-parameters must be valid for writing.
pub unsafe fn hand_out(
    lent: &Lent,
    data: Vec<u8>,
    r_buffer: RawPtr<*mut RawPtr<*const u8>>,
    r_buffer_size: RawPtr<*mut i32>,
) {
    // A received packet has 32 MiB at most.
    let size = data.len() as i32;
    let start = lent.keep(data);
    // SAFETY: the caller vouches for both pointers. The engine reads the bytes while it works on the packet,
    // and `lent` keeps them for longer.
    unsafe {
        *r_buffer.ptr() = RawPtr::new(start);
        *r_buffer_size.ptr() = size;
    }
}

/// The bytes that the engine wants to send: none for a null pointer or a size below 1.
///
/// # Safety
///
/// A pointer that is not null must be valid for reading `size` bytes during `'a`.
pub unsafe fn bytes<'a>(buffer: RawPtr<*const u8>, size: i32) -> &'a [u8] {
    let start = buffer.ptr();
    match usize::try_from(size) {
        // SAFETY: the caller vouches for the pointer and the size.
        Ok(size @ 1..) if !start.is_null() => unsafe { slice::from_raw_parts(start, size) },
        _ => &[],
    }
}
