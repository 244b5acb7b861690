//! `-o junit`: each Pod is a test, for the test views of CI systems.
//!
//! The format is the one that Jenkins, GitLab and GitHub's reporters read: `testsuites`, a `testsuite` per
//! namespace, a `testcase` per Pod with a `failure` per finding.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use super::report::{CheckReport, FindingRow, HealthyPod};
use crate::domain::sanitize::is_hidden;

/// The tests of one namespace.
#[derive(Default)]
struct Suite<'a> {
    failed: BTreeMap<&'a str, Vec<&'a FindingRow>>,
    passed: Vec<&'a HealthyPod>,
}

pub(super) fn write(report: &CheckReport, out: &mut impl Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Suite<'_>> = BTreeMap::new();
    for row in &report.findings {
        let suite = suites.entry(&row.namespace).or_default();
        suite.failed.entry(row.subject()).or_default().push(row);
    }
    for well in &report.healthy {
        let suite = suites.entry(&well.namespace).or_default();
        suite.passed.push(well);
    }
    let run = run_cases(report);
    let tests: usize = suites.values().map(Suite::tests).sum::<usize>() + run.len();
    let failures: usize = suites.values().map(|suite| suite.failed.len()).sum();
    let failed_runs = usize::from(report.settled == Some(false)) + report.expiring.len();
    let (mut skipped, mut errors) = (report.not_seen.len(), usize::from(has_other_gaps(report)));
    if report.complete {
        skipped += report.not_read.len();
    } else {
        errors += report.not_read.len();
    }
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="pullscope check" tests="{tests}" failures="{}" errors="{errors}" skipped="{skipped}">"#,
        failures + failed_runs
    )?;
    for (namespace, suite) in &suites {
        suite.write(namespace, out)?;
    }
    if !run.is_empty() {
        let count = run.len();
        writeln!(
            out,
            r#"  <testsuite name="pullscope" tests="{count}" failures="{failed_runs}" errors="{errors}" skipped="{skipped}">"#
        )?;
        for case in run {
            writeln!(out, "    {case}")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// Test cases about the run as a whole.
fn run_cases(report: &CheckReport) -> Vec<String> {
    let unseen = report.not_seen.iter().map(|missing| {
        let missing = escape_xml(missing);
        format!(
            r#"<testcase classname="pullscope" name="may {missing}"><skipped message="not read: you may not {missing}"/></testcase>"#
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
        let object = escape_xml(object);
        // As the exit status: an error only where *healthy* would rest on what was not read.
        let outcome = if report.complete {
            format!(r#"<skipped message="{object} cannot be decoded"/>"#)
        } else {
            format!(r#"<error type="not-read" message="{object} cannot be decoded"/>"#)
        };
        format!(r#"<testcase classname="pullscope" name="read {object}">{outcome}</testcase>"#)
    });
    // What is skipped is green in most views: that *healthy* would rest on it is an error.
    let incomplete = has_other_gaps(report).then(|| {
        let why = escape_xml(&report.not_read_line().unwrap_or_default());
        format!(
            r#"<testcase classname="pullscope" name="everything was read"><error type="not-read" message="{why}"/></testcase>"#
        )
    });
    let expiring = report.expiring.iter().map(|row| {
        let (namespace, secret) = (escape_xml(&row.namespace), escape_xml(&row.secret));
        let summary = escape_xml(&row.summary);
        format!(
            r#"<testcase classname="pullscope" name="Secret {namespace}/{secret}"><failure type="expiring" message="{summary}"/></testcase>"#
        )
    });
    unseen
        .chain(expiring)
        .chain(unreadable)
        .chain(incomplete)
        .chain(settled)
        .collect()
}

/// Whether something else was not read than the objects that have a test case.
fn has_other_gaps(report: &CheckReport) -> bool {
    !report.complete && (report.not_read.is_empty() || !report.stale.is_empty())
}

impl Suite<'_> {
    fn tests(&self) -> usize {
        self.failed.len() + self.passed.len()
    }

    fn write(&self, namespace: &str, out: &mut impl Write) -> io::Result<()> {
        let namespace = escape_xml(namespace);
        writeln!(
            out,
            r#"  <testsuite name="{namespace}" tests="{}" failures="{}" errors="0" skipped="0">"#,
            self.tests(),
            self.failed.len()
        )?;
        for (subject, rows) in &self.failed {
            let workload = rows.first().and_then(|row| row.workload.as_deref());
            let class = class_name(&namespace, workload);
            let subject = escape_xml(subject);
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
            let class = class_name(&namespace, well.workload.as_deref());
            let pod = escape_xml(&well.pod);
            writeln!(out, r#"    <testcase classname="{class}" name="{pod}"/>"#)?;
        }
        writeln!(out, "  </testsuite>")
    }
}

fn class_name(namespace: &str, workload: Option<&str>) -> String {
    match workload {
        Some(workload) => format!("{namespace}.{}", escape_xml(workload)),
        None => namespace.to_owned(),
    }
}

fn write_failure(row: &FindingRow, out: &mut impl Write) -> io::Result<()> {
    let mut text = Vec::new();
    row.write_text(super::Console::default(), &mut text)?;
    let text = String::from_utf8_lossy(&text);
    writeln!(
        out,
        r#"      <failure type="{}" message="{}">{}</failure>"#,
        escape_xml(row.cause.slug()),
        escape_xml(&row.summary),
        escape_xml(text.trim_end())
    )
}

/// Escapes text for an attribute or an element; characters that XML 1.0 does not have are left out.
fn escape_xml(text: &str) -> String {
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
            escape_xml("a \"b\" <c> & \u{1b}[31m\u{0}d\ne"),
            "a &quot;b&quot; &lt;c&gt; &amp; [31md\ne"
        );
    }
}
