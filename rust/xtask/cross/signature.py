"""Verifies the ad-hoc signatures in a universal file of macOS: the hash of each page must be the one that is listed.

Apple's own processors load no library without a valid signature. Removing symbols from a library changes its pages.
"""

import hashlib
import struct
import sys

UNIVERSAL = 0xCAFEBABE
ARM64 = 0x0100000C
CODE_SIGNATURE = 0x1D
CODE_DIRECTORY = 0xFADE0C02


def code_directory(part):
    """The offset of the list of hashes in the file for one processor, or None."""
    (commands,) = struct.unpack_from("<I", part, 16)
    at = 32
    for _ in range(commands):
        command, size = struct.unpack_from("<II", part, at)
        if command == CODE_SIGNATURE:
            (signature,) = struct.unpack_from("<I", part, at + 8)
            (count,) = struct.unpack_from(">I", part, signature + 8)
            for index in range(count):
                (offset,) = struct.unpack_from(">I", part, signature + 16 + 8 * index)
                place = signature + offset
                if struct.unpack_from(">I", part, place) == (CODE_DIRECTORY,):
                    return place
        at += size
    return None


def pages(part, place):
    """The number of pages, all of which have the listed hash."""
    hashes, _, _, count, limit = struct.unpack_from(">IIIII", part, place + 16)
    length, kind, _, page_bits = struct.unpack_from(">BBBB", part, place + 36)
    if kind != 2:
        sys.exit(f"the signature has hashes of kind {kind}, not SHA-256")
    for index in range(count):
        page = part[index << page_bits : min((index + 1) << page_bits, limit)]
        begin = place + hashes + index * length
        if hashlib.sha256(page).digest()[:length] != part[begin : begin + length]:
            sys.exit(f"page {index} of {count} does not have the hash in the signature")
    return count


def main():
    with open(sys.argv[1], "rb") as file:
        whole = file.read()
    magic, count = struct.unpack_from(">II", whole)
    if magic != UNIVERSAL:
        sys.exit("this is no universal file")
    for index in range(count):
        processor, _, offset, size, _ = struct.unpack_from(">IIIII", whole, 8 + 20 * index)
        part = whole[offset : offset + size]
        place = code_directory(part)
        if place is not None:
            print(f"{pages(part, place)} pages of processor {processor:#x}")
        elif processor == ARM64:
            sys.exit("the part for Apple's processors has no signature")


main()
