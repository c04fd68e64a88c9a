//! Writes the certificates of the Godot suites to the folder given:
//! `cargo run --package enet_tests --example certificates -- FOLDER`

mod kinds;

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    kinds::write_all(Path::new(&folder))
}
