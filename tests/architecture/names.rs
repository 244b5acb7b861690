//! Holds the names of types and functions: one word for one thing, and no word that tells nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Token;

/// Type names that are defined more than once, and why they may be.
const SHARED: &[(&str, &str)] = &[
    (
        "Row",
        "what a pane lists, and a line of the report: written with its module",
    ),
    (
        "RowData",
        "what the cells of a row are made from: one per table, private to it",
    ),
    ("Signals", "one per operating system"),
    ("ProcessGroup", "one per operating system"),
    (
        "Args",
        "the arguments of a command: written with its module",
    ),
];

/// Words that say nothing as the name of a function.
const RIDDLES: &[&str] = &[
    "alike", "asks", "hear", "heard", "knock", "of", "said", "says", "seen", "sees", "settle",
    "settled", "stands", "take_in", "tell", "tells", "told", "wants",
];

/// Words that are part of no name, also of a variable or a field: the field has others, and each of these stood
/// for several things. With the folder where the word is right.
const REPLACED: &[(&str, &str, Option<&str>)] = &[
    ("rehears", "dry run", None),
    ("trouble", "error, failure or finding", None),
    ("verdict", "diagnosis or conclusion", None),
    ("world", "store", Some("sandbox/")),
];

/// Verbs that begin no function's name either: `tells_x`, `asks_x`.
const RIDDLE_VERBS: &[&str] = &[
    "asked", "asks", "hear", "heard", "says", "tell", "telling", "tells", "told", "wants",
];

/// A definition: the kind of item, its name and its line.
pub struct Item<'a> {
    pub keyword: &'a str,
    pub name: &'a str,
    pub line: usize,
}

/// What a brace opens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    /// `impl` or `trait`: types in it are associated types.
    Owner,
    /// A function: types in it are local.
    Function,
    Other,
}

/// Returns the types and functions that a file defines, without associated types and those local to functions.
pub fn items(tokens: &[Token]) -> Vec<Item<'_>> {
    let mut found = Vec::new();
    let mut open: Vec<Block> = Vec::new();
    let mut next = Block::Other;
    // Brackets and parentheses that are open: a `;` in them is that of an array's type.
    let mut nested = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        let word = token.text.as_str();
        let before = at
            .checked_sub(1)
            .and_then(|at| tokens.get(at))
            .map(|token| token.text.as_str());
        match word {
            "(" | "[" => nested += 1,
            ")" | "]" => nested = nested.saturating_sub(1),
            "{" => open.push(std::mem::replace(&mut next, Block::Other)),
            "}" => {
                open.pop();
            }
            ";" if nested == 0 => next = Block::Other,
            "impl" if matches!(before, None | Some("}" | ";" | "]" | "{" | "unsafe")) => {
                next = Block::Owner;
            }
            "struct" | "enum" | "trait" | "type" | "fn" => {
                let Some(name) = tokens.get(at + 1).filter(|name| is_identifier(&name.text)) else {
                    continue;
                };
                let is_counted = word == "fn"
                    || !open.contains(&Block::Function)
                        && (word != "type" || open.last() != Some(&Block::Owner));
                if is_counted {
                    found.push(Item {
                        keyword: word,
                        name: &name.text,
                        line: name.line,
                    });
                }
                match word {
                    "fn" => next = Block::Function,
                    "trait" => next = Block::Owner,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

/// Returns the type names that several files define and [`SHARED`] does not list.
pub fn shared_names<'a>(files: &'a BTreeMap<String, Vec<Token>>) -> Vec<String> {
    let mut places: BTreeMap<&'a str, BTreeSet<&'a str>> = BTreeMap::new();
    for (file, tokens) in files {
        for item in items(tokens).iter().filter(|item| item.keyword != "fn") {
            places.entry(item.name).or_default().insert(file);
        }
    }
    places
        .into_iter()
        .filter(|(name, files)| files.len() > 1 && !SHARED.iter().any(|(shared, _)| shared == name))
        .map(|(name, files)| {
            format!(
                "{name}: {}",
                files.into_iter().collect::<Vec<_>>().join(", ")
            )
        })
        .collect()
}

/// Returns the functions whose names are riddles, with their places.
pub fn riddles(files: &BTreeMap<String, Vec<Token>>) -> Vec<String> {
    files
        .iter()
        .filter(|(file, _)| file.contains('/'))
        .flat_map(|(file, tokens)| items(tokens).into_iter().map(move |item| (file, item)))
        .filter(|(_, item)| item.keyword == "fn" && is_riddle(item.name))
        .map(|(file, item)| format!("src/{file}:{}: {}", item.line, item.name))
        .collect()
}

/// Returns the names with a word of [`REPLACED`], with their places and the words to use instead.
pub fn replaced_words(files: &BTreeMap<String, Vec<Token>>) -> Vec<String> {
    let found = |file: &str, token: &Token| {
        let name = token.text.to_ascii_lowercase();
        let (_, instead, _) = REPLACED.iter().find(|(word, _, home)| {
            let is_part = name.split('_').any(|part| part.starts_with(word));
            is_part && !home.is_some_and(|home| file.starts_with(home))
        })?;
        Some(format!(
            "src/{file}:{}: {}: {instead}",
            token.line, token.text
        ))
    };
    files
        .iter()
        .flat_map(|(file, tokens)| tokens.iter().filter_map(move |token| found(file, token)))
        .collect()
}

fn is_riddle(name: &str) -> bool {
    let verb = name.split('_').next().unwrap_or_default();
    RIDDLES.contains(&name) || RIDDLE_VERBS.contains(&verb)
}
