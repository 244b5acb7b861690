//! CronJob controller.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{pods, timers::wake_at, work_queue::Work};
use crate::sandbox::{
    clock::later,
    event_recorder::EventType,
    object::{self, StoredObject, flag, is_terminating, list, number, put, seconds, text, time},
    resources::ResourceKind,
    store::ObjectKey,
    world::World,
    write::{self, DeleteOptions, WriteOptions},
};

const COMPONENT: &str = "cronjob-controller";
const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn reconcile(world: &mut World, place: &ObjectKey) {
    let Some(cron) = world.store.at(ResourceKind::CronJob, place).cloned() else {
        return;
    };
    if is_terminating(&cron) {
        return;
    }
    let now = world.now;
    let minute = Timestamp::from_second(now.as_second() / 60 * 60).unwrap_or(now);
    let is_done = time(&cron, "/status/lastScheduleTime").is_some_and(|last| last >= minute);
    let is_young = time(&cron, "/metadata/creationTimestamp").is_some_and(|made| made > minute);
    let schedule = text(&cron, "/spec/schedule");
    if is_due(schedule, minute) && !is_done && !is_young && !flag(&cron, "/spec/suspend") {
        start_due_job(world, &cron, minute);
    }
    prune(world, &cron);
    if let Some(next) = next(schedule, minute) {
        wake_at(world, next, Work::CronJob(place.clone()));
    }
}

/// The next minute of the schedule within a day and an hour.
fn next(schedule: &str, after: Timestamp) -> Option<Timestamp> {
    (1..=25 * 60)
        .map(|minutes| later(after, MINUTE * minutes))
        .find(|minute| is_due(schedule, *minute))
}

/// Minute and hour of the five fields, in UTC; the demo's schedules say `*` in the others.
fn is_due(schedule: &str, at: Timestamp) -> bool {
    let minutes = at.as_second().div_euclid(60);
    let mut fields = schedule.split_whitespace();
    let mut fits = |value: i64| {
        fields.next().is_some_and(|field| {
            field.split(',').any(|part| match part.strip_prefix("*/") {
                Some(step) => step
                    .parse::<i64>()
                    .is_ok_and(|step| step > 0 && value % step == 0),
                None => part == "*" || part.parse() == Ok(value),
            })
        })
    };
    fits(minutes.rem_euclid(60)) && fits(minutes.div_euclid(60).rem_euclid(24))
}

/// Starts a Job, unless one before runs still and none may run beside it.
fn start_due_job(world: &mut World, cron: &Value, minute: Timestamp) {
    let active: Vec<StoredObject> = pods::owned(world, ResourceKind::Job, cron)
        .into_iter()
        .filter(|job| !is_over(job))
        .collect();
    match text(cron, "/spec/concurrencyPolicy") {
        "Forbid" if !active.is_empty() => {
            let (level, reason) = (EventType::Normal, "JobAlreadyActive");
            let message = "Not starting job because prior execution is running and concurrency policy is Forbid";
            pods::report(world, COMPONENT, cron, level, reason, message.to_owned());
            return;
        }
        "Replace" => {
            for job in &active {
                replace(world, cron, job);
            }
        }
        _ => {}
    }
    run(world, cron, minute);
}

/// Deletes a Job that runs still, in favour of the next.
fn replace(world: &mut World, cron: &Value, job: &Value) {
    let wish = DeleteOptions::default();
    if write::delete(
        world,
        ResourceKind::Job,
        &ObjectKey::from_object(job),
        &wish,
    )
    .is_ok()
    {
        let (level, reason) = (EventType::Normal, "SuccessfulDelete");
        let message = format!("Deleted job {}", object::name(job));
        pods::report(world, COMPONENT, cron, level, reason, message);
    }
}

fn is_over(job: &Value) -> bool {
    list(job, "/status/conditions")
        .iter()
        .any(|it| matches!(text(it, "/type"), "Complete" | "Failed"))
}

