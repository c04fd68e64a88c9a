//! Reading a page of metrics as Prometheus does.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::Outcome;
use crate::project::at;

/// Prometheus waits ten seconds for a page.
const LIMIT: Duration = Duration::from_secs(10);

/// The lines of a page.
pub struct Page(String);

/// Reads the page, and keeps it as a file.
pub fn read(port: u16, folder: &Path, name: &str) -> Outcome<Page> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let text = ask(address).map_err(|error| format!("no metrics from {address}: {error}"))?;
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    if !head.starts_with("HTTP/1.1 200") {
        return Err(format!("{address} answered {head}"));
    }
    let file = folder.join(format!("{name}.txt"));
    std::fs::write(&file, body).map_err(at(&file))?;
    Ok(Page(body.to_owned()))
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

impl Page {
    /// The sum of a metric's samples.
    fn sum(&self, name: &str) -> Option<f64> {
        let samples = self.0.lines().filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            let is_sample = rest.starts_with(' ') || rest.starts_with('{');
            is_sample.then(|| rest.rsplit(' ').next()?.parse::<f64>().ok())?
        });
        let samples: Vec<f64> = samples.collect();
        (!samples.is_empty()).then(|| samples.iter().sum())
    }

    /// Fails unless the metric has this value.
    pub fn expect(&self, name: &str, wanted: f64) -> Outcome<()> {
        match self.sum(name) {
            Some(value) if value == wanted => Ok(()),
            Some(value) => Err(format!("{name} is {value}, not {wanted}")),
            None => Err(format!("the page has no {name}")),
        }
    }

    /// The figures that a person looks at first.
    pub fn summary(&self) -> String {
        let figures = ["enet_peers", "enet_joins_total", "enet_leaves_total"];
        let figures = figures
            .iter()
            .filter_map(|name| Some(format!("{name} {}", self.sum(name)?)));
        figures.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_a_metric_are_summed_and_no_others() {
        let page = Page("# TYPE a counter\na{x=\"1 2\"} 3\na{x=\"\"} 4\na_b 9\n".to_owned());
        assert_eq!(page.sum("a"), Some(7.0));
        assert!(page.expect("a_b", 9.0).is_ok());
        assert!(page.expect("c", 0.0).is_err());
    }
}
