//! Reads a Rust file as far as the rules ask: which paths its production code names,
//! how long that code is, and how the file opens.
//!
//! Not a parser of Rust: comments and literals are dropped, what is `#[cfg(test)]` is cut out, and of
//! the rest only `use` trees and `a::b` paths are understood.

use std::collections::HashSet;

/// A piece of code and the line that it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

/// A path as written, together with where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    pub line: usize,
    pub target: Target,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A path of this crate, from its root.
    Ours(Vec<String>),
    /// A path of the standard library or of a dependency, from the crate's name.
    Outside(Vec<String>),
}

pub struct Source {
    pub opens_with_header: bool,
    /// Lines that are not part of a test.
    pub production_lines: usize,
    pub tokens: Vec<Token>,
    pub mentions: Vec<Mention>,
    /// Modules that this file declares for tests only.
    pub test_modules: Vec<String>,
}

/// What a path may start with so that it leads out of the crate.
pub struct Outside<'a> {
    pub crates: &'a HashSet<String>,
}

impl Outside<'_> {
    fn contains(&self, name: &str) -> bool {
        matches!(name, "std" | "core" | "alloc") || self.crates.contains(name)
    }
}

/// Reads the text of the module at `module`, its path from the root of the crate.
pub fn read(text: &str, module: &[String], outside: &Outside<'_>) -> Source {
    let all = tokens(text);
    let Cut {
        kept,
        lines,
        modules,
    } = cut_tests(&all);
    let mentions = Paths::new(&kept, module, outside).collect();
    Source {
        opens_with_header: text.starts_with("//!"),
        production_lines: text.lines().count() - lines,
        tokens: kept,
        mentions,
        test_modules: modules,
    }
}

/// The words and marks of a Rust text; `::` is one mark.
pub fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let end = piece(&chars, at);
        let piece = &chars[at..end];
        let is_code = match piece[0] {
            '/' => piece.len() == 1,
            '"' | '\'' => false,
            c => !c.is_whitespace() && !ends_quoted(piece),
        };
        if is_code {
            let text: String = piece.iter().collect();
            let text = text.strip_prefix("r#").unwrap_or(&text).to_owned();
            found.push(Token { text, line });
        }
        line += piece.iter().filter(|c| **c == '\n').count();
        at = end;
    }
    found
}

/// Whether a piece that starts with a letter is a literal such as `b"…"` or `r#"…"#`.
fn ends_quoted(piece: &[char]) -> bool {
    piece.len() > 1 && matches!(piece[piece.len() - 1], '"' | '\'' | '#')
}

/// Where the comment, literal, word or mark at `at` ends.
fn piece(chars: &[char], at: usize) -> usize {
    let next = |ahead: usize| chars.get(at + ahead).copied();
    match chars[at] {
        '/' if next(1) == Some('/') => until(chars, at, |c| c == '\n'),
        '/' if next(1) == Some('*') => block_comment(chars, at),
        '"' => quoted(chars, at + 1, '"'),
        '\'' if next(1) == Some('\\') || next(2) == Some('\'') => quoted(chars, at + 1, '\''),
        '\'' => until(chars, at + 1, |c| !is_word(c)),
        ':' if next(1) == Some(':') => at + 2,
        c if is_word(c) => word_or_literal(chars, at),
        _ => at + 1,
    }
}

fn word_or_literal(chars: &[char], at: usize) -> usize {
    let end = until(chars, at, |c| !is_word(c));
    let word: String = chars[at..end].iter().collect();
    let raw = matches!(word.as_str(), "r" | "br" | "cr");
    match chars.get(end) {
        Some('"') if raw => raw_literal(chars, end),
        Some('#') if raw => {
            let hashes = until(chars, end, |c| c != '#');
            match chars.get(hashes) {
                Some('"') => raw_literal(chars, end),
                _ => until(chars, hashes, |c| !is_word(c)),
            }
        }
        Some('"') if matches!(word.as_str(), "b" | "c") => quoted(chars, end + 1, '"'),
        Some('\'') if word == "b" => quoted(chars, end + 1, '\''),
        _ => end,
    }
}

