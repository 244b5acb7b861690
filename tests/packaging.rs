//! What installers read is whole: the krew manifest, filled in as its release bot would, and what
//! `cargo binstall` is told name the same archives; the crate has what the program is made of.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

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

/// The files that `cargo publish` would take.
fn packaged() -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["package", "--list", "--offline", "--allow-dirty"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{why}");
    let list = String::from_utf8(output.stdout).unwrap();
    list.lines().map(str::to_owned).collect()
}

/// The files below a folder of the repository, named from its top.
fn files(folder: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut waiting = vec![root.join(folder)];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                found.push(name.to_owned());
            }
        }
    }
    found
}

#[test]
fn the_crate_has_what_is_compiled_in_and_what_is_read() {
    let packaged = packaged();
    for folder in [
        "src",
        "assets/scenarios",
        "assets/rbac",
        "assets/docs",
        "assets/schema",
    ] {
        for file in files(folder) {
            assert!(packaged.contains(&file), "{file}");
        }
    }
    for file in [
        "assets/config.toml",
        "assets/guide.md",
        "README.md",
        "LICENSE",
        "Cargo.lock",
    ] {
        assert!(packaged.contains(file), "{file}");
    }
    let is_for_the_repository = |file: &&String| {
        file.starts_with("tests/") || file.starts_with("assets/screens/") || file.starts_with('.')
    };
    let too_much: Vec<&String> = packaged
        .iter()
        .filter(is_for_the_repository)
        .filter(|file| *file != ".cargo_vcs_info.json")
        .collect();
    assert!(too_much.is_empty(), "{too_much:?}");
}

/// Code may compile in what the crate has, and no recordings of the tests.
#[test]
fn what_is_compiled_in_is_in_the_crate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    let is_of_tests = |file: &String| file.ends_with("tests.rs") || file.contains("/tests/");
    for file in files("src").iter().filter(|it| !is_of_tests(it)) {
        let text = read(file);
        for piece in text.split("include_str!(\"").skip(1) {
            let name = piece.split('"').next().unwrap();
            let path = root.join(file).parent().unwrap().join(name);
            let path = path.canonicalize().unwrap();
            let inside = path.strip_prefix(root.canonicalize().unwrap()).unwrap();
            assert!(
                inside.starts_with("src") || inside.starts_with("assets"),
                "{file}: {name}"
            );
            count += 1;
        }
    }
    assert!(count > 4, "{count}");
}
