//! Golden cases: what a real cluster looked like (Kubernetes 1.20.2, containerd 1.6), and what is said
//! of it.
//!
//! `tests/cases/NAME.json` is a `Case` as `check --save-cases` writes it, `NAME.diagnosis.json` the
//! diagnosis. `BLESS=1 cargo test --test cases` writes the latter anew, to be read in the diff.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use pullscope::domain::{
    chain::Case,
    diagnose::{Diagnosis, diagnose},
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
        let case: Case = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let found = diagnose(&case);
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
