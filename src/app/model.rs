//! The model: state of the cluster, the panes and the overlays.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    action::Action,
    connection::ConnectionStatus,
    demo_intro::DemoIntro,
    diagnosis_cache::DiagnosisCache,
    fetched_view::{FetchedObject, LogView},
    jump_list::{JumpList, Location},
    lost_secrets::LostSecrets,
    menu::{Menu, PermissionContext},
    node_cache::NodeCache,
    node_view::FileReaders,
    notices::Notices,
    overlay::Overlay,
    panes::{Pane, Panes},
    plan_dialog::{AppliedPlan, PlanDialog, PlanStage},
    pod_inspection::PodInspection,
    preferences::Preferences,
    probe_cache::ProbeCache,
    pull_test::PullTests,
    rbac_cache::RbacCache,
    request_id::{RequestId, RequestIds},
    session_state::SessionState,
    shutdown::PendingShutdown,
};
use crate::domain::{
    diagnostics::grouping::FaultId,
    k8s::object_ref::Namespace,
    store::{Store, watch::Scope},
};

/// Position in the round through all faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultCursor {
    pub fault: FaultId,
    /// Where it stood among the others: what comes next when it is gone.
    pub place: usize,
}

/// A status message: a short line that is shown for a few seconds after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusMessage {
    pub text: String,
    pub until: Timestamp,
}

/// How long a status message is shown.
const STATUS_SHOWN_FOR: SignedDuration = SignedDuration::from_secs(4);

/// Capabilities that the program was started with.
#[derive(Clone, Copy, Debug)]
pub struct Capabilities {
    /// Else nothing is changed in the cluster, whatever is pressed.
    pub can_write: bool,
    /// None can be asked where the machine's certificate authorities cannot be read.
    pub can_probe_registries: bool,
    /// Session state is written to a file at the end.
    pub keeps_state: bool,
}

pub struct Model {
    pub store: Store,
    /// Diagnoses of failing Pods and workloads.
    pub diagnoses: DiagnosisCache,
    /// The Pod that the chain strip and the detail area speak of.
    pub inspection: Option<PodInspection>,
    pub connection: ConnectionStatus,
    pub request_ids: RequestIds,
    /// The namespace that the other panes are narrowed to.
    pub scope: Scope,
    /// The scope before, for `-`.
    pub last_scope: Option<Scope>,
    /// Namespaces that the user named, which may not be listed.
    pub known_namespaces: BTreeSet<Namespace>,
    pub focus: Pane,
    pub panes: Panes,
    pub overlays: Vec<Overlay>,
    pub capabilities: Capabilities,
    pub preferences: Preferences,
    /// Of a real cluster there is none.
    pub demo_intro: Option<DemoIntro>,
    /// State that is kept until the next start.
    pub session: SessionState,
    /// Plans that were applied in this session and can be undone, the last one at the end.
    pub applied: Vec<AppliedPlan>,
    /// Secrets of which this session has the only copy.
    pub lost_secrets: LostSecrets,
    /// Pull tests that run, or whose result is shown.
    pub pull_tests: PullTests,
    pub file_readers: FileReaders,
    /// Plans that are being carried out in this cluster, and the carried-out plan that each takes back.
    pub active_plans: BTreeMap<RequestId, Option<RequestId>>,
    /// The program is ending, and waits for changes.
    pub shutdown: Option<PendingShutdown>,
    /// The user's RBAC rules.
    pub rbac: RbacCache,
    /// Registry probes and their results.
    pub probes: ProbeCache,
    /// What the server has said of nodes.
    pub nodes: NodeCache,
    /// The YAML of the view that is open.
    pub fetched: Option<FetchedObject>,
    /// The log of the view that is open.
    pub log: Option<LogView>,
    /// The way along the chain.
    pub jump_list: JumpList,
    /// What has changed while the user looked elsewhere.
    pub notices: Notices,
    /// The last visited fault.
    pub fault_cursor: Option<FaultCursor>,
    pub status: Option<StatusMessage>,
    /// What of the last location in this context is restored once it is connected.
    pub pending_restore: PendingRestore,
    /// Something has changed that a frame would show.
    pub dirty: bool,
}

/// The scope requested on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartScope {
    /// The context's namespace, or all.
    FromContext,
    All,
    Namespace(Namespace),
}

/// What of the last location in a context is still to be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingRestore {
    ScopeAndPane,
    /// `-n` or `-A` was given: then neither the last location nor the context's namespace decides.
    Pane,
    Nothing,
}

