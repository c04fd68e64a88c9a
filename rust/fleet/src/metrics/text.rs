//! The text format of Prometheus, version 0.0.4.

use std::fmt::Write;

use super::Histogram;

/// What the numbers of a family are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They only grow. The family's name ends with `_total`.
    Counter,
    /// They go up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// A text under construction.
#[derive(Debug, Clone, Default)]
pub struct Text {
    text: String,
    family: &'static str,
}

impl Text {
    /// An empty text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a family. All samples up to the next one belong to it.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> &mut Self {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let help = help.replace('\\', r"\\").replace('\n', r"\n");
        self.push(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        self.family = name;
        self
    }

    /// Adds a sample with labels.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: f64) -> &mut Self {
        self.line("", labels, value)
    }

    /// Adds all samples of a histogram.
    pub fn histogram(&mut self, labels: &[(&str, &str)], histogram: &Histogram) -> &mut Self {
        for (bound, count) in histogram.cumulative() {
            let bound = number(bound);
            let labels: Vec<_> = labels
                .iter()
                .copied()
                .chain([("le", bound.as_str())])
                .collect();
            self.line("_bucket", &labels, count as f64);
        }
        self.line("_sum", labels, histogram.sum());
        self.line("_count", labels, histogram.count() as f64)
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, suffix: &str, labels: &[(&str, &str)], value: f64) -> &mut Self {
        let family = self.family;
        self.push(format_args!("{family}{suffix}"));
        for (index, (name, value)) in labels.iter().enumerate() {
            let before = if index == 0 { '{' } else { ',' };
            let value = value
                .replace('\\', r"\\")
                .replace('"', "\\\"")
                .replace('\n', r"\n");
            self.push(format_args!("{before}{name}=\"{value}\""));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        self.push(format_args!("{end} {}\n", number(value)));
        self
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a text does not fail.
        let _ = self.text.write_fmt(arguments);
    }
}

/// A number in Prometheus' words.
fn number(value: f64) -> String {
    match value {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value if value.is_nan() => "NaN".to_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_help_are_escaped() {
        let mut text = Text::new();
        text.family("a_total", Kind::Counter, "one\\two\nthree");
        text.sample(&[("b", "\"c\"\\\n"), ("d", "")], 3.0);
        assert_eq!(
            text.finish(),
            "# HELP a_total one\\\\two\\nthree\n# TYPE a_total counter\na_total{b=\"\\\"c\\\"\\\\\\n\",d=\"\"} 3\n"
        );
    }

    #[test]
    fn a_histogram_has_buckets_sum_and_count() {
        let mut histogram = Histogram::new(&[0.01, 1.0]);
        histogram.observe(0.5);
        let mut text = Text::new();
        text.family("t_seconds", Kind::Histogram, "h")
            .histogram(&[], &histogram);
        let lines = "t_seconds_bucket{le=\"0.01\"} 0\nt_seconds_bucket{le=\"1\"} 1\nt_seconds_bucket{le=\"+Inf\"} 1\n\
                     t_seconds_sum 0.5\nt_seconds_count 1\n";
        assert!(text.finish().ends_with(lines));
    }
}
