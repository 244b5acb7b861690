//! `pullscope verify` tells apart what can be wrong with a real registry.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::{
    certificate::Pair,
    distribution::{Distribution, PASSWORD, Setup, USER, Users, is_installed},
};

/// Registries with the image `team/app:1.2.3`, and a directory for files.
pub struct Lab {
    directory: tempfile::TempDir,
}

pub struct Verified {
    status: Option<i32>,
    pub answer: Value,
}

impl Lab {
    pub fn new() -> Option<Self> {
        is_installed().then(|| Self {
            directory: tempfile::tempdir().unwrap(),
        })
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn start(&self, users: Users, tls: Option<&Pair>) -> Distribution {
        let directory = self.path();
        let plain = Setup {
            directory,
            users,
            tls: None,
        };
        let registry = plain.start();
        registry.push("team/app", "1.2.3");
        match tls {
            None => registry,
            Some(_) => Setup {
                directory,
                users,
                tls,
            }
            .start(),
        }
    }

    pub fn config(&self, host: &str, password: &str) -> PathBuf {
        let path = self.path().join("config.json");
        let config = json!({"auths": {host: {"username": USER, "password": password}}});
        fs::write(&path, config.to_string()).unwrap();
        path
    }
}

fn verify(image: &str, more: &[&str]) -> Verified {
    verify_with(image, more, &[])
}

pub fn verify_with(image: &str, more: &[&str], environment: &[(&str, &str)]) -> Verified {
    let output = Command::new(env!("CARGO_BIN_EXE_pullscope"))
        .args(["verify", image, "-o", "json"])
        .args(more)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stdout.contains(PASSWORD), "{stdout}");
    assert_eq!(stderr, "", "{image} {more:?}");
    Verified {
        status: output.status.code(),
        answer: serde_json::from_str(&stdout).unwrap(),
    }
}

impl Verified {
    /// Fails unless this is the exit status, the cause and the root.
    pub fn is(&self, status: i32, cause: Option<&str>, root: Option<&str>) {
        let answer = &self.answer;
        let answer_word = ["ok", "no", "unknown"][usize::try_from(status).unwrap()];
        assert_eq!(self.status, Some(status), "{answer:#}");
        assert_eq!(answer["verdict"], answer_word, "{answer:#}");
        assert_eq!(answer["cause"].as_str(), cause, "{answer:#}");
        assert_eq!(answer["root"].as_str(), root, "{answer:#}");
    }

    pub fn says(&self, text: &str) {
        let summary = self.answer["summary"].as_str().unwrap();
        assert!(summary.contains(text), "no {text:?} in {summary:?}");
    }
}

#[test]
fn a_registry_with_users() {
    let Some(lab) = Lab::new() else { return };
    let registry = lab.start(Users::Htpasswd, None);
    let host = registry.host();
    let image = |rest: &str| format!("{host}/{rest}");
    let good = lab.config(&host, PASSWORD);
    let from = ["--from", good.to_str().unwrap()];

    let found = verify(&image("team/app:1.2.3"), &from);
    found.is(0, None, None);
    let digest = found.answer["digest"].as_str().unwrap();
    assert!(digest.starts_with("sha256:"), "{digest}");
    assert_eq!(found.answer["entry"]["username"], USER);

    let by_digest = image(&format!("team/app@{digest}"));
    verify(&by_digest, &from).is(0, None, None);

    let found = verify(&image("team/app:1.2.4"), &from);
    found.is(1, Some("image-not-found"), Some("tag-missing"));
    found.says("similar tags: 1.2.3");

    verify(&image("team/other:1.2.3"), &from).is(
        1,
        Some("repository-missing-or-no-access"),
        Some("repository-missing"),
    );
    let found = verify(&image("team/app:1.2.3"), &["--anonymous"]);
    found.is(1, Some("no-credentials-sent"), None);

    let other = lab.config("other.example", PASSWORD);
    verify(
        &image("team/app:1.2.3"),
        &["--from", other.to_str().unwrap()],
    )
    .is(
        1,
        Some("no-credentials-sent"),
        Some("entry-for-other-registry"),
    );
    let bad = lab.config(&host, "wrong");
    verify(&image("team/app:1.2.3"), &["--from", bad.to_str().unwrap()]).is(
        1,
        Some("unauthorized"),
        Some("credential-rejected"),
    );
}

