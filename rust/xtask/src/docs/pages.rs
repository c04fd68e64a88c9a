//! The Markdown files of the checkout.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::markdown::Markdown;
use crate::Outcome;
use crate::project::{at, root};

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 4] = ["target", ".git", ".godot", "bin"];

/// A Markdown file.
pub struct Page {
    /// Relative to the checkout, with slashes.
    pub path: String,
    pub text: String,
    pub parts: Markdown,
}

/// All Markdown files of the checkout, in the order of their names.
pub fn all() -> Outcome<Vec<Page>> {
    let mut pages = Vec::new();
    for path in files(&root())? {
        if !path.ends_with(".md") {
            continue;
        }
        let file = root().join(&path);
        let text = fs::read_to_string(&file).map_err(at(&file))?;
        let parts = Markdown::parse(&text);
        pages.push(Page { path, text, parts });
    }
    Ok(pages)
}

/// The files below a folder, relative to it, without what is fetched or built.
pub fn files(folder: &Path) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(inner) = waiting.pop() {
        let whole = folder.join(&inner);
        for entry in fs::read_dir(&whole).map_err(at(&whole))? {
            let entry = entry.map_err(at(&whole))?;
            let kind = entry.file_type().map_err(at(&whole))?;
            let path = inner.join(entry.file_name());
            if kind.is_dir() && !FOREIGN.iter().any(|name| entry.file_name() == *name) {
                waiting.push(path);
            } else if kind.is_file() {
                found.push(slashes(&path));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A path with slashes.
pub fn slashes(path: &Path) -> String {
    let words = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    words.collect::<Vec<_>>().join("/")
}

/// The file that a link on `page` leads to, relative to the checkout. None if it leads out of the checkout.
pub fn resolve(page: &str, link: &str) -> Option<String> {
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<String> = Vec::new();
    for part in Path::new(folder)
        .components()
        .chain(Path::new(link).components())
    {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn links_are_relative_to_their_page() {
        assert_eq!(
            resolve("docs/a/b.md", "../c.md").as_deref(),
            Some("docs/c.md")
        );
        assert_eq!(
            resolve("README.md", "docs/c.md").as_deref(),
            Some("docs/c.md")
        );
        assert_eq!(resolve("README.md", "../c.md"), None);
        assert_eq!(resolve("README.md", "/c.md"), None);
    }
}
