//! The files of the cases.

use std::{fmt::Write, fs, path::PathBuf};

use pullscope::domain::context::{PodContext, WorkloadContext};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a diagnosis looks at: a Pod, or a workload that makes none.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Golden {
    Pod(Box<PodContext>),
    Workload(WorkloadContext),
}

fn path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/cases");
    folder.join(format!("{name}.json"))
}

pub fn read(name: &str) -> Golden {
    let path = path(name);
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| {
        panic!("{}: {error}; UPDATE=1 makes the cases anew", path.display())
    })
}

/// Writes a case with one object in each line, which is small and can be compared.
pub fn write(name: &str, case: &Golden) {
    let mut case = serde_json::to_value(case).unwrap();
    number_fingerprints(&mut case, &mut Vec::new());
    let mut text = String::from("{\n");
    let fields = case.as_object().unwrap();
    for (at, (field, value)) in fields.iter().enumerate() {
        write!(text, "\"{field}\": ").unwrap();
        match value.as_array() {
            Some(list) if !list.is_empty() => {
                let lines: Vec<String> = list.iter().map(Value::to_string).collect();
                write!(text, "[\n{}\n]", lines.join(",\n")).unwrap();
            }
            _ => text.push_str(&value.to_string()),
        }
        text.push_str(if at + 1 < fields.len() { ",\n" } else { "\n" });
    }
    fs::write(path(name), text + "}\n").unwrap();
}

/// They differ from run to run and only say which credentials are the same.
fn number_fingerprints(value: &mut Value, known: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name != "fingerprint" {
                    number_fingerprints(value, known);
                } else if !value.is_null() {
                    let at = known.iter().position(|it| it == value);
                    let at = at.unwrap_or_else(|| {
                        known.push(value.clone());
                        known.len() - 1
                    });
                    *value = (at + 1).into();
                }
            }
        }
        Value::Array(list) => {
            for value in list {
                number_fingerprints(value, known);
            }
        }
        _ => {}
    }
}
