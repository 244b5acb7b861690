//! What `src/ARCHITECTURE.md` names exists: modules, functions, types and files. A rename that forgets the page
//! is found here.

use std::{collections::HashMap, path::Path};

/// The names on the page that lead nowhere, each with the reason.
pub fn unknown_names(
    page: &str,
    sources: &HashMap<String, String>,
    layers: &[&str],
) -> Vec<String> {
    let code = Code { sources, layers };
    // Code blocks are drawings and have no back-quotes in pairs.
    let prose: String = page.split("```").step_by(2).collect::<Vec<_>>().join("\n");
    let names = prose.split('`').skip(1).step_by(2).map(str::trim);
    names
        .flat_map(expanded)
        .filter_map(|name| code.fault(&name))
        .collect()
}

/// The paths in comments that begin with a layer and lead nowhere, each with its file.
///
/// Other names in comments are as often those of Kubernetes' or a runtime's code.
pub fn unknown_paths_in_comments(
    sources: &HashMap<String, String>,
    layers: &[&str],
) -> Vec<String> {
    let code = Code { sources, layers };
    let fault = |name: &str| {
        let first = name.split("::").next().unwrap_or_default();
        let is_path = name.contains("::") && layers.contains(&first);
        is_path.then(|| code.fault(name))?
    };
    let mut faults = Vec::new();
    for (file, text) in sources {
        let comments = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("//"));
        let names = comments.flat_map(|comment| comment.split('`').skip(1).step_by(2));
        let found = names.flat_map(expanded).filter_map(|name| fault(&name));
        faults.extend(found.map(|fault| format!("{file}: {fault}")));
    }
    faults.sort();
    faults
}

/// `a::{b, c}` as `a::b` and `a::c`.
fn expanded(name: &str) -> Vec<String> {
    match name.split_once("::{") {
        Some((path, rest)) => {
            let members = rest.trim_end_matches('}').split(',');
            members
                .map(|member| format!("{path}::{}", member.trim()))
                .collect()
        }
        None => vec![name.to_owned()],
    }
}

/// Names that the language defines.
const OF_RUST: &[&str] = &["None"];

struct Code<'a> {
    /// Files of `src`, named from there, and their texts.
    sources: &'a HashMap<String, String>,
    layers: &'a [&'a str],
}

impl Code<'_> {
    /// Why a name leads nowhere; `None` when it is there, or is no name of code.
    fn fault(&self, name: &str) -> Option<String> {
        let is_pattern = name.contains(['<', '*', ' ', '…', '!', '(']) || OF_RUST.contains(&name);
        let first = name.split("::").next().unwrap_or_default();
        if is_pattern || name.is_empty() {
            None
        } else if name.contains('/') {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let is_there = root.join(name).exists() || root.join("src").join(name).exists();
            (!is_there).then(|| format!("{name}: no such file"))
        } else if name.contains("::") && self.layers.contains(&first) {
            self.path_fault(name)
        } else if name.contains('.') {
            // A field of a constant.
            None
        } else if first.starts_with(char::is_uppercase) && first.chars().any(char::is_lowercase) {
            let is_there = self.defines("", first)
                && name.split("::").skip(1).all(|member| self.has_word(member));
            (!is_there).then(|| format!("{name}: no such type or member"))
        } else {
            None
        }
    }

    /// Walks a path of modules; its last name may be an item of the module before it.
    fn path_fault(&self, name: &str) -> Option<String> {
        let mut path = String::new();
        let mut segments = name.split("::").peekable();
        while let Some(segment) = segments.next() {
            let next = format!("{path}{segment}");
            if self.is_module(&next) {
                path = next + "/";
                continue;
            }
            let is_item =
                segments.peek().is_none() && self.defines(path.trim_end_matches('/'), segment);
            return (!is_item).then(|| format!("{name}: no {segment} in {path}"));
        }
        None
    }

    fn is_module(&self, path: &str) -> bool {
        let files = [format!("{path}.rs"), format!("{path}/mod.rs")];
        files.iter().any(|file| self.sources.contains_key(file))
    }

    /// Whether a file of the module defines the item.
    fn defines(&self, module: &str, item: &str) -> bool {
        let kinds = ["fn", "struct", "enum", "trait", "type", "const", "static"];
        self.sources
            .iter()
            .filter(|(file, _)| file.starts_with(module))
            .any(|(_, text)| {
                kinds
                    .iter()
                    .any(|kind| has(text, &format!("{kind} {item}")))
            })
    }

    fn has_word(&self, word: &str) -> bool {
        self.sources.values().any(|text| has(text, word))
    }
}

/// Whether the text has these words, and not only as a part of longer ones.
fn has(text: &str, words: &str) -> bool {
    let is_of_word = |it: char| it.is_alphanumeric() || it == '_';
    text.match_indices(words).any(|(at, _)| {
        let (before, rest) = text.split_at(at);
        let after = rest.chars().nth(words.chars().count());
        !before.ends_with(is_of_word) && !after.is_some_and(is_of_word)
    })
}

#[test]
fn names_that_lead_nowhere_are_found() {
    let sources = HashMap::from([
        ("app/mod.rs".to_owned(), "pub mod model;".to_owned()),
        (
            "app/model.rs".to_owned(),
            "pub struct Model;\nimpl Model { pub fn focus() {} }".to_owned(),
        ),
    ]);
    let faults = |page: &str| unknown_names(page, &sources, &["app"]);
    for known in [
        "`app`",
        "`app::model`",
        "`app::model::Model`",
        "`app::model::{Model, focus}`",
        "`Model`",
        "`Model::focus`",
        "`app/model.rs`",
        "`app/panes/<pane>.rs`",
        "`tests/architecture.rs`",
        "`std::fmt`",
        "`ctrl-x`",
        "```text\n`app::nowhere`\n```",
    ] {
        assert_eq!(faults(known), Vec::<String>::new(), "{known}");
    }
    for unknown in [
        "`app::nowhere`",
        "`app::model::Mode`",
        "`Nowhere`",
        "`Model::nowhere`",
        "`app/nowhere.rs`",
        "`app::model::{Model, nowhere}`",
    ] {
        assert_eq!(faults(unknown).len(), 1, "{unknown}");
    }
}
