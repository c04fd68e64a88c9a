//! The project's commands that the documents name: each must be one that `cargo xtask help` lists, with its options.

use super::pages::Page;
use crate::HELP;

const START: &str = "cargo xtask ";

/// Describes each command line in the documents that the help does not know, and counts all.
pub fn unknown(pages: &[Page]) -> (usize, Vec<String>) {
    let mut count = 0;
    let mut found = Vec::new();
    // The changelog also names what no longer exists.
    for page in pages.iter().filter(|page| page.path != "CHANGELOG.md") {
        let spans = page
            .parts
            .spans
            .iter()
            .map(|span| (span.line, span.code.as_str()));
        let blocks = page
            .parts
            .blocks
            .iter()
            .filter(|block| block.language == "sh");
        let lines = blocks.flat_map(|block| {
            let lines = block.code.lines().enumerate();
            lines.map(|(index, line)| (block.line + index, line))
        });
        for (line, code) in spans.chain(lines) {
            // A comment, or what follows the command in a pipe, is no part of it.
            let Some((_, rest)) = code.split_once(START) else {
                continue;
            };
            let command = rest
                .split(['#', '|', ')', ';', '&'])
                .next()
                .unwrap_or_default();
            count += 1;
            if let Some(cause) = problem(HELP, command) {
                found.push(format!(
                    "{}:{line}: cargo xtask {}: {cause}",
                    page.path,
                    command.trim()
                ));
            }
        }
    }
    (count, found)
}

/// What is wrong with a command.
fn problem(help: &str, command: &str) -> Option<String> {
    // A value in quotation marks is one word.
    let parts = command.split('"').enumerate();
    let unquoted: String = parts
        .map(|(index, part)| if index % 2 == 0 { part } else { "VALUE" })
        .collect();
    let mut words = unquoted.split_whitespace();
    let name = words.next().unwrap_or_default();
    if name == "help" {
        return None;
    }
    let section = section(help, name);
    if section.is_empty() {
        return Some("there is no such command".to_owned());
    }
    while let Some(word) = words.next() {
        if !names(&section, word) {
            return Some(format!("its help does not know \"{word}\""));
        }
        if word.starts_with("--") && takes_value(&section, word) && words.next().is_none() {
            return Some(format!("{word} needs a value"));
        }
    }
    None
}

/// What the help says about a command, without the texts of others.
fn section(help: &str, name: &str) -> String {
    let mut text = String::new();
    let mut is_inside = false;
    for line in help.lines() {
        if let Some(rest) = line.trim_start().strip_prefix(START) {
            is_inside = rest.split_whitespace().next() == Some(name);
        }
        if is_inside {
            text.push_str(line.trim_start());
            text.push('\n');
        }
    }
    text
}

fn names(section: &str, word: &str) -> bool {
    section
        .split(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '-' | '_' | '.'))
        .any(|known| known.trim_matches('.') == word)
}

/// Whether the help has a value in capitals, or a choice of values, behind the option.
fn takes_value(section: &str, option: &str) -> bool {
    section.match_indices(&format!("{option} ")).any(|(at, _)| {
        let next = section[at + option.len()..]
            .split_whitespace()
            .next()
            .unwrap_or_default();
        (next.len() > 1 && next.contains('|'))
            || next.len() > usize::from(next.ends_with(']'))
                && next
                    .trim_end_matches(']')
                    .chars()
                    .all(|letter| letter.is_ascii_uppercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "  cargo xtask play [--seconds N] [--mode on|off] [--fast]\n      plays\n  cargo xtask bench [a | b] [--only TEXT]\n";

    #[test]
    fn known_commands_pass() {
        for good in [
            "play",
            "play --seconds 5 --fast",
            "play --mode on",
            "bench b --only \"x y %\"",
            "bench --only tick",
            "help",
        ] {
            assert_eq!(problem(HELP, good), None, "{good}");
        }
    }

    #[test]
    fn unknown_commands_options_and_words_are_found() {
        for bad in [
            "plan",
            "play --slow",
            "play nice",
            "bench c",
            "bench --fast",
            "play --fast 5",
            "bench --only",
            "",
        ] {
            assert!(problem(HELP, bad).is_some(), "{bad}");
        }
    }
}
