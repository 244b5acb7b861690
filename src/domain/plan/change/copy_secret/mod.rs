//! A pull secret is copied to another namespace.

mod commands;

use std::sync::Arc;

use super::{
    Affects, Change, Earlier, PlanChange, Purpose, RepositoryManifest, Reversal, TakeBack,
    Undoable, Written,
};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{AnyObjectRef, Secret},
    },
    plan::{
        Created, DiffLine, ExportFormat, Observed, Rewritten, StoredConfig, export,
        field_owner::OwnedField,
        permissions::on_object,
        preview::{HIDDEN, added, new_secret, removed, same},
    },
    rbac::Permission,
};

/// Copies the entries of a pull secret to another namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySecret {
    pub from: ObjectRef<Secret>,
    pub to: ObjectRef<Secret>,
    pub conflict_policy: ConflictPolicy,
    /// The servers of the entries that are copied, as far as they are known.
    pub source_servers: Vec<Arc<str>>,
    /// The servers of the Secret that is there already; `None`: there is none, as far as is known.
    pub target_servers: Option<Vec<Arc<str>>>,
    /// What the dry run found; what is another by then is left alone. `None` before it.
    pub expected: Option<ObservedCopy>,
}

/// What a copy finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedCopy {
    /// The configuration that is copied; `None`: a change before this one writes it.
    pub source: Option<Observed<StoredConfig>>,
    /// The configuration at the place of the copy.
    pub target: ObservedTarget,
}

/// What is at the place of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObservedTarget {
    Absent,
    Present(Observed<StoredConfig>),
    /// A change before this one writes it.
    Unknown,
}

/// What becomes of a Secret that has the name of the copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConflictPolicy {
    /// It stays as it is, and the change fails where it differs.
    #[default]
    Keep,
    /// It gets the entries of the copy beside its own.
    Merge,
    /// It gets the content of the copy.
    Replace,
}

impl PlanChange for CopySecret {
    fn object(&self) -> AnyObjectRef {
        AnyObjectRef::Secret(self.to.clone())
    }

    fn sentence(&self) -> String {
        let Self { from, to, .. } = self;
        match (&self.target_servers, self.conflict_policy) {
            (None, _) | (Some(_), ConflictPolicy::Keep) => {
                format!("Copy Secret {from} to {to}")
            }
            (Some(_), ConflictPolicy::Merge) => {
                format!("Add the entries of Secret {from} to {to} (its own entries stay)")
            }
            (Some(_), ConflictPolicy::Replace) => {
                format!("Replace the content of Secret {to} with that of {from}")
            }
        }
    }

    fn preview(&self) -> Vec<DiffLine> {
        match &self.target_servers {
            Some(there) => self.onto_lines(there),
            None => self.new_lines(),
        }
    }

    fn commands(&self) -> Vec<String> {
        commands::copy(self)
    }

    fn permissions(&self) -> Vec<Permission> {
        let source = AnyObjectRef::Secret(self.from.clone());
        let verbs: &[&str] = match (self.conflict_policy, &self.target_servers) {
            (ConflictPolicy::Merge | ConflictPolicy::Replace, Some(_)) => {
                &["create", "get", "patch"]
            }
            (ConflictPolicy::Merge | ConflictPolicy::Replace, None) | (ConflictPolicy::Keep, _) => {
                &["create"]
            }
        };
        let mut needed = on_object(&source, &["get"]);
        needed.extend(on_object(&self.object(), verbs));
        needed
    }

    fn manifest(&self, style: ExportFormat) -> Option<RepositoryManifest> {
        let servers = self.source_servers.iter();
        let entries: Vec<(&str, &str)> = servers.map(|server| (&**server, export::USER)).collect();
        Some(RepositoryManifest {
            object: export::secret(&self.to, &entries, style),
            lacks_other_entries: self.conflict_policy == ConflictPolicy::Merge
                && self.target_servers.is_some(),
        })
    }

    fn written(&self) -> Written {
        Written::Fields(vec![OwnedField::at("data")])
    }

    fn purpose(&self) -> Purpose {
        Purpose::Repair
    }

    fn affects(&self) -> Vec<Affects> {
        vec![Affects::Secret(self.to.clone())]
    }

    fn is_creation(&self) -> bool {
        true
    }

    fn see_earlier(&mut self, earlier: &mut Earlier) {
        let is_source_written = earlier.has_written(&self.from);
        let is_first = earlier.write_secret(&self.to);
        if let Some(expected) = &mut self.expected {
            if is_source_written {
                expected.source = None;
            }
            if !is_first {
                expected.target = ObservedTarget::Unknown;
            }
        }
    }
}

impl CopySecret {
    fn new_lines(&self) -> Vec<DiffLine> {
        let mut lines = new_secret(&self.to);
        lines.push(added(".dockerconfigjson.auths:"));
        let brought = self.source_servers.iter();
        lines.extend(brought.map(|server| added(entry(server))));
        lines
    }

    /// The entries of the Secret that is there, and of what it becomes.
    fn onto_lines(&self, there: &[Arc<str>]) -> Vec<DiffLine> {
        let mut lines = vec![same(".dockerconfigjson.auths:")];
        for server in there {
            let stays = match self.conflict_policy {
                ConflictPolicy::Keep => true,
                ConflictPolicy::Merge => !self.source_servers.contains(server),
                ConflictPolicy::Replace => false,
            };
            let mark = if stays { same } else { removed };
            lines.push(mark(entry(server)));
        }
        if self.conflict_policy != ConflictPolicy::Keep {
            let brought = self.source_servers.iter();
            let text = |server: &Arc<str>| format!("{}  # as in {}", entry(server), self.from);
            lines.extend(brought.map(|server| added(text(server))));
        }
        lines
    }
}

fn entry(server: &str) -> String {
    format!("  {server}: {HIDDEN}")
}

/// What a copy found at its place.
pub enum CopyBefore {
    /// No Secret: the copy created it.
    Absent(Created),
    /// A Secret whose content the copy has rewritten.
    Present(Rewritten),
}

impl Undoable for CopySecret {
    type Before = CopyBefore;

    /// Deletes the copy, or puts the old content back.
    fn undo(&self, before: CopyBefore) -> Change {
        let reversal = match before {
            CopyBefore::Absent(created) => Reversal::Delete(created),
            CopyBefore::Present(before) => Reversal::Content {
                secret: self.to.clone(),
                before: Arc::new(before),
            },
        };
        TakeBack::change(self.clone(), reversal)
    }
}
