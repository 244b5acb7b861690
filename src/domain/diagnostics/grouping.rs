//! Groups findings that have one fault behind them.
//!
//! One refused credential behind two hundred Pods is one fault; a registry that is down is one fault
//! in all namespaces. Which Pods belong together follows from the root of their findings and from the
//! object that is to blame, never from the words of a message.

use std::{
    cmp::{Ordering, Reverse},
    collections::BTreeSet,
    fmt,
    ops::Deref,
    sync::Arc,
};

use jiff::Timestamp;

use super::{Cause, ChainLink, Finding, RootCause};
use crate::domain::k8s::{
    object_ref::{Namespace, ObjectRef},
    objects::{Pod, WorkloadRef},
};

pub use crate::domain::k8s::objects::Subject;

/// The object to change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlamedObject {
    Secret(Namespace, String),
    Account(Namespace, String),
    Image(String),
    Registry(String),
    Node(String),
    Subject(Subject),
}

impl fmt::Display for BlamedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(namespace, name) => write!(f, "Secret {namespace}/{name}"),
            Self::Account(namespace, name) => write!(f, "ServiceAccount {namespace}/{name}"),
            Self::Image(image) => write!(f, "image {image}"),
            Self::Registry(host) => write!(f, "registry {host}"),
            Self::Node(name) => write!(f, "node {name}"),
            Self::Subject(Subject::Pod(key)) => write!(f, "Pod {key}"),
            Self::Subject(Subject::Workload(id)) => write!(f, "{} {}", id.kind, id.key),
        }
    }
}

/// Key by which findings are grouped; shared, as thousands of Pods have one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FaultId(Arc<FaultIdentity>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultIdentity {
    pub root: Option<RootCause>,
    /// Only where no root is known: a refusal and a time-out are not one fault.
    pub cause: Option<Cause>,
    pub blame: BlamedObject,
    /// The registry, where a Secret or a ServiceAccount is to blame and each registry needs a fix of its
    /// own: one credential does not open another registry.
    pub host: Option<String>,
}

impl FaultIdentity {
    /// The object to change, with the registry.
    pub fn object_label(&self) -> String {
        match &self.host {
            Some(host) => format!("{} for {host}", self.blame),
            None => self.blame.to_string(),
        }
    }
}

impl Deref for FaultId {
    type Target = FaultIdentity;

    fn deref(&self) -> &FaultIdentity {
        &self.0
    }
}

impl PartialOrd for FaultId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FaultId {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            Ordering::Equal
        } else {
            self.0.cmp(&other.0)
        }
    }
}

impl FaultId {
    /// The fault of a finding about this subject; `owner` is the subject's workload.
    pub fn from_finding(finding: &Finding, subject: &Subject, owner: Option<&WorkloadRef>) -> Self {
        Self(Arc::new(FaultIdentity {
            root: finding.root,
            cause: finding.root.is_none().then_some(finding.cause),
            blame: blame(finding, subject, owner),
            host: finding
                .fix_context
                .host
                .clone()
                .filter(|_| finding.root.is_some_and(is_per_registry)),
        }))
    }

    #[cfg(test)]
    pub(crate) fn blaming(root: RootCause, blame: BlamedObject) -> Self {
        Self(Arc::new(FaultIdentity {
            root: Some(root),
            cause: None,
            blame,
            host: None,
        }))
    }

    /// A two-word title, used when no affected Pod is left.
    pub fn title(&self) -> &'static str {
        let root = self.root.map(RootCause::title);
        root.or_else(|| self.cause.map(Cause::label))
            .unwrap_or_default()
    }
}

