//! The checks of the platforms that a library is built for.

use super::platforms::Platform;
use super::table::{Kind, Table};
use super::{building, described, linux, linux_arm64, macos, windows};

/// Adds the rows of a platform.
pub fn check(table: &mut Table, platform: &Platform) {
    let is_built = table.row(platform.key, "library", Kind::Built, || {
        building::built(platform).map(|built| described(&built))
    });
    // The other rows would repeat the failure.
    if !is_built {
        return;
    }
    match platform.key {
        "linux.x86_64" => linux::check(table, platform),
        "linux.arm64" => linux_arm64::check(table, platform),
        "windows.x86_64" => windows::check(table, platform),
        _ => macos::check(table, platform),
    }
}
