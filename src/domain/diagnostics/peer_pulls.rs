//! Credentials with which other Pods pulled from a registry, and those that it refused.
//!
//! A Pod proves a credential only where it had no other one: the kubelet tries all that match, and tells
//! nobody which of them was taken. Nor does it where the repository is pulled without any: it is public, or
//! the node has a credential of its own.

use super::classify::classify;
use crate::domain::{
    context::{PeerContainer, PodContext, Presence, Visibility, matching_entries},
    diagnostics::Cause,
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{PullPolicy, Secret},
    },
    registry_auth::{credential::Fingerprint, image_ref::ImageRef},
};

/// The pulls of other Pods from one registry.
pub(super) struct PeerPulls<'a> {
    repository: String,
    pulls: Vec<PeerPull<'a>>,
}

struct PeerPull<'a> {
    peer: &'a PeerContainer,
    repository: String,
    tried: Tried<'a>,
    refusal: Option<PeerRefusal>,
}

/// What a registry refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PeerRefusal {
    /// The credential.
    Login,
    /// The repository, whose name may be wrong.
    Access,
}

/// The credentials that a Pod's Secrets have for its image.
struct Tried<'a> {
    credentials: Vec<CredentialId<'a>>,
    /// A Secret that it lists has not been read.
    is_unread: bool,
    /// A Secret that it lists does not exist, and may have when the image was pulled.
    is_gone: bool,
}

/// Tells one credential from another: two Secrets may carry the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CredentialId<'a> {
    Login(&'a Fingerprint),
    /// Without a password that could be compared.
    Entry(&'a ObjectRef<Secret>, &'a str),
}

/// The credentials of a Secret for an image.
pub(super) fn credentials_for<'a>(secret: &'a Secret, image: &ImageRef) -> Vec<CredentialId<'a>> {
    let entries = matching_entries(secret, image).into_iter();
    entries
        .map(|entry| match &entry.fingerprint {
            Some(fingerprint) => CredentialId::Login(fingerprint),
            None => CredentialId::Entry(&secret.key, &entry.server),
        })
        .collect()
}

impl<'a> PeerPulls<'a> {
    /// The pulls from the registry of this image.
    pub(super) fn new(context: &'a PodContext, image: &ImageRef) -> Self {
        let peers = context.peers.iter().chain(&context.peers_elsewhere);
        let pulls = peers.filter_map(|peer| {
            let theirs = ImageRef::parse(&peer.image).ok()?;
            (theirs.host() == image.host()).then(|| PeerPull::new(context, peer, &theirs))
        });
        Self {
            repository: image.repository(),
            pulls: pulls.collect(),
        }
    }

    /// The containers that were pulled with one of these credentials and no other, where the registry does not
    /// refuse it.
    pub(super) fn count_proofs(&self, credentials: &[CredentialId<'_>]) -> usize {
        let proofs = self.pulls.iter().filter(|pull| {
            pull.peer.pulled
                && pull.tried.only().is_some_and(|it| {
                    credentials.contains(&it) && !self.refuses(it, &pull.repository)
                })
                && !self.is_open(&pull.repository)
        });
        proofs.map(|pull| pull.peer.count).sum()
    }

    /// A Pod for which the registry refused this credential: for the repository of the image, or for another
    /// one where nobody pulls with it.
    pub(super) fn refusal(&self, credential: CredentialId<'_>) -> Option<&'a PeerContainer> {
        let works = self.count_proofs(&[credential]) > 0;
        let counts = |pull: &&PeerPull<'a>| match pull.refusal_of(credential) {
            Some(PeerRefusal::Login) => !works || pull.repository == self.repository,
            Some(PeerRefusal::Access) => pull.repository == self.repository,
            None => false,
        };
        self.pulls.iter().find(counts).map(|pull| pull.peer)
    }

    /// Whether a Pod pulled from the registry that lists a Secret which is or was for it, as far as is known.
    pub(super) fn has_any_with_secret(&self) -> bool {
        let mut pulls = self.pulls.iter();
        pulls.any(|pull| pull.peer.pulled && !pull.tried.is_none())
    }

    /// A Pod that lists no Secret and pulled an image of which `is_meant` holds: not one that the node had from
    /// a pull with a Secret, which before Kubernetes 1.35 any Pod of the node may use.
    pub(super) fn without_secret(
        &self,
        is_meant: impl Fn(&ImageRef) -> bool,
    ) -> Option<&'a PeerContainer> {
        let mut pulls = self.pulls.iter().filter(|pull| {
            let image = ImageRef::parse(&pull.peer.image);
            pull.peer.secrets.is_empty() && image.is_ok_and(|image| is_meant(&image))
        });
        let pull = pulls.find(|pull| self.is_anonymous(pull))?;
        Some(pull.peer)
    }

