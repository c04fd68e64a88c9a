//! The proxy in front of the servers: that of the tests, or a Quilkin.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Running};
use crate::project::at;
use crate::{Outcome, project};

use crate::demo;

/// The package and the program of the tests' own.
pub const NAME: &str = "test_proxy";
const LIMIT: Duration = Duration::from_secs(300);

/// A server behind the proxy.
pub struct Endpoint<'a> {
    pub port: u16,
    pub token: &'a str,
}

/// A proxy that runs.
pub struct Proxy {
    running: Running,
    port: u16,
    is_quilkin: bool,
}

impl Proxy {
    /// Starts the Quilkin at a path, or else the proxy of the tests.
    pub fn start(
        quilkin: Option<&str>,
        folder: &Path,
        endpoints: &[Endpoint<'_>],
    ) -> Outcome<Self> {
        let port = demo::free_port()?;
        let (mut command, ready) = match quilkin {
            Some(program) => (
                start_quilkin(program, port, folder, endpoints)?,
                "watching file",
            ),
            None => {
                let mut command = Command::new(project::test_program(NAME));
                command.args(["--serve", &port.to_string()]);
                command.args(
                    endpoints
                        .iter()
                        .map(|endpoint| format!("127.0.0.1:{}={}", endpoint.port, endpoint.token)),
                );
                (command, "proxy on ")
            }
        };
        let mut running = process::start(&mut command, LIMIT)?;
        if !running.wait_for(ready) {
            return Err(format!("the proxy does not start\n{}", running.said(10)));
        }
        Ok(Self {
            running,
            port,
            is_quilkin: quilkin.is_some(),
        })
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub const fn name(&self) -> &'static str {
        if self.is_quilkin {
            "Quilkin"
        } else {
            "the proxy of the tests"
        }
    }

    /// Ends the proxy. Returns what it says of itself.
    pub fn end(self) -> Outcome<String> {
        let name = self.name();
        if self.is_quilkin {
            // After SIGTERM it waits for its sessions to end; dropping the process kills it.
            return Ok(format!("{name} is ended"));
        }
        self.running.terminate()?;
        let run = self.running.finish()?;
        let line = run.output.lines().rfind(|line| line.starts_with("proxy: "));
        Ok(line.map_or_else(|| format!("{name} ended"), str::to_owned))
    }
}

/// A configuration with the filters that this needs, and a Quilkin that reads it.
fn start_quilkin(
    program: &str,
    port: u16,
    folder: &Path,
    endpoints: &[Endpoint<'_>],
) -> Outcome<Command> {
    let size = endpoints[0].token.len();
    let mut text = format!(
        "version: v1alpha1\nfilters:\n  \
         - name: quilkin.filters.capture.v1alpha1.Capture\n    config:\n      suffix:\n        size: {size}\n        remove: true\n  \
         - name: quilkin.filters.token_router.v1alpha1.TokenRouter\nclusters:\n  - endpoints:\n"
    );
    for endpoint in endpoints {
        text += &format!(
            "      - address: 127.0.0.1:{}\n        metadata:\n          quilkin.dev:\n            tokens: [{}]\n",
            endpoint.port,
            base64(endpoint.token.as_bytes())
        );
    }
    let file = folder.join("quilkin.yaml");
    std::fs::write(&file, text).map_err(at(&file))?;
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .args(["--provider.fs", "--provider.fs.path"])
        .arg(&file)
        .args(["--service.udp", "--service.udp.port", &port.to_string()])
        .args(["--admin.enabled", "false", "--sys.log.dir"])
        .arg(folder);
    Ok(command)
}

/// The bytes in Base64, as Quilkin's configuration has them.
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let bits = part
            .iter()
            .enumerate()
            .fold(0_usize, |bits, (index, byte)| {
                bits | usize::from(*byte) << (16 - 8 * index)
            });
        for index in 0..4 {
            let sign = ALPHABET[bits >> (18 - 6 * index) & 63];
            text.push(if index > part.len() {
                '='
            } else {
                char::from(sign)
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_has_padding() {
        let texts = ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes()));
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }
}
