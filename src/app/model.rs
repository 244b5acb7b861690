//! The model: what the cluster is, what the user looks at, and what lies above it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    action::Action,
    connection::Connection,
    demo_intro::Story,
    diagnosis_cache::Verdicts,
    fetched_view::{Log, Reading},
    jump_list::{Place, Trail},
    lost_secrets::LostSecrets,
    menu::{May, Menu},
    notices::Notices,
    overlay::Overlay,
    panes::{Pane, Panes},
    plan_dialog::{Applied, Proposal, Stage},
    pod_inspection::Inquiry,
    preferences::Preferences,
    probe_cache::Answers,
    pull_test::RunningTests,
    rbac_cache::Rights,
    request_id::{Ticket, Tickets},
    session_state::Memory,
    shutdown::Finishing,
};
use crate::domain::{
    diagnostics::grouping::FaultId,
    k8s::object_ref::Namespace,
    store::{Store, watch::Scope},
};

/// A stop on the round through all that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    pub fault: FaultId,
    /// Where it stood among the others: what comes next when it is gone.
    pub place: usize,
}

/// A short line that says what a key did, until its time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    pub text: String,
    pub until: Timestamp,
}

/// How long a flash stays.
const FLASH: SignedDuration = SignedDuration::from_secs(4);

/// What the program was started to be able to do.
#[derive(Clone, Copy, Debug)]
pub struct Abilities {
    /// Else nothing is changed in the cluster, whatever is pressed.
    pub writes: bool,
    /// None can be asked where the machine's certificate authorities cannot be read.
    pub asks_registries: bool,
    /// What is remembered is written to a file at the end.
    pub remembers: bool,
}

pub struct Model {
    pub world: Store,
    /// What is wrong with what fails.
    pub verdicts: Verdicts,
    /// The Pod that the chain strip and the detail area speak of.
    pub inquiry: Option<Inquiry>,
    pub connection: Connection,
    pub tickets: Tickets,
    /// The namespace that the other panes are narrowed to.
    pub scope: Scope,
    /// The scope before, for `-`.
    pub last_scope: Option<Scope>,
    /// Namespaces that the user named, which may not be listed.
    pub known: BTreeSet<Namespace>,
    pub focus: Pane,
    pub panes: Panes,
    pub overlays: Vec<Overlay>,
    pub abilities: Abilities,
    pub preferences: Preferences,
    /// Of a real cluster there is none.
    pub story: Option<Story>,
    /// What is remembered until the next start.
    pub memory: Memory,
    /// What was carried out in this session and can be taken back, the last one at the end.
    pub applied: Vec<Applied>,
    /// Secrets of which this session has the only copy.
    pub lost: LostSecrets,
    /// Their Pods are not left behind.
    pub running_tests: RunningTests,
    /// Plans that are being carried out in this cluster, and the carried-out plan that each takes back.
    pub under_way: BTreeMap<Ticket, Option<Ticket>>,
    /// The program is ending, and waits for changes.
    pub finishing: Option<Finishing>,
    /// What the server says of the user's rights.
    pub rights: Rights,
    /// What registries were asked.
    pub answers: Answers,
    /// The YAML of the view that is open.
    pub reading: Option<Reading>,
    /// The log of the view that is open.
    pub log: Option<Log>,
    /// The way along the chain.
    pub trail: Trail,
    /// What has changed while the user looked elsewhere.
    pub notices: Notices,
    /// The fault that was gone to last.
    pub stop: Option<Stop>,
    pub flash: Option<Flash>,
    /// Whether `-n` or `-A` was given, or the scope has been chosen since: then the context's namespace
    /// does not decide.
    pub scope_is_given: bool,
    /// Whether the user has been put where he was in this context.
    pub is_settled_in: bool,
    /// Something has changed that a frame would show.
    pub dirty: bool,
}

/// What the command line asked to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartScope {
    /// The context's namespace, or all.
    FromContext,
    All,
    Namespace(Namespace),
}

impl Model {
    pub fn new(start: &StartScope, now: Timestamp) -> Self {
        let mut tickets = Tickets::default();
        let ticket = tickets.issue();
        let scope = match start {
            StartScope::Namespace(namespace) => Scope::Namespace(namespace.clone()),
            StartScope::All | StartScope::FromContext => Scope::Cluster,
        };
        let known = match start {
            StartScope::Namespace(namespace) => BTreeSet::from([namespace.clone()]),
            StartScope::All | StartScope::FromContext => BTreeSet::new(),
        };
        Self {
            world: Store::default(),
            verdicts: Verdicts::default(),
            inquiry: None,
            connection: Connection::connecting(ticket, None, now),
            tickets,
            scope,
            last_scope: None,
            known,
            focus: Pane::Pods,
            panes: Panes::default(),
            overlays: Vec::new(),
            preferences: Preferences::default(),
            story: None,
            memory: Memory::default(),
            applied: Vec::new(),
            lost: LostSecrets::default(),
            running_tests: RunningTests::default(),
            under_way: BTreeMap::new(),
            finishing: None,
            rights: Rights::default(),
            answers: Answers::default(),
            trail: Trail::default(),
            notices: Notices::default(),
            reading: None,
            log: None,
            abilities: Abilities {
                writes: true,
                asks_registries: true,
                remembers: true,
            },
            stop: None,
            flash: None,
            scope_is_given: *start != StartScope::FromContext,
            is_settled_in: false,
            dirty: true,
        }
    }

    /// Whether something has changed since the last call that a frame would show.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    pub fn flash(&mut self, text: impl Into<String>, now: Timestamp) {
        self.flash = Some(Flash {
            text: text.into(),
            until: now + FLASH,
        });
    }

    /// What takes back the changes of a plan that is shown, if it was carried out and can be undone.
    pub fn undo_of(&self, proposal: &Proposal) -> Option<&Applied> {
        let Stage::Done { ticket, .. } = &proposal.stage else {
            return None;
        };
        self.applied
            .iter()
            .find(|applied| applied.ticket == *ticket)
    }

    /// Whether an action of the table has a use in what is on top: the footer leaves the others out.
    pub fn offers(&self, action: Action) -> bool {
        let Some(Overlay::Proposal(proposal)) = self.overlays.last() else {
            return true;
        };
        match action {
            Action::Undo => self.undo_of(proposal).is_some(),
            Action::CarryOut => match proposal.stage {
                Stage::Ready(_) => proposal.stage.is_good(),
                Stage::Rehearsing(_) | Stage::CarryingOut(..) => false,
                Stage::Done { .. } => true,
            },
            _ => true,
        }
    }

    /// Where the user is.
    pub fn place(&self) -> Place {
        Place {
            scope: self.scope.clone(),
            selected: self.panes.selected(self.focus),
        }
    }

    /// What may be done from this menu.
    pub fn may<'a>(&'a self, menu: &'a Menu) -> May<'a> {
        May {
            writes: self.abilities.writes,
            rights: &self.rights,
            namespace: menu.namespace.as_ref(),
        }
    }
}
