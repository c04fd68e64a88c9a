//! The project's commands. `cargo xtask help` lists them.

mod apt;
mod bench;
mod c_enet;
mod demo;
mod extension;
mod fuzz;
mod godot;
mod godot3;
mod process;
mod project;
mod report;
mod suites;

use std::process::ExitCode;

/// Why a command failed: one text for a person.
type Failure = String;
/// What a command returns.
type Outcome<T> = Result<T, Failure>;

const HELP: &str = "\
Commands of enet-rs:

  cargo xtask demo [--seconds N] [--peer-class CLASS] [--engine own|rusty]
      builds the extension and plays the demo game: a dedicated server and two
      scripted players, headless
  cargo xtask demo --window [--peer-class CLASS]
      the same game in windows, to play by hand: one server, two clients
  cargo xtask test [--rust | --godot] [--suite NAME] [--engine own|rusty]
      runs every test, or only the Rust ones, or only the headless Godot ones;
      the extension has our ENet engine inside or, for comparison, rusty_enet
  cargo xtask bench [core | engines | attacks] [--only TEXT]
      our ENet engine against the C library over real sockets (core), or
      against crate rusty_enet in memory (engines), as ratios; or what known
      attacks cost all three (attacks)
  cargo xtask bench compression [--only TEXT | --plot]
      every codec against stock Godot's and the C library's: how small and how
      fast; --plot also renews docs/compression.svg
  cargo xtask bench dtls
      what encryption costs, against Godot's own DTLS in the same process
  cargo xtask bench godot [--only TEXT | --plot] [--peer-class CLASS]
          [--threaded no|yes|both]
      our class, or CLASS, against Godot's own in headless Godots, as ratios of
      their costs, without its network thread, with it, or both (the default);
      --plot also renews docs/benchmarks
  cargo xtask fuzz [--seconds N]
      fuzzes the core, each target for N seconds (60)
  cargo xtask build [--debug | --release]
      builds the extension into addons/enet_rs/bin
  cargo xtask godot
      prints the Godot binary these commands use, fetching one if need be
  cargo xtask c-peer
      prints the program around the C library of ENet that tests run, as
      ENET_C_PEER, making it if need be
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(cause) => {
            eprintln!("error: {cause}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome<ExitCode> {
    let Some((command, rest)) = arguments.split_first() else {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    };
    let mut options = Options::new(rest);
    match command.as_str() {
        "demo" => {
            let window = options.flag("--window");
            let seconds = options.number("--seconds")?.unwrap_or(12);
            if !(6..=3600).contains(&seconds) {
                return Err("--seconds must be 6 to 3600: the players leave and rejoin".to_owned());
            }
            let class = options.value("--peer-class")?;
            let engine = extension::Engine::parse(options.value("--engine")?.as_deref())?;
            options.finish()?;
            let class = class.as_deref().unwrap_or(extension::CLASS);
            if window {
                demo::in_windows(class, engine)
            } else {
                demo::headless(class, seconds, engine)
            }
        }
        "test" => {
            let rust = options.flag("--rust");
            let godot = options.flag("--godot");
            let suite = options.value("--suite")?;
            let engine = extension::Engine::parse(options.value("--engine")?.as_deref())?;
            options.finish()?;
            if rust && !godot && suite.is_some() {
                return Err("--suite names a Godot suite, which --rust leaves out".to_owned());
            }
            suites::run(rust || !godot, godot || !rust, suite.as_deref(), engine)
        }
        "bench" => {
            let choice = bench::Choice {
                only: options.value("--only")?,
                plot: options.flag("--plot"),
                class: options.value("--peer-class")?,
                threaded: options.value("--threaded")?,
            };
            let name = options.word().unwrap_or_else(|| "core".to_owned());
            options.finish()?;
            bench::run(&name, &choice)
        }
        "build" => {
            let debug = options.flag("--debug");
            let release = options.flag("--release");
            options.finish()?;
            if debug || !release {
                println!("{}", extension::build(extension::Profile::Debug)?.display());
            }
            if release || !debug {
                println!(
                    "{}",
                    extension::build(extension::Profile::Release)?.display()
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        "fuzz" => {
            let seconds = options.number("--seconds")?.unwrap_or(60);
            options.finish()?;
            fuzz::run(seconds)
        }
        "godot" => {
            options.finish()?;
            println!("{}", godot::find()?.display());
            Ok(ExitCode::SUCCESS)
        }
        "c-peer" => {
            options.finish()?;
            println!("{}", c_enet::peer()?.0.display());
            Ok(ExitCode::SUCCESS)
        }
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => Err(format!(
            "there is no command \"{other}\"; see cargo xtask help"
        )),
    }
}

/// Options of a command, taken one by one; what is left is an error.
struct Options(Vec<String>);

impl Options {
    fn new(arguments: &[String]) -> Self {
        Self(arguments.to_vec())
    }

    fn flag(&mut self, name: &str) -> bool {
        let found = self.0.iter().position(|argument| argument == name);
        found.map(|at| self.0.remove(at)).is_some()
    }

    fn value(&mut self, name: &str) -> Outcome<Option<String>> {
        let Some(at) = self.0.iter().position(|argument| argument == name) else {
            return Ok(None);
        };
        self.0.remove(at);
        if at == self.0.len() {
            return Err(format!("{name} needs a value"));
        }
        Ok(Some(self.0.remove(at)))
    }

    /// The next word that is no option.
    fn word(&mut self) -> Option<String> {
        let at = self.0.iter().position(|word| !word.starts_with('-'))?;
        Some(self.0.remove(at))
    }

    fn number(&mut self, name: &str) -> Outcome<Option<u64>> {
        self.value(name)?
            .map(|text| {
                text.parse()
                    .map_err(|_| format!("{name} needs a number, not \"{text}\""))
            })
            .transpose()
    }

    fn finish(self) -> Outcome<()> {
        match self.0.first() {
            None => Ok(()),
            Some(argument) => Err(format!(
                "unknown option \"{argument}\"; see cargo xtask help"
            )),
        }
    }
}
