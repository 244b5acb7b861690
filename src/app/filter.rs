//! Filters of pane rows, in the syntax of k9s.
//!
//! `web app` rows with all these words, or where there is none, what comes near · `web|api` rows with
//! either · `!web !data` rows with neither · `-l app=web,tier in (front,back)` by label, as kubectl selects · `-f chkt` fuzzy.

use memchr::memmem::Finder;
use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use crate::domain::k8s::{label_selector::LabelSelector, objects::ObjectMeta};

#[derive(Clone, Debug, Default)]
pub struct Filter {
    text: String,
    rule: FilterRule,
}

#[derive(Clone, Debug, Default)]
enum FilterRule {
    #[default]
    All,
    /// All of these.
    Terms(Vec<Term>),
    Fuzzy(Pattern),
    Labels(LabelSelector),
    /// A label selector that cannot be parsed, and why: no row matches.
    Invalid(String),
}

/// A word in lower case, made ready to be looked for in fifty thousand rows.
#[derive(Clone, Debug)]
struct Word(Box<Finder<'static>>);

impl Word {
    fn new(text: &str) -> Self {
        Self(Box::new(Finder::new(&text.to_lowercase()).into_owned()))
    }

    fn is_in_word(&self, other: &Self) -> bool {
        self.0.find(other.0.needle()).is_some()
    }

    fn is_in(&self, line: &str) -> bool {
        self.0.find(line.as_bytes()).is_some()
    }
}

/// One blank-separated part of a filter: alternatives, of which a row has one, or none if negated.
#[derive(Clone, Debug)]
struct Term {
    negated: bool,
    alternatives: Vec<Word>,
}

impl Term {
    fn matches(&self, line: &str) -> bool {
        self.alternatives.iter().any(|word| word.is_in(line)) != self.negated
    }

    /// True if every row that matches this term matches the other.
    fn implies(&self, other: &Self) -> bool {
        let (longer, shorter) = match (self.negated, other.negated) {
            (false, false) => (self, other),
            (true, true) => (other, self),
            (true, false) | (false, true) => return false,
        };
        longer.alternatives.iter().all(|longer| {
            let mut words = shorter.alternatives.iter();
            words.any(|word| word.is_in_word(longer))
        })
    }
}

/// Parses the terms of a filter; `!` and `|` without a word, as while one types, restrict nothing.
fn parse_terms(text: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut negated = false;
    for part in text.split_whitespace() {
        let words = part.strip_prefix('!').unwrap_or(part);
        negated |= part.starts_with('!');
        let alternatives: Vec<Word> = words
            .split('|')
            .filter(|word| !word.is_empty())
            .map(Word::new)
            .collect();
        if !alternatives.is_empty() {
            terms.push(Term {
                negated: std::mem::take(&mut negated),
                alternatives,
            });
        }
    }
    terms
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Filter {
    pub fn parse(text: &str) -> Self {
        let trimmed = text.trim();
        let rule = if trimmed.is_empty() {
            FilterRule::All
        } else if let Some(labels) = trimmed.strip_prefix("-l") {
            match labels.trim() {
                "" => FilterRule::All,
                selector => selector
                    .parse()
                    .map_or_else(FilterRule::Invalid, FilterRule::Labels),
            }
        } else if let Some(words) = trimmed.strip_prefix("-f") {
            fuzzy(words)
        } else {
            match parse_terms(trimmed) {
                terms if terms.is_empty() => FilterRule::All,
                terms => FilterRule::Terms(terms),
            }
        };
        Self {
            text: text.to_owned(),
            rule,
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the same words as a fuzzy filter, for when no row matches them exactly.
    #[must_use]
    pub fn to_fuzzy(&self) -> Option<Self> {
        let FilterRule::Terms(terms) = &self.rule else {
            return None;
        };
        let is_word = |term: &Term| !term.negated && term.alternatives.len() == 1;
        terms.iter().all(is_word).then(|| Self {
            text: self.text.clone(),
            rule: fuzzy(&self.text),
        })
    }

    /// True if every row that matches this filter matches the other.
    pub(super) fn is_refinement_of(&self, other: &Self) -> bool {
        let (FilterRule::Terms(these), FilterRule::Terms(those)) = (&self.rule, &other.rule) else {
            return false;
        };
        those
            .iter()
            .all(|that| these.iter().any(|this| this.implies(that)))
    }

    /// Why the filter is none: its label selector cannot be parsed.
    pub fn error(&self) -> Option<&str> {
        match &self.rule {
            FilterRule::Invalid(why) => Some(why),
            FilterRule::All
            | FilterRule::Terms(_)
            | FilterRule::Fuzzy(_)
            | FilterRule::Labels(_) => None,
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self.rule, FilterRule::All)
    }
}

fn fuzzy(words: &str) -> FilterRule {
    let (case, forms) = (CaseMatching::Smart, Normalization::Smart);
    FilterRule::Fuzzy(Pattern::parse(words.trim(), case, forms))
}

/// Matches rows against a filter; reuses its buffers.
pub struct FilterMatcher<'a> {
    filter: &'a Filter,
    matcher: Matcher,
    buffer: Vec<char>,
    line: String,
}

impl<'a> FilterMatcher<'a> {
    pub fn new(filter: &'a Filter) -> Self {
        Self {
            filter,
            matcher: Matcher::new(Config::DEFAULT),
            buffer: Vec::new(),
            line: String::new(),
        }
    }

    /// True if a row with these texts matches, whatever its other texts are.
    pub fn matches_partial<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> bool {
        let FilterRule::Terms(terms) = &self.filter.rule else {
            return false;
        };
        // The other texts may hold what a negated term excludes.
        if terms.iter().any(|term| term.negated) {
            return false;
        }
        let line = join_lowercase(&mut self.line, texts);
        terms.iter().all(|term| term.matches(line))
    }

    /// True if a row with these texts matches; `meta` is called for label filters.
    pub fn matches<'t>(
        &mut self,
        texts: impl IntoIterator<Item = &'t str>,
        meta: Option<&ObjectMeta>,
    ) -> bool {
        match &self.filter.rule {
            FilterRule::All => true,
            FilterRule::Labels(selector) => meta.is_some_and(|meta| selector.matches(&meta.labels)),
            FilterRule::Invalid(_) => false,
            FilterRule::Terms(terms) => {
                let line = join_lowercase(&mut self.line, texts);
                terms.iter().all(|term| term.matches(line))
            }
            FilterRule::Fuzzy(pattern) => {
                let line = join(&mut self.line, texts);
                let haystack = Utf32Str::new(line, &mut self.buffer);
                pattern.score(haystack, &mut self.matcher).is_some()
            }
        }
    }
}

fn join_lowercase<'a, 't>(
    line: &'a mut String,
    texts: impl IntoIterator<Item = &'t str>,
) -> &'a str {
    join(line, texts);
    if line.is_ascii() {
        line.make_ascii_lowercase();
    } else {
        *line = line.to_lowercase();
    }
    line
}

fn join<'a, 't>(line: &'a mut String, texts: impl IntoIterator<Item = &'t str>) -> &'a str {
    line.clear();
    for text in texts {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(text);
    }
    line
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn passes(filter: &str, texts: &[&str]) -> bool {
        FilterMatcher::new(&Filter::parse(filter)).matches(texts.iter().copied(), None)
    }

    #[test]
    fn all_words_must_be_there() {
        for (filter, expected) in [
            ("", true),
            ("check", true),
            ("chk", false),
            ("CHECKOUT image", true),
            ("-f ckt", true),
            ("zebra", false),
            ("checkout zebra", false),
            ("!checkout", false),
            ("!zebra", true),
            ("!", true),
            ("! checkout", false),
            ("!zebra !checkout", false),
            ("!checkout !zebra", false),
            ("!zebra !horse", true),
            ("!zebra horse", false),
            ("checkout !zebra", true),
            ("zebra|checkout", true),
            ("zebra|horse", false),
            ("!zebra|checkout", false),
            ("zebra|", false),
            ("|", true),
            ("-l", true),
        ] {
            assert_eq!(
                passes(filter, &["checkout-7d9", "ImagePullBackOff"]),
                expected,
                "{filter}"
            );
        }
    }

    #[test]
    fn one_more_letter_narrows_and_another_word_does_not_widen() {
        for (filter, before, expected) in [
            ("check", "chec", true),
            ("check out", "check", true),
            ("CHECK", "check", true),
            ("chec", "check", false),
            ("check", "", false),
            ("!check", "!chec", false),
            ("!chec", "!check", true),
            ("check|web", "check", false),
            ("check", "check|web", true),
            ("!check !web", "!check", true),
            ("check !web", "check", true),
            ("-f check", "-f chec", false),
            ("web", "check", false),
        ] {
            let narrows = Filter::parse(filter).is_refinement_of(&Filter::parse(before));
            assert_eq!(narrows, expected, "{before} -> {filter}");
        }
    }

    #[test]
    fn only_plain_words_fall_back_to_fuzzy_and_no_part_of_a_row_settles_a_negation() {
        for (filter, fuzzy, partial) in [
            ("checkout", true, true),
            ("check out", true, true),
            ("checkout|web", false, true),
            ("!web", false, false),
            ("checkout !web", false, false),
        ] {
            let filter = Filter::parse(filter);
            assert_eq!(filter.to_fuzzy().is_some(), fuzzy, "{}", filter.text());
            let matches = FilterMatcher::new(&filter).matches_partial(["checkout"]);
            assert_eq!(matches, partial, "{}", filter.text());
        }
    }

    #[test]
    fn labels_are_matched_as_selectors() {
        let meta = ObjectMeta {
            uid: "u".into(),
            resource_version: "1".into(),
            created: None,
            deleting: None,
            labels: Arc::from([(Arc::from("app"), Arc::from("web"))]),
            manager_annotations: Box::default(),
            owner: None,
        };
        for (filter, expected) in [
            ("-l app=web", true),
            ("-l app==web", true),
            ("-l app", true),
            ("-l app=web,tier", false),
            ("-l !tier", true),
            ("-l app!=web", false),
            ("-l tier!=back", true),
            ("-l app in (web,api)", true),
            ("-l app in (api, back),tier", false),
            ("-l tier notin (back)", true),
        ] {
            let filter = Filter::parse(filter);
            assert_eq!(
                FilterMatcher::new(&filter).matches([], Some(&meta)),
                expected,
                "{}",
                filter.text()
            );
            assert_eq!(filter.error(), None, "{}", filter.text());
        }
    }

    #[test]
    fn a_selector_that_is_none_says_so() {
        for (filter, word) in [
            ("-l app in web", "not a set"),
            ("-l app=web,", "invalid selector"),
        ] {
            let filter = Filter::parse(filter);
            let error = filter.error().unwrap();
            assert!(error.contains(word), "{error}");
        }
    }
}