fn run(world: &mut World, cron: &Value, minute: Timestamp) {
    let name = format!("{}-{}", object::name(cron), minute.as_second() / 60);
    let mut job = cron
        .pointer("/spec/jobTemplate")
        .cloned()
        .unwrap_or_else(|| json!({}));
    put(&mut job, "/metadata/name", name.as_str());
    put(
        &mut job,
        "/metadata/ownerReferences",
        json!([pods::reference(cron)]),
    );
    let namespace = object::namespace(cron);
    let made = write::create(
        world,
        ResourceKind::Job,
        namespace,
        job,
        &WriteOptions::controller(),
    );
    if made.is_ok() {
        let mut status = cron.get("status").cloned().unwrap_or_else(|| json!({}));
        put(&mut status, "/lastScheduleTime", seconds(minute));
        pods::set_status(world, ResourceKind::CronJob, cron, status);
        let message = format!("Created job {name}");
        pods::report(
            world,
            COMPONENT,
            cron,
            EventType::Normal,
            "SuccessfulCreate",
            message,
        );
    }
}

/// Keeps a few Jobs that went well and fewer that did not.
fn prune(world: &mut World, cron: &Value) {
    for (kind, limit) in [
        ("Complete", "/spec/successfulJobsHistoryLimit"),
        ("Failed", "/spec/failedJobsHistoryLimit"),
    ] {
        let mut over: Vec<ObjectKey> = pods::owned(world, ResourceKind::Job, cron)
            .iter()
            .filter(|job| text(job, "/status/conditions/0/type") == kind)
            .map(|job| ObjectKey::from_object(job))
            .collect();
        let keep = usize::try_from(number(cron, limit)).unwrap_or_default();
        over.truncate(over.len().saturating_sub(keep));
        for place in over {
            // Already gone is as good.
            drop(write::delete(
                world,
                ResourceKind::Job,
                &place,
                &DeleteOptions::default(),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Jobs that are there after some minutes in which none can pull, and what was said of it.
    fn jobs(policy: &str) -> (usize, Vec<String>) {
        let mut world = crate::sandbox::scenario::trial(&format!(
            "[[manifest]]
            at = '-1s'
            yaml = '{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: often, namespace: app}}, spec: {{schedule: \"* * * * *\", concurrencyPolicy: {policy}, jobTemplate: {{spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: app, image: reg.example/serve:9}}]}}}}}}}}}}}}'"
        ));
        world.advance(MINUTE * 3);
        let told = world.store.list(ResourceKind::Event, Some("app"));
        let told = told.filter(|it| text(it, "/involvedObject/kind") == "CronJob");
        let mut told: Vec<String> = told.map(|it| text(it, "/reason").to_owned()).collect();
        told.sort_unstable();
        told.dedup();
        (
            world.store.list(ResourceKind::Job, Some("app")).count(),
            told,
        )
    }

    /// As recorded on Kubernetes 1.37.2: with `concurrencyPolicy: Forbid` no further Job is created while the Pod of
    /// one cannot pull (event `JobAlreadyActive`).
    #[test]
    fn what_runs_still_decides_about_the_next() {
        assert_eq!(jobs("Allow"), (4, vec!["SuccessfulCreate".to_owned()]));
        let (count, told) = jobs("Forbid");
        assert_eq!(count, 1);
        assert_eq!(told, ["JobAlreadyActive", "SuccessfulCreate"]);
        let (count, told) = jobs("Replace");
        assert_eq!(count, 1);
        assert_eq!(told, ["SuccessfulCreate", "SuccessfulDelete"]);
    }

    #[test]
    fn schedules_name_their_minutes() {
        let at: Timestamp = "2026-11-23T03:15:00Z".parse().unwrap();
        for (schedule, due) in [
            ("* * * * *", true),
            ("*/5 * * * *", true),
            ("*/10 * * * *", false),
            ("15 3 * * *", true),
            ("0,15 4 * * *", false),
        ] {
            assert_eq!(is_due(schedule, at), due, "{schedule}");
        }
        assert_eq!(
            next("0 4 * * *", at).unwrap().to_string(),
            "2026-11-23T04:00:00Z"
        );
    }
}
