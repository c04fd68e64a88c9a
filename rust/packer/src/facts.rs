//! What a library needs and has.

use std::fs;
use std::path::Path;

use object::elf::FileHeader64;
use object::read::elf::FileHeader;
use object::{Endianness, Object, ObjectSection};

use crate::{Outcome, at};

/// Prints a line of facts: `NAME glibc=2.28 stripped=yes build-id=0123`. A fact that the format does not have is left out.
pub fn print(library: &Path) -> Outcome<()> {
    let data = fs::read(library).map_err(at(library))?;
    let name = library.file_name().unwrap_or_default().to_string_lossy();
    let mut line = name.into_owned();
    if data.starts_with(b"\x7fELF") {
        if let Some(version) = glibc(&data).map_err(at(library))? {
            line += &format!(" glibc={}.{}", version.0, version.1);
        }
        let file =
            object::read::elf::ElfFile64::<Endianness>::parse(&*data).map_err(at(library))?;
        let is_kept = |name: &str| name == ".symtab" || name.starts_with(".debug");
        let is_stripped = !file
            .sections()
            .any(|section| section.name().is_ok_and(is_kept));
        line += if is_stripped {
            " stripped=yes"
        } else {
            " stripped=no"
        };
        if let Some(id) = file.build_id().map_err(at(library))? {
            let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
            line += &format!(" build-id={hex}");
        }
    }
    println!("{line}");
    Ok(())
}

/// The newest version of glibc that a symbol asks for. None for a library without glibc.
fn glibc(data: &[u8]) -> object::Result<Option<(u32, u32)>> {
    let header = FileHeader64::<Endianness>::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let Some((mut needs, link)) = sections.gnu_verneed(endian, data)? else {
        return Ok(None);
    };
    let strings = sections.strings(endian, data, link)?;
    let mut newest = None;
    while let Some((_, mut versions)) = needs.next()? {
        while let Some(version) = versions.next()? {
            let Ok(name) = version.name(endian, strings) else {
                continue;
            };
            newest = newest.max(parse(&String::from_utf8_lossy(name)));
        }
    }
    Ok(newest)
}

/// `GLIBC_2.34` as numbers.
fn parse(name: &str) -> Option<(u32, u32)> {
    let mut numbers = name.strip_prefix("GLIBC_")?.split('.');
    let number = |text: Option<&str>| text?.parse().ok();
    Some((number(numbers.next())?, number(numbers.next())?))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(parse("GLIBC_2.2.5"), Some((2, 2)));
        assert!(parse("GLIBC_2.34") > parse("GLIBC_2.4"));
        assert_eq!(parse("GCC_3.0"), None);
    }
}
