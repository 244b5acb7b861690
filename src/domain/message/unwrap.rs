//! Frames around an error: which runtime speaks, at which step of the pull, with which HTTP status.

use super::{
    phrases::{Phrase, PhraseSet},
    url::{PullStep, RequestUrl},
};

/// More status codes than this are not kept of one message.
const KEPT: usize = 16;

/// The program that pulled, by its way of wrapping errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Runtime {
    Containerd,
    Docker,
    /// The library of CRI-O, podman, buildah and skopeo.
    ContainersImage,
    #[default]
    Unknown,
}

impl Runtime {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Containerd => "containerd",
            Self::Docker => "docker",
            Self::ContainersImage => "containers-image",
            Self::Unknown => "unknown",
        }
    }
}

/// What the frames around the error tell.
#[derive(Debug)]
pub(super) struct Frames {
    pub runtime: Runtime,
    pub step: Option<PullStep>,
    pub statuses: Vec<u16>,
    /// The kubelet lists the errors of several attempts.
    pub has_several_attempts: bool,
}

/// Frames by which a step of the pull is known where no URL tells it.
const STEPS: &[(Phrase, PullStep)] = &[
    (Phrase::AtToken, PullStep::Token),
    (Phrase::AtPing, PullStep::Ping),
    (Phrase::AtManifest, PullStep::Manifest),
    (Phrase::Copy, PullStep::Blob),
];

impl Frames {
    pub(super) fn find(
        text: &str,
        words: &str,
        phrases: &PhraseSet,
        urls: &[RequestUrl<'_>],
    ) -> Self {
        Self {
            runtime: runtime(phrases),
            step: step(phrases, words, urls),
            statuses: statuses(words),
            has_several_attempts: has_several_attempts(text),
        }
    }
}

/// How the error of an attempt begins: gRPC, the kubelet, containerd, dockerd, containers/image.
const ATTEMPTS: &[&str] = &[
    "rpc error: ",
    "failed to pull ",
    "failed to resolve ",
    "failed to authorize: ",
    "unexpected status ",
    "Error response from daemon: ",
    "initializing source ",
    "reading manifest ",
];

/// Whether errors of several attempts are listed, as `NewAggregate` of apimachinery prints them: `[E1, E2]`. The
/// kubelet makes one attempt with each credential that it finds for the image.
fn has_several_attempts(text: &str) -> bool {
    let begins = |text: &str| ATTEMPTS.iter().any(|head| text.starts_with(head));
    let list = text
        .match_indices('[')
        .filter_map(|(at, open)| text.get(at + open.len()..))
        .find(|list| begins(list));
    list.is_some_and(|list| {
        let mut others = list
            .match_indices(", ")
            .filter_map(|(at, comma)| list.get(at + comma.len()..));
        others.any(begins)
    })
}

fn runtime(phrases: &PhraseSet) -> Runtime {
    if phrases.has(Phrase::ByContainersImage) {
        Runtime::ContainersImage
    } else if phrases.has(Phrase::ByContainerd) {
        Runtime::Containerd
    } else if phrases.has(Phrase::ByDocker) {
        Runtime::Docker
    } else {
        Runtime::Unknown
    }
}

/// The step that is told last: errors are wrapped from the inside out.
fn step(phrases: &PhraseSet, words: &str, urls: &[RequestUrl<'_>]) -> Option<PullStep> {
    let framed = STEPS
        .iter()
        .filter_map(|(phrase, step)| Some((phrases.last(*phrase)?, *step)));
    let mut at = 0;
    let places = std::iter::from_fn(|| {
        let found = words.get(at..)?.find(" URL ")?;
        at += found + 1;
        Some(at)
    });
    let asked = places
        .zip(urls)
        .map(|(at, url)| (at, url.step))
        .filter(|(_, step)| *step != PullStep::Other);
    let all = framed.chain(asked);
    all.max_by_key(|(at, _)| *at).map(|(_, step)| step)
}

/// Numbers that are announced as status codes, or followed by the name of one.
fn statuses(words: &str) -> Vec<u16> {
    let mut found: Vec<u16> = Vec::new();
    let mut words = words.split(' ').filter(|word| !word.is_empty()).peekable();
    let mut since_announced = usize::MAX;
    let mut before = "";
    while let Some(word) = words.next() {
        let number = (word.len() == 3).then(|| word.parse().ok()).flatten();
        if let Some(code) = number.filter(|code| (400..600).contains(code)) {
            let is_named = words.peek().is_some_and(|next| names_status(next));
            // dockerd's own API (`API error (500)`) frames whatever the registry answered.
            let is_of_api = before == "error" && !is_named;
            // `unexpected status from HEAD request get URL: 403`, `[manifests TAG]: 403` (containerd).
            let is_answer = matches!(before, "URL" | "TAG");
            if (is_named || is_answer || since_announced <= 3)
                && !is_of_api
                && !found.contains(&code)
                && found.len() < KEPT
            {
                found.push(code);
            }
        }
        let announces = matches!(word, "status" | "code" | "statuscode" | "http");
        since_announced = if announces {
            0
        } else {
            since_announced.saturating_add(1)
        };
        before = word;
    }
    found
}

/// The first words of the names of status codes (RFC 9110), as servers print them behind the number.
fn names_status(word: &str) -> bool {
    matches!(
        word,
        "bad"
            | "unauthorized"
            | "payment"
            | "forbidden"
            | "not"
            | "method"
            | "proxy"
            | "request"
            | "conflict"
            | "gone"
            | "precondition"
            | "too"
            | "unavailable"
            | "internal"
            | "service"
            | "gateway"
            | "unsupported"
            | "i"
            | "network"
    )
}
