//! `-o sarif`: SARIF 2.1.0, for the code-scanning views that read it.
//!
//! A finding is about an object in a cluster and not about a file. The object is the logical location; for
//! readers that insist on a file, its path in the cluster stands in for one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::report::{CheckReport, FindingRow};
use crate::domain::diagnostics::{Cause, classify::Confidence};

pub(super) fn document(report: &CheckReport) -> Value {
    let causes: BTreeSet<Cause> = report.findings.iter().map(|row| row.cause).collect();
    let rules: Vec<Value> = causes.iter().map(|cause| rule(*cause)).collect();
    let results: Vec<Value> = report.findings.iter().map(result).collect();
    // As the exit status: an error only where *healthy* would rest on what was not read.
    let gap = if report.complete { "warning" } else { "error" };
    let unseen = report.not_seen.iter();
    let mut notes: Vec<Value> = unseen
        .map(|missing| notification("warning", &format!("not read: you may not {missing}")))
        .collect();
    let stale = report.stale.iter();
    notes.extend(stale.map(|list| notification(gap, &format!("out of date: {list}"))));
    let unreadable = report.not_read.iter();
    notes.extend(
        unreadable
            .map(|object| notification(gap, &format!("not read: {object} cannot be decoded"))),
    );
    notes.extend(report.expiring.iter().map(|row| {
        let text = format!("Secret {}/{}: {}", row.namespace, row.secret, row.summary);
        notification("warning", &text)
    }));
    if report.settled == Some(false) {
        notes.push(notification("error", "did not settle in time"));
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pullscope",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "invocations": [{
                "executionSuccessful": report.complete,
                "toolExecutionNotifications": notes,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn notification(level: &str, text: &str) -> Value {
    json!({ "level": level, "message": { "text": text } })
}

fn rule(cause: Cause) -> Value {
    let entry = cause.text();
    json!({
        "id": cause.slug(),
        "shortDescription": { "text": entry.label },
        "fullDescription": { "text": entry.summary },
        "help": { "text": entry.how_to_confirm },
    })
}

fn result(row: &FindingRow) -> Value {
    let place = row.place();
    json!({
        "ruleId": row.cause.slug(),
        "level": match row.confidence {
            Confidence::Certain | Confidence::Likely => "error",
            Confidence::Possible => "warning",
        },
        "message": { "text": message(row) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": place },
                "region": { "startLine": 1 },
            },
            "logicalLocations": [{ "fullyQualifiedName": place, "kind": "resource" }],
        }],
        "partialFingerprints": { "pullscope/v1": fingerprint(row) },
        "properties": {
            "namespace": row.namespace,
            "pod": row.pod,
            "container": row.container,
            "image": row.image,
            "root": row.root,
            "confidence": row.confidence,
        },
    })
}

/// The sentence, and below it what to do.
fn message(row: &FindingRow) -> String {
    let fixes = row.fixes.iter().map(|fix| format!("\nfix: {}", fix.title));
    std::iter::once(row.summary.clone()).chain(fixes).collect()
}

/// The same for all Pods of a workload, and for the next run: Pods come and go.
fn fingerprint(row: &FindingRow) -> String {
    let subject = row.workload.as_deref().or(row.pod.as_deref());
    let container = row.container.as_deref();
    let parts = [
        Some(&*row.namespace),
        subject,
        container,
        Some(row.cause.slug()),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_out_of_date_is_the_reason_why_the_run_was_no_success() {
        let report = CheckReport::with_stale_pods("Pods since 08:00: connection lost");
        let run = document(&report)["runs"][0]["invocations"][0].clone();
        assert_eq!(run["executionSuccessful"], false);
        let note = &run["toolExecutionNotifications"][0];
        assert_eq!(note["level"], "error");
        assert_eq!(
            note["message"]["text"],
            "out of date: Pods since 08:00: connection lost"
        );
    }
}
