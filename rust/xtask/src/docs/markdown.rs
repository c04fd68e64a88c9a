//! As much of Markdown as the checks of the documents need: headings, links, code.

use std::collections::HashMap;
use std::ops::Range;

/// A page's parts. Positions are bytes of its text.
#[derive(Debug, Default)]
pub struct Markdown {
    pub blocks: Vec<Block>,
    pub links: Vec<Link>,
    /// Code within sentences.
    pub spans: Vec<Span>,
    /// What a link to this page can have after "#".
    pub anchors: Vec<String>,
}

/// A fenced block of code.
#[derive(Debug)]
pub struct Block {
    /// The line of the first line of code, from 1.
    pub line: usize,
    /// The first word after the fence.
    pub language: String,
    /// The text of the HTML comment in the line before the fence.
    pub mark: String,
    pub code: String,
}

/// A link, or an image.
#[derive(Debug)]
pub struct Link {
    pub line: usize,
    pub target: String,
    /// From the bracket, or the image's exclamation mark, to the end.
    pub whole: Range<usize>,
    /// What the reader sees. Empty for a link in HTML.
    pub text: Range<usize>,
    /// The target in the text.
    pub place: Range<usize>,
}

/// Code within a sentence.
#[derive(Debug)]
pub struct Span {
    pub line: usize,
    pub code: String,
}

impl Markdown {
    pub fn parse(text: &str) -> Self {
        let mut found = Self::default();
        let mut prose = String::with_capacity(text.len());
        found.take_lines(text, &mut prose);
        found.take_spans(&mut prose);
        found.take_links(&prose);
        found
    }

    /// Takes blocks and headings. `prose` becomes the text with spaces in the place of blocks and of comments.
    fn take_lines(&mut self, text: &str, prose: &mut String) {
        let mut open: Option<(String, Block)> = None;
        let mut mark = String::new();
        let mut seen = HashMap::new();
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let bare = line.trim();
            let mut hide = true;
            if let Some((fence, block)) = &mut open {
                if bare == fence.trim() {
                    self.blocks.extend(open.take().map(|(_, block)| block));
                } else {
                    let indent = fence.len() - fence.trim_start().len();
                    let kept = line
                        .get(indent..)
                        .filter(|_| line[..indent].trim().is_empty());
                    block
                        .code
                        .push_str(kept.unwrap_or(line.trim_start_matches(' ')));
                }
            } else if bare.starts_with("```") {
                let ticks = bare.len() - bare.trim_start_matches('`').len();
                let indent = line.len() - line.trim_start().len();
                let block = Block {
                    line: index + 2,
                    language: bare[ticks..]
                        .split_whitespace()
                        .next()
                        .unwrap_or_default()
                        .to_owned(),
                    mark: std::mem::take(&mut mark),
                    code: String::new(),
                };
                open = Some((
                    format!("{}{}", " ".repeat(indent), "`".repeat(ticks)),
                    block,
                ));
            } else if let Some(comment) = bare
                .strip_prefix("<!--")
                .and_then(|rest| rest.strip_suffix("-->"))
            {
                mark = comment.trim().to_owned();
            } else {
                if !bare.is_empty() {
                    mark.clear();
                }
                if let Some(heading) = heading(line) {
                    let anchor = anchor(heading);
                    let count: &mut usize = seen.entry(anchor.clone()).or_default();
                    self.anchors.push(match *count {
                        0 => anchor,
                        more => format!("{anchor}-{more}"),
                    });
                    *count += 1;
                }
                self.anchors
                    .extend(attribute(line, "id").map(str::to_owned));
                hide = false;
            }
            if hide {
                prose.extend(
                    line.bytes()
                        .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
                );
            } else {
                prose.push_str(line);
            }
        }
    }

    /// Takes code within sentences out of `prose`, so that its brackets make no links.
    fn take_spans(&mut self, prose: &mut String) {
        let mut at = 0;
        while let Some(start) = prose[at..].find('`').map(|found| at + found) {
            let ticks = prose[start..].len() - prose[start..].trim_start_matches('`').len();
            let inside = start + ticks;
            let paragraph = prose[inside..]
                .find("\n\n")
                .map_or(prose.len(), |end| inside + end);
            let fence = "`".repeat(ticks);
            let Some(length) = prose[inside..paragraph].find(&fence) else {
                at = inside;
                continue;
            };
            let code = prose[inside..inside + length].to_owned();
            at = inside + length + ticks;
            self.spans.push(Span {
                line: line_of(prose, start),
                code: code.trim().replace('\n', " "),
            });
            let blank: String = code
                .bytes()
                .map(|byte| if byte == b'\n' { '\n' } else { '.' })
                .collect();
            prose.replace_range(inside..inside + length, &blank);
        }
    }

    fn take_links(&mut self, prose: &str) {
        for (middle, _) in prose.match_indices("](") {
            let Some(length) = prose[middle + 2..].find(')') else {
                continue;
            };
            let Some(bracket) = opening(&prose[..middle]) else {
                continue;
            };
            let place = middle + 2..middle + 2 + length;
            let is_image = prose[..bracket].ends_with('!');
            self.links.push(Link {
                line: line_of(prose, bracket),
                target: prose[place.clone()].trim().to_owned(),
                whole: bracket - usize::from(is_image)..place.end + 1,
                text: bracket + 1..middle,
                place,
            });
        }
        for name in ["href", "src"] {
            let mut at = 0;
            while let Some(target) = attribute(&prose[at..], name) {
                let start = target.as_ptr() as usize - prose.as_ptr() as usize;
                at = start + target.len();
                self.links.push(Link {
                    line: line_of(prose, start),
                    target: target.to_owned(),
                    whole: start..start,
                    text: start..start,
                    place: start..at,
                });
            }
        }
    }
}

