//! The documents as a site, made by mdBook.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::links::{self, is_external};
use super::markdown::attribute;
use super::pages::{Page, files, resolve};
use crate::process::{self, Ending};
use crate::project::{self, at, root, target};
use crate::{Outcome, apt};

/// The release of mdBook that is installed. Its site contains its fonts and scripts.
const VERSION: &str = "0.5.4";
const BUILDING: Duration = Duration::from_secs(120);

/// Builds the site, and returns its folder.
pub fn build(pages: &[Page]) -> Outcome<PathBuf> {
    let program = mdbook()?;
    let (stage, site) = (target().join("site-source"), target().join("site"));
    apt::remove(&stage)?;
    apt::remove(&site)?;
    lay_out(pages, &stage)?;
    let mut command = Command::new(program);
    command
        .arg("build")
        .arg(&stage)
        .arg("--dest-dir")
        .arg(&site);
    let run = process::run(&mut command, BUILDING)?;
    let has_warned = run.output.contains("WARN") || run.output.contains("ERROR");
    if run.ending != Ending::Exit(0) || has_warned {
        return Err(format!("mdbook build: {}\n{}", run.ending, run.tail(20)));
    }
    Ok(site)
}

/// The program, installed into the target folder.
fn mdbook() -> Outcome<PathBuf> {
    let tools = target().join("tools");
    let program = tools
        .join("bin")
        .join(format!("mdbook{}", std::env::consts::EXE_SUFFIX));
    let installed = Command::new(&program).arg("--version").output();
    if installed.is_ok_and(|found| {
        String::from_utf8_lossy(&found.stdout).trim() == format!("mdbook v{VERSION}")
    }) {
        return Ok(program);
    }
    println!(
        "installing mdBook {VERSION} into {} (a few minutes)",
        tools.display()
    );
    let mut command = Command::new(project::cargo());
    command.args([
        "install",
        "--quiet",
        "--locked",
        "--force",
        "--no-default-features",
        "--features",
        "search",
    ]);
    command
        .args(["--version", VERSION, "mdbook", "--root"])
        .arg(&tools);
    command
        .env("CARGO_TARGET_DIR", tools.join("build"))
        .env_remove("CARGO_BUILD_TARGET");
    let status = command
        .status()
        .map_err(|error| format!("could not start cargo: {error}"))?;
    if !status.success() {
        return Err("mdBook could not be installed".to_owned());
    }
    // The program needs nothing of what it was built from.
    apt::remove(&tools.join("build"))?;
    Ok(program)
}

/// Writes what mdBook reads: the folder docs and the pages outside of it that the table of contents lists, in one folder, with links that fit.
fn lay_out(pages: &[Page], stage: &Path) -> Outcome<()> {
    let listed: HashSet<String> = links::listed(pages).into_iter().collect();
    let docs = root().join("docs");
    for path in files(&docs)? {
        if !path.ends_with(".md") {
            write(
                &stage.join(&path),
                &fs::read(docs.join(&path)).map_err(at(&docs))?,
            )?;
        }
    }
    for page in pages
        .iter()
        .filter(|page| listed.contains(&page.path) || page.path == links::SUMMARY)
    {
        let text = relinked(page, &listed);
        write(&stage.join(place(&page.path)), text.as_bytes())?;
    }
    Ok(())
}

fn write(file: &Path, bytes: &[u8]) -> Outcome<()> {
    let folder = file.parent().ok_or("a file without a folder")?;
    fs::create_dir_all(folder).map_err(at(folder))?;
    fs::write(file, bytes).map_err(at(file))
}

/// Where a file of the checkout is in the site's source.
fn place(path: &str) -> String {
    let inner = path.strip_prefix("docs/").unwrap_or(path);
    match inner.strip_suffix("README.md") {
        Some(folder) => format!("{folder}index.md"),
        None => inner.to_owned(),
    }
}

