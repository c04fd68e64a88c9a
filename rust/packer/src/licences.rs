//! One text file with the licences of everything that is linked into the libraries.
//!
//! A licence's text stands there once, below the names of all that it covers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Outcome, at, linked, standard};

/// Something with a licence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// Its name and version.
    pub name: String,
    /// The licence as an SPDX expression.
    pub expression: String,
    /// Where its source is; may be empty.
    pub source: String,
}

/// Parts and the licence texts of each.
#[derive(Default)]
pub struct Collection(BTreeMap<String, Covered>);

/// A text, and what it covers.
struct Covered {
    text: String,
    parts: Vec<Part>,
}

impl Collection {
    /// Adds a text of a part. Texts that differ in white space only are one.
    pub fn add(&mut self, part: &Part, text: &str) {
        let key = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let covered = self.0.entry(key).or_insert_with(|| Covered {
            text: tidy(text),
            parts: Vec::new(),
        });
        if !covered.parts.contains(part) {
            covered.parts.push(part.clone());
        }
    }

    fn text(self) -> String {
        let mut all: Vec<Covered> = self.0.into_values().collect();
        for covered in &mut all {
            covered.parts.sort();
        }
        all.sort_by(|one, other| (&one.parts, &one.text).cmp(&(&other.parts, &other.text)));
        all.iter().map(section).collect()
    }
}

const HEAD: &str = "The libraries in the folder bin contain the software below. Each text applies to the parts that are named above it.
Where a part offers a choice of licences, it is used under the one whose text is here.

The parts under the Mozilla Public License 2.0 are unchanged; their source code is at the address beside them.
";

/// Writes the licences of the library for these targets. A word `TITLE=FILE` among them adds a file that no crate has.
pub fn write(place: &Path, words: &[&str]) -> Outcome<()> {
    let (also, targets): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.contains('='));
    let mut collection = Collection::default();
    for package in linked::packages(&targets)? {
        for text in package.texts()? {
            collection.add(&package.part, &text);
        }
    }
    standard::add(&mut collection)?;
    for word in also {
        let (title, file) = word.split_once('=').unwrap_or_default();
        let file = PathBuf::from(file);
        let part = Part {
            name: title.to_owned(),
            expression: String::new(),
            source: String::new(),
        };
        collection.add(&part, &fs::read_to_string(&file).map_err(at(&file))?);
    }
    fs::write(place, format!("{HEAD}{}", collection.text())).map_err(at(place))
}

fn section(covered: &Covered) -> String {
    let rule = "=".repeat(100);
    let mut text = format!("\n{rule}\n");
    for part in &covered.parts {
        let known = [&part.name, &part.expression, &part.source];
        let words: Vec<&str> = known.iter().map(|word| word.as_str()).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        text += &format!("{}\n", words.join(" | "));
    }
    text + &format!("{rule}\n\n{}\n", covered.text)
}

/// Lines without white space at their ends, and no empty lines around the text.
fn tidy(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}');
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str) -> Part {
        Part {
            name: name.to_owned(),
            expression: "MIT".to_owned(),
            source: String::new(),
        }
    }

    #[test]
    fn a_text_stands_once_below_all_that_it_covers() {
        let mut collection = Collection::default();
        collection.add(&part("b 1.0.0"), "Do what\r\nyou want.\n");
        collection.add(&part("a 1.0.0"), "Do  what you want.");
        collection.add(&part("c 1.0.0"), "Do nothing.");
        let text = collection.text();
        assert_eq!(text.matches("you want.").count(), 1);
        let order = [
            "a 1.0.0 | MIT",
            "b 1.0.0 | MIT",
            "Do what",
            "c 1.0.0 | MIT",
            "Do nothing.",
        ];
        let places: Vec<Option<usize>> = order.iter().map(|words| text.find(words)).collect();
        assert!(
            places.is_sorted() && places.iter().all(Option::is_some),
            "{text}"
        );
    }
}
