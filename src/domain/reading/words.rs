//! A text as a row of lower-case words, and phrases found in it in one pass.
//!
//! The same error reaches us quoted, escaped three times, wrapped in JSON, broken over lines or with
//! typographic quotes. Seen as words it is always the same: everything that is neither a letter nor a
//! digit separates. The cost is one pass, however many phrases there are.

use std::{collections::HashMap, ops::Range};

/// Longer words are in no phrase.
const LONGEST: usize = 32;

/// The words of a text with their places.
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// Passes what separates; the letter of an escape such as `\n` or `\u003c` belongs to that.
    fn skip_separators(&mut self) {
        while let Some(byte) = self.byte(self.at) {
            match byte {
                b'\\' => {
                    self.at += 1;
                    match self.byte(self.at) {
                        Some(b'n' | b't' | b'r') => self.at += 1,
                        Some(b'u') if self.is_escape() => self.at += 5,
                        _ => {}
                    }
                }
                _ if byte.is_ascii_alphanumeric() => return,
                _ => self.at += 1,
            }
        }
    }

    fn is_escape(&self) -> bool {
        let digits = self.text.as_bytes().get(self.at + 1..self.at + 5);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    }
}

impl Iterator for Words<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        self.skip_separators();
        let start = self.at;
        while self
            .byte(self.at)
            .is_some_and(|b| b.is_ascii_alphanumeric())
        {
            self.at += 1;
        }
        (start < self.at).then_some(start..self.at)
    }
}

type WordId = u32;
type Node = u32;
const ROOT: Node = 0;

/// What a scan comes upon, with its place.
pub(super) enum Found<T> {
    Word(Range<usize>),
    Phrase(T, Range<usize>),
}

/// Phrases, each standing for a value.
pub(super) struct Phrases<T> {
    words: HashMap<Vec<u8>, WordId>,
    steps: HashMap<(Node, WordId), Node>,
    ends: HashMap<Node, Vec<T>>,
}

impl<T: Copy> Phrases<T> {
    pub(super) fn new(table: &[(T, &[&str])]) -> Self {
        let mut phrases = Self {
            words: HashMap::new(),
            steps: HashMap::new(),
            ends: HashMap::new(),
        };
        let mut nodes = ROOT;
        for (value, texts) in table {
            for text in *texts {
                phrases.add(*value, text, &mut nodes);
            }
        }
        phrases
    }

    fn add(&mut self, value: T, text: &str, nodes: &mut Node) {
        let mut node = ROOT;
        for range in Words::of(text) {
            let word = text.as_bytes().get(range).unwrap_or_default();
            let next_id = WordId::try_from(self.words.len()).unwrap_or(WordId::MAX);
            let id = *self
                .words
                .entry(word.to_ascii_lowercase())
                .or_insert(next_id);
            node = *self.steps.entry((node, id)).or_insert_with(|| {
                *nodes += 1;
                *nodes
            });
        }
        self.ends.entry(node).or_default().push(value);
    }

    fn word(&self, word: &[u8]) -> Option<WordId> {
        let mut lower = [0; LONGEST];
        let lower = lower.get_mut(..word.len())?;
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        self.words.get(&*lower).copied()
    }

    /// Tells of every word, and behind its last word of every phrase.
    pub(super) fn scan(&self, text: &str, mut tell: impl FnMut(Found<T>)) {
        // Phrases begun and not ended: never more than the longest phrase has words.
        let mut open: Vec<(Node, usize)> = Vec::new();
        for range in Words::of(text) {
            tell(Found::Word(range.clone()));
            let here = text.as_bytes().get(range.clone()).unwrap_or_default();
            let Some(id) = self.word(here) else {
                open.clear();
                continue;
            };
            open.push((ROOT, range.start));
            open.retain_mut(|(node, _)| match self.steps.get(&(*node, id)) {
                Some(next) => {
                    *node = *next;
                    true
                }
                None => false,
            });
            for (node, start) in &open {
                for value in self.ends.get(node).into_iter().flatten() {
                    tell(Found::Phrase(*value, *start..range.end));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(u8, &str)> {
        let phrases = Phrases::new(&[
            (1, &["couldn't parse", "parse image"]),
            (2, &["parse image reference"]),
        ]);
        let mut all = Vec::new();
        phrases.scan(text, |found| {
            if let Found::Phrase(value, range) = found {
                all.push((value, &text[range]));
            }
        });
        all
    }

    #[test]
    fn phrases_are_found_whatever_stands_between_their_words() {
        assert_eq!(
            found("Couldn\u{2019}t PARSE"),
            [(1, "Couldn\u{2019}t PARSE")]
        );
        assert_eq!(found(r#"x\nparse\n\"image\""#), [(1, r#"parse\n\"image"#)]);
        assert_eq!(
            found("parse image reference"),
            [(1, "parse image"), (2, "parse image reference")]
        );
        assert_eq!(found("parse the image"), []);
    }
}
