//! Reads the XML that Godot writes about classes. Text between tags is of no interest here.

use crate::Outcome;

/// A tag with its attributes and the tags in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
}

impl Element {
    /// The root of a document.
    pub fn parse(text: &str) -> Outcome<Self> {
        let mut open = vec![Self::default()];
        let mut rest = text;
        while let Some(start) = rest.find('<') {
            let (tag, after) = tag(&rest[start + 1..])?;
            rest = after;
            if tag.starts_with(['?', '!']) {
                continue;
            }
            if let Some(name) = tag.strip_prefix('/') {
                let done = open.pop().unwrap_or_default();
                let Some(parent) = open.last_mut().filter(|_| done.name == name.trim()) else {
                    return Err(format!("</{name}> closes <{}>", done.name));
                };
                parent.children.push(done);
                continue;
            }
            let inner = tag.strip_suffix('/');
            let element = Self::opened(inner.unwrap_or(tag))?;
            match (inner, open.last_mut()) {
                (Some(_), Some(parent)) => parent.children.push(element),
                _ => open.push(element),
            }
        }
        match (
            open.len(),
            open.pop().and_then(|mut top| top.children.pop()),
        ) {
            (1, Some(root)) => Ok(root),
            _ => Err("the XML ends within a tag".to_owned()),
        }
    }

    fn opened(tag: &str) -> Outcome<Self> {
        let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let mut element = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        while let Some((key, value)) = rest.split_once("=\"") {
            let (value, after) = value
                .split_once('"')
                .ok_or_else(|| format!("an attribute of <{tag}> has no end"))?;
            element
                .attributes
                .push((key.trim().to_owned(), unescaped(value)));
            rest = after;
        }
        Ok(element)
    }

    pub fn attribute(&self, key: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    /// An attribute that must be there.
    pub fn needed(&self, key: &str) -> Outcome<&str> {
        self.attribute(key)
            .ok_or_else(|| format!("<{}> has no {key}", self.name))
    }

    /// The tags of the name, directly in this one.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The tags `of` in the tag `list`, which may be missing.
    pub fn listed<'a>(&'a self, list: &'a str, of: &'a str) -> impl Iterator<Item = &'a Self> {
        self.all(list).flat_map(move |list| list.all(of))
    }
}

/// The text of a tag up to its end, which may not be within a value, and the text behind it.
fn tag(text: &str) -> Outcome<(&str, &str)> {
    let mut is_quoted = false;
    for (position, sign) in text.char_indices() {
        match sign {
            '"' => is_quoted = !is_quoted,
            '>' if !is_quoted => return Ok((&text[..position], &text[position + 1..])),
            _ => {}
        }
    }
    Err("the XML ends within a tag".to_owned())
}

fn unescaped(value: &str) -> String {
    let pairs = [
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    let replace = |text: String, (from, to): (&str, &str)| text.replace(from, to);
    pairs.into_iter().fold(value.to_owned(), replace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_attributes_are_read() {
        let text = "<?xml version=\"1.0\"?>\n<class name=\"A\"><methods>\n<method name=\"f\">\
                    <param default=\"&quot;x &gt; y&quot;\" />text</method></methods></class>";
        let class = Element::parse(text).expect("XML");
        assert_eq!(class.needed("name"), Ok("A"));
        let method = class.listed("methods", "method").next().expect("a method");
        let default = method
            .all("param")
            .next()
            .and_then(|it| it.attribute("default"));
        assert_eq!(default, Some("\"x > y\""));
        assert!(class.needed("inherits").is_err());
    }

    #[test]
    fn broken_documents_are_errors() {
        for text in ["", "<a>", "<a></b>", "<a", "<a b=\"></a>"] {
            assert!(Element::parse(text).is_err(), "{text}");
        }
    }
}
