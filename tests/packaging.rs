//! What installers read is whole: the krew manifest, filled in as its release bot would, and what
//! `cargo binstall` is told name the same archives.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

const RELEASES: &str = "https://github.com/acme/pullscope/releases/download/v0.1.0";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// As krew-release-bot does it, with an archive that has some digest.
fn filled(template: &str) -> String {
    let line = |line: &str| {
        let line = line
            .replace("{{ .TagName }}", "v0.1.0")
            .replace("{{ .Owner }}", "acme")
            .replace("{{ .Repo }}", "pullscope");
        match line.split_once("{{addURIAndSha \"") {
            Some((indent, rest)) => {
                let (uri, _) = rest.split_once('"').unwrap();
                let digest = "0".repeat(64);
                format!("{indent}uri: {uri}\n{indent}sha256: {digest}\n")
            }
            None => line + "\n",
        }
    };
    template.lines().map(line).collect()
}

#[test]
fn the_krew_manifest_is_one() {
    let text = filled(&read("assets/krew/pullscope.yaml"));
    assert!(!text.contains("{{"), "{text}");
    let manifest: Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(manifest["kind"], "Plugin");
    assert_eq!(manifest["metadata"]["name"], "pullscope");
    let spec = &manifest["spec"];
    assert_eq!(spec["version"], "v0.1.0");
    assert_eq!(spec["homepage"], "https://github.com/acme/pullscope");
    // krew's index refuses a longer one.
    assert!(spec["shortDescription"].as_str().unwrap().len() <= 50);
    let mut seen = BTreeSet::new();
    for platform in spec["platforms"].as_array().unwrap() {
        let labels = &platform["selector"]["matchLabels"];
        let (os, arch) = (
            labels["os"].as_str().unwrap(),
            labels["arch"].as_str().unwrap(),
        );
        assert!(
            seen.insert((os.to_owned(), arch.to_owned())),
            "{os}/{arch} twice"
        );
        let program = if os == "windows" {
            "pullscope.exe"
        } else {
            "pullscope"
        };
        assert_eq!(platform["bin"], program);
        let target = target(os, arch);
        let expected = format!("{RELEASES}/pullscope-{target}.tar.gz");
        assert_eq!(platform["uri"], expected);
        assert_eq!(binstall_url(target), expected);
    }
    assert!(seen.len() >= 4, "{seen:?}");
}

/// The triple of rustc for a platform of krew.
fn target(os: &str, arch: &str) -> &'static str {
    match (os, arch) {
        ("linux", "amd64") => "x86_64-unknown-linux-musl",
        ("linux", "arm64") => "aarch64-unknown-linux-musl",
        ("darwin", "amd64") => "x86_64-apple-darwin",
        ("darwin", "arm64") => "aarch64-apple-darwin",
        ("windows", "amd64") => "x86_64-pc-windows-gnu",
        other => panic!("{other:?} is not built"),
    }
}

fn binstall_url(target: &str) -> String {
    let manifest: toml::Value = toml::from_str(&read("Cargo.toml")).unwrap();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    assert_eq!(binstall["pkg-fmt"].as_str(), Some("tgz"));
    let url = binstall["pkg-url"].as_str().unwrap();
    url.replace("{ repo }", "https://github.com/acme/pullscope")
        .replace("{ version }", "0.1.0")
        .replace("{ name }", "pullscope")
        .replace("{ target }", target)
}
