//! Links between documents lead to files and headings that exist. What is on the network is not asked.

use std::{collections::BTreeSet, fs};

use crate::{Document, documents, root};

/// Where the documents may send people, besides to each other.
const HOSTS: &[&str] = &[
    "github.com",
    "helm.sh",
    "k9scli.io",
    "headlamp.dev",
    "kubernetes.io",
    "k8slens.dev",
    "rustup.rs",
    "json-schema.org",
    "no-color.org",
];

/// What the links of a text lead to, pictures too; code is none.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        for (before, end) in [("](", [')', ' ']), ("src=\"", ['"', '"'])] {
            let pieces = line.split(before).skip(1);
            found.extend(pieces.map(|piece| piece.split(end).next().unwrap()));
        }
    }
    found
}

/// The names by which GitHub lets links lead to a text's headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut is_code = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        if !is_code && line.starts_with('#') {
            found.insert(anchor(line.trim_start_matches('#').trim()));
        }
    }
    found
}

fn anchor(heading: &str) -> String {
    let letters = heading.to_lowercase();
    let kept = letters
        .chars()
        .filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.map(|it| if it == ' ' { '-' } else { it }).collect()
}

/// Why a link of a document leads nowhere.
fn fault(document: &Document, link: &str) -> Option<String> {
    if let Some(rest) = link.strip_prefix("https://") {
        let host = rest.split('/').next().unwrap();
        return (!HOSTS.contains(&host)).then(|| format!("{host} is not among the known hosts"));
    }
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let path = if file.is_empty() {
        document.path()
    } else {
        document.path().parent().unwrap().join(file)
    };
    if !path.exists() {
        return Some("there is no such file".to_owned());
    }
    let is_within = path
        .canonicalize()
        .unwrap()
        .starts_with(root().canonicalize().unwrap());
    if !is_within {
        return Some("outside the repository".to_owned());
    }
    if heading.is_empty() || path.extension() != Some("md".as_ref()) {
        return None;
    }
    let text = fs::read_to_string(&path).unwrap();
    (!anchors(&text).contains(heading)).then(|| format!("no heading #{heading}"))
}

#[test]
fn every_link_leads_somewhere() {
    let mut all = documents();
    all.extend(
        [
            "src/ARCHITECTURE.md",
            ".github/SECURITY.md",
            ".github/CONTRIBUTING.md",
        ]
        .map(Document::read),
    );
    let mut count = 0;
    for document in &all {
        for link in links(&document.text) {
            count += 1;
            if let Some(fault) = fault(document, link) {
                panic!("{}: {link}: {fault}", document.name);
            }
        }
    }
    assert!(count > 40, "{count} links");
}

/// Some people hear the documents read.
#[test]
fn every_picture_says_what_it_shows() {
    for document in documents() {
        for piece in document.text.split("![").skip(1) {
            let alternative = piece.split(']').next().unwrap();
            assert!(
                alternative.len() > 9,
                "{}: a picture without words: {alternative:?}",
                document.name
            );
        }
    }
}

#[test]
fn a_broken_link_is_found() {
    let document = |text: &str| Document {
        name: "assets/docs/faq.md".to_owned(),
        text: text.to_owned(),
    };
    for (text, wrong) in [
        ("[a](nowhere.md)", true),
        ("[a](safety.md)", false),
        ("[a](safety.md#nowhere)", true),
        ("![a](../screens/dashboard.svg)", false),
        ("<img src=\"../screens/nowhere.svg\">", true),
        ("[a](../../../outside)", true),
        ("[a](https://pullscope.example/)", true),
        ("[a](https://kubernetes.io/docs/)", false),
    ] {
        let document = document(text);
        let found = links(&document.text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(fault(&document, found[0]).is_some(), wrong, "{text}");
    }
    assert_eq!(links("```sh\n[a](b)\n```\n"), Vec::<&str>::new());
}
