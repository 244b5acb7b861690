//! Suggests the image that a misspelled reference means, with the evidence for it.
//!
//! Names come from the revision before, from other workloads, from pull secrets of the Pod's own namespace and from the public registries:
//! never from Secrets of another namespace.

use std::sync::Arc;

use super::{EvidenceSource, Fact, FindingBuilder, RootCause};
use crate::domain::{
    context::PodContext,
    diagnostics::{Cause, classify::Confidence},
    registry_auth::{host_port::server_host, image_ref::image_host, registries::find_by_host},
    suggest::{ImagePart, ImageSuggestion, KnownNames, NameSource, suggest_image},
};

/// Suggests an image, if the pull failed as one does of a misspelled name.
pub(super) fn refine(draft: &mut FindingBuilder, context: &PodContext, image: &str) {
    if draft.suggested_image.is_some() || !is_symptom(draft) {
        return;
    }
    let is_host_wrong = draft.cause == Cause::RegistryUnreachableDns;
    let names = SimilarNames::new(context, image, is_host_wrong);
    let Some(found) = names.suggest(image) else {
        return;
    };
    let part = wrong_part(&found.source);
    if !fits(part, draft.cause) {
        return;
    }
    let mut facts = draft.evidence.iter().map(|evidence| &evidence.fact);
    if !facts.any(|fact| matches!(fact, Fact::SimilarImage { .. })) {
        let (fact, source) = names.evidence(&found, image);
        draft.add_evidence(fact, source);
    }
    match part {
        // That it does not resolve, or is not well-formed, is certain whatever was meant.
        WrongPart::Host | WrongPart::Case => {}
        WrongPart::Repository => conclude(draft, RootCause::RepositoryMissing),
        WrongPart::Tag => conclude(draft, RootCause::TagMissing),
    }
    draft.suggest_image(found.image);
}

fn conclude(draft: &mut FindingBuilder, root: RootCause) {
    draft.root = Some(root);
    draft.limit_confidence(Confidence::Likely);
}

/// The part of a reference that is misspelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WrongPart {
    Host,
    Repository,
    Tag,
    Case,
}

fn wrong_part(source: &NameSource) -> WrongPart {
    match source {
        NameSource::Image { part, .. } => match part {
            ImagePart::Host => WrongPart::Host,
            ImagePart::Repository => WrongPart::Repository,
            ImagePart::Tag => WrongPart::Tag,
        },
        NameSource::Host { .. } | NameSource::PublicRegistry(_) => WrongPart::Host,
        NameSource::LowerCase => WrongPart::Case,
    }
}

/// Whether a misspelled name fails so, as far as the objects do not prove another root cause.
fn is_symptom(draft: &FindingBuilder) -> bool {
    let is_open = matches!(
        draft.root,
        None | Some(RootCause::RepositoryMissing | RootCause::CredentialLacksAccess)
    );
    matches!(
        draft.cause,
        Cause::RegistryUnreachableDns | Cause::InvalidImageName | Cause::ImageNotFound
    ) || draft.cause == Cause::RepositoryMissingOrNoAccess && is_open
}

/// Whether a misspelled part fails with this cause.
fn fits(part: WrongPart, cause: Cause) -> bool {
    match part {
        WrongPart::Host => cause == Cause::RegistryUnreachableDns,
        WrongPart::Case => cause == Cause::InvalidImageName,
        WrongPart::Tag => cause == Cause::ImageNotFound,
        WrongPart::Repository => matches!(
            cause,
            Cause::ImageNotFound | Cause::RepositoryMissingOrNoAccess
        ),
    }
}

/// The names that are known to be right, each with who uses it.
struct SimilarNames<'a> {
    images: Vec<(&'a str, String)>,
    hosts: Vec<(&'a str, Arc<str>)>,
}

impl<'a> SimilarNames<'a> {
    /// Of images only those of other hosts where the host is wrong, and else those of the same host.
    fn new(context: &'a PodContext, wrong: &str, is_host_wrong: bool) -> Self {
        let host = image_host(wrong);
        let is_near = |image: &str| (image_host(image) != host) == is_host_wrong;
        let similar = context.similar_images.iter().map(|used| {
            let id = &used.workload;
            let name = format!("{} {}", id.kind, id.key);
            (&*used.image, name)
        });
        let revisions = context.revisions.iter().skip(1);
        let revisions = revisions.filter(|revision| revision.status.ready > 0);
        let revisions = revisions.flat_map(|revision| {
            let name = format!("{} {}", revision.id.kind, revision.id.key);
            let images = revision.images.iter();
            images.map(move |(_, image)| (&**image, name.clone()))
        });
        let peers = context.peers.iter().filter(|peer| peer.pulled);
        let peers = peers.map(|peer| (&*peer.image, format!("Pod {}", peer.pod.name)));
        let listed = context.pull_secrets.iter();
        let secrets = listed
            .filter_map(|listed| listed.secret.present())
            .chain(&context.unlisted_secrets);
        let hosts = secrets.flat_map(|secret| {
            let entries = secret.entries().iter();
            entries.map(move |entry| (server_host(&entry.server), secret.key.name.shared()))
        });
        Self {
            images: revisions
                .chain(similar)
                .chain(peers)
                .filter(|(image, _)| is_near(image))
                .collect(),
            hosts: hosts.filter(|_| is_host_wrong).collect(),
        }
    }

    fn suggest(&self, wrong: &str) -> Option<ImageSuggestion> {
        let images: Vec<&str> = self.images.iter().map(|(image, _)| *image).collect();
        let hosts: Vec<&str> = self.hosts.iter().map(|(host, _)| *host).collect();
        let known = KnownNames {
            images: &images,
            hosts: &hosts,
        };
        suggest_image(wrong, known)
    }

    fn evidence(&self, found: &ImageSuggestion, wrong: &str) -> (Fact, EvidenceSource) {
        let image = || Arc::from(found.image.as_str());
        let host = || Arc::from(image_host(&found.image));
        match found.source {
            NameSource::Image { at, .. } => {
                let known = self.images.get(at);
                let (image, workload) = known.map_or((wrong, ""), |(image, by)| (*image, by));
                let fact = Fact::SimilarImageRuns {
                    image: image.into(),
                    workload: workload.into(),
                };
                (fact, EvidenceSource::OtherPods)
            }
            NameSource::Host { at } => {
                let secret = self.hosts.get(at).map(|(_, secret)| Arc::clone(secret));
                let fact = Fact::SimilarHostInSecret {
                    host: host(),
                    secret: secret.unwrap_or_default(),
                };
                (fact, EvidenceSource::Secret)
            }
            NameSource::PublicRegistry(name) => {
                let registry = find_by_host(name).map_or(name, |registry| registry.name);
                let fact = Fact::SimilarRegistry {
                    host: host(),
                    registry: registry.into(),
                };
                (fact, EvidenceSource::KnownRegistries)
            }
            NameSource::LowerCase => {
                let fact = Fact::LowerCaseName { image: image() };
                (fact, EvidenceSource::Pod)
            }
        }
    }
}