/// The end of `#"…"#`, which has as many marks behind as before.
fn raw_literal(chars: &[char], at: usize) -> usize {
    let open = until(chars, at, |c| c != '#');
    let hashes = open - at;
    (open + 1..chars.len())
        .find(|&end| {
            chars[end] == '"'
                && chars.len() - end > hashes
                && chars[end + 1..=end + hashes].iter().all(|c| *c == '#')
        })
        .map_or(chars.len(), |end| end + 1 + hashes)
}

fn quoted(chars: &[char], mut at: usize, mark: char) -> usize {
    while let Some(&c) = chars.get(at) {
        at += if c == '\\' { 2 } else { 1 };
        if c == mark {
            break;
        }
    }
    at.min(chars.len())
}

fn block_comment(chars: &[char], at: usize) -> usize {
    let (mut depth, mut end) = (1, at + 2);
    while depth > 0 && end < chars.len() {
        match (chars[end], chars.get(end + 1)) {
            ('/', Some('*')) => (depth, end) = (depth + 1, end + 2),
            ('*', Some('/')) => (depth, end) = (depth - 1, end + 2),
            _ => end += 1,
        }
    }
    end
}

fn until(chars: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    (from..chars.len())
        .find(|&at| stop(chars[at]))
        .unwrap_or(chars.len())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Cut {
    kept: Vec<Token>,
    /// How many lines were cut out.
    lines: usize,
    modules: Vec<String>,
}

/// Takes the items marked `#[cfg(test)]` out.
fn cut_tests(all: &[Token]) -> Cut {
    let mut cut = Cut {
        kept: Vec::new(),
        lines: 0,
        modules: Vec::new(),
    };
    let mut at = 0;
    while at < all.len() {
        let rest = &all[at..];
        if !is_test_attribute(rest) {
            cut.kept.push(all[at].clone());
            at += 1;
            continue;
        }
        let item = item(rest);
        if let [.., keyword, name, end] = item
            && keyword.text == "mod"
            && end.text == ";"
        {
            cut.modules.push(name.text.clone());
        }
        cut.lines += item.last().map_or(0, |last| last.line + 1 - rest[0].line);
        at += item.len();
    }
    cut
}

fn is_test_attribute(rest: &[Token]) -> bool {
    let opens = ["#", "[", "cfg", "("];
    if !starts_with(rest, &opens) {
        return false;
    }
    let condition = &rest[opens.len()..attribute(rest)];
    condition.iter().any(|token| token.text == "test")
        && !condition.iter().any(|token| token.text == "not")
}

/// The length of the attribute at the start.
fn attribute(rest: &[Token]) -> usize {
    let mut depth = 0;
    for (at, token) in rest.iter().enumerate() {
        match token.text.as_str() {
            "[" => depth += 1,
            "]" => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    rest.len()
}

/// The attributed item at the start: up to its `;`, or to the end of its block.
fn item(rest: &[Token]) -> &[Token] {
    let mut start = 0;
    while starts_with(&rest[start..], &["#", "["]) {
        start += attribute(&rest[start..]);
    }
    let is_import = rest[start..]
        .iter()
        .take_while(|token| token.text != "{" && token.text != ";")
        .any(|token| token.text == "use");
    let mut depth = 0;
    for (at, token) in rest.iter().enumerate().skip(start) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        let ends = match token.text.as_str() {
            ";" => true,
            "}" => !is_import,
            _ => false,
        };
        if ends && depth == 0 {
            return &rest[..=at];
        }
    }
    rest
}

pub fn starts_with(tokens: &[Token], texts: &[&str]) -> bool {
    tokens.len() >= texts.len()
        && tokens
            .iter()
            .zip(texts)
            .all(|(token, text)| token.text == *text)
}

/// Walks over the production code and finds where its paths lead.
struct Paths<'a> {
    tokens: &'a [Token],
    outside: &'a Outside<'a>,
    /// The module that the walk is in, with the depth of braces at which each part of it began.
    module: Vec<(String, usize)>,
    /// Names that this file gives to something of its own: they hide crates of the same name.
    own: HashSet<String>,
    mentions: Vec<Mention>,
}

impl<'a> Paths<'a> {
    fn new(tokens: &'a [Token], module: &[String], outside: &'a Outside<'a>) -> Self {
        Self {
            tokens,
            outside,
            module: module.iter().map(|name| (name.clone(), 0)).collect(),
            own: declared(tokens),
            mentions: Vec::new(),
        }
    }

    fn collect(mut self) -> Vec<Mention> {
        let (mut at, mut depth) = (0, 0);
        while at < self.tokens.len() {
            match self.text(at) {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    while self.module.last().is_some_and(|(_, began)| *began > depth) {
                        self.module.pop();
                    }
                }
                "mod" if self.text(at + 2) == "{" => {
                    self.module.push((self.text(at + 1).to_owned(), depth + 1));
                }
                "use" if self.text(at + 1) != "<" => {
                    at = self.tree(at + 1, &[]);
                    continue;
                }
                "::" if !self.follows_a_path(at) => {
                    at = self.path(at + 1, true);
                    continue;
                }
                word if is_name(word) && self.text(at + 1) == "::" => {
                    at = self.path(at, false);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        self.mentions
    }

    fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }

    /// Whether the `::` at `at` goes on with what stands before it, as in `Vec<T>::new`.
    fn follows_a_path(&self, at: usize) -> bool {
        at > 0 && (is_name(self.text(at - 1)) || matches!(self.text(at - 1), ">" | ")" | "]"))
    }

    /// Takes in the path at `from`; answers where it ends.
    fn path(&mut self, from: usize, global: bool) -> usize {
        let mut segments = vec![self.text(from).to_owned()];
        let mut at = from + 1;
        while self.text(at) == "::" && is_name(self.text(at + 1)) {
            segments.push(self.text(at + 1).to_owned());
            at += 2;
        }
        self.mention(from, segments, global);
        at.max(from + 1)
    }

    /// Takes in the `use` tree at `at`; answers where it ends.
    fn tree(&mut self, mut at: usize, above: &[String]) -> usize {
        let start = at;
        let mut path = above.to_vec();
        let global = self.text(at) == "::";
        if global {
            at += 1;
        }
        loop {
            match self.text(at) {
                "::" => at += 1,
                "{" => {
                    at += 1;
                    while !matches!(self.text(at), "}" | "") {
                        at = self.tree(at, &path);
                        if self.text(at) == "," {
                            at += 1;
                        }
                    }
                    return self.end_of_use(at + 1);
                }
                "as" => at += 2,
                "," | "}" | ";" | "" => break,
                segment => {
                    path.push(segment.to_owned());
                    at += 1;
                }
            }
        }
        self.mention(start, path, global);
        self.end_of_use(at)
    }

    fn end_of_use(&self, at: usize) -> usize {
        if self.text(at) == ";" { at + 1 } else { at }
    }

    fn mention(&mut self, at: usize, mut segments: Vec<String>, global: bool) {
        let target = match segments[0].as_str() {
            _ if global => Target::Outside(segments),
            "crate" | "pullscope" => Target::Ours(segments.split_off(1)),
            "self" | "super" => Target::Ours(self.resolved(&segments)),
            name if self.own.contains(name) => return,
            name if self.outside.contains(name) => Target::Outside(segments),
            _ => return,
        };
        let line = self.tokens[at].line;
        self.mentions.push(Mention { line, target });
    }

    fn resolved(&self, segments: &[String]) -> Vec<String> {
        let mut base: Vec<String> = self.module.iter().map(|(name, _)| name.clone()).collect();
        let relative = segments
            .iter()
            .take_while(|segment| matches!(segment.as_str(), "self" | "super"))
            .inspect(|segment| {
                if *segment == "super" {
                    base.pop();
                }
            })
            .count();
        base.extend_from_slice(&segments[relative..]);
        base
    }
}

/// Modules that the file declares and names that it imports from this crate.
fn declared(tokens: &[Token]) -> HashSet<String> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let modules = (0..tokens.len())
        .filter(|&at| text(at) == "mod" && matches!(text(at + 2), ";" | "{"))
        .map(|at| text(at + 1).to_owned());
    let mut own: HashSet<String> = modules.collect();
    for at in (0..tokens.len()).filter(|&at| text(at) == "use") {
        if matches!(text(at + 1), "crate" | "super" | "self") {
            let names = (at + 2..)
                .map(text)
                .take_while(|text| !matches!(*text, ";" | ""));
            own.extend(names.filter(|name| is_name(name)).map(str::to_owned));
        }
    }
    own
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}
