//! The documents: their checks, the site, the class reference.

mod commands;
mod links;
pub mod markdown;
mod messages;
pub mod pages;
pub mod pictures;
pub mod reference;
mod site;

use std::process::ExitCode;

use crate::report::Tally;
use crate::{Outcome, godot};

/// Builds the site.
pub fn build() -> Outcome<ExitCode> {
    print_findings(check()?)?;
    let pages = pages::all()?;
    let site = site::build(&pages)?;
    let (count, broken) = site::broken(&site)?;
    for line in &broken {
        println!("{line}");
    }
    if !broken.is_empty() {
        return Err(format!(
            "{} of {count} links of the site are broken",
            broken.len()
        ));
    }
    println!(
        "{count} links of the site are good\n{}",
        site.join("index.html").display()
    );
    Ok(ExitCode::SUCCESS)
}

/// Writes the class reference anew.
pub fn renew_reference() -> Outcome<ExitCode> {
    let godot = godot::find()?;
    crate::extension::build(crate::extension::Profile::Debug)?;
    crate::project::prepare(&godot, &crate::project::root().join(reference::PROJECT))?;
    println!("{}", reference::renew(&godot)?.display());
    Ok(ExitCode::SUCCESS)
}

/// Checks links, contents, quoted messages and named commands.
pub fn check() -> Outcome<Tally> {
    let pages = pages::all()?;
    let mut failures = links::broken(&pages);
    failures.extend(links::unlisted(&pages));
    let (commands, unknown) = commands::unknown(&pages);
    failures.extend(unknown);
    let (messages, unknown) = messages::unknown(&pages)?;
    failures.extend(unknown);
    let (constants, unknown) = messages::unknown_constants(&pages)?;
    failures.extend(unknown);
    let links: usize = pages.iter().map(|page| page.parts.links.len()).sum();
    println!(
        "   {} files: {links} links, {commands} commands, {messages} messages, {constants} constants",
        pages.len()
    );
    let checked = links + commands + messages + constants;
    Ok(Tally {
        passed: checked.saturating_sub(failures.len()),
        failed: failures.len(),
        failures,
    })
}

fn print_findings(tally: Tally) -> Outcome<()> {
    for line in &tally.failures {
        println!("{line}");
    }
    match tally.failed {
        0 => Ok(()),
        count => Err(format!("the documents have {count} faults")),
    }
}
