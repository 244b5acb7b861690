//! Parses a message about an image that cannot be pulled.
//!
//! `mask` takes the names out (`sentences` knows where objects are named), `phrases` finds what is said in the
//! words that are left (`network`, `node_errors`, `refusals` and `neighbours`, of other programs, have parts of the
//! table), `unwrap` removes the frames and finds the
//! runtime and the step of the pull, `hosts` tells which host is whose. `error_kind` decides what failed, and `sets`
//! which causes that can have: the likeliest first, more than one where the same text was measured for several.
//! Nothing here knows the cluster's objects: what they add is said by `diagnostics`.

mod clues;
mod credentials;
mod error_kind;
mod hosts;
mod mask;
mod name_context;
mod neighbours;
mod network;
mod node_errors;
mod phrases;
mod refusals;
mod sentences;
mod sets;
#[cfg(test)]
mod tests;
mod token_kind;
mod unwrap;
mod url;

use self::{
    mask::{GoPackage, Masked, NamedImage},
    phrases::PhraseSet,
    unwrap::Frames,
};
use memchr::memmem;

use crate::domain::registry_auth::{image_ref::ImageRef, registries::RegistryInfo};

pub use self::{
    clues::Clues,
    error_kind::ErrorKind,
    sets::{CauseSet, MeasuredSets, RegistryKind, set_keys},
    unwrap::Runtime,
    url::{PullStep, RequestUrl},
};
pub(in crate::domain) use phrases::Phrase;

/// A message, parsed.
#[derive(Debug)]
pub struct ParsedMessage<'a> {
    text: &'a str,
    urls: Vec<RequestUrl<'a>>,
    image: Option<NamedImage<'a>>,
    asked_host: Option<&'a str>,
    addresses: Vec<&'a str>,
    phrases: PhraseSet,
    frames: Frames,
    /// The host whose name was looked up.
    looked_up: Option<&'a str>,
    words: String,
    packages: Vec<GoPackage>,
    preset: Option<&'static RegistryInfo>,
    error_kind: ErrorKind,
}

impl<'a> ParsedMessage<'a> {
    pub fn parse(text: &'a str) -> Self {
        let Masked {
            words,
            page,
            packages,
            urls,
            image,
            asked_host,
            addresses,
            looked_up,
        } = mask::mask(text);
        let phrases = PhraseSet::find(&words, &page);
        let frames = Frames::find(text, &words, &phrases, &urls);
        let mut message = Self {
            text,
            urls,
            image,
            asked_host,
            addresses,
            phrases,
            frames,
            looked_up,
            words,
            packages,
            preset: None,
            error_kind: ErrorKind::Unknown,
        };
        message.preset = message.find_registry();
        message.error_kind = error_kind::error_kind(&message);
        message
    }

    pub(in crate::domain) fn has(&self, phrase: Phrase) -> bool {
        self.phrases.has(phrase)
    }

    pub(in crate::domain) fn any(&self, phrases: &[Phrase]) -> bool {
        phrases.iter().any(|phrase| self.has(*phrase))
    }

    /// The HTTP status codes, in text order.
    pub fn statuses(&self) -> &[u16] {
        &self.frames.statuses
    }

    pub(in crate::domain) fn has_status(&self, code: u16) -> bool {
        self.frames.statuses.contains(&code)
    }

    /// The step of the pull that failed.
    pub(in crate::domain) fn step(&self) -> Option<PullStep> {
        self.frames.step
    }

    /// Whether the kubelet lists the errors of several attempts: it made one with each credential.
    pub(in crate::domain) fn has_several_attempts(&self) -> bool {
        self.frames.has_several_attempts
    }

    pub fn runtime(&self) -> Runtime {
        self.frames.runtime
    }

    /// The first image in the text, if it is well-formed.
    pub fn image(&self) -> Option<ImageRef> {
        let named = self.image.as_ref().and_then(|named| named.parsed.clone());
        named.or_else(|| self.urls.iter().find_map(RequestUrl::image))
    }

    /// The image, as written in the text.
    pub fn image_text(&self) -> Option<String> {
        match &self.image {
            Some(named) => Some(named.text.to_owned()),
            None => self.image().map(|image| image.to_string()),
        }
    }

    /// Number of words after the last phrase of this kind, names not counted.
    pub(super) fn words_behind(&self, phrase: Phrase) -> Option<usize> {
        let rest = self.words.get(self.phrases.last(phrase)?..)?;
        let words = rest.split(' ').filter(|word| !word.is_empty());
        Some(words.filter(|word| !mask::is_placeholder(word)).count())
    }

    /// Whether Go's crypto/x509 or crypto/tls tells the error in its own words: `x509: …`, `tls: …`.
    fn is_told_by(&self, package: GoPackage) -> bool {
        self.packages.contains(&package)
    }

    /// Whether the answer that is quoted begins as an alert of TLS does (content type 21).
    fn quotes_tls_record(&self) -> bool {
        memmem::find(self.text.as_bytes(), br"\x15").is_some()
    }

    /// What failed.
    pub fn error_kind(&self) -> ErrorKind {
        self.error_kind
    }

    /// The possible causes.
    pub fn possible(&self) -> CauseSet {
        self.possible_by(MeasuredSets::built_in())
    }

    /// The possible causes by these measurements.
    pub fn possible_by(&self, measured: &MeasuredSets) -> CauseSet {
        sets::cause_set(self, measured)
    }

    /// The kind of the registry, or of the requested host, by which causes are distinguished.
    pub fn registry_kind(&self) -> RegistryKind {
        if self.mirror().is_some() {
            return RegistryKind::Own;
        }
        RegistryKind::from_registry(self.preset())
    }

    /// The known registry of the image, or of the requested host.
    pub(in crate::domain) fn preset(&self) -> Option<&'static RegistryInfo> {
        self.preset
    }
}
