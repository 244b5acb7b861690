//! What a text says, taken apart: signs, HTTP answers, addresses, the image.
//!
//! One pass over the text; what is kept does not grow with it. No judgement here.

use std::ops::Range;

use super::signs::{PHRASES, Sign, Signs};
use crate::domain::{
    image::{DOCKER_HUB, ImageRef},
    presets::{self, Login, Preset},
};

/// More addresses and answers than this are not kept of one text.
const KEPT: usize = 16;

/// Longer names and addresses are not read: looking for their end at every place where one could
/// begin would make the cost grow with the square of the text.
const LONGEST: usize = 1024;

/// A message, read.
#[derive(Debug)]
pub struct Reading<'a> {
    text: &'a str,
    signs: Signs,
    /// Where each sign was first seen.
    places: Vec<(Sign, Range<usize>)>,
    statuses: Vec<u16>,
    urls: Vec<Target<'a>>,
    image: Option<Named<'a>>,
    preset: Option<&'static Preset>,
}

/// An image that the text names.
#[derive(Clone, Debug)]
struct Named<'a> {
    text: &'a str,
    parsed: Option<ImageRef>,
}

/// An address that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    pub host: &'a str,
    pub step: Step,
    path: &'a str,
    /// What follows the address.
    rest: &'a str,
}

/// What was asked for there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `/v2/`: is there a registry?
    Ping,
    Token,
    Manifest,
    Blob,
    Other,
}

impl<'a> Reading<'a> {
    pub fn of(text: &'a str) -> Self {
        let mut reading = Self {
            text,
            signs: Signs::default(),
            places: Vec::new(),
            statuses: Vec::new(),
            urls: Vec::new(),
            image: None,
            preset: None,
        };
        let mut walk = Walk::default();
        let (mut signs, mut places) = (Signs::default(), Vec::new());
        PHRASES.scan(
            text,
            |word, range| walk.word(&mut reading, word, range),
            |sign, range| {
                if !signs.has(sign) {
                    signs.add(sign);
                    places.push((sign, range));
                }
            },
        );
        reading.signs = signs;
        reading.places = places;
        reading.preset = reading.find_preset();
        reading
    }

    pub(in crate::domain) fn has(&self, sign: Sign) -> bool {
        self.signs.has(sign)
    }

    pub(in crate::domain) fn any(&self, signs: &[Sign]) -> bool {
        signs.iter().any(|sign| self.has(*sign))
    }

    /// The text that follows the first place of a sign.
    pub(in crate::domain) fn after(&self, sign: Sign) -> Option<&'a str> {
        let (_, range) = self.places.iter().find(|(seen, _)| *seen == sign)?;
        self.text.get(range.end..)
    }

    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The HTTP status codes that are told, in the order of the text.
    pub fn statuses(&self) -> &[u16] {
        &self.statuses
    }

    pub(in crate::domain) fn status(&self, code: u16) -> bool {
        self.statuses.contains(&code)
    }

    pub(in crate::domain) fn server_error(&self) -> bool {
        self.statuses.iter().any(|code| (500..600).contains(code))
    }

    /// The last address in the text: errors are wrapped from the inside out.
    pub fn target(&self) -> Option<Target<'a>> {
        self.urls.last().copied()
    }

    /// The whole of what is said behind the last address: `Forbidden` in `Get "URL": Forbidden`.
    pub(in crate::domain) fn said_of_target(&self) -> Option<&'a str> {
        let around = |c: char| c.is_whitespace() || "\"'\\:.)".contains(c);
        self.target().map(|target| target.rest.trim_matches(around))
    }

    pub(in crate::domain) fn step(&self) -> Option<Step> {
        self.target().map(|target| target.step)
    }

    /// The first image that the text names, if it is a well-formed reference.
    pub fn image(&self) -> Option<ImageRef> {
        let named = self.image.as_ref().and_then(|named| named.parsed.clone());
        named.or_else(|| self.urls.iter().find_map(Target::image))
    }

    /// The image as the text writes it.
    pub fn image_text(&self) -> Option<String> {
        match &self.image {
            Some(named) => Some(named.text.to_owned()),
            None => self.image().map(|image| image.to_string()),
        }
    }

    /// The registry as image references write it.
    pub fn registry(&self) -> Option<String> {
        if let Some(image) = self.image() {
            return Some(image.host().to_owned());
        }
        self.target()
            .map(|target| match presets::of_host(target.host) {
                Some(preset) if preset.id == "docker-hub" => DOCKER_HUB.to_owned(),
                _ => target.host.to_owned(),
            })
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
        let at = head(self.text);
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
            let (_, rest) = self.text.split_once("->")?;
            address(rest)
        })
    }

    /// The connection goes to this machine although the registry is elsewhere: a local proxy.
    ///
    /// A registry on the port that the image names is one on this machine, by its hosts file.
    pub(in crate::domain) fn peer_is_local(&self) -> bool {
        let local = |host: &str| {
            host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]")
        };
        let port = |host: &'a str| host.rsplit_once(':').map(|(_, port)| port);
        let Some(peer) = self.peer().filter(|peer| local(peer)) else {
            return false;
        };
        !self.target().is_some_and(|target| {
            local(target.host) || port(target.host).is_some() && port(target.host) == port(peer)
        })
    }
}

/// `10.0.0.1:443` at the beginning of a text.
fn address(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_hexdigit() || "[].:".contains(c)))?;
    let address = text.get(..end)?.trim_end_matches([':', '.']);
    address.contains([':', '.']).then_some(address)
}

