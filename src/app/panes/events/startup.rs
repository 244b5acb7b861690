//! Groups of startup events: the Pods of one workload that start without a failure.
//!
//! A Pod that starts is told of five times. Twelve of them would push out of sight what matters.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::Pod,
        timeline::{PullTime, parse_pulled},
    },
    store::{EventSeries, EventSeriesKey},
};

/// Startup steps that events report, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StartupStep {
    Scheduled,
    Pulling,
    Pulled,
    Created,
    Started,
}

impl StartupStep {
    /// The step of an event reason.
    pub fn from_reason(reason: &str) -> Option<Self> {
        Some(match reason {
            "Scheduled" => Self::Scheduled,
            "Pulling" => Self::Pulling,
            "Pulled" => Self::Pulled,
            "Created" => Self::Created,
            "Started" => Self::Started,
            _ => return None,
        })
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Scheduled => "Scheduled",
            Self::Pulling => "Pulling",
            Self::Pulled => "Pulled",
            Self::Created => "Created",
            Self::Started => "Started",
        }
    }
}

/// Startup events of the Pods of one workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartupGroup {
    /// How far each Pod is.
    pub pods: BTreeMap<ObjectRef<Pod>, StartupStep>,
    pub last: Option<Timestamp>,
    /// The image of the newest pull that was told of.
    pub image: Option<Arc<str>>,
    /// The quickest and the slowest pull; `None` where the images were on the nodes already.
    pub pulls: Option<(PullTime, PullTime)>,
    /// The newest line of it.
    pub newest: Option<EventSeriesKey>,
}

/// True for routine events of controllers: Pods created and deleted.
pub fn is_routine(line: &EventSeries) -> bool {
    !line.warning()
        && matches!(
            &*line.event.reason,
            "ScalingReplicaSet" | "SuccessfulCreate" | "SuccessfulDelete" | "Killing"
        )
}

impl StartupGroup {
    pub fn add_pod(&mut self, pod: ObjectRef<Pod>, step: StartupStep, line: &EventSeries) {
        self.add_event(line);
        let reached = self.pods.entry(pod).or_insert(step);
        *reached = step.max(*reached);
        let message = &*line.event.message;
        if self.image.is_none() && matches!(step, StartupStep::Pulling | StartupStep::Pulled) {
            let quoted = message.split('"').nth(1);
            self.image = quoted.map(Into::into);
        }
        if let Some(pull) = parse_pulled(message).filter(|_| step == StartupStep::Pulled) {
            let (least, most) = self.pulls.unwrap_or((pull, pull));
            self.pulls = Some((
                if pull.took < least.took { pull } else { least },
                if pull.took > most.took { pull } else { most },
            ));
        }
    }

    /// Adds an event that is not about a starting Pod; newest first.
    pub fn add_event(&mut self, line: &EventSeries) {
        self.last = self.last.max(line.last);
        self.newest.get_or_insert_with(|| line.key.clone());
    }

    /// Number of Pods that have started.
    pub fn started(&self) -> usize {
        let steps = self.pods.values();
        steps.filter(|step| **step == StartupStep::Started).count()
    }

    /// The step of the slowest Pod.
    pub fn slowest(&self) -> Option<StartupStep> {
        self.pods.values().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::panes::{
            PaneState,
            events::{Events, Row},
            tests::refresh,
        },
        domain::{
            diagnostics::grouping::Subject,
            fixtures::{event, now, owned, pod, running, seconds_ago, upserted, workload},
            k8s::objects::WorkloadKind,
            store::{Store, update::StoreUpdate, watch::Scope},
        },
    };

    #[test]
    fn a_start_is_one_row_for_all_pods_of_a_workload() {
        let mut store = Store::default();
        for (kind, name, above) in [
            (WorkloadKind::Deployment, "web", None),
            (WorkloadKind::ReplicaSet, "web-5c9f", Some("web")),
        ] {
            let workload = workload(kind, "shop", name, above);
            store.apply(
                StoreUpdate::Workloads(kind, upserted(vec![workload])),
                now(),
            );
        }
        let pods = ["web-5c9f-a", "web-5c9f-b"];
        let running = pods.map(|name| owned(pod("shop", name, running()), "web-5c9f"));
        store.apply(StoreUpdate::Pods(upserted(running.to_vec())), now());
        let pulled = |took: &str| {
            format!(
                "Successfully pulled image \"r.example/web:2\" in {took} (5s including waiting). Image size: 96000000 bytes."
            )
        };
        let events = vec![
            event(
                "1",
                pods[0],
                "Scheduled",
                "Successfully assigned",
                1,
                seconds_ago(9),
            ),
            event("2", pods[0], "Pulled", &pulled("2s"), 1, seconds_ago(8)),
            event("3", pods[1], "Pulled", &pulled("3s"), 1, seconds_ago(7)),
            event(
                "4",
                pods[0],
                "Started",
                "Container started",
                1,
                seconds_ago(6),
            ),
            // Of a Pod that is gone already, and still the workload's.
            event(
                "5",
                "web-5c9f-c",
                "Killing",
                "Stopping container",
                1,
                seconds_ago(5),
            ),
        ];
        store.apply(StoreUpdate::Events(upserted(events)), now());

        let mut pane = PaneState::<Events>::default();
        refresh(&mut pane, &store, &Scope::Cluster);

        let web = Subject::Workload(workload(WorkloadKind::Deployment, "shop", "web", None).id);
        assert_eq!(pane.list.rows(), [Row::Startup(web.clone())]);
        let start = &pane.extra.startups[&web];
        assert_eq!(start.last, Some(seconds_ago(5)));
        assert_eq!(start.image.as_deref(), Some("r.example/web:2"));
        assert_eq!(
            (start.started(), start.slowest()),
            (1, Some(StartupStep::Pulled))
        );
        let (least, most) = start.pulls.unwrap();
        assert_eq!((least.took.as_secs(), most.took.as_secs()), (2, 3));
        assert_eq!(most.size, Some(96_000_000));

        pane.query.faults_only = true;
        refresh(&mut pane, &store, &Scope::Cluster);
        assert!(pane.list.rows().is_empty(), "a start is no fault");
    }
}
