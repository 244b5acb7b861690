//! Job controller.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    pods,
    timers::{retry, wake_at},
    work_queue::Work,
};
use crate::sandbox::{
    clock::later,
    event_recorder::EventType,
    object::{self, Put, StoredObject, is_terminating, list, number, put, seconds, text, uid},
    resources::ResourceKind,
    store::ObjectKey,
    world::World,
};

const COMPONENT: &str = "job-controller";

pub(super) fn reconcile(world: &mut World, place: &ObjectKey) {
    let Some(job) = world.store.at(ResourceKind::Job, place).cloned() else {
        return;
    };
    if is_terminating(&job) || is_over(&job) || object::flag(&job, "/spec/suspend") {
        return;
    }
    let count = |world: &World| PodCounts::from_pods(&pods::owned(world, ResourceKind::Pod, &job));
    let now = count(world);
    let wanted = number(&job, "/spec/completions") - now.succeeded;
    let room = number(&job, "/spec/parallelism").min(wanted) - now.active;
    let failure = failure(world, &job, &now);
    let now = if failure.is_some() {
        end(world, &job);
        PodCounts {
            active: 0,
            failed: now.failed + now.active,
            ..now
        }
    } else {
        for _ in 0..room.max(0) {
            if !create(world, place, &job) {
                break;
            }
        }
        count(world)
    };
    write_status(world, &job, &now, failure);
    watch_deadline(world, place);
}

/// Why a Job is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobFailure {
    Backoff,
    Deadline,
}

impl JobFailure {
    fn reason(self) -> &'static str {
        match self {
            Self::Backoff => "BackoffLimitExceeded",
            Self::Deadline => "DeadlineExceeded",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Backoff => "Job has reached the specified backoff limit",
            Self::Deadline => "Job was active longer than specified deadline",
        }
    }
}

fn failure(world: &World, job: &Value, count: &PodCounts) -> Option<JobFailure> {
    if count.failed > number(job, "/spec/backoffLimit") {
        return Some(JobFailure::Backoff);
    }
    let is_late = deadline(job).is_some_and(|deadline| deadline <= world.now);
    is_late.then_some(JobFailure::Deadline)
}

/// When a Job that has begun is given up (`spec.activeDeadlineSeconds`).
fn deadline(job: &Value) -> Option<Timestamp> {
    let started = object::time(job, "/status/startTime")?;
    let seconds = u64::try_from(number(job, "/spec/activeDeadlineSeconds")).ok()?;
    (seconds > 0).then(|| later(started, Duration::from_secs(seconds)))
}

fn watch_deadline(world: &mut World, place: &ObjectKey) {
    let job = world.store.at(ResourceKind::Job, place);
    let job = job.filter(|job| !is_over(job));
    if let Some(at) = job.and_then(|job| deadline(job)) {
        wake_at(world, at, Work::Job(place.clone()));
    }
}

/// Takes the Pods away that are still at it.
fn end(world: &mut World, job: &Value) {
    for pod in pods::owned(world, ResourceKind::Pod, job) {
        if pods::is_active(&pod) {
            pods::delete(world, COMPONENT, job, &pod);
        }
    }
}

struct PodCounts {
    active: i64,
    succeeded: i64,
    failed: i64,
}

impl PodCounts {
    fn from_pods(pods: &[StoredObject]) -> Self {
        let in_phase = |phase: &str| {
            let count = pods
                .iter()
                .filter(|pod| text(pod, "/status/phase") == phase)
                .count();
            i64::try_from(count).unwrap_or(i64::MAX)
        };
        let active = pods.iter().filter(|pod| pods::is_active(pod)).count();
        Self {
            active: i64::try_from(active).unwrap_or(i64::MAX),
            succeeded: in_phase("Succeeded"),
            failed: in_phase("Failed"),
        }
    }
}

fn is_over(job: &Value) -> bool {
    list(job, "/status/conditions")
        .iter()
        .any(|it| matches!(text(it, "/type"), "Complete" | "Failed"))
}

