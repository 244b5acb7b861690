//! The dashboard and `check` find the same in the same cluster: all recorded scenarios at once, looked at by
//! both.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};
use pullscope::{
    app::{diagnosis_cache::DiagnosisCache, probe_cache::ProbeCache},
    cluster::WatchScope,
    domain::diagnostics::{Finding, grouping::Subject},
    headless::{
        check::{self, Args, ReportFormat},
        console::Console,
    },
};
use serde_json::{Value, json};

use crate::{lab::Lab, recording::RECORDS};

/// What is said first of each Pod and workload.
type Said = BTreeMap<String, Value>;

async fn said_by_check(lab: &Lab) -> Said {
    let connection = lab.connection().await;
    let args = Args {
        output: ReportFormat::Json,
        ..Args::default()
    };
    let reach = WatchScope::Cluster {
        fallback: Vec::new(),
    };
    let mut report = Vec::new();
    let run = check::run(
        &args,
        &connection,
        reach,
        None,
        Console::default(),
        &mut report,
    );
    run.await.unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let mut said = Said::new();
    for row in report["findings"].as_array().unwrap() {
        let subject = if row["pod"].is_null() {
            &row["workload"]
        } else {
            &row["pod"]
        };
        let judged = [
            "cause",
            "root",
            "confidence",
            "alternatives",
            "title",
            "summary",
        ];
        let judged = judged.map(|field| (field, row[field].clone()));
        said.entry(subject.as_str().unwrap().to_owned())
            .or_insert_with(|| json!(BTreeMap::from(judged)));
    }
    said
}

async fn said_by_dashboard(lab: &Lab) -> Said {
    let now = Timestamp::now();
    let (store, sight) = lab.look(now).await;
    let mut diagnoses = DiagnosisCache::default();
    loop {
        diagnoses.refresh(&store, &sight, &ProbeCache::default(), now);
        if !diagnoses.has_pending() {
            break;
        }
    }
    let subjects = diagnoses.faults().iter().flat_map(|fault| {
        let pods = fault.pods.iter().cloned().map(Subject::Pod);
        pods.chain(fault.workloads.iter().cloned().map(Subject::Workload))
    });
    let judged = |finding: &Finding| {
        json!({
            "cause": finding.cause, "root": finding.root, "confidence": finding.confidence,
            "alternatives": finding.alternatives, "title": finding.title(),
            "summary": finding.summary(),
        })
    };
    let said = subjects.filter_map(|subject| {
        let finding = &diagnoses.get(&subject)?.finding;
        let name = match &subject {
            Subject::Pod(key) => key.name.to_string(),
            Subject::Workload(id) => id.to_string(),
        };
        Some((name, judged(finding)))
    });
    said.collect()
}

#[tokio::test]
async fn the_dashboard_and_check_find_the_same() {
    let born = Timestamp::now() - 15.minutes();
    let minute = born.as_second() - born.as_second() % 60;
    let born = Timestamp::from_second(minute).unwrap();
    let all: Vec<_> = RECORDS.iter().collect();
    let (lab, _) = Lab::with(&all, born).await;
    let (check, dashboard) = (said_by_check(&lab).await, said_by_dashboard(&lab).await);
    assert!(check.len() > 80, "only {} are found", check.len());
    for (subject, said) in &check {
        assert_eq!(dashboard.get(subject), Some(said), "{subject}");
    }
    let more: Vec<_> = dashboard
        .keys()
        .filter(|it| !check.contains_key(*it))
        .collect();
    assert!(more.is_empty(), "only the dashboard finds {more:?}");
}
