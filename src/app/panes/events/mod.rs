//! Rows of the Events pane, newest first: one row per event series; events of one fault of one workload are
//! grouped.

mod startup;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use self::startup::is_routine;
pub use self::startup::{StartupGroup, StartupStep};

use super::{
    super::{diagnosis_cache::DiagnosisCache, filter::FilterMatcher},
    Dependencies, EnterTarget, PaneInfo, PaneRows, Query, RowContext, SortBy,
};
use crate::domain::{
    diagnostics::grouping::{FaultId, Subject},
    guide::Section,
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{AnyObjectRef, Pod, Workload, WorkloadKind, WorkloadRef},
        pull_failure,
    },
    store::{
        EventSeries, EventSeriesKey, Store, Versions,
        watch::{Scope, WatchKind},
    },
};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    Line(EventSeriesKey),
    Group(EventGroupId),
    /// The Pods of a workload, or one bare Pod, on their way up.
    Startup(Subject),
}

/// One fault of one workload, or of one Pod without a controller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventGroupId {
    pub owner: Subject,
    pub fault: FaultId,
}

/// Events of one fault of one workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventGroup {
    pub pods: BTreeSet<ObjectRef<Pod>>,
    /// Failures that events tell of; 0 where they have expired and only statuses speak.
    pub count: u32,
    pub last: Option<Timestamp>,
    /// The newest error that names a cause.
    pub error: Option<Arc<str>>,
}

/// Cost of a line relative to a plain row: its group is looked up.
const LINE: usize = 8;

#[derive(Debug)]
pub struct Events {
    folded: bool,
    /// The folded rows.
    pub groups: BTreeMap<EventGroupId, EventGroup>,
    pub startups: BTreeMap<Subject, StartupGroup>,
    /// The rows are held as they are, so that they can be read.
    pub paused: bool,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            folded: true,
            groups: BTreeMap::new(),
            startups: BTreeMap::new(),
            paused: false,
        }
    }
}

impl PaneRows for Events {
    type Row = Row;

    const INFO: &'static PaneInfo = &PaneInfo {
        title: "Events",
        name: "events",
        commands: &["ev", "event", "events"],
        help: "Events",
        namespaced: true,
        shows: |kind| kind == WatchKind::Events,
        sorts: &[SortBy::Age, SortBy::Status, SortBy::Name, SortBy::Count],
        guide: Section::VERIFY,
        explains_pod: true,
    };

    const FOLLOWS_FIRST: bool = true;

    fn dependencies(&self, _query: &Query, context: &RowContext<'_>) -> Dependencies {
        Dependencies {
            store: Versions {
                events: context.store.versions().events,
                ..Versions::default()
            },
            diagnoses: if self.folded {
                context.diagnoses.version()
            } else {
                0
            },
            ..Dependencies::default()
        }
    }

    fn cost(_shown: usize, context: &RowContext<'_>) -> usize {
        context.store.line_count() * LINE
    }

    fn rows(
        &mut self,
        query: &Query,
        _candidates: Option<&[Row]>,
        context: &RowContext<'_>,
    ) -> Vec<Row> {
        let mut telling = EventGrouping {
            store: context.store,
            diagnoses: context.diagnoses,
            groups: BTreeMap::new(),
            startups: BTreeMap::new(),
        };
        let rows = rows(query, context.scope, self.folded, &mut telling);
        self.groups = telling.groups;
        self.startups = telling.startups;
        rows
    }

    fn is_paused(&self) -> bool {
        self.paused
    }

    fn resume(&mut self) {
        self.paused = false;
    }

    fn is_folded(&self) -> bool {
        self.folded
    }

    fn set_folded(&mut self, folded: bool) {
        self.folded = folded;
    }

    /// The Pod that the event is about, or the workload.
    fn object(&self, row: &Row, store: &Store) -> Option<AnyObjectRef> {
        if let Some(pod) = self.pod(row, store) {
            return Some(AnyObjectRef::Pod(pod));
        }
        let Row::Line(key) = row else { return None };
        let subject = &store.event_line(key)?.event.regarding;
        let id = WorkloadRef {
            kind: WorkloadKind::parse(&subject.kind)?,
            key: ObjectRef::new(subject.namespace.clone()?, Name::new(subject.name.clone())),
        };
        Some(AnyObjectRef::Workload(id))
    }

    /// The Pod that the event is about, while it exists; of a folded row the first of its Pods.
    fn pod(&self, row: &Row, store: &Store) -> Option<ObjectRef<Pod>> {
        let key = match row {
            Row::Line(key) => subject(store.event_line(key)?)?,
            Row::Group(id) => self.groups.get(id)?.pods.first()?.clone(),
            Row::Startup(owner) => {
                let start = self.startups.get(owner)?;
                start.pods.first_key_value()?.0.clone()
            }
        };
        store.pod(&key).is_some().then_some(key)
    }

    fn time(&self, row: &Row, store: &Store) -> Option<Timestamp> {
        match row {
            Row::Line(key) => store.event_line(key)?.last,
            Row::Group(id) => self.groups.get(id)?.last,
            Row::Startup(owner) => self.startups.get(owner)?.last,
        }
    }

    fn enter(&self, row: Option<&Row>, store: &Store) -> EnterTarget {
        row.and_then(|row| self.pod(row, store)).map_or(
            EnterTarget::Refuse("the object is gone or is not a Pod"),
            EnterTarget::Pod,
        )
    }
}

