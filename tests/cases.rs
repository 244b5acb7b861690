//! Golden cases: what a real cluster looked like (Kubernetes 1.20.2, containerd 1.6), and what is said
//! of it.
//!
//! `tests/cases/NAME.json` is a `PodContext` as `check --save-cases` writes it, `NAME.diagnosis.json` the
//! diagnosis. `BLESS=1 cargo test --test cases` writes the latter anew, to be read in the diff.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use pullscope::domain::{
    context::{PodContext, Presence, Visibility},
    diagnostics::{Cause, Diagnosis, Finding, RootCause, diagnose},
};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.to_str().unwrap().ends_with(".diagnosis.json"))
        .collect();
    cases.sort();
    cases
}

#[test]
fn each_case_is_diagnosed_as_recorded() {
    let cases = cases();
    assert!(cases.len() > 30, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for path in cases {
        let context: PodContext = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let found = diagnose(&context);
        let golden = path.with_extension("diagnosis.json");
        if env::var_os("BLESS").is_some() {
            let text = serde_json::to_string_pretty(&found).unwrap();
            fs::write(&golden, text + "\n").unwrap();
        }
        let recorded: Diagnosis = serde_json::from_slice(&fs::read(&golden).unwrap()).unwrap();
        // What is not written down (the target of the fixes) follows from the case.
        let written = |diagnosis: &Diagnosis| serde_json::to_value(diagnosis).unwrap();
        if written(&found) != written(&recorded) {
            wrong.push(format!(
                "{}:\n{found:#?}\nbut recorded\n{recorded:#?}",
                path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same case for a user who may not read Secrets.
fn hide_secrets(context: &PodContext) -> PodContext {
    let mut hidden = context.clone();
    hidden.secrets_visibility = Visibility::Forbidden;
    hidden.unlisted_secrets.clear();
    hidden.elsewhere.clear();
    for listed in &mut hidden.pull_secrets {
        listed.secret = Presence::Unknown;
    }
    hidden
}

/// All that a finding could be, by what is said of it.
fn candidates(finding: &Finding) -> impl Iterator<Item = Cause> {
    std::iter::once(finding.cause).chain(finding.alternatives.iter().copied())
}

/// Whoever may not read Secrets learns less, and nothing else: no node is blamed for it, no root is claimed
/// that the Secrets would not bear out, nothing is surer, and what it is remains among what is said.
#[test]
fn hiding_the_secrets_never_makes_up_a_cause() {
    let mut judged = 0;
    for path in cases() {
        let context: PodContext = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let (seen, hidden) = (diagnose(&context), diagnose(&hide_secrets(&context)));
        assert_eq!(seen.findings.len(), hidden.findings.len());
        for (seen, hidden) in seen.findings.iter().zip(&hidden.findings) {
            let place = format!("{}:\n{seen:#?}\n{hidden:#?}", path.display());
            if hidden.root == Some(RootCause::NodeProblem) {
                assert_eq!(seen.root, Some(RootCause::NodeProblem), "{place}");
            }
            assert!(hidden.root.is_none() || hidden.root == seen.root, "{place}");
            assert!(hidden.confidence <= seen.confidence, "{place}");
            let kept = candidates(hidden).any(|cause| cause == seen.cause);
            assert!(kept, "the cause is lost: {place}");
            judged += usize::from(hidden.root != seen.root);
        }
    }
    assert!(judged > 5, "only {judged} cases depend on their Secrets");
}
