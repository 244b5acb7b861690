//! What the kubelet's own code (1.36) answered, case by case: the image as it reads it, the user
//! names it tries, and its errors. The vectors are not part of this repository.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::{fs, path::Path};

use pullscope::domain::registry_auth::{
    docker_config::{self, ConfigFormat},
    image_ref::ImageRef,
    keyring::Keyring,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    id: u32,
    image: String,
    secrets: Vec<Secret>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Secret {
    r#type: String,
    data: String,
}

#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(default)]
struct Expect {
    image_error: bool,
    repo: String,
    tag: String,
    digest: String,
    tries: Vec<String>,
    keyring_error: Option<String>,
}

fn format(secret_type: &str) -> Option<ConfigFormat> {
    match secret_type {
        "kubernetes.io/dockerconfigjson" => Some(ConfigFormat::ConfigJson),
        "kubernetes.io/dockercfg" => Some(ConfigFormat::LegacyCfg),
        _ => None,
    }
}

fn tries(image: &ImageRef, secrets: &[Secret]) -> Result<Vec<String>, String> {
    let mut keyring = Keyring::default();
    for secret in secrets {
        let Some(format) = format(&secret.r#type) else {
            continue;
        };
        let config = docker_config::read(format, secret.data.as_bytes());
        for entry in config
            .usable_entries()
            .map_err(|error| error.text.to_string())?
        {
            keyring.add(&entry.server, entry.username.to_string());
        }
    }
    Ok(keyring
        .candidates(image)
        .into_iter()
        .map(|t| t.entry.clone())
        .collect())
}

fn answer(vector: &Vector) -> Expect {
    let Ok(image) = ImageRef::parse(&vector.image) else {
        return Expect {
            image_error: true,
            ..Expect::default()
        };
    };
    let mut expect = Expect {
        repo: image.repository(),
        tag: image.tag().unwrap_or_default().to_owned(),
        digest: image.digest().unwrap_or_default().to_owned(),
        ..Expect::default()
    };
    match tries(&image, &vector.secrets) {
        Ok(tries) => expect.tries = tries,
        // The recorder cut the messages at 80 characters.
        Err(error) => expect.keyring_error = Some(error.chars().take(80).collect()),
    }
    expect
}

#[test]
fn answers_as_the_kubelet_did() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/keyring-vectors.jsonl");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {} is not here", path.display());
        return;
    };
    let mut wrong = Vec::new();
    for line in text.lines() {
        let vector: Vector = serde_json::from_str(line).expect("a vector");
        let found = answer(&vector);
        if found != vector.expect {
            wrong.push(format!(
                "{} {}: {found:?} instead of {:?}",
                vector.id, vector.image, vector.expect
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