/// The page's text for the site. A link to what the site lacks, such as a source file, becomes its text.
fn relinked(page: &Page, listed: &HashSet<String>) -> String {
    let mut changes = Vec::new();
    for link in &page.parts.links {
        let (file, anchor) = link.target.split_once('#').unwrap_or((&link.target, ""));
        if file.is_empty() || is_external(&link.target) {
            continue;
        }
        let path = resolve(&page.path, file).unwrap_or_default();
        let is_there =
            listed.contains(&path) || (path.starts_with("docs/") && !path.ends_with(".md"));
        if is_there {
            let mut target = relative(&place(&page.path), &place(&path));
            if !anchor.is_empty() {
                target = format!("{target}#{anchor}");
            }
            changes.push((link.place.clone(), target));
        } else {
            changes.push((link.whole.clone(), page.text[link.text.clone()].to_owned()));
        }
    }
    // From the end, so that the earlier places stay valid. An image within a link comes before the link.
    changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = page.text.clone();
    for (range, change) in changes {
        text.replace_range(range, &change);
    }
    text
}

/// The link from one file of the site's source to another.
fn relative(from: &str, to: &str) -> String {
    "../".repeat(from.matches('/').count()) + to
}

/// Describes each link of the built site that leads nowhere, or that the site would load from the web.
pub fn broken(site: &Path) -> Outcome<(usize, Vec<String>)> {
    let mut texts = HashMap::new();
    let all: HashSet<String> = files(site)?.into_iter().collect();
    for path in all.iter().filter(|path| path.ends_with(".html")) {
        let file = site.join(path);
        texts.insert(path.as_str(), fs::read_to_string(&file).map_err(at(&file))?);
    }
    let anchors: HashMap<&str, HashSet<&str>> = texts
        .iter()
        .map(|(path, text)| (*path, attributes(text, "id").collect()))
        .collect();
    let mut count = 0;
    let mut found = Vec::new();
    for (path, text) in &texts {
        let loads = attributes(text, "src").chain(attributes_of(text, "<link", "href"));
        for target in loads.filter(|target| is_external(target) || target.starts_with("//")) {
            found.push(format!("{path}: loads {target} from the web"));
        }
        for target in attributes(text, "href").chain(attributes(text, "src")) {
            if is_external(target) || target.starts_with("data:") {
                continue;
            }
            count += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let there = if file.is_empty() {
                Some((*path).to_owned())
            } else {
                resolve(path, file)
            };
            let there = there.unwrap_or_default();
            let is_good = match anchors.get(there.as_str()) {
                Some(names) => anchor.is_empty() || names.contains(anchor),
                None => all.contains(&there) && anchor.is_empty(),
            };
            if !is_good {
                found.push(format!("{path}: {target} leads nowhere"));
            }
        }
    }
    found.sort();
    Ok((count, found))
}

fn attributes<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    html.split('<')
        .skip(1)
        .filter_map(move |tag| attribute(tag.split('>').next()?, name))
}

fn attributes_of<'a>(html: &'a str, tag: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    html.split(tag)
        .skip(1)
        .filter_map(move |rest| attribute(rest.split('>').next()?, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::markdown::Markdown;

    #[test]
    fn pages_outside_of_docs_move_into_the_site_and_sources_lose_their_links() {
        let text = "[a](docs/a.md#x) [b](rust/lib.rs) ![c](docs/c/d.png) [e](#e)";
        let page = Page {
            path: "README.md".to_owned(),
            text: text.to_owned(),
            parts: Markdown::parse(text),
        };
        let listed = HashSet::from(["docs/a.md".to_owned()]);
        assert_eq!(
            relinked(&page, &listed),
            "[a](a.md#x) b ![c](c/d.png) [e](#e)"
        );
        let text = "[a](../../README.md)";
        let page = Page {
            path: "docs/x/README.md".to_owned(),
            text: text.to_owned(),
            parts: Markdown::parse(text),
        };
        assert_eq!(place(&page.path), "x/index.md");
        assert_eq!(
            relinked(&page, &HashSet::from(["README.md".to_owned()])),
            "[a](../index.md)"
        );
    }

    #[test]
    fn links_of_a_site_that_lead_nowhere_or_load_from_the_web_are_found() {
        let folder = target().join("site-of-a-test");
        apt::remove(&folder).expect("the target folder can be written");
        let page = "<h2 id=\"x\"></h2><a class=\"a\" href=\"b.html#x\"></a><a href=\"b.html#y\"></a>\
                    <img src=\"c.png\"><script src=\"https://d\"></script><a href=\"https://e\"></a>";
        for name in ["a.html", "b.html"] {
            write(&folder.join(name), page.as_bytes()).expect("the target folder can be written");
        }
        let (count, found) = broken(&folder).expect("a site");
        assert_eq!((count, found.len()), (6, 6), "{found:?}");
        apt::remove(&folder).expect("the target folder can be written");
    }
}
