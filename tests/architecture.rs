//! Holds the code against `src/ARCHITECTURE.md`: which room may import which, which outside crates a
//! room may use, that every file says what it is for, and that none grows without bound.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    fs,
    path::{Path, PathBuf},
};

struct Room {
    name: &'static str,
    may_import: &'static [&'static str],
    never_uses: &'static [&'static str],
}

const TERMINAL_AND_IO: &[&str] = &[
    "tokio",
    "futures",
    "kube",
    "k8s_openapi",
    "ratatui",
    "crossterm",
    "hyper",
    "std::fs",
    "std::env",
];

const ROOMS: &[Room] = &[
    Room {
        name: "domain",
        may_import: &[],
        never_uses: TERMINAL_AND_IO,
    },
    Room {
        name: "app",
        may_import: &["domain"],
        never_uses: TERMINAL_AND_IO,
    },
    Room {
        name: "ui",
        may_import: &["app", "domain"],
        never_uses: &[
            "tokio",
            "futures",
            "kube",
            "k8s_openapi",
            "crossterm",
            "hyper",
            "std::fs",
            "std::env",
        ],
    },
    Room {
        name: "cluster",
        may_import: &["domain"],
        never_uses: &["ratatui", "crossterm", "tui_input", "clap"],
    },
    Room {
        name: "sandbox",
        may_import: &["domain"],
        never_uses: &[
            "ratatui",
            "crossterm",
            "tui_input",
            "kube",
            "k8s_openapi",
            "clap",
        ],
    },
    Room {
        name: "headless",
        may_import: &["cluster", "domain"],
        never_uses: &["ratatui", "crossterm", "tui_input"],
    },
    Room {
        name: "runtime",
        may_import: &["app", "ui", "cluster", "domain"],
        never_uses: &["clap"],
    },
    Room {
        name: "cli",
        may_import: &["headless"],
        never_uses: &["ratatui", "crossterm", "kube", "tokio"],
    },
];

/// What the sandbox may know of `domain`: facts, never judgements.
const SANDBOX_FACTS: &[&str] = &[
    "key",
    "image",
    "keyring",
    "dockerconfig",
    "credential",
    "objects",
];

/// Lines of production code that one idea fits into.
const LONGEST: usize = 800;

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The part of a file that is shipped: up to its tests.
fn production(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod tests")
        .map_or(text, |end| &text[..end])
}

/// Paths that begin with `crate::`, also those in braces behind `use crate::{`.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut depth: Option<usize> = None;
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        if let Some(open) = depth {
            if open == 1 {
                let name: String = code
                    .trim()
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                if !name.is_empty() {
                    found.push((number + 1, code.trim().trim_end_matches(',').to_owned()));
                }
            }
            let next = open + code.matches('{').count()
                - code
                    .matches('}')
                    .count()
                    .min(open + code.matches('{').count());
            depth = (next > 0).then_some(next);
            continue;
        }
        for (position, _) in code.match_indices("crate::") {
            let rest = &code[position + "crate::".len()..];
            if let Some(inside) = rest.strip_prefix('{') {
                match inside.split_once('}') {
                    Some((inside, _)) => {
                        found.extend(
                            inside
                                .split(',')
                                .map(|part| (number + 1, part.trim().to_owned())),
                        );
                    }
                    None => depth = Some(1),
                }
            } else {
                found.push((number + 1, rest.to_owned()));
            }
        }
    }
    found
}