impl<'a> Target<'a> {
    fn parse(after_scheme: &'a str) -> Option<Self> {
        let rest = head(after_scheme).trim_start_matches([':', '/']);
        let stop = |c: char| c.is_whitespace() || "\"'`\\<>)]},\u{201c}\u{201d}".contains(c);
        let url = rest.get(..rest.find(stop).unwrap_or(rest.len()))?;
        let url = url.trim_end_matches(['.', ':', ';']);
        let slash = url.find(['/', '?']).unwrap_or(url.len());
        let (host, path) = url.split_at_checked(slash)?;
        (!host.is_empty()).then(|| Self {
            host,
            step: step(host, path),
            path,
            rest: rest.get(url.len()..).unwrap_or_default(),
        })
    }

    /// `HOST/PATH:TAG` of the URL of a manifest.
    fn image(&self) -> Option<ImageRef> {
        let (path, reference) = self.path.strip_prefix("/v2/")?.split_once("/manifests/")?;
        let reference = reference.split('?').next()?;
        let separator = if reference.contains(':') { '@' } else { ':' };
        let host = match presets::of_host(self.host) {
            Some(preset) if preset.id == "docker-hub" => DOCKER_HUB,
            _ => self.host,
        };
        ImageRef::parse(&format!("{host}/{path}{separator}{reference}")).ok()
    }
}

/// The beginning of a text, as far as a name or an address may reach.
fn head(text: &str) -> &str {
    (0..4)
        .find_map(|back| text.get(..LONGEST - back))
        .unwrap_or(text)
}

fn step(host: &str, path: &str) -> Step {
    if path.contains("/manifests/") {
        Step::Manifest
    } else if path.contains("/blobs/") || path.contains("/sha256") {
        Step::Blob
    } else if path.contains("scope=") || path.contains("/token") || path.contains("/jwt/auth") {
        Step::Token
    } else if matches!(
        path,
        "/v2/" | "/v2" | "/v1/_ping" | "/v0/" | "/v1/" | "/" | ""
    ) {
        Step::Ping
    } else if host.contains("amazonaws.com") || host.contains("storage.googleapis") {
        Step::Blob
    } else {
        Step::Other
    }
}

/// What the words before the present one were.
#[derive(Default)]
struct Walk {
    /// Words since one that announces a status code.
    since_status: Option<u8>,
    /// A number that is a status code if the next word is its name.
    number: Option<u16>,
    /// The last word leads to an image.
    last: Lead,
    /// Texts that were tried as images.
    tried: usize,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Lead {
    #[default]
    No,
    /// `manifest for IMAGE`, `denied for IMAGE`.
    Image,
}

impl Walk {
    fn word(&mut self, reading: &mut Reading<'_>, word: &str, range: &Range<usize>) {
        self.status(reading, word, range);
        let after = reading.text.get(range.end..).unwrap_or_default();
        if reading.urls.len() < KEPT
            && (word.eq_ignore_ascii_case("https") || word.eq_ignore_ascii_case("http"))
            && after.starts_with(":/")
            && let Some(target) = Target::parse(after)
        {
            reading.urls.push(target);
        }
        if reading
            .image
            .as_ref()
            .is_none_or(|named| named.parsed.is_none())
        {
            self.image(reading, word, after);
        }
        self.last = if word.eq_ignore_ascii_case("manifest") || word.eq_ignore_ascii_case("denied")
        {
            Lead::Image
        } else {
            Lead::No
        };
    }

    fn status(&mut self, reading: &mut Reading<'_>, word: &str, range: &Range<usize>) {
        if let Some(number) = self.number.take()
            && names_status(word)
        {
            push_status(reading, number);
        }
        let number = (word.len() == 3)
            .then(|| word.parse::<u16>().ok())
            .flatten();
        let announced = self.since_status.is_some_and(|words| words <= 3);
        match number.filter(|code| (400..600).contains(code)) {
            Some(code) if announced => push_status(reading, code),
            found => self.number = found,
        }
        let url = reading
            .text
            .get(range.end..)
            .is_some_and(|rest| rest.starts_with(':'));
        let leads = ["status", "code", "statuscode"]
            .iter()
            .any(|w| word.eq_ignore_ascii_case(w))
            || (word.eq_ignore_ascii_case("http") && !url);
        self.since_status = if leads {
            Some(0)
        } else {
            self.since_status.and_then(|words| words.checked_add(1))
        };
    }

    fn image<'a>(&mut self, reading: &mut Reading<'a>, word: &str, after: &'a str) {
        let quoted = after.starts_with([' ', '=', '\\', ':'])
            && head(after)
                .trim_start_matches([' ', '=', '\\', ':'])
                .starts_with(['"', '\'', '`', '*', '[', '\u{201c}']);
        let is = |lead: &str| word.eq_ignore_ascii_case(lead);
        let lead = (quoted && (is("image") || is("reference") || is("pullimage")))
            || (is("docker") && after.starts_with("://"))
            || (is("for") && self.last != Lead::No);
        if !lead {
            return;
        }
        let open = |c: char| " =\\\"'`*:/[\u{201c}".contains(c);
        let start = head(after).trim_start_matches(open);
        let stop = |c: char| c.is_whitespace() || "\"'`\\,*]\u{201d}".contains(c);
        let text = start
            .get(..start.find(stop).unwrap_or(start.len()))
            .unwrap_or_default();
        let text = text.trim_end_matches([':', '.', ';']);
        if text.is_empty() || self.tried == KEPT {
            return;
        }
        self.tried += 1;
        let parsed = ImageRef::parse(text).ok();
        if parsed.is_some() || reading.image.is_none() {
            reading.image = Some(Named { text, parsed });
        }
    }
}

fn push_status(reading: &mut Reading<'_>, code: u16) {
    if reading.statuses.len() < KEPT && !reading.statuses.contains(&code) {
        reading.statuses.push(code);
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
