//! Links between the documents: files, anchors, and the table of contents.

use std::collections::HashMap;

use super::pages::{Page, resolve};
use crate::project::root;

/// The site's table of contents.
pub const SUMMARY: &str = "docs/SUMMARY.md";

/// Whether a link leads to the web.
pub fn is_external(target: &str) -> bool {
    ["http://", "https://", "mailto:"]
        .iter()
        .any(|scheme| target.starts_with(scheme))
}

/// Describes each link that leads nowhere.
pub fn broken(pages: &[Page]) -> Vec<String> {
    let by_path: HashMap<&str, &Page> = pages
        .iter()
        .map(|page| (page.path.as_str(), page))
        .collect();
    let mut found = Vec::new();
    for page in pages {
        for link in &page.parts.links {
            if is_external(&link.target) {
                continue;
            }
            let (file, anchor) = link.target.split_once('#').unwrap_or((&link.target, ""));
            let path = match file {
                "" => Some(page.path.clone()),
                file => resolve(&page.path, file),
            };
            let cause = match path.as_deref() {
                None => "leads out of the checkout",
                Some(path) if !root().join(path).exists() => "there is no such file",
                Some(path) if !anchor.is_empty() => match by_path.get(path) {
                    Some(target) if target.parts.anchors.iter().any(|name| name == anchor) => {
                        continue;
                    }
                    _ => "there is no such heading",
                },
                Some(_) => continue,
            };
            found.push(format!(
                "{}:{}: {}: {cause}",
                page.path, link.line, link.target
            ));
        }
    }
    found
}

/// Describes each page of docs/ that the table of contents does not list, or lists twice.
pub fn unlisted(pages: &[Page]) -> Vec<String> {
    let listed = listed(pages);
    let mut found = Vec::new();
    for page in pages
        .iter()
        .filter(|page| page.path.starts_with("docs/") && page.path != SUMMARY)
    {
        match listed.iter().filter(|path| **path == page.path).count() {
            0 => found.push(format!("{SUMMARY} does not list {}", page.path)),
            1 => {}
            count => found.push(format!("{SUMMARY} lists {} {count} times", page.path)),
        }
    }
    found
}

/// The pages of the site, in the order of the table of contents.
pub fn listed(pages: &[Page]) -> Vec<String> {
    let summary = pages.iter().find(|page| page.path == SUMMARY);
    let links = summary.iter().flat_map(|page| &page.parts.links);
    links
        .filter_map(|link| resolve(SUMMARY, &link.target))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::markdown::Markdown;

    fn page(path: &str, text: &str) -> Page {
        Page {
            path: path.to_owned(),
            text: text.to_owned(),
            parts: Markdown::parse(text),
        }
    }

    #[test]
    fn wrong_files_and_anchors_are_found() {
        let pages = [
            page(
                "README.md",
                "# One\n[a](#one) [b](#two) [c](CHANGELOG.md#nothing) [d](nowhere.md) [e](../x) [f](https://x)",
            ),
            page("CHANGELOG.md", "# Something\n"),
        ];
        let found = broken(&pages);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[0].starts_with("README.md:2: #two"));
    }

    #[test]
    fn each_page_is_listed_once() {
        let pages = [
            page(SUMMARY, "[a](a.md) [b](b.md) [b](b.md)"),
            page("docs/a.md", ""),
            page("docs/b.md", ""),
            page("docs/c.md", ""),
        ];
        assert_eq!(unlisted(&pages).len(), 2);
    }
}