fn first(path: &str) -> String {
    path.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// All that is wrong with a file of a room.
fn violations(room: &str, text: &str) -> Vec<(usize, String)> {
    let Some(rule) = ROOMS.iter().find(|rule| rule.name == room) else {
        return vec![(
            1,
            format!("no room is called {room}: give it a row in the table"),
        )];
    };
    let text = production(text);
    let mut wrong = Vec::new();
    for (line, path) in imports(text) {
        let target = first(&path);
        if target != room
            && ROOMS.iter().any(|rule| rule.name == target)
            && !rule.may_import.contains(&target.as_str())
        {
            wrong.push((line, format!("{room} must not import {target}")));
        }
        let judgement = path.strip_prefix("domain::").map(first);
        if room == "sandbox"
            && judgement
                .as_deref()
                .is_some_and(|module| !module.is_empty() && !SANDBOX_FACTS.contains(&module))
        {
            wrong.push((
                line,
                format!(
                    "sandbox must not know domain::{}",
                    judgement.unwrap_or_default()
                ),
            ));
        }
    }
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for name in rule.never_uses {
            let used = code
                .trim_start()
                .strip_prefix("use ")
                .is_some_and(|rest| rest.starts_with(&format!("{name}::")))
                || code.contains(&format!(" {name}::"))
                || code.contains(&format!("({name}::"));
            if used {
                wrong.push((number + 1, format!("{room} must not use {name}")));
            }
        }
    }
    if !text.starts_with("//!") {
        wrong.push((
            1,
            "the file does not say what it is for: it opens without //!".to_owned(),
        ));
    }
    if text.lines().count() > LONGEST {
        wrong.push((
            1,
            format!("{} lines are more than one idea", text.lines().count()),
        ));
    }
    wrong
}

#[test]
fn every_line_is_in_its_room() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let mut wrong = Vec::new();
    for path in files {
        let inside = path.strip_prefix(&root).unwrap();
        let mut parts = inside.components();
        let room = parts
            .next()
            .unwrap()
            .as_os_str()
            .to_string_lossy()
            .into_owned();
        let only_tests = inside.ends_with("tests.rs") || inside.ends_with("sample.rs");
        if parts.next().is_none() || only_tests {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        wrong.extend(
            violations(&room, &text)
                .into_iter()
                .map(|(line, rule)| format!("src/{}:{line}: {rule}", inside.display())),
        );
    }
    assert!(
        wrong.is_empty(),
        "{} violations\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_page_names_the_rooms_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    for entry in fs::read_dir(&root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let room = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(
                page.contains(&format!("| `{room}` |")),
                "{room} has no row in src/ARCHITECTURE.md"
            );
            assert!(
                ROOMS.iter().any(|rule| rule.name == room),
                "{room} has no rule"
            );
        }
    }
}

#[test]
fn a_broken_rule_is_found() {
    let header = "//! x\n";
    for (room, code, rule) in [
        (
            "domain",
            "use crate::app::model::Model;",
            "domain must not import app",
        ),
        (
            "domain",
            "use tokio::sync::mpsc;",
            "domain must not use tokio",
        ),
        (
            "app",
            "use crate::{\n    domain::key::Key,\n    ui::theme::Theme,\n};",
            "app must not import ui",
        ),
        (
            "ui",
            "use crate::{app::path, cluster::Feed};",
            "ui must not import cluster",
        ),
        (
            "ui",
            "fn f() { let _ = crossterm::cursor::Hide; }",
            "ui must not use crossterm",
        ),
        (
            "sandbox",
            "use crate::domain::classify::classify;",
            "sandbox must not know domain::classify",
        ),
        (
            "attic",
            "",
            "no room is called attic: give it a row in the table",
        ),
    ] {
        let found = violations(room, &format!("{header}{code}"));
        assert!(
            found.iter().any(|(_, found)| found == rule),
            "{code}: {found:?}"
        );
    }
    assert!(violations("app", "//! x\nuse crate::domain::key::Key;\n").is_empty());
    assert!(!violations("app", "use crate::domain::key::Key;\n").is_empty());
    assert!(!violations("app", &format!("//! x\n{}", "\n".repeat(LONGEST))).is_empty());
    assert!(
        violations(
            "app",
            "//! x\n#[cfg(test)]\nmod tests { use tokio::task; }\n"
        )
        .is_empty()
    );
}