struct EventGrouping<'a> {
    store: &'a Store,
    diagnoses: &'a DiagnosisCache,
    groups: BTreeMap<EventGroupId, EventGroup>,
    startups: BTreeMap<Subject, StartupGroup>,
}

fn rows(query: &Query, scope: &Scope, folded: bool, telling: &mut EventGrouping<'_>) -> Vec<Row> {
    let mut matcher = FilterMatcher::new(&query.filter);
    let mut lines: Vec<&EventSeries> = telling
        .store
        .event_lines()
        .filter(|line| in_scope(line, scope))
        .collect();
    match query.sort.by {
        SortBy::Age => {}
        SortBy::Status => lines.sort_by_key(|line| (!line.pull_failure, !line.warning())),
        SortBy::Name | SortBy::Namespace => lines.sort_by_key(|line| &line.event.regarding),
        SortBy::Count => lines.sort_by_key(|line| Reverse(line.count)),
    }
    let mut rows = Vec::new();
    // A story is one row, at the place of the first of its lines that passes.
    let mut listed = BTreeSet::new();
    for line in lines {
        let story = if folded {
            telling.add_to_group(line)
        } else {
            None
        };
        let of_a_fault = matches!(story, Some(Row::Group(_)));
        if query.faults_only && !of_a_fault && !line.pull_failure {
            continue;
        }
        if !query.filter.is_empty() && !passes(&mut matcher, line) {
            continue;
        }
        match story {
            Some(row) => {
                if !listed.contains(&row) {
                    listed.insert(row.clone());
                    rows.push(row);
                }
            }
            None => rows.push(Row::Line(line.key.clone())),
        }
    }
    if folded && query.filter.is_empty() {
        rows.extend(telling.expired(scope));
    }
    rows
}

