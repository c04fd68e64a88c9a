//! The licences of Rust's standard library, from the file that the toolchain brings.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::licences::{Collection, Part};
use crate::{Outcome, at};

/// Below the toolchain's folder.
const FOLDER: &str = "share/doc/rust";
const FILE: &str = "COPYRIGHT-library.html";
/// Crates of the standard library on systems that this project has no library for begin with these.
const OTHER_SYSTEMS: [&str; 8] = [
    "fortanix-",
    "hermit-",
    "moto-",
    "r-efi",
    "vex-",
    "wasi-",
    "wit-bindgen-",
    "unwinding-",
];
/// A title of a crate begins with it.
const TITLE: &str = "<h3>📦 ";

/// Adds the standard library and the crates in it.
pub fn add(collection: &mut Collection) -> Outcome<()> {
    let folder = toolchain()?.join(FOLDER);
    let file = folder.join(FILE);
    let page = fs::read_to_string(&file).map_err(|error| {
        format!(
            "{}: {error}. The licences of the standard library come with the toolchains of rustup; \
             make the package with one of them",
            file.display()
        )
    })?;
    let own = Part {
        name: "The Rust Standard Library".to_owned(),
        expression: "MIT OR Apache-2.0, parts under Unicode-3.0".to_owned(),
        source: "https://github.com/rust-lang/rust".to_owned(),
    };
    for name in ["MIT.txt", "Unicode-3.0.txt"] {
        let text = folder.join("licenses").join(name);
        collection.add(&own, &fs::read_to_string(&text).map_err(at(&text))?);
    }
    let copyright = page.split(TITLE).next().unwrap_or_default();
    collection.add(&own, &notices(copyright));
    let mut count = 0;
    for section in page.split(TITLE).skip(1) {
        count += usize::from(add_crate(collection, section)?);
    }
    if count == 0 {
        return Err(format!(
            "{}: no crates in it; its form has changed",
            file.display()
        ));
    }
    Ok(())
}

/// Adds a crate of the standard library. False if the systems of this project do not have it.
fn add_crate(collection: &mut Collection, section: &str) -> Outcome<bool> {
    let title = section.split("</h3>").next().unwrap_or_default();
    if OTHER_SYSTEMS.iter().any(|start| title.starts_with(start)) {
        return Ok(false);
    }
    let expression = between(section, "<b>License:</b>", "</p>").unwrap_or_default();
    let part = Part {
        name: format!("{title} (in the Rust Standard Library)"),
        expression: unescaped(expression.trim()).replace('/', " OR "),
        source: String::new(),
    };
    let mut texts: Vec<(&str, &str)> = section
        .split("<summary><code>")
        .skip(1)
        .filter_map(|file| {
            Some((
                file.split("</code>").next()?,
                between(file, "<pre>", "</pre>")?,
            ))
        })
        .collect();
    let is_mit = |name: &str| name.to_lowercase().contains("mit");
    if texts.iter().any(|(name, _)| is_mit(name)) {
        texts.retain(|(name, _)| is_mit(name));
    }
    if texts.is_empty() {
        return Err(format!("{FILE} has no licence text for {title}"));
    }
    for (_, text) in texts {
        collection.add(&part, &unescaped(text));
    }
    Ok(true)
}

/// The lines about copyright of the standard library's own files.
fn notices(page: &str) -> String {
    let labels = ["File/Directory:", "License:", "Copyright:"];
    let mut text = String::new();
    for line in page.lines() {
        let plain = unescaped(&without_tags(line));
        let plain = plain.trim();
        if labels.iter().any(|label| plain.starts_with(label)) {
            text += &format!("{plain}\n");
        }
    }
    text
}

fn without_tags(line: &str) -> String {
    let mut parts = line.split('<');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('>').map_or("", |(_, rest)| rest)
    })
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?
        .1
        .split_once(end)
        .map(|(inner, _)| inner)
}

/// Without the escapes of HTML.
fn unescaped(text: &str) -> String {
    let escapes = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
    ];
    let plain = escapes
        .iter()
        .fold(text.to_owned(), |text, (escape, sign)| {
            text.replace(escape, sign)
        });
    plain.replace("&#38;", "&").replace("&amp;", "&")
}

/// The folder of the compiler's toolchain.
fn toolchain() -> Outcome<PathBuf> {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(program)
        .args(["--print", "sysroot"])
        .output()
        .map_err(|error| format!("could not start rustc: {error}"))?;
    Ok(PathBuf::from(
        String::from_utf8_lossy(&output.stdout).trim(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_become_text() {
        let line = "<p><b>Copyright:</b> 2014 A &#38; B &#60;a@b&#62;</p>";
        assert_eq!(notices(line), "Copyright: 2014 A & B <a@b>\n");
        assert_eq!(notices("<p>Other words</p>"), "");
    }
}
