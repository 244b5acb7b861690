//! Masks names in a message, so that only the words of the programs remain.
//!
//! Images, URLs, digests, hosts, addresses and object names are recognised by their form and place, and
//! each is replaced by one word in capitals (`IMAGE`, `URL`, …). Everything else becomes lower-case words
//! between single spaces, so that quoting, escaping, line breaks and JSON around a message do not matter.
//! Because no word of a name is left, no name can look like an error. The words of a web page are kept apart: a
//! proxy or a portal that answers in a registry's place can use all words that a registry has.

use super::{
    name_context, sentences,
    token_kind::{self, TokenKind},
    url::{self, RequestUrl},
};
use crate::domain::registry_auth::image_ref::ImageRef;

/// Maximum number of URLs and of names kept per message.
const MAX_KEPT: usize = 16;
/// Maximum length of a name: without it the cost would be quadratic in the length of the text.
pub(super) const MAX_NAME_BYTES: usize = 1024;
/// Length of the longest word in any phrase.
const LONGEST_WORD: usize = 40;

/// Words that replace names.
const PLACEHOLDERS: &[&str] = &[
    "IMAGE",
    "URL",
    "DIGEST",
    "BADDIGEST",
    "HEX",
    "ADDR",
    "HOST",
    "NAME",
    "TAG",
    "MARKUP",
    "FILE",
    "CONFIG",
];

/// Whether a word replaces a name.
pub(super) fn is_placeholder(word: &str) -> bool {
    PLACEHOLDERS.contains(&word)
}

/// A message with masked names, and the names.
#[derive(Debug, Default)]
pub(super) struct Masked<'a> {
    /// Words and placeholders, with one space before and behind each.
    pub words: String,
    /// Those of a web page that the text quotes.
    pub page: String,
    /// The packages whose errors are told.
    pub packages: Vec<GoPackage>,
    /// The URLs in order, one for each `URL` in `words`.
    pub urls: Vec<RequestUrl<'a>>,
    /// The first image that is named, preferring well-formed references.
    pub image: Option<NamedImage<'a>>,
    /// The host of containerd's `pulling from host HOST`.
    pub asked_host: Option<&'a str>,
    /// Addresses that were dialled or at the far end of a connection.
    pub addresses: Vec<&'a str>,
    /// The host of Go's `lookup HOST`, as it is written.
    pub looked_up: Option<&'a str>,
}

/// A package of Go that puts its name and a colon in front of its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GoPackage {
    X509,
    Tls,
}

impl GoPackage {
    /// The package of a word before a colon.
    fn parse(word: &str) -> Option<Self> {
        match word {
            "x509" => Some(Self::X509),
            "tls" => Some(Self::Tls),
            _ => None,
        }
    }
}

/// An image named in the text.
#[derive(Clone, Debug)]
pub(super) struct NamedImage<'a> {
    pub text: &'a str,
    pub parsed: Option<ImageRef>,
}

/// Replaces all names of a message.
///
/// Two frames are left out, for they say a thing twice, or say it of another registry: CRI-O since 1.31
/// tries an image, then an artifact (`pull image err: …; artifact err: …`), and containers/image puts the
/// errors of mirrors in front of the registry's own (`(Mirrors also failed: […]): NAME: …`).
pub(super) fn mask(text: &str) -> Masked<'_> {
    let mut lexer = Lexer::new(text);
    lexer.run();
    if lexer.mirrors == Mirrors::Open {
        // The registry's own error is cut off: the mirrors' is all there is.
        lexer = Lexer::new(text);
        lexer.mirrors = Mirrors::Read;
        lexer.run();
    }
    lexer.masked
}

/// Where the lexer is in regard to `(Mirrors also failed: […])`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mirrors {
    Outside,
    /// Inside: what is said there is left out.
    Open,
    /// They are read like everything else.
    Read,
}

