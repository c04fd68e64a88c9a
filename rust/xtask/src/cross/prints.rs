//! What programs of binutils and LLVM print about a library.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::{Outcome, apt, process};

use super::tools;

/// The output of a program about a library.
pub fn output(program: &Path, arguments: &[&str], library: &Path) -> Outcome<String> {
    let mut command = Command::new(program);
    command.args(arguments).arg(library).env("LC_ALL", "C");
    let run = process::run(&mut command, Duration::from_secs(120))?;
    apt::succeeded(
        &format!("{} {}", program.display(), library.display()),
        &run,
    )?;
    Ok(run.output)
}

/// The output of binutils' readelf, which reads libraries for any processor.
pub fn readelf(arguments: &[&str], library: &Path) -> Outcome<String> {
    output(&binutils("readelf")?, arguments, library)
}

/// The output of binutils' objdump.
pub fn objdump(arguments: &[&str], library: &Path) -> Outcome<String> {
    output(&binutils("objdump")?, arguments, library)
}

fn binutils(name: &str) -> Outcome<std::path::PathBuf> {
    tools::which(name).map_err(|cause| format!("{cause}; install binutils"))
}

/// The newest version of glibc that symbols in the output of `readelf --version-info` need.
pub fn newest_glibc(output: &str) -> Option<(u32, u32)> {
    let names = output.match_indices("GLIBC_").filter_map(|(at, mark)| {
        let rest = &output[at + mark.len()..];
        let end = rest.find(|char: char| !char.is_ascii_digit() && char != '.');
        let mut numbers = rest[..end.unwrap_or(rest.len())].split('.');
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    });
    names.max()
}

/// The smallest alignment of the segments that are loaded, in the output of `readelf --segments --wide`.
pub fn page_alignment(output: &str) -> Option<u64> {
    let alignments = output.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let last = fields.last().filter(|_| fields.first() == Some(&"LOAD"))?;
        u64::from_str_radix(last.strip_prefix("0x")?, 16).ok()
    });
    alignments.min()
}

/// The libraries that the output of `readelf --dynamic` names as needed.
pub fn needed(output: &str) -> Vec<&str> {
    let lines = output.lines().filter(|line| line.contains("(NEEDED)"));
    lines
        .filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0))
        .collect()
}

/// The libraries that the output of `objdump --private-headers` imports.
pub fn imported(output: &str) -> Vec<&str> {
    let lines = output.lines();
    lines
        .filter_map(|line| Some(line.split_once("DLL Name:")?.1.trim()))
        .collect()
}

/// The functions that the library exports, in the same output.
pub fn exported(output: &str) -> Vec<&str> {
    let lines = output.lines();
    let after_title = lines.skip_while(|line| !line.starts_with("[Ordinal/Name Pointer] Table"));
    after_title
        .skip(1)
        .take_while(|line| line.trim_start().starts_with('['))
        .filter_map(|line| line.split_whitespace().last())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_compared_by_numbers() {
        let output =
            "  0x0010: Name: GLIBC_2.9  Flags: none\n  Name: GLIBC_2.28 \nName: GLIBC_PRIVATE";
        assert_eq!(newest_glibc(output), Some((2, 28)));
        assert_eq!(newest_glibc("Name: GCC_3.0"), None);
    }

    #[test]
    fn alignments_and_needed_libraries_are_parsed() {
        let segments = "  LOAD           0x000000 0x0 0x0 0x41 0x41 R   0x10000\n\
                        \x20 LOAD 0x1 0x2 0x3 0x4 0x5 R E 0x4000\n  DYNAMIC 0x1 0x8\n";
        assert_eq!(page_alignment(segments), Some(0x4000));
        let dynamic =
            " 0x0000000000000001 (NEEDED)  Shared library: [libc.so.6]\n 0x1 (SONAME) [x]\n";
        assert_eq!(needed(dynamic), ["libc.so.6"]);
        assert_eq!(
            imported("\tDLL Name: KERNEL32.dll\n vma:\n"),
            ["KERNEL32.dll"]
        );
        let table = "\t[   0] +base[   1]  0000\n[Ordinal/Name Pointer] Table\n\t[   0] a\n\t[   1] +base[   2]  0001 b\n\nThe [x";
        assert_eq!(exported(table), ["a", "b"]);
    }
}