/// Whether the fix of one Secret or ServiceAccount is made for one registry at a time.
fn is_per_registry(root: RootCause) -> bool {
    match root {
        RootCause::SecretNotAttached
        | RootCause::SecretMissing
        | RootCause::SecretWrongKey
        | RootCause::SecretMalformed
        | RootCause::SecretEmpty
        | RootCause::EntryForOtherRegistry
        | RootCause::EntryEmpty
        | RootCause::CredentialRejected
        | RootCause::CredentialExpired
        | RootCause::CredentialLacksAccess => true,
        // The type is converted, and the ServiceAccount created, for all at once; for the others something
        // else is to blame than a Secret or a ServiceAccount.
        RootCause::SecretWrongType
        | RootCause::ServiceAccountMissing
        | RootCause::PodPredatesBinding
        | RootCause::IdentityLacksAccess
        | RootCause::TagMissing
        | RootCause::RepositoryMissing
        | RootCause::ImageNameInvalid
        | RootCause::Moved
        | RootCause::PolicyNever
        | RootCause::RegistryDown
        | RootCause::RegistryUnknownHost
        | RootCause::CaUntrusted
        | RootCause::CertificateWrong
        | RootCause::PlainHttp
        | RootCause::RateLimit
        | RootCause::AbuseLimit
        | RootCause::WrongPlatform
        | RootCause::ImageFormat
        | RootCause::ImagePolicy
        | RootCause::NodeProblem
        | RootCause::PullQueued
        | RootCause::PullUnfinished
        | RootCause::NotScheduled
        | RootCause::NotAPull => false,
    }
}

fn blame(finding: &Finding, subject: &Subject, owner: Option<&WorkloadRef>) -> BlamedObject {
    let fix_context = &finding.fix_context;
    let namespace = || subject.namespace().clone();
    let known = match finding.link() {
        ChainLink::Secret => fix_context
            .secret
            .clone()
            .map(|name| BlamedObject::Secret(namespace(), name)),
        ChainLink::Account => fix_context
            .service_account
            .clone()
            .map(|name| BlamedObject::Account(namespace(), name)),
        // An identity of the ServiceAccount's own is its fault; the node's fails for all Pods alike.
        ChainLink::Provider => match (&fix_context.identity, &fix_context.service_account) {
            (Some(identity), Some(name)) if identity.is_for_pulls() => {
                Some(BlamedObject::Account(namespace(), name.clone()))
            }
            _ => fix_context.host.clone().map(BlamedObject::Registry),
        },
        ChainLink::Image => fix_context.image.clone().map(BlamedObject::Image),
        ChainLink::Registry => {
            let answering = fix_context.mirror.as_ref().or(fix_context.host.as_ref());
            answering.cloned().map(BlamedObject::Registry)
        }
        ChainLink::Node => fix_context.node.clone().map(BlamedObject::Node),
        ChainLink::Pod => None,
    };
    let own = || {
        let owned = owner.map(|id| Subject::Workload(id.clone()));
        BlamedObject::Subject(owned.unwrap_or_else(|| subject.clone()))
    };
    known.unwrap_or_else(own)
}

/// Sort key of faults, see [`Fault::rank`].
pub type Rank = (Reverse<bool>, Reverse<usize>, Option<Timestamp>, FaultId);

/// A fault and the Pods and workloads that it affects.
#[derive(Clone, Debug)]
pub struct Fault {
    pub id: FaultId,
    /// One of its findings: the words, the evidence and the fixes are alike.
    pub finding: Finding,
    /// The subject of that finding.
    pub example: Subject,
    pub pods: BTreeSet<ObjectRef<Pod>>,
    pub workloads: BTreeSet<WorkloadRef>,
    pub since: Option<Timestamp>,
}

impl Fault {
    pub fn new(id: FaultId, finding: Finding, example: Subject) -> Self {
        Self {
            id,
            finding,
            example,
            pods: BTreeSet::new(),
            workloads: BTreeSet::new(),
            since: None,
        }
    }

    /// Adds an affected Pod or workload.
    pub fn add(
        &mut self,
        subject: &Subject,
        owner: Option<&WorkloadRef>,
        since: Option<Timestamp>,
    ) {
        match subject {
            Subject::Pod(key) => self.pods.insert(key.clone()),
            Subject::Workload(id) => self.workloads.insert(id.clone()),
        };
        self.workloads.extend(owner.cloned());
        self.since = match (self.since, since) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (known, other) => known.or(other),
        };
    }

    /// Whether the fault is a failed pull.
    pub fn is_pull(&self) -> bool {
        self.finding.is_pull()
    }

    /// Sort key: pull failures first, then by the number of affected Pods.
    pub fn rank(&self) -> Rank {
        (
            Reverse(self.is_pull()),
            Reverse(self.pods.len()),
            self.since,
            self.id.clone(),
        )
    }
}