impl EventGrouping<'_> {
    /// Adds an event to its group and returns the group's row; `None`: the line stands by itself.
    fn add_to_group(&mut self, line: &EventSeries) -> Option<Row> {
        if is_routine(line) {
            return self.add_routine(line);
        }
        let step = StartupStep::from_reason(&line.event.reason);
        if !line.pull_failure && step.is_none() {
            return None;
        }
        let pod = subject(line)?;
        let Some(id) = self.group_id(&pod) else {
            return self.add_to_startup(pod, step?, line);
        };
        let story = self.groups.entry(id.clone()).or_default();
        story.pods.insert(pod);
        story.last = story.last.max(line.last);
        if line.pull_failure {
            story.count = story.count.saturating_add(line.count);
        }
        let message = &line.event.message;
        if story.error.is_none() && line.pull_failure && pull_failure::names_cause(message) {
            story.error = Some(Arc::clone(message));
        }
        Some(Row::Group(id))
    }

    fn add_to_startup(
        &mut self,
        pod: ObjectRef<Pod>,
        step: StartupStep,
        line: &EventSeries,
    ) -> Option<Row> {
        if line.warning() {
            return None;
        }
        let owner = self.owner(&pod);
        Some(self.startup_row(owner, |start| start.add_pod(pod, step, line)))
    }

    /// The workload of a deleted Pod: by its name, which is its maker's and one word more.
    fn owner_by_name(&self, pod: &ObjectRef<Pod>) -> Option<&Arc<Workload>> {
        let (name, _) = pod.name.as_str().rsplit_once('-')?;
        let mut makers = WorkloadKind::ALL.into_iter().map(|kind| WorkloadRef {
            kind,
            key: ObjectRef::new(pod.namespace.clone(), Name::new(name)),
        });
        let maker = makers.find_map(|id| self.store.workload(&id))?;
        Some(self.store.root_owner(maker))
    }

    /// Adds a controller's event to the group of the Pods that it makes.
    fn add_routine(&mut self, line: &EventSeries) -> Option<Row> {
        let owner = match subject(line) {
            Some(pod) => self.owner(&pod),
            None => Subject::Workload(self.workload(line)?.id.clone()),
        };
        Some(self.startup_row(owner, |start| start.add_event(line)))
    }

    fn startup_row(&mut self, owner: Subject, take: impl FnOnce(&mut StartupGroup)) -> Row {
        take(self.startups.entry(owner.clone()).or_default());
        Row::Startup(owner)
    }

    /// The workload that a line is about, or the one that makes it.
    fn workload(&self, line: &EventSeries) -> Option<&Arc<Workload>> {
        let subject = &line.event.regarding;
        let key = WorkloadRef {
            kind: WorkloadKind::parse(&subject.kind)?,
            key: ObjectRef::new(
                subject.namespace.clone()?,
                Name::new(Arc::clone(&subject.name)),
            ),
        };
        Some(self.store.root_owner(self.store.workload(&key)?))
    }

    fn owner(&self, pod: &ObjectRef<Pod>) -> Subject {
        let owner = match self.store.pod(pod) {
            Some(found) => self.store.workload_of(found),
            None => self.owner_by_name(pod),
        };
        owner.map_or_else(
            || Subject::Pod(pod.clone()),
            |workload| Subject::Workload(workload.id.clone()),
        )
    }

    fn group_id(&self, pod: &ObjectRef<Pod>) -> Option<EventGroupId> {
        let diagnosis = self.diagnoses.for_pod(pod)?;
        if !diagnosis.finding.is_pull() {
            return None;
        }
        Some(EventGroupId {
            owner: diagnosis.owner.clone(),
            fault: diagnosis.fault.clone(),
        })
    }

    /// Rows of failures whose events have expired: the statuses of the Pods still tell of it.
    fn expired(&mut self, scope: &Scope) -> Vec<Row> {
        let mut rows = Vec::new();
        let silent = self
            .diagnoses
            .faults()
            .iter()
            .filter(|fault| fault.is_pull());
        for pod in silent.flat_map(|fault| &fault.pods) {
            let shown = match scope {
                Scope::Cluster => true,
                Scope::Namespace(namespace) => pod.namespace == *namespace,
            };
            let Some(id) = self.group_id(pod).filter(|_| shown) else {
                continue;
            };
            let story = self.groups.entry(id.clone()).or_default();
            if story.last.is_some() {
                continue;
            }
            if story.pods.is_empty() {
                rows.push(Row::Group(id));
            }
            story.pods.insert(pod.clone());
            let errors = self.store.last_errors(pod);
            story.error = story
                .error
                .take()
                .or_else(|| errors.first().map(|error| Arc::clone(&error.message)));
        }
        rows
    }
}

/// The Pod that an event line is about.
pub fn subject(line: &EventSeries) -> Option<ObjectRef<Pod>> {
    let subject = &line.event.regarding;
    let namespace = subject.namespace.clone()?;
    (&*subject.kind == "Pod")
        .then(|| ObjectRef::new(namespace, Name::new(Arc::clone(&subject.name))))
}

fn in_scope(line: &EventSeries, scope: &Scope) -> bool {
    match scope {
        Scope::Cluster => true,
        Scope::Namespace(namespace) => line.event.regarding.namespace.as_ref() == Some(namespace),
    }
}

fn passes(matcher: &mut FilterMatcher<'_>, line: &EventSeries) -> bool {
    let subject = &line.event.regarding;
    matcher.matches(
        [&*subject.name, &*line.event.reason, &*line.event.message],
        Some(&line.event.meta),
    )
}