    fn refuses(&self, credential: CredentialId<'_>, repository: &str) -> bool {
        let mut pulls = self.pulls.iter();
        pulls.any(|pull| pull.repository == repository && pull.refusal_of(credential).is_some())
    }

    /// Whether a Pod pulled from the repository without a credential of its own.
    fn is_open(&self, repository: &str) -> bool {
        let mut pulls = self.pulls.iter();
        pulls.any(|pull| pull.repository == repository && self.is_anonymous(pull))
    }

    fn is_anonymous(&self, pull: &PeerPull<'_>) -> bool {
        pull.peer.pulled && pull.tried.is_none() && !self.may_be_cached(pull)
    }

    /// Whether the node may have had the image from the pull of another Pod. The policy Always asks the
    /// registry all the same.
    fn may_be_cached(&self, pull: &PeerPull<'_>) -> bool {
        let of = pull.peer;
        let mut others = self.pulls.iter();
        of.policy != PullPolicy::Always
            && others.any(|other| {
                let peer = other.peer;
                let may_share_node = peer.node == of.node || peer.count > 1 || of.count > 1;
                peer.pulled && peer.image == of.image && may_share_node && !other.tried.is_none()
            })
    }
}

impl<'a> PeerPull<'a> {
    fn new(context: &'a PodContext, peer: &'a PeerContainer, image: &ImageRef) -> Self {
        Self {
            repository: image.repository(),
            tried: Tried::new(context, peer, image),
            refusal: refusal(context, peer),
            peer,
        }
    }

    /// What was refused of a pull for which this credential was sent.
    fn refusal_of(&self, credential: CredentialId<'_>) -> Option<PeerRefusal> {
        let was_sent = self.tried.credentials.contains(&credential);
        self.refusal.filter(|_| was_sent)
    }
}

impl<'a> Tried<'a> {
    fn new(context: &'a PodContext, peer: &'a PeerContainer, image: &ImageRef) -> Self {
        let mut tried = Self {
            credentials: Vec::new(),
            is_unread: false,
            is_gone: false,
        };
        for name in &*peer.secrets {
            match find(context, &peer.pod.namespace, name) {
                Some(secret) => {
                    for credential in credentials_for(secret, image) {
                        if !tried.credentials.contains(&credential) {
                            tried.credentials.push(credential);
                        }
                    }
                }
                // Or it is of a type that the kubelet does not read.
                None if context.secrets_visibility == Visibility::Complete => tried.is_gone = true,
                None => tried.is_unread = true,
            }
        }
        tried
    }

    /// Whether the Pod has no credential for the image, and had none.
    fn is_none(&self) -> bool {
        self.credentials.is_empty() && !self.is_unread && !self.is_gone
    }

    /// The only credential.
    fn only(&self) -> Option<CredentialId<'a>> {
        match self.credentials[..] {
            [only] if !self.is_unread => Some(only),
            [_] | [] | [_, _, ..] => None,
        }
    }
}

/// A Secret of a namespace, as far as the case has it.
fn find<'a>(
    context: &'a PodContext,
    namespace: &Namespace,
    name: &Name<Secret>,
) -> Option<&'a Secret> {
    let listed = context
        .pull_secrets
        .iter()
        .filter_map(|it| match &it.secret {
            Presence::Present(secret) => Some(secret),
            Presence::Missing | Presence::Unknown => None,
        });
    let here = listed.chain(&context.unlisted_secrets);
    let mut secrets = here.chain(&context.elsewhere);
    let secret =
        secrets.find(|secret| secret.key.name == *name && secret.key.namespace == *namespace)?;
    Some(secret)
}

/// What the registry refuses this Pod, with its credentials as they are now.
fn refusal(context: &PodContext, peer: &PeerContainer) -> Option<PeerRefusal> {
    let error = peer.error.as_ref().filter(|_| !peer.pulled)?;
    let mut secrets = peer
        .secrets
        .iter()
        .filter_map(|name| find(context, &peer.pod.namespace, name));
    let is_older = |secret: &Secret| secret.written().is_some_and(|at| at > error.observed_at);
    if secrets.any(is_older) {
        return None;
    }
    let told = classify(&error.message);
    // The same words tell of a request without a credential, which a Pod that has one does not make.
    let is_meant = |cause: &Cause| *cause != Cause::NoCredentialsSent;
    let cause = told.candidates().find(is_meant)?;
    if matches!(cause, Cause::Unauthorized | Cause::TokenExpired) {
        Some(PeerRefusal::Login)
    } else if matches!(
        cause,
        Cause::ForbiddenByPolicy | Cause::RepositoryMissingOrNoAccess
    ) {
        Some(PeerRefusal::Access)
    } else {
        None
    }
}
