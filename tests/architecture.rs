//! Holds the code against `src/ARCHITECTURE.md`: which module may import which, which outside crates it may
//! use, and what the table's last column forbids, as far as it can be read off the code. Each file says
//! what it is for, and none grows without bound. What the page names exists.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use source::{Outside, Source, Target};

#[path = "architecture/names.rs"]
mod names;
#[path = "architecture/page.rs"]
mod page;
#[path = "architecture/source.rs"]
mod source;

/// Lines of production code that one idea fits into.
const LONGEST: usize = 800;

/// What a pure layer must not do, in paths and in words.
const PURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io::stdout",
    "std::net::TcpStream",
    "std::process",
    "std::sync::mpsc",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "TimeZone::system",
    "Timestamp::now",
    "Zoned::now",
    "async",
    "await",
];

/// The table's column *never*: prefixes of paths, or pieces of code, that a layer must not contain.
const NEVER: &[(&str, &[&str])] = &[
    ("domain", PURE),
    ("app", PURE),
    ("ui", PURE),
    (
        "ui",
        &[
            "crate::app::effect",
            "crate::app::update",
            "ratatui::Terminal",
            "ratatui::backend",
            "ratatui::crossterm",
            "&mut Model",
        ],
    ),
    ("config", &["async", "await"]),
    ("cli", &["std::fs", "std::env", "async", "await"]),
];

/// A row of the table.
struct Layer {
    name: String,
    /// Layers, or modules of layers, that it may import.
    imports: Vec<Vec<String>>,
    crates: HashSet<String>,
}

struct Layers {
    rows: Vec<Layer>,
    /// The crates of Cargo.toml, as code spells them.
    dependencies: HashSet<String>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    file: String,
    line: usize,
    rule: String,
}

impl Layers {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        let page = fs::read_to_string(root.join("src/ARCHITECTURE.md")).unwrap();
        Self {
            rows: rows(&page),
            dependencies: dependencies(&manifest),
        }
    }

    fn layer(&self, name: &str) -> Option<&Layer> {
        self.rows.iter().find(|layer| layer.name == name)
    }

    /// The row of a file: its module's own, or that of the module around it.
    fn layer_of(&self, file: &str) -> Option<&Layer> {
        if file == "main.rs" {
            return self.layer("main");
        }
        let path = module(file);
        let names = (1..=path.len()).rev().map(|len| path[..len].join("::"));
        names.into_iter().find_map(|name| self.layer(&name))
    }

    fn source(&self, file: &str, text: &str) -> Source {
        let outside = Outside {
            crates: &self.dependencies,
        };
        source::read(text, &module(file), &outside)
    }

    /// The broken rules of a file of `src`, named from there.
    fn violations(&self, file: &str, text: &str) -> Vec<Violation> {
        let source = self.source(file, text);
        let mut wrong = Vec::new();
        let mut report = |line: usize, rule: String| {
            wrong.push(Violation {
                file: file.to_owned(),
                line,
                rule,
            });
        };
        if !source.opens_with_header {
            report(
                1,
                "the file does not open with //! (what is it for?)".into(),
            );
        }
        if source.production_lines >= LONGEST {
            let lines = source.production_lines;
            report(1, format!("{lines} lines are more than one idea"));
        }
        if file == "lib.rs" {
            return wrong;
        }
        let Some(layer) = self.layer_of(file) else {
            let name = &module(file)[0];
            report(1, format!("no row for {name} in src/ARCHITECTURE.md"));
            return wrong;
        };
        let name = &layer.name;
        for mention in &source.mentions {
            if let Some(rule) = self.broken(layer, &mention.target) {
                report(mention.line, rule);
            }
        }
        for (line, code) in forbidden(&layer.name, &source) {
            report(line, format!("{name} never has `{code}`"));
        }
        wrong
    }

    /// The rule of imports that a path breaks.
    fn broken(&self, layer: &Layer, target: &Target) -> Option<String> {
        let name = &layer.name;
        match target {
            Target::Ours(path) => {
                let first = path.first()?;
                let is_own = name.split("::").next() == Some(first);
                let allowed = is_own || layer.imports.iter().any(|may| path.starts_with(may));
                (!allowed).then(|| format!("{name} must not import {}", path.join("::")))
            }
            Target::Outside(path) => {
                let first = path.first()?;
                let allowed =
                    !self.dependencies.contains(first) || layer.crates.contains(first.as_str());
                (!allowed).then(|| format!("{name} must not use the crate {first}"))
            }
        }
    }
}