/// What stood between two chunks of text.
#[derive(Clone, Copy, Default)]
struct Separator {
    /// The quotation mark directly before the chunk.
    quote: Option<char>,
    /// Only blanks, `=`, quotes and brackets: the chunk can be what the word before leads to.
    is_plain: bool,
    /// The chunk before ended with a colon.
    after_colon: bool,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    gap: Separator,
    /// Names that were recognised by their place, to be recognised elsewhere.
    names: Vec<&'a str>,
    mirrors: Mirrors,
    /// Inside a web page.
    in_page: bool,
    /// CRI-O has told of the image, and will tell of the artifact.
    tries_artifact: bool,
    masked: Masked<'a>,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str) -> Self {
        let mut masked = Masked::default();
        masked.words.reserve(text.len().min(1 << 20) + 2);
        masked.words.push(' ');
        masked.page.push(' ');
        Self {
            text,
            at: 0,
            gap: Separator::default(),
            names: Vec::new(),
            mirrors: Mirrors::Outside,
            in_page: false,
            tries_artifact: false,
            masked,
        }
    }

    fn run(&mut self) {
        while self.skip_gap() {
            self.chunk();
            self.tries_artifact |= self.ends(" pull image err ");
            if self.tries_artifact && self.ends(" artifact err ") {
                break;
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Passes what separates chunks; false at the end of the text.
    fn skip_gap(&mut self) -> bool {
        self.gap.quote = None;
        self.gap.is_plain = true;
        while let Some(char) = self.rest().chars().next() {
            if self.rest().starts_with(token_kind::QUOTE_ENTITY) {
                self.note_separator('"', 1);
                self.at += token_kind::QUOTE_ENTITY.len();
                continue;
            }
            self.note_page();
            if !token_kind::separates(char) {
                return true;
            }
            if char == '<' && token_kind::placeholder_len(self.rest()).is_some() {
                return true;
            }
            let length = token_kind::escape_len(self.rest()).unwrap_or(char.len_utf8());
            self.note_separator(char, length);
            self.at += length;
        }
        false
    }

    /// Notes where a web page begins and ends.
    fn note_page(&mut self) {
        if self.in_page {
            self.in_page = !token_kind::ends_page(self.rest());
        } else if token_kind::begins_page(self.rest()) {
            self.push("html");
            self.in_page = true;
        }
    }

    /// Whether what is read is left out of the message's own words.
    fn is_aside(&self) -> bool {
        self.in_page || self.mirrors == Mirrors::Open
    }

    /// What the words that are read are written to; nothing where they are left out.
    fn target(&mut self) -> Option<&mut String> {
        if self.mirrors == Mirrors::Open {
            None
        } else if self.in_page {
            Some(&mut self.masked.page)
        } else {
            Some(&mut self.masked.words)
        }
    }

    fn note_separator(&mut self, char: char, length: usize) {
        if char == '\\' {
            // An escaped quotation mark is one; an escaped line break separates.
            self.gap.quote = self.gap.quote.filter(|_| length == 1);
            return;
        }
        self.gap.quote = token_kind::quote(char);
        self.gap.is_plain &= matches!(
            char,
            '=' | '(' | '[' | '*' | '"' | '\'' | '`' | '\u{201c}' | '\u{2018}'
        ) || char.is_whitespace();
        if char == ']' && self.mirrors == Mirrors::Open {
            self.mirrors = Mirrors::Outside;
            self.in_page = false;
        }
    }

    fn push(&mut self, word: &str) {
        if let Some(target) = self.target() {
            target.push_str(word);
            target.push(' ');
        }
    }

    /// Reads one chunk, and writes its words or what stands for it.
    fn chunk(&mut self) {
        let rest = self.rest();
        if self.gap.quote.is_some()
            && self.gap.is_plain
            && name_context::leads_to_quoted_image(&self.masked.words)
            && let Some(name) = self.quoted()
        {
            self.at += name.len();
            return self.image(name.trim_matches(['*', ' ', '[', ']']));
        }
        let length = chunk_len(rest);
        let chunk = rest.get(..length).unwrap_or_default();
        self.at += length.max(1);
        let ends_with_colon = chunk.ends_with(':');
        let chunk = chunk.trim_end_matches([':', '.', '!', '?', '-']);
        let chunk = chunk.trim_start_matches(':');
        let file = self.file(chunk, ends_with_colon);
        if token_kind::is_object_path(chunk) && sentences::is_name(&self.masked.words, self.rest())
        {
            self.push("NAME");
        } else {
            self.form(chunk);
        }
        if let Some(file) = file {
            self.push(file);
        }
        if ends_with_colon
            && !self.is_aside()
            && let Some(package) = GoPackage::parse(chunk)
            && !self.masked.packages.contains(&package)
        {
            self.masked.packages.push(package);
        }
        self.gap.after_colon = ends_with_colon;
    }

    /// What stands between a local file and the operating system's error about it (Go's `fs.PathError`).
    fn file(&self, chunk: &str, ends_with_colon: bool) -> Option<&'static str> {
        let after = url::head(self.rest()).trim_start_matches(['\\', '"', '\'']);
        let leads_to_error = ends_with_colon || after.starts_with(':');
        let is_file = token_kind::is_path(chunk)
            || name_context::follows_file_operation(&self.masked.words)
                && token_kind::is_file_name(chunk);
        (leads_to_error && is_file).then(|| {
            if token_kind::is_configuration(chunk) {
                "CONFIG"
            } else {
                "FILE"
            }
        })
    }

    fn form(&mut self, chunk: &'a str) {
        match token_kind::token_kind(chunk) {
            TokenKind::Url(parsed) => self.url(parsed),
            TokenKind::SchemedImage(name) => self.image(name),
            TokenKind::Image if self.leads_to_image() => self.image(chunk),
            TokenKind::Image => self.push("IMAGE"),
            TokenKind::Digest => self.push("DIGEST"),
            TokenKind::BadDigest => self.push("BADDIGEST"),
            TokenKind::Hex => self.push("HEX"),
            TokenKind::Address => self.address(chunk),
            TokenKind::Host => {
                if self.ends(" from host ") && !self.is_aside() {
                    self.masked.asked_host = Some(chunk);
                }
                self.host(chunk);
            }
            TokenKind::ObjectName => self.push("NAME"),
            TokenKind::Words => self.unformed(chunk),
        }
    }

    /// A chunk that is a name by its place, or only words.
    fn unformed(&mut self, chunk: &'a str) {
        let words = &self.masked.words;
        if name_context::is_tag(words, self.rest()) {
            self.push("TAG");
        } else if name_context::is_looked_up(words, chunk, self.rest()) {
            self.host(chunk);
        } else if self.is_known(chunk) {
            self.image(chunk);
        } else if name_context::is_missing_project(words, self.rest())
            || name_context::is_missing_snapshotter(words, self.rest())
            || self.is_quoted() && token_kind::is_name(chunk, name_context::leads_to_name(words))
        {
            self.push("NAME");
        } else {
            self.words(chunk);
        }
    }

    fn leads_to_image(&self) -> bool {
        self.gap.is_plain && name_context::leads_to_image(&self.masked.words, self.gap.after_colon)
    }

    /// A name that its place or an earlier place tells; `linux/amd64` stands in such places, too.
    fn is_known(&self, chunk: &str) -> bool {
        self.names.contains(&chunk)
            || self.leads_to_image()
                && !chunk.contains('/')
                && (chunk.contains(':') || !name_context::leads_to_tagged_image(&self.masked.words))
    }

    /// Whether the chunk that was just read stands between quotation marks.
    fn is_quoted(&self) -> bool {
        let after = url::head(self.rest()).trim_start_matches('\\');
        self.gap.quote.is_some_and(|quote| after.starts_with(quote))
    }

    fn words(&mut self, chunk: &str) {
        let before = self.masked.words.len();
        let words = chunk.split(|c: char| !c.is_ascii_alphanumeric());
        for word in words.filter(|word| !word.is_empty()) {
            if word.len() > LONGEST_WORD {
                self.push("HEX");
                continue;
            }
            let Some(target) = self.target() else {
                continue;
            };
            let from = target.len();
            target.push_str(word);
            target.push(' ');
            if let Some(word) = target.get_mut(from..) {
                word.make_ascii_lowercase();
            }
        }
        if self.masked.words.len() == before {
            return;
        }
        if self.mirrors == Mirrors::Outside && self.ends(" mirrors also failed ") {
            self.mirrors = Mirrors::Open;
        } else if self.ends(" invalid character ") && token_kind::opens_markup(self.rest()) {
            self.push("MARKUP");
        }
    }

    fn ends(&self, words: &str) -> bool {
        self.masked.words.ends_with(words)
    }

    fn url(&mut self, parsed: RequestUrl<'a>) {
        if self.masked.urls.len() < MAX_KEPT && !self.is_aside() {
            self.masked.urls.push(parsed);
        }
        self.push("URL");
    }

    fn host(&mut self, name: &'a str) {
        if self.ends(" lookup ") && !self.is_aside() {
            self.masked.looked_up = Some(name.trim_end_matches('.'));
        }
        self.push("HOST");
    }

    fn address(&mut self, chunk: &'a str) {
        let is_of_pull = !self.is_aside() && !self.ends(" on ");
        if self.masked.addresses.len() < MAX_KEPT && is_of_pull {
            self.masked.addresses.push(chunk);
        }
        self.push("ADDR");
    }

    /// `image "NAME"`: all that stands between the quotation marks is the name, whatever it is. Nothing where
    /// they are not closed, or stand around a sentence.
    fn quoted(&self) -> Option<&'a str> {
        let quote = self.gap.quote?;
        let head = url::head(self.rest());
        let end = head.find([quote, '\\', '\n'])?;
        let name = head.get(..end)?;
        let is_sentence = name.trim().contains(char::is_whitespace);
        let is_closed = head.get(end..)?.trim_start_matches('\\').starts_with(quote);
        (!name.trim().is_empty() && is_closed && !is_sentence).then_some(name)
    }

    fn image(&mut self, name: &'a str) {
        let name = name.split("](").next().unwrap_or_default();
        if self.names.len() < MAX_KEPT && !self.names.contains(&name) {
            let plain = name.split('@').next().unwrap_or_default();
            let tag = plain
                .rfind(':')
                .filter(|at| *at > plain.rfind('/').unwrap_or(0));
            self.names.push(name);
            self.names
                .push(plain.get(..tag.unwrap_or(plain.len())).unwrap_or_default());
            if !self.is_aside() {
                self.keep(name);
            }
        }
        self.push("IMAGE");
    }

    fn keep(&mut self, name: &'a str) {
        let known = self.masked.image.as_ref();
        if name.is_empty() || known.is_some_and(|image| image.parsed.is_some()) {
            return;
        }
        let parsed = ImageRef::parse(name).ok();
        if parsed.is_some() || known.is_none() {
            self.masked.image = Some(NamedImage { text: name, parsed });
        }
    }
}

/// The length of the chunk at the beginning of a text.
fn chunk_len(text: &str) -> usize {
    if let Some(length) = url::len(text) {
        return length;
    }
    let head = url::head(text);
    let mut end = 0;
    for (at, char) in head.char_indices() {
        if at < end {
            continue;
        }
        if char == '&'
            && head
                .get(at..)
                .is_some_and(|rest| rest.starts_with(token_kind::QUOTE_ENTITY))
        {
            return at;
        }
        let placeholder = match char {
            '<' | '$' => head.get(at..).and_then(token_kind::placeholder_len),
            _ => None,
        };
        match placeholder {
            Some(length) => end = at + length,
            None if token_kind::separates(char) => return at,
            None => end = at + char.len_utf8(),
        }
    }
    head.len()
}
