//! The messages that the page on troubleshooting quotes, and the constants that all pages name: the extension must have them.

use std::collections::HashSet;
use std::fs;

use super::pages::{Page, files};
use crate::Outcome;
use crate::project::{at, root};

const PAGE: &str = "docs/troubleshooting.md";
/// A block of this language quotes messages of ours, one a line.
const LANGUAGE: &str = "text";
/// Where our messages come from.
const SOURCES: [&str; 6] = [
    "rust/proto/src",
    "rust/net/src",
    "rust/dtls/src",
    "rust/multiplayer/src",
    "rust/godot/src",
    "addons/enet_rs",
];
/// Where the constants that scripts see are defined.
const DEFINITIONS: [&str; 2] = ["rust/godot/src", "rust/codec/src"];
const PREFIXES: [&str; 4] = ["REASON_", "COMPRESS_", "FLUSH_", "WIRE_"];
/// What stands for a part of a message that differs from case to case.
const GAP: &str = "...";

/// Describes each quoted message that no source has, and counts all.
pub fn unknown(pages: &[Page]) -> Outcome<(usize, Vec<String>)> {
    let mut texts = Vec::new();
    for folder in SOURCES {
        for path in files(&root().join(folder))? {
            if path.ends_with(".rs") || path.ends_with(".gd") {
                let file = root().join(folder).join(path);
                texts.extend(literals(&fs::read_to_string(&file).map_err(at(&file))?));
            }
        }
    }
    let mut count = 0;
    let mut found = Vec::new();
    let page = pages
        .iter()
        .find(|page| page.path == PAGE)
        .ok_or_else(|| format!("{PAGE} is missing"))?;
    for block in page
        .parts
        .blocks
        .iter()
        .filter(|block| block.language == LANGUAGE)
    {
        for (index, message) in block.code.lines().enumerate() {
            count += 1;
            if !texts.iter().any(|text| text.contains(message)) {
                found.push(format!(
                    "{PAGE}:{}: no source has the message \"{message}\"",
                    block.line + index
                ));
            }
        }
    }
    Ok((count, found))
}

/// Describes each constant of ours in the pages that the extension does not define, and counts all.
pub fn unknown_constants(pages: &[Page]) -> Outcome<(usize, Vec<String>)> {
    let mut sources = String::new();
    for folder in DEFINITIONS {
        for path in files(&root().join(folder))? {
            let file = root().join(folder).join(path);
            sources += &fs::read_to_string(&file).map_err(at(&file))?;
        }
    }
    let is_inner = |letter: char| letter.is_alphanumeric() || letter == '_';
    let known: HashSet<&str> = sources.split(|letter| !is_inner(letter)).collect();
    let mut count = 0;
    let mut found = Vec::new();
    for page in pages {
        for span in &page.parts.spans {
            let words = span.code.split(|letter| !is_inner(letter));
            for word in words.filter(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
            {
                count += 1;
                if !known.contains(word) {
                    found.push(format!(
                        "{}:{}: there is no constant {word}",
                        page.path, span.line
                    ));
                }
            }
        }
    }
    Ok((count, found))
}

/// The string literals of a source, with "..." for what is filled in.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            // A quotation mark as a character.
            '\'' if letters.peek() == Some(&'"') => {
                letters.next();
            }
            '"' => found.push(filled(&literal(&mut letters))),
            _ => {}
        }
    }
    found
}

fn literal(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => match letters.next() {
                // The literal goes on in the next line.
                Some('\n') => while letters.next_if(|letter| letter.is_whitespace()).is_some() {},
                Some('n') => text.push('\n'),
                Some(escaped) => text.push(escaped),
                None => break,
            },
            letter => text.push(letter),
        }
    }
    text
}

/// The text with a gap for each `{...}`, `%s` and `%d`.
fn filled(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        plain.push_str(&rest[..start]);
        plain.push_str(GAP);
        rest = rest[start..].split_once('}').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    plain.replace("%s", GAP).replace("%d", GAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_as_they_are_printed() {
        let source = "let a = '\"'; f(\"one {x:?} \\\n        two %d\"); g(\"say \\\"no\\\"\")";
        assert_eq!(literals(source), ["one ... two ...", "say \"no\""]);
    }
}