fn create(world: &mut World, place: &ObjectKey, job: &Value) -> bool {
    let mut template = job.pointer("/spec/template").cloned().unwrap_or_default();
    for prefix in ["", "batch.kubernetes.io~1"] {
        let labels = format!("/metadata/labels/{prefix}");
        put(
            &mut template,
            &format!("{labels}job-name"),
            object::name(job),
        );
        put(&mut template, &format!("{labels}controller-uid"), uid(job));
    }
    let pod = pods::from_template(job, &template, None);
    let made = pods::create(world, COMPONENT, job, pod).is_ok();
    let work = Work::Job(place.clone());
    if made {
        world.controllers.reset_failures(&work);
    } else {
        retry(world, work);
    }
    made
}

fn write_status(world: &mut World, job: &Value, count: &PodCounts, failure: Option<JobFailure>) {
    let now = seconds(world.now);
    let mut status = json!({
        "startTime": job.pointer("/status/startTime").cloned().unwrap_or_else(|| json!(now)),
        "ready": pods::owned(world, ResourceKind::Pod, job).iter().filter(|pod| pods::is_ready(pod)).count(),
    });
    for (field, number) in [
        ("active", count.active),
        ("succeeded", count.succeeded),
        ("failed", count.failed),
    ] {
        if number > 0 {
            status.put(field, number);
        }
    }
    let is_complete = count.succeeded >= number(job, "/spec/completions");
    let end = match (is_complete, failure) {
        (true, _) => Some((
            "Complete",
            "CompletionsReached",
            "Reached expected number of succeeded pods",
        )),
        (false, Some(failure)) => Some(("Failed", failure.reason(), failure.message())),
        (false, None) => None,
    };
    if let Some((kind, reason, message)) = end {
        status.put(
            "conditions",
            json!([{
                "type": kind, "status": "True", "reason": reason, "message": message,
                "lastProbeTime": now, "lastTransitionTime": now,
            }]),
        );
    }
    if is_complete {
        status.put("completionTime", now);
    }
    pods::set_status(world, ResourceKind::Job, job, status);
    match end {
        Some(("Complete", ..)) => {
            let message = "Job completed".to_owned();
            pods::report(
                world,
                COMPONENT,
                job,
                EventType::Normal,
                "Completed",
                message,
            );
        }
        Some((_, reason, message)) => {
            let message = message.to_owned();
            pods::report(world, COMPONENT, job, EventType::Warning, reason, message);
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::scenario::trial;

    /// As recorded on Kubernetes 1.37.2: a Job with `activeDeadlineSeconds` deletes the Pod that cannot pull; its
    /// condition `DeadlineExceeded` and the Pod's events stay.
    #[test]
    fn a_job_that_misses_its_deadline_takes_its_pod_with_it() {
        let mut world = trial(
            "[[manifest]]
            at = '-1s'
            yaml = '{apiVersion: batch/v1, kind: Job, metadata: {name: late, namespace: app}, spec: {activeDeadlineSeconds: 40, template: {spec: {restartPolicy: Never, containers: [{name: app, image: reg.example/serve:9}]}}}}'",
        );
        let pods = |world: &World| world.store.list(ResourceKind::Pod, Some("app")).count();
        world.advance(Duration::from_secs(38));
        assert_eq!(pods(&world), 1);
        world.advance(Duration::from_secs(5));
        assert_eq!(pods(&world), 0);
        let job = world.store.get(ResourceKind::Job, "app", "late").unwrap();
        let condition = &list(job, "/status/conditions")[0];
        assert_eq!(text(condition, "/type"), "Failed");
        assert_eq!(text(condition, "/reason"), "DeadlineExceeded");
        assert_eq!(number(job, "/status/failed"), 1);
        let told = world.store.list(ResourceKind::Event, Some("app"));
        let told = told.filter(|it| text(it, "/reason") == "DeadlineExceeded");
        assert_eq!(told.count(), 1);
    }
}