/// Where a layer does what its column *never* excludes.
fn forbidden(layer: &str, source: &Source) -> Vec<(usize, &'static str)> {
    let codes = NEVER
        .iter()
        .filter(|(name, _)| *name == layer)
        .flat_map(|(_, codes)| *codes);
    let mut found = Vec::new();
    for code in codes {
        let pieces = source::tokens(code);
        let texts: Vec<&str> = pieces.iter().map(|token| token.text.as_str()).collect();
        let path: Vec<&str> = texts.iter().copied().filter(|text| *text != "::").collect();
        let written = (0..source.tokens.len())
            .map(|at| &source.tokens[at..])
            .filter(|rest| source::starts_with(rest, &texts))
            .map(|rest| rest[0].line);
        let imported = source
            .mentions
            .iter()
            .filter(|mention| leads(&mention.target, &path))
            .map(|mention| mention.line);
        let lines: BTreeSet<usize> = written.chain(imported).collect();
        found.extend(lines.into_iter().map(|line| (line, *code)));
    }
    found
}

fn leads(target: &Target, path: &[&str]) -> bool {
    let (segments, path) = match target {
        Target::Ours(segments) => match path.split_first() {
            Some((&"crate", path)) => (segments, path),
            _ => return false,
        },
        Target::Outside(segments) => (segments, path),
    };
    segments.len() >= path.len() && segments.iter().zip(path).all(|(have, want)| have == want)
}

/// The rows of the page's table: layer, what it may import, outside crates.
fn rows(page: &str) -> Vec<Layer> {
    page.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 6, "a row has four columns: {line}");
            Layer {
                name: words(cells[1]).remove(0),
                imports: words(cells[2])
                    .iter()
                    .map(|path| path.split("::").map(str::to_owned).collect())
                    .collect(),
                crates: words(cells[3]).into_iter().collect(),
            }
        })
        .collect()
}

/// What a cell holds in back-quotes.
fn words(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn dependencies(manifest: &str) -> HashSet<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let targets = manifest["target"].as_table().unwrap().values();
    targets
        .filter_map(toml::Value::as_table)
        .chain([&manifest])
        .filter_map(|table| table.get("dependencies")?.as_table())
        .flat_map(|table| table.keys())
        .map(|name| name.replace('-', "_"))
        .collect()
}

/// `domain/plan/mod.rs` is `domain::plan`, `domain/rbac.rs` is `domain::rbac`.
fn module(file: &str) -> Vec<String> {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    if matches!(stem, "main" | "lib") {
        return Vec::new();
    }
    stem.split('/').map(str::to_owned).collect()
}

