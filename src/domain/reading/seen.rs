//! One walk over a text: the signs, HTTP answers, addresses and images that stand in it.
//!
//! What is kept does not grow with the text.

use std::ops::Range;

use super::{
    signs::{PHRASES, Sign, Signs},
    target::{LONGEST, Target, head},
    words::Found,
};
use crate::domain::image::ImageRef;

/// More addresses, answers and names than this are not kept of one text.
const KEPT: usize = 16;

/// What stands in a text.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub text: &'a str,
    pub signs: Signs,
    /// Where each sign was first seen.
    pub places: Vec<(Sign, Range<usize>)>,
    pub statuses: Vec<u16>,
    pub urls: Vec<Target<'a>>,
    pub image: Option<Named<'a>>,
}

/// An image that the text names.
#[derive(Clone, Debug)]
pub(super) struct Named<'a> {
    pub text: &'a str,
    pub parsed: Option<ImageRef>,
}

impl<'a> Seen<'a> {
    pub(super) fn in_text(text: &'a str) -> Self {
        let mut walk = Walk {
            seen: Self {
                text,
                signs: Signs::default(),
                places: Vec::new(),
                statuses: Vec::new(),
                urls: Vec::new(),
                image: None,
            },
            since_status: None,
            number: None,
            before: ["", ""],
            name: 0..0,
            names: 0,
        };
        PHRASES.scan(text, |found| match found {
            Found::Word(range) => walk.word(&range),
            Found::Phrase(sign, range) => walk.sign(sign, range),
        });
        walk.seen
    }

    fn push_status(&mut self, code: u16) {
        if self.statuses.len() < KEPT && !self.statuses.contains(&code) {
            self.statuses.push(code);
        }
    }
}

/// What has been seen, and what the words before the present one were.
struct Walk<'a> {
    seen: Seen<'a>,
    /// Words since one that announces a status code.
    since_status: Option<u8>,
    /// A number that is a status code if the next word is its name.
    number: Option<u16>,
    /// The two words before, the nearer one last.
    before: [&'a str; 2],
    /// Where the last name of an image stands.
    name: Range<usize>,
    /// Names that were found.
    names: usize,
}

impl<'a> Walk<'a> {
    fn word(&mut self, range: &Range<usize>) {
        let text = self.seen.text;
        let word = text.get(range.clone()).unwrap_or_default();
        let after = text.get(range.end..).unwrap_or_default();
        self.status(word, after);
        if self.seen.urls.len() < KEPT
            && (word.eq_ignore_ascii_case("https") || word.eq_ignore_ascii_case("http"))
            && after.starts_with(":/")
            && let Some(target) = Target::parse(after)
        {
            self.seen.urls.push(target);
        }
        if self.names < KEPT && self.leads_to_image(word, after) {
            self.image(after, range.end);
        }
        let [_, last] = self.before;
        self.before = [last, word];
    }

    fn sign(&mut self, sign: Sign, range: Range<usize>) {
        if self.seen.signs.has(sign) || (sign.is_also_a_name() && self.is_in_name(&range)) {
            return;
        }
        self.seen.signs.add(sign);
        self.seen.places.push((sign, range));
    }

    /// Whether this phrase is a part of the name of an image: `acme/payment` says nothing of payment.
    /// The path of a file begins with a slash, and a phrase with a slash of its own is no name.
    fn is_in_name(&self, phrase: &Range<usize>) -> bool {
        if self.name.contains(&phrase.start) {
            return true;
        }
        let bytes = self.seen.text.as_bytes();
        let part = |b: &&u8| b.is_ascii_alphanumeric() || b"._-/:@%+".contains(b);
        let before = bytes.get(..phrase.start).unwrap_or_default();
        let before = before.iter().rev().take(LONGEST).take_while(part).count();
        let after = bytes.get(phrase.end..).unwrap_or_default();
        let after = after.iter().take(LONGEST).take_while(part).count();
        let around = bytes.get(phrase.start - before..phrase.end + after);
        let around = around.unwrap_or_default();
        let own = bytes.get(phrase.clone()).unwrap_or_default();
        around.contains(&b'/') && !around.starts_with(b"/") && !own.contains(&b'/')
    }

    fn status(&mut self, word: &str, after: &str) {
        if let Some(number) = self.number.take()
            && names_status(word)
        {
            self.seen.push_status(number);
        }
        let number = (word.len() == 3)
            .then(|| word.parse::<u16>().ok())
            .flatten();
        let announced = self.since_status.is_some_and(|words| words <= 3);
        match number.filter(|code| (400..600).contains(code)) {
            Some(code) if announced => self.seen.push_status(code),
            found => self.number = found,
        }
        let leads = ["status", "code", "statuscode"]
            .iter()
            .any(|w| word.eq_ignore_ascii_case(w))
            || (word.eq_ignore_ascii_case("http") && !after.starts_with(':'));
        self.since_status = if leads {
            Some(0)
        } else {
            self.since_status.and_then(|words| words.checked_add(1))
        };
    }

    /// `image "NAME"`, `reference "NAME"`, `docker://NAME`, `manifest for NAME`, `access denied for NAME`.
    fn leads_to_image(&self, word: &str, after: &str) -> bool {
        let is = |lead: &str| word.eq_ignore_ascii_case(lead);
        if is("image") || is("reference") || is("pullimage") {
            let between = [' ', '=', '\\', ':'];
            let behind = head(after).trim_start_matches(between);
            return after.starts_with(between)
                && behind.starts_with(['"', '\'', '`', '*', '[', '\u{201c}']);
        }
        let [first, second] = self.before;
        is("docker") && after.starts_with("://")
            || is("for")
                && (second.eq_ignore_ascii_case("manifest")
                    || second.eq_ignore_ascii_case("denied")
                        && first.eq_ignore_ascii_case("access"))
    }

    /// Reads the name behind a word that leads to one, and keeps the first that is well-formed.
    fn image(&mut self, after: &'a str, at: usize) {
        let after = head(after);
        let start = after.trim_start_matches(|c: char| " =\\\"'`*:/[\u{201c}".contains(c));
        let stop = |c: char| c.is_whitespace() || "\"'`\\,*]\u{201d}".contains(c);
        let name = start.get(..start.find(stop).unwrap_or(start.len()));
        let name = name.unwrap_or_default().trim_end_matches([':', '.', ';']);
        if name.is_empty() {
            return;
        }
        self.names += 1;
        let at = at + after.len() - start.len();
        self.name = at..at + name.len();
        let known = self.seen.image.as_ref();
        if known.is_some_and(|named| named.parsed.is_some()) {
            return;
        }
        let parsed = ImageRef::parse(name).ok();
        if parsed.is_some() || known.is_none() {
            self.seen.image = Some(Named { text: name, parsed });
        }
    }
}

/// The first words of the names of status codes (RFC 9110), as servers print them behind the number.
fn names_status(word: &str) -> bool {
    [
        "bad",
        "unauthorized",
        "payment",
        "forbidden",
        "not",
        "method",
        "proxy",
        "request",
        "conflict",
        "gone",
        "precondition",
        "too",
        "unavailable",
        "internal",
        "service",
        "gateway",
        "unsupported",
    ]
    .iter()
    .any(|name| word.eq_ignore_ascii_case(name))
}