/// The text of a heading.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_end().trim_start_matches('#');
    let level = line.trim_end().len() - text.len();
    (1..=6).contains(&level).then_some(text)?.strip_prefix(' ')
}

/// The anchor that GitHub and mdBook give a heading.
fn anchor(heading: &str) -> String {
    let mut plain = String::new();
    let mut rest = heading;
    // Of a link, only the text counts.
    while let Some(start) = rest.find("](") {
        plain.push_str(&rest[..start]);
        rest = rest[start..].split_once(')').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    let is_kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | ' ');
    let kept = plain
        .trim()
        .chars()
        .filter(is_kept)
        .map(|letter| if letter == ' ' { '-' } else { letter });
    kept.flat_map(char::to_lowercase).collect()
}

/// The value of the first attribute of this name in HTML.
pub fn attribute<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    html.split_once(&format!(" {name}=\""))?
        .1
        .split_once('"')
        .map(|(value, _)| value)
}

/// The bracket that the closing one behind `text` belongs to.
fn opening(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, letter) in text.char_indices().rev() {
        match letter {
            ']' => depth += 1,
            '[' if depth == 0 => return Some(at),
            '[' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn line_of(text: &str, position: usize) -> usize {
    text[..position].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_taken_with_its_mark_and_without_its_indent() {
        let page = Markdown::parse(
            "a\n\n<!-- run: x -->\n```gdscript\nvar a\n```\n\n- b\n  ```sh\n  ls\n    -l\n  ```\n",
        );
        assert_eq!(page.blocks.len(), 2);
        assert_eq!(
            (page.blocks[0].line, page.blocks[0].mark.as_str()),
            (5, "run: x")
        );
        assert_eq!(page.blocks[0].code, "var a\n");
        assert_eq!(
            (
                page.blocks[1].language.as_str(),
                page.blocks[1].mark.as_str()
            ),
            ("sh", "")
        );
        assert_eq!(page.blocks[1].code, "ls\n  -l\n");
    }

    #[test]
    fn links_are_found_outside_of_code() {
        let text = "[a\nb](x.md#y) `[c](d)` ![e](f.png)\n```\n[g](h)\n```\n[![i](j.png)](k.md) <img src=\"l.png\">\n";
        let page = Markdown::parse(text);
        let targets: Vec<&str> = page.links.iter().map(|link| link.target.as_str()).collect();
        assert_eq!(targets, ["x.md#y", "f.png", "j.png", "k.md", "l.png"]);
        assert_eq!(&text[page.links[1].whole.clone()], "![e](f.png)");
        assert_eq!(&text[page.links[3].text.clone()], "![i](j.png)");
        assert_eq!((page.links[0].line, page.links[3].line), (1, 6));
        assert_eq!(page.spans[0].code, "[c](d)");
    }

    #[test]
    fn headings_have_the_anchors_that_github_gives_them() {
        let text =
            "# Who sends this?\n## `a_b`, and C#\n## [D1](x.md) Two\n## A\n## A\n####### no\n#no\n";
        let expected = ["who-sends-this", "a_b-and-c", "d1-two", "a", "a-1"];
        assert_eq!(Markdown::parse(text).anchors, expected);
    }
}
