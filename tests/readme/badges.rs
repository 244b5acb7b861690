//! The badges of the README: facts that the repository holds, drawn without another server.

use std::{env, fmt::Write, fs};

use crate::root;

/// The width of a letter in user units, for a font of 11.
const LETTER: usize = 7;

/// The badges: file, label and value.
fn badges() -> [(&'static str, &'static str, String); 3] {
    let manifest: toml::Value = toml::from_str(&read("Cargo.toml")).unwrap();
    let package = |name: &str| manifest["package"][name].as_str().unwrap().to_owned();
    let (oldest, newest) = kubelets();
    [
        ("licence", "licence", package("license")),
        ("rust", "Rust", format!("{}+", package("rust-version"))),
        ("kubernetes", "Kubernetes", format!("{oldest} – {newest}")),
    ]
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The oldest and the newest kubelet of which there are recordings that the tests replay.
fn kubelets() -> (String, String) {
    let mut versions: Vec<(u32, u32)> = fs::read_dir(root().join("tests/recorded"))
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let version = name.strip_prefix("kubelet-")?.strip_suffix(".jsonl")?;
            let (major, minor) = version.split_once('.')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        })
        .collect();
    versions.sort_unstable();
    let text = |(major, minor): (u32, u32)| format!("{major}.{minor}");
    (text(versions[0]), text(versions[versions.len() - 1]))
}

fn draw(label: &str, value: &str) -> String {
    let wide = |text: &str| text.chars().count() * LETTER + 12;
    let (left, right) = (wide(label), wide(value));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"20\" role=\"img\" aria-label=\"{label}: {value}\" font-family=\"Verdana, DejaVu Sans, sans-serif\" font-size=\"11\">\n<title>{label}: {value}</title>\n",
        left + right
    );
    for (x, width, fill, text) in [(0, left, "#555", label), (left, right, "#2f6fbd", value)] {
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" width=\"{width}\" height=\"20\" fill=\"{fill}\"/><text x=\"{}\" y=\"14\" text-anchor=\"middle\" textLength=\"{}\" fill=\"#fff\">{text}</text>",
            x + width / 2,
            width - 12
        );
    }
    out.push_str("</svg>\n");
    out
}

#[test]
fn the_badges_are_true() {
    for (name, label, value) in badges() {
        let drawn = draw(label, &value);
        let path = root().join(format!("assets/docs/badges/{name}.svg"));
        if env::var_os("UPDATE_README").is_some() {
            fs::write(&path, &drawn).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == drawn,
            "{name}: UPDATE_README=1 cargo test --test readme"
        );
    }
}
