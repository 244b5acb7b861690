//! `-o junit`: each Pod a test, for the test views of CI systems.
//!
//! The form is the one that Jenkins, GitLab and GitHub's reporters read: `testsuites`, a `testsuite` per
//! namespace, a `testcase` per Pod with a `failure` per finding.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use super::report::{Report, Row, Well};
use crate::domain::sanitize::is_hidden;

/// The tests of one namespace.
#[derive(Default)]
struct Suite<'a> {
    failed: BTreeMap<&'a str, Vec<&'a Row>>,
    passed: Vec<&'a Well>,
}

pub(super) fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Suite<'_>> = BTreeMap::new();
    for row in &report.findings {
        let suite = suites.entry(&row.namespace).or_default();
        suite.failed.entry(row.subject()).or_default().push(row);
    }
    for well in &report.well {
        let suite = suites.entry(&well.namespace).or_default();
        suite.passed.push(well);
    }
    let run = run(report);
    let tests: usize = suites.values().map(Suite::tests).sum::<usize>() + run.len();
    let failures: usize = suites.values().map(|suite| suite.failed.len()).sum();
    let unsettled = usize::from(report.settled == Some(false));
    let skipped = report.not_seen.len();
    let errors = report.not_read.len() + usize::from(lacks_more(report));
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="pullscope check" tests="{tests}" failures="{}" errors="{errors}" skipped="{skipped}">"#,
        failures + unsettled
    )?;
    for (namespace, suite) in &suites {
        suite.write(namespace, out)?;
    }
    if !run.is_empty() {
        let count = run.len();
        writeln!(
            out,
            r#"  <testsuite name="pullscope" tests="{count}" failures="{unsettled}" errors="{errors}" skipped="{skipped}">"#
        )?;
        for case in run {
            writeln!(out, "    {case}")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// What concerns the run as a whole.
fn run(report: &Report) -> Vec<String> {
    let unseen = report.not_seen.iter().map(|missing| {
        let missing = escaped(missing);
        format!(
            r#"<testcase classname="pullscope" name="may {missing}"><skipped message="not seen: needs {missing}"/></testcase>"#
        )
    });
    let settled = report.settled.map(|settled| {
        let inner = if settled {
            ""
        } else {
            r#"<failure type="not-settled" message="did not settle in time"/>"#
        };
        format!(r#"<testcase classname="pullscope" name="settled">{inner}</testcase>"#)
    });
    let unreadable = report.not_read.iter().map(|object| {
        let object = escaped(object);
        format!(
            r#"<testcase classname="pullscope" name="read {object}"><error type="not-read" message="{object} cannot be decoded"/></testcase>"#
        )
    });
    // What is skipped is green in most views: that *healthy* would rest on it is an error.
    let incomplete = lacks_more(report).then(|| {
        let why = escaped(&report.not_read_line().unwrap_or_default());
        format!(
            r#"<testcase classname="pullscope" name="everything was read"><error type="not-read" message="{why}"/></testcase>"#
        )
    });
    unseen
        .chain(unreadable)
        .chain(incomplete)
        .chain(settled)
        .collect()
}

/// Whether more was not read than the objects that have an error of their own.
fn lacks_more(report: &Report) -> bool {
    !report.complete && report.not_read.is_empty()
}

impl Suite<'_> {
    fn tests(&self) -> usize {
        self.failed.len() + self.passed.len()
    }

    fn write(&self, namespace: &str, out: &mut impl Write) -> io::Result<()> {
        let namespace = escaped(namespace);
        writeln!(
            out,
            r#"  <testsuite name="{namespace}" tests="{}" failures="{}" errors="0" skipped="0">"#,
            self.tests(),
            self.failed.len()
        )?;
        for (subject, rows) in &self.failed {
            let workload = rows.first().and_then(|row| row.workload.as_deref());
            let class = class(&namespace, workload);
            let subject = escaped(subject);
            writeln!(
                out,
                r#"    <testcase classname="{class}" name="{subject}">"#
            )?;
            for row in rows {
                write_failure(row, out)?;
            }
            writeln!(out, "    </testcase>")?;
        }
        for well in &self.passed {
            let class = class(&namespace, well.workload.as_deref());
            let pod = escaped(&well.pod);
            writeln!(out, r#"    <testcase classname="{class}" name="{pod}"/>"#)?;
        }
        writeln!(out, "  </testsuite>")
    }
}

fn class(namespace: &str, workload: Option<&str>) -> String {
    match workload {
        Some(workload) => format!("{namespace}.{}", escaped(workload)),
        None => namespace.to_owned(),
    }
}

fn write_failure(row: &Row, out: &mut impl Write) -> io::Result<()> {
    let mut text = Vec::new();
    row.write_text(super::Console::default(), &mut text)?;
    let text = String::from_utf8_lossy(&text);
    writeln!(
        out,
        r#"      <failure type="{}" message="{}">{}</failure>"#,
        escaped(row.cause.slug()),
        escaped(&row.summary),
        escaped(text.trim_end())
    )
}

/// Text for an attribute or an element; what XML 1.0 cannot say is left out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(c),
            c if is_hidden(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_its_place() {
        assert_eq!(
            escaped("a \"b\" <c> & \u{1b}[31m\u{0}d\ne"),
            "a &quot;b&quot; &lt;c&gt; &amp; [31md\ne"
        );
    }
}