impl Model {
    /// Drops what was read through a connection, for the next one to read it again. Every field is named, so
    /// that a new one is not forgotten: what the user has arranged stays, and in the same context also what was
    /// done there.
    pub fn reset(&mut self, connection: ConnectionStatus, leaves_context: bool) {
        let Self {
            // Of the connection.
            connection: current,
            store,
            diagnoses,
            inspection,
            rbac,
            probes,
            nodes,
            fetched,
            log,
            notices,
            overlays,
            panes,
            // Of the context.
            scope,
            last_scope,
            known_namespaces,
            applied,
            lost_secrets,
            pull_tests,
            file_readers,
            jump_list,
            fault_cursor,
            pending_restore,
            // Of the session. Plans that are being carried out keep the context from being left.
            active_plans: _,
            request_ids: _,
            focus: _,
            capabilities: _,
            preferences: _,
            demo_intro: _,
            session: _,
            shutdown: _,
            status: _,
            dirty: _,
        } = self;
        *current = connection;
        *store = Store::default();
        *diagnoses = DiagnosisCache::default();
        *inspection = None;
        *rbac = RbacCache::default();
        *probes = ProbeCache::default();
        *nodes = NodeCache::default();
        *fetched = None;
        *log = None;
        *notices = Notices::default();
        overlays.clear();
        if leaves_context {
            // A namespace of one cluster means nothing in another, nor does what was done there.
            *panes = Panes::default();
            *scope = Scope::Cluster;
            *last_scope = None;
            known_namespaces.clear();
            applied.clear();
            lost_secrets.clear();
            *pull_tests = PullTests::default();
            *file_readers = FileReaders::default();
            *jump_list = JumpList::default();
            *fault_cursor = None;
            *pending_restore = PendingRestore::ScopeAndPane;
        } else {
            panes.clear_rows();
        }
    }

    pub fn new(start: &StartScope, now: Timestamp) -> Self {
        let mut request_ids = RequestIds::default();
        let request_id = request_ids.next_id();
        let scope = match start {
            StartScope::Namespace(namespace) => Scope::Namespace(namespace.clone()),
            StartScope::All | StartScope::FromContext => Scope::Cluster,
        };
        let known = match start {
            StartScope::Namespace(namespace) => BTreeSet::from([namespace.clone()]),
            StartScope::All | StartScope::FromContext => BTreeSet::new(),
        };
        Self {
            store: Store::default(),
            diagnoses: DiagnosisCache::default(),
            inspection: None,
            connection: ConnectionStatus::connecting(request_id, None, now),
            request_ids,
            scope,
            last_scope: None,
            known_namespaces: known,
            focus: Pane::Pods,
            panes: Panes::default(),
            overlays: Vec::new(),
            preferences: Preferences::default(),
            demo_intro: None,
            session: SessionState::default(),
            applied: Vec::new(),
            lost_secrets: LostSecrets::default(),
            pull_tests: PullTests::default(),
            file_readers: FileReaders::default(),
            active_plans: BTreeMap::new(),
            shutdown: None,
            rbac: RbacCache::default(),
            probes: ProbeCache::default(),
            nodes: NodeCache::default(),
            jump_list: JumpList::default(),
            notices: Notices::default(),
            fetched: None,
            log: None,
            capabilities: Capabilities {
                can_write: true,
                can_probe_registries: true,
                keeps_state: true,
            },
            fault_cursor: None,
            status: None,
            pending_restore: match start {
                StartScope::FromContext => PendingRestore::ScopeAndPane,
                StartScope::All | StartScope::Namespace(_) => PendingRestore::Pane,
            },
            dirty: true,
        }
    }

    /// Returns true if something visible has changed since the last call.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    pub fn set_status(&mut self, text: impl Into<String>, now: Timestamp) {
        self.status = Some(StatusMessage {
            text: text.into(),
            until: now + STATUS_SHOWN_FOR,
        });
    }

    /// Returns the plan that undoes a shown plan, if it was applied and can be undone.
    pub fn undo_for(&self, dialog: &PlanDialog) -> Option<&AppliedPlan> {
        let PlanStage::Done { request_id, .. } = &dialog.stage else {
            return None;
        };
        self.applied
            .iter()
            .find(|applied| applied.request_id == *request_id)
    }

    /// True if an action is available in the topmost overlay; the footer leaves the others out.
    pub fn is_action_available(&self, action: Action) -> bool {
        let Some(Overlay::PlanDialog(dialog)) = self.overlays.last() else {
            return true;
        };
        match action {
            Action::Undo => self.undo_for(dialog).is_some(),
            Action::Apply => match dialog.stage {
                PlanStage::Ready(_) => dialog.stage.is_successful(),
                PlanStage::DryRunning(_) | PlanStage::Applying(..) => false,
                PlanStage::Done { .. } => true,
            },
            _ => true,
        }
    }

    /// Where the user is.
    pub fn location(&self) -> Location {
        Location {
            scope: self.scope.clone(),
            selected: self.panes.selected(self.focus),
        }
    }

    /// Returns the inputs that decide which items of a menu are available.
    pub fn permission_context<'a>(&'a self, menu: &'a Menu) -> PermissionContext<'a> {
        PermissionContext {
            can_write: self.capabilities.can_write,
            rbac: &self.rbac,
            namespace: menu.namespace.as_ref(),
        }
    }
}