#[test]
fn a_registry_without_users() {
    let Some(lab) = Lab::new() else { return };
    let registry = lab.start(Users::Everybody, None);
    let host = registry.host();
    let image = format!("{host}/team/app:1.2.3");
    verify(&image, &["--anonymous"]).is(0, None, None);

    let config = lab.config(&host, PASSWORD);
    let found = verify(&image, &["--from", config.to_str().unwrap()]);
    found.is(0, None, None);
    found.says("never asked for the credential");

    let named = format!("plain.test:{}/team/app:1.2.3", registry.port);
    let there = ["--resolve", "plain.test=127.0.0.1"];
    verify(&named, &there).is(2, Some("tls-http-mismatch"), None);
    verify(&named, &[&there[..], &["--plain-http"]].concat()).is(0, None, None);
}

#[test]
fn an_image_says_what_it_is_made_for() {
    let Some(lab) = Lab::new() else { return };
    let registry = lab.start(Users::Everybody, None);
    registry.push_image("team/arm", "1", "arm64");
    let image = format!("{}/team/arm:1", registry.host());
    let found = verify(&image, &[]);
    found.is(0, None, None);
    assert_eq!(found.answer["platforms"], json!(["linux/arm64"]));
    verify(&image, &["--platform", "linux/arm64"]).is(0, None, None);
    let found = verify(&image, &["--platform", "linux/amd64"]);
    found.is(1, Some("platform-mismatch"), Some("wrong-platform"));
    found.says("no build for linux/amd64");
}

#[test]
fn a_registry_with_tls() {
    let Some(lab) = Lab::new() else { return };
    let pair = Pair::issue(lab.path(), &["r.test", "127.0.0.1"]);
    let registry = lab.start(Users::Htpasswd, Some(&pair));
    let host = registry.host();
    let image = format!("{host}/team/app:1.2.3");
    let config = lab.config(&host, PASSWORD);
    let from = ["--from", config.to_str().unwrap()];
    let trusted = [&from[..], &["--ca", pair.authority.to_str().unwrap()]].concat();

    verify(&image, &trusted).is(0, None, None);
    verify(&image, &from).is(2, Some("tls-untrusted-ca"), None);

    let named = format!("other.test:{}/team/app:1.2.3", registry.port);
    let there = [&trusted[..], &["--resolve", "other.test=127.0.0.1"]].concat();
    let found = verify(&named, &there);
    found.is(2, Some("tls-hostname-or-expired"), None);
    found.says("r.test");

    let plain = [&trusted[..], &["--plain-http"]].concat();
    verify(&image, &plain).is(2, Some("tls-http-mismatch"), None);
}

#[test]
fn certificates_that_are_no_good() {
    let Some(lab) = Lab::new() else { return };
    let expired = Pair::issue_until(lab.path(), &["127.0.0.1"], 2021);
    let registry = lab.start(Users::Everybody, Some(&expired));
    let image = format!("{}/team/app:1.2.3", registry.host());
    let found = verify(&image, &["--ca", expired.authority.to_str().unwrap()]);
    found.is(2, Some("tls-hostname-or-expired"), None);
    found.says("has expired");

    let alone = Pair::sign_itself(lab.path(), &["127.0.0.1"]);
    let registry = lab.start(Users::Everybody, Some(&alone));
    let image = format!("{}/team/app:1.2.3", registry.host());
    verify(&image, &[]).is(2, Some("tls-untrusted-ca"), None);
    let trusted = ["--ca", alone.authority.to_str().unwrap()];
    verify(&image, &trusted).is(0, None, None);
    let named = format!("other.test:{}/team/app:1.2.3", registry.port);
    let there = [&trusted[..], &["--resolve", "other.test=127.0.0.1"]].concat();
    verify(&named, &there).is(2, Some("tls-hostname-or-expired"), None);
}

#[test]
fn no_registry_at_all() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    verify(&format!("127.0.0.1:{port}/a:1"), &[]).is(2, Some("registry-unreachable-refused"), None);
    // A label of 64 letters cannot be asked for: the resolver refuses without asking anybody.
    verify(&format!("{}.test/a:1", "a".repeat(64)), &[]).is(
        2,
        Some("registry-unreachable-dns"),
        None,
    );
}