fn sources() -> HashMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = HashMap::new();
    let mut waiting = vec![root.clone()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let name = inside.to_str().unwrap().replace('\\', "/");
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// Files that are modules only of tests: declared so by their parents, or beneath such a file.
fn only_tests(layers: &Layers, files: &HashMap<String, String>) -> Vec<Vec<String>> {
    let declares = |(file, text): (&String, &String)| {
        let parent = module(file);
        let declared = layers.source(file, text).test_modules;
        declared.into_iter().map(move |name| {
            let mut path = parent.clone();
            path.push(name);
            path
        })
    };
    files.iter().flat_map(declares).collect()
}

#[test]
fn every_import_is_allowed() {
    let layers = Layers::read();
    let files = sources();
    assert!(files.len() > 50, "the sources were not found");
    let tests = only_tests(&layers, &files);
    let mut wrong: Vec<Violation> = files
        .iter()
        .filter(|(file, _)| !tests.iter().any(|test| module(file).starts_with(test)))
        .flat_map(|(file, text)| layers.violations(file, text))
        .collect();
    wrong.sort();
    let lines: Vec<String> = wrong
        .iter()
        .map(|wrong| format!("src/{}:{}: {}", wrong.file, wrong.line, wrong.rule))
        .collect();
    assert!(
        lines.is_empty(),
        "{} broken rules\n{}",
        lines.len(),
        lines.join("\n")
    );
}

/// The functions of a file that only some platforms have: those of Unix, and those of the others.
fn by_platform(text: &str) -> [BTreeSet<&str>; 2] {
    ["#[cfg(unix)]", "#[cfg(not(unix))]"].map(|attribute| {
        let lines = text.lines().map(str::trim);
        let next = lines.clone().skip(1);
        lines
            .zip(next)
            .filter(|(line, _)| *line == attribute)
            .filter_map(|(_, item)| item.split_once("fn ")?.1.split(['(', '<']).next())
            .collect()
    })
}

/// The platform that no test runs on would not compile without.
#[test]
fn a_function_of_one_platform_has_its_twin() {
    let broken = "#[cfg(unix)]\nfn is_up() {}\n#[cfg(not(unix))]\nfn is_gone() {}\n";
    let [unix, others] = by_platform(broken);
    assert_ne!(unix, others, "it finds none");
    for (file, text) in sources() {
        let [unix, others] = by_platform(&text);
        assert_eq!(unix, others, "src/{file}");
    }
}

/// Keys can be configured, and `check` has none.
#[test]
fn the_domain_names_no_key_of_the_dashboard() {
    for (file, text) in sources() {
        let code = text.lines().filter(|line| !line.trim().starts_with("//"));
        let keys = code.filter(|line| line.contains("ctrl-") || line.contains("; W "));
        let found: Vec<&str> = keys.collect();
        assert!(
            !file.starts_with("domain/") || found.is_empty(),
            "src/{file}: {found:?}"
        );
    }
}

/// The code of each file without its tests.
fn production() -> BTreeMap<String, Vec<source::Token>> {
    let layers = Layers::read();
    let files = sources();
    let tests = only_tests(&layers, &files);
    files
        .iter()
        .filter(|(file, _)| !tests.iter().any(|test| module(file).starts_with(test)))
        .map(|(file, text)| (file.clone(), layers.source(file, text).tokens))
        .collect()
}

#[test]
fn a_type_name_stands_for_one_thing() {
    let shared = names::shared_names(&production());
    assert!(
        shared.is_empty(),
        "type names that are defined more than once; rename, or give a reason in \
         tests/architecture/names.rs\n{}",
        shared.join("\n")
    );
}

#[test]
fn no_function_has_a_riddle_for_a_name() {
    let riddles = names::riddles(&production());
    assert!(
        riddles.is_empty(),
        "functions are verbs of what they do\n{}",
        riddles.join("\n")
    );
}

#[test]
fn no_name_has_a_word_that_was_replaced() {
    let found = names::replaced_words(&production());
    assert!(found.is_empty(), "say what it is\n{}", found.join("\n"));
}

#[test]
fn a_replaced_word_is_found_except_at_home() {
    let layers = Layers::read();
    let text = "// A verdict.\nfn rehearse() {}\nstruct Verdict { world: u8 }\nconst A: &str = \"trouble\";";
    let files: BTreeMap<String, Vec<source::Token>> = ["app/one.rs", "sandbox/two.rs"]
        .into_iter()
        .map(|file| (file.to_owned(), layers.source(file, text).tokens))
        .collect();
    assert_eq!(
        names::replaced_words(&files),
        [
            "src/app/one.rs:2: rehearse: dry run",
            "src/app/one.rs:3: Verdict: diagnosis or conclusion",
            "src/app/one.rs:3: world: store",
            "src/sandbox/two.rs:2: rehearse: dry run",
            "src/sandbox/two.rs:3: Verdict: diagnosis or conclusion",
        ]
    );
}

#[test]
fn a_shared_name_and_a_riddle_are_found() {
    let layers = Layers::read();
    let first = "struct Step;\nimpl Iterator for Step {\n type Item = u8;\n fn told(&self) { struct Row; }\n}\n\
                 #[cfg(test)]\nmod tests { fn told() {} }";
    let second = "enum Step { One }\ntrait Read { type Item; }\nstruct Row;\nfn tell_all(_: [u8; 2]) { struct Row; }";
    let files: BTreeMap<String, Vec<source::Token>> =
        [("app/one.rs", first), ("ui/two.rs", second)]
            .into_iter()
            .map(|(file, text)| (file.to_owned(), layers.source(file, text).tokens))
            .collect();
    assert_eq!(names::shared_names(&files), ["Step: app/one.rs, ui/two.rs"]);
    assert_eq!(
        names::riddles(&files),
        ["src/app/one.rs:4: told", "src/ui/two.rs:4: tell_all"]
    );
}

#[test]
fn the_imports_make_no_cycle() {
    let layers = Layers::read();
    let mut settled: HashSet<&str> = HashSet::new();
    while settled.len() < layers.rows.len() {
        let free: Vec<&str> = layers
            .rows
            .iter()
            .filter(|layer| !settled.contains(layer.name.as_str()))
            .filter(|layer| {
                layer
                    .imports
                    .iter()
                    .all(|path| settled.contains(path[0].as_str()))
            })
            .map(|layer| layer.name.as_str())
            .collect();
        let stuck: Vec<&str> = layers
            .rows
            .iter()
            .map(|layer| layer.name.as_str())
            .filter(|name| !settled.contains(name))
            .collect();
        assert!(
            !free.is_empty(),
            "a cycle, or an unknown module, among {stuck:?}"
        );
        settled.extend(free);
    }
}

#[test]
fn the_table_names_only_crates_that_there_are() {
    let layers = Layers::read();
    for layer in &layers.rows {
        for name in &layer.crates {
            assert!(layers.dependencies.contains(name), "{}: {name}", layer.name);
        }
    }
    for (layer, _) in NEVER {
        assert!(layers.layer(layer).is_some(), "{layer}");
    }
}

#[test]
fn the_page_names_what_there_is() {
    let layers = Layers::read();
    let names: Vec<&str> = layers.rows.iter().map(|it| it.name.as_str()).collect();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ARCHITECTURE.md");
    let page = fs::read_to_string(page).unwrap();
    let faults = page::unknown_names(&page, &sources(), &names);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn comments_name_the_paths_that_there_are() {
    let layers = Layers::read();
    let names: Vec<&str> = layers.rows.iter().map(|it| it.name.as_str()).collect();
    let faults = page::unknown_paths_in_comments(&sources(), &names);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let stale = "//! See `domain::diagnostics` and `domain::diagnose::access`.\nfn f() {}";
    let mut sources = sources();
    sources.insert("domain/example.rs".to_owned(), stale.to_owned());
    let faults = page::unknown_paths_in_comments(&sources, &names);
    assert_eq!(faults.len(), 1, "{faults:?}");
}

/// The rule that a file breaks, found at the line; `None` when it breaks none.
fn rule(file: &str, code: &str) -> Option<(usize, String)> {
    let text = format!("//! x\n{code}");
    let mut wrong = Layers::read().violations(file, &text);
    assert!(wrong.len() < 2, "{code}: {wrong:?}");
    wrong.pop().map(|wrong| (wrong.line, wrong.rule))
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of one case a rule")]
fn a_broken_rule_is_found() {
    for (file, code, line, broken) in [
        (
            "domain/rbac.rs",
            "use crate::app::model::Model;",
            2,
            "domain must not import app::model::Model",
        ),
        (
            "domain/rbac.rs",
            "use super::super::app;",
            2,
            "domain must not import app",
        ),
        (
            "domain/plan/mod.rs",
            "\nfn f() { super::super::ui::draw() }",
            3,
            "domain must not import ui::draw",
        ),
        (
            "domain/rbac.rs",
            "mod a {\n mod b { use super::super::super::super::ui::x; }\n}",
            3,
            "domain must not import ui::x",
        ),
        (
            "domain/rbac.rs",
            "use tokio::sync::mpsc;",
            2,
            "domain must not use the crate tokio",
        ),
        (
            "domain/rbac.rs",
            "use ::tokio::sync::mpsc;",
            2,
            "domain must not use the crate tokio",
        ),
        (
            "domain/rbac.rs",
            "#[derive(clap::Args)]\nstruct A;",
            2,
            "domain must not use the crate clap",
        ),
        (
            "domain/rbac.rs",
            "use std::{\n    fmt,\n    fs::File,\n};",
            4,
            "domain never has `std::fs`",
        ),
        (
            "domain/rbac.rs",
            "fn f() { jiff::Timestamp::now(); }",
            2,
            "domain never has `Timestamp::now`",
        ),
        (
            "domain/rbac.rs",
            "async fn f() {}",
            2,
            "domain never has `async`",
        ),
        (
            "app/model.rs",
            "use crate::{\n    domain::k8s::object_ref::Key,\n    ui::theme::Theme,\n};",
            4,
            "app must not import ui::theme::Theme",
        ),
        (
            "app/model.rs",
            "fn f(key: crossterm::event::KeyEvent) {}",
            2,
            "app must not use the crate crossterm",
        ),
        (
            "app/model.rs",
            "use std::sync::mpsc::channel;",
            2,
            "app never has `std::sync::mpsc`",
        ),
        (
            "ui/frame.rs",
            "use crate::{app::path, cluster::Feed};",
            2,
            "ui must not import cluster::Feed",
        ),
        (
            "ui/frame.rs",
            "fn f() { let _ = crossterm::cursor::Hide; }",
            2,
            "ui must not use the crate crossterm",
        ),
        (
            "ui/frame.rs",
            "use ratatui::crossterm::cursor;",
            2,
            "ui never has `ratatui::crossterm`",
        ),
        (
            "ui/frame.rs",
            "fn f(model: &mut Model) {}",
            2,
            "ui never has `&mut Model`",
        ),
        (
            "cluster/request.rs",
            "use ratatui::text::Line;",
            2,
            "cluster must not use the crate ratatui",
        ),
        (
            "sandbox/world.rs",
            "use crate::domain::{registry_auth::image_ref::ImageRef, diagnostics};",
            2,
            "sandbox must not import domain::diagnostics",
        ),
        (
            "sandbox/world.rs",
            "use crate::domain::*;",
            2,
            "sandbox must not import domain::*",
        ),
        (
            "runtime/event_loop.rs",
            "use crate::sandbox::World;",
            2,
            "runtime must not import sandbox::World",
        ),
        (
            "main.rs",
            "use pullscope::sandbox::World;",
            2,
            "main must not import sandbox::World",
        ),
        (
            "commands/check.rs",
            "use pullscope::sandbox::World;",
            2,
            "commands must not import sandbox::World",
        ),
        (
            "commands/demo_registries.rs",
            "use pullscope::sandbox::World;",
            2,
            "commands::demo_registries must not import sandbox::World",
        ),
        (
            "attic/mod.rs",
            "",
            1,
            "no row for attic in src/ARCHITECTURE.md",
        ),
    ] {
        assert_eq!(rule(file, code), Some((line, broken.to_owned())), "{code}");
    }
}

#[test]
fn each_cause_has_the_handler_of_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/diagnostics/handlers");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.trim_end_matches(".rs").to_owned()
    };
    let is_handler = |name: &String| name != "mod" && name != "tests";
    let files: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(name)
        .filter(is_handler)
        .collect();
    let causes = pullscope::domain::diagnostics::Cause::all();
    let names: BTreeSet<String> = causes.map(|it| it.slug().replace('-', "_")).collect();
    assert_eq!(files, names);
}

#[test]
fn what_breaks_no_rule_is_let_pass() {
    for (file, code) in [
        ("app/model.rs", "use crate::domain::k8s::object_ref::Key;"),
        (
            "app/model.rs",
            "#[cfg(test)]\nmod tests { use tokio::task; }",
        ),
        (
            "app/model.rs",
            "#[cfg(test)]\nuse crate::{ui::a, ui::b};\nfn f() {}",
        ),
        (
            "app/model.rs",
            "// use crate::ui;\n/* tokio::spawn */\nconst A: &str = \"crate::ui\";",
        ),
        (
            "app/model.rs",
            "const A: &str = r#\"\"crate::ui\"#; const B: char = '\"';",
        ),
        (
            "domain/plan/mod.rs",
            "use super::rbac::Permission;\nuse self::a::b as tokio;\nfn f() { tokio::x() }",
        ),
        (
            "domain/registry_auth/mod.rs",
            "mod tower;\nfn f() { tower::decode() }",
        ),
        (
            "cluster/decode/pod.rs",
            "pub(in crate::cluster) struct A<'a>(&'a str);",
        ),
        (
            "sandbox/world.rs",
            "use crate::domain::{k8s::object_ref::Namespace, registry_auth::image_ref::ImageRef};",
        ),
        (
            "commands/demo.rs",
            "use pullscope::sandbox::World;\nuse super::output;",
        ),
        (
            "commands/demo_registries.rs",
            "use pullscope::sandbox::registry::Scheme;",
        ),
        ("main.rs", "mod commands;\nuse crate::commands::run;"),
    ] {
        assert_eq!(rule(file, code), None, "{code}");
    }
}

#[test]
fn files_have_a_header_and_an_end() {
    let layers = Layers::read();
    let rules = |text: &str| -> Vec<String> {
        let wrong = layers.violations("app/model.rs", text);
        wrong.into_iter().map(|wrong| wrong.rule).collect()
    };
    let lines = |count: usize| format!("//! x\n{}", "\n".repeat(count - 1));
    assert_eq!(rules(&lines(799)).len(), 0);
    assert_eq!(rules(&lines(800)), ["800 lines are more than one idea"]);
    let tests = "#[cfg(test)]\nmod tests {\n}\n".to_owned() + &"\n".repeat(20);
    assert_eq!(rules(&(lines(779) + &tests)).len(), 0);
    assert_eq!(
        rules("use std::fmt;"),
        ["the file does not open with //! (what is it for?)"]
    );
}

#[test]
fn modules_of_tests_are_known_by_their_declaration() {
    let layers = Layers::read();
    let text = "//! x\n#[cfg(test)]\npub(crate) mod fixtures;\n#[cfg(not(test))]\nmod shipped;\n";
    assert_eq!(
        layers.source("domain/mod.rs", text).test_modules,
        ["fixtures"]
    );
}
