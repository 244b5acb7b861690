//! What a message says, taken apart: signs, HTTP answers, addresses, the image.
//!
//! `words` turns the text into words, `signs` is the vocabulary, `target` reads addresses, and `seen` walks
//! over the text once. No judgement here: what the signs mean together is said by the rules of the causes
//! (`cause::*`), in the order of `classify`.

mod seen;
mod signs;
mod target;
mod words;

use self::{
    seen::Seen,
    target::{address, head, is_local},
};
use crate::domain::{
    image::ImageRef,
    presets::{self, Login, Preset},
};

pub(in crate::domain) use signs::Sign;
pub use target::{Step, Target};

/// A message, read.
#[derive(Debug)]
pub struct Reading<'a> {
    seen: Seen<'a>,
    preset: Option<&'static Preset>,
}

impl<'a> Reading<'a> {
    pub fn of(text: &'a str) -> Self {
        let mut reading = Self {
            seen: Seen::in_text(text),
            preset: None,
        };
        reading.preset = reading.find_preset();
        reading
    }

    pub(in crate::domain) fn has(&self, sign: Sign) -> bool {
        self.seen.signs.has(sign)
    }

    pub(in crate::domain) fn any(&self, signs: &[Sign]) -> bool {
        signs.iter().any(|sign| self.has(*sign))
    }

    /// The text that follows the first place of a sign.
    pub(in crate::domain) fn after(&self, sign: Sign) -> Option<&'a str> {
        let (_, range) = self.seen.places.iter().find(|(seen, _)| *seen == sign)?;
        self.seen.text.get(range.end..)
    }

    pub fn text(&self) -> &'a str {
        self.seen.text
    }

    /// The HTTP status codes that are told, in the order of the text.
    pub fn statuses(&self) -> &[u16] {
        &self.seen.statuses
    }

    pub(in crate::domain) fn status(&self, code: u16) -> bool {
        self.seen.statuses.contains(&code)
    }

    pub(in crate::domain) fn server_error(&self) -> bool {
        self.seen
            .statuses
            .iter()
            .any(|code| (500..600).contains(code))
    }

    /// The last address in the text: errors are wrapped from the inside out.
    pub fn target(&self) -> Option<Target<'a>> {
        self.seen.urls.last().copied()
    }

    /// The whole of what is said behind the last address: `Forbidden` in `Get "URL": Forbidden`.
    pub(in crate::domain) fn said_of_target(&self) -> Option<&'a str> {
        let around = |c: char| c.is_whitespace() || "\"'\\:.)".contains(c);
        self.target().map(|target| target.rest.trim_matches(around))
    }

    /// What answers is a web page: it is called HTML, or its first character opens a tag.
    pub(in crate::domain) fn is_page(&self) -> bool {
        self.has(Sign::Html) || self.after(Sign::JsonCharacter).is_some_and(opens_tag)
    }

    pub(in crate::domain) fn step(&self) -> Option<Step> {
        self.target().map(|target| target.step)
    }

    /// The first image that the text names, if it is a well-formed reference.
    pub fn image(&self) -> Option<ImageRef> {
        let named = self
            .seen
            .image
            .as_ref()
            .and_then(|named| named.parsed.clone());
        named.or_else(|| self.seen.urls.iter().find_map(Target::image))
    }

    /// The image as the text writes it.
    pub fn image_text(&self) -> Option<String> {
        match &self.seen.image {
            Some(named) => Some(named.text.to_owned()),
            None => self.image().map(|image| image.to_string()),
        }
    }

    /// The registry as image references write it.
    pub fn registry(&self) -> Option<String> {
        if let Some(image) = self.image() {
            return Some(image.host().to_owned());
        }
        self.target().map(|target| target.registry().to_owned())
    }

    /// The row of the registries' table for the registry, or for the address that was asked.
    pub(in crate::domain) fn preset(&self) -> Option<&'static Preset> {
        self.preset
    }

    fn find_preset(&self) -> Option<&'static Preset> {
        self.registry()
            .as_deref()
            .and_then(presets::of_host)
            .or_else(|| self.target().and_then(|t| presets::of_host(t.host)))
            .or_else(|| self.mentioned())
    }

    /// A registry known by a page that its messages point to.
    fn mentioned(&self) -> Option<&'static Preset> {
        let at = head(self.seen.text);
        [
            ("aka.ms/acr", "acme.azurecr.io"),
            ("artifactregistry", "gcr.io"),
            (".dkr.ecr.", "1.dkr.ecr.r.amazonaws.com"),
        ]
        .into_iter()
        .find(|(page, _)| at.contains(page))
        .and_then(|(_, host)| presets::of_host(host))
    }

    pub(in crate::domain) fn is_registry(&self, id: &str) -> bool {
        self.preset().is_some_and(|preset| preset.id == id)
    }

    pub(in crate::domain) fn is_google(&self) -> bool {
        self.is_registry("gcr") || self.is_registry("artifact-registry")
    }

    /// A registry that the whole world uses: what fails there fails on our side.
    pub(in crate::domain) fn is_public(&self) -> bool {
        self.preset()
            .is_some_and(|p| !matches!(p.id, "harbor" | "nexus" | "jfrog"))
    }

    pub(in crate::domain) fn without_login(&self) -> bool {
        self.preset()
            .is_some_and(|preset| preset.login == Login::None)
    }

    /// The address that was dialled, or at the far end of a broken connection.
    pub fn peer(&self) -> Option<&'a str> {
        let dialled = self
            .after(Sign::DialTcp)
            .and_then(|rest| address(rest.trim_start_matches([' ', ':'])));
        dialled.or_else(|| {
            let (_, rest) = self.seen.text.split_once("->")?;
            address(rest)
        })
    }

    /// The connection goes to this machine although the registry is elsewhere: a local proxy.
    ///
    /// A registry on the port that the image names is one on this machine, by its hosts file.
    pub(in crate::domain) fn peer_is_local(&self) -> bool {
        let port = |host: &'a str| host.rsplit_once(':').map(|(_, port)| port);
        let Some(peer) = self.peer().filter(|peer| is_local(peer)) else {
            return false;
        };
        !self.target().is_some_and(|target| {
            is_local(target.host) || port(target.host).is_some() && port(target.host) == port(peer)
        })
    }
}

/// Whether the character that a parser of JSON quotes is `<`, however it is quoted and escaped.
fn opens_tag(text: &str) -> bool {
    let quotes = |c: char| c.is_whitespace() || "\\\"'`\u{2018}\u{201c}".contains(c);
    let quoted = head(text).trim_start_matches(quotes);
    quoted.starts_with('<') || quoted.starts_with("u003c") || quoted.starts_with("x3c")
}
