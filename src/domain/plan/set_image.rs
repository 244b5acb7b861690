//! Sets another image for a container, and replaces what would keep the old one.

use super::{
    Change, FormSpec, ImageOwner, ImageTarget, SetImage, SetPaused,
    replace_pods::{not_reached, roll_out, rolling, rolling_template},
};
use crate::domain::{
    diagnostics::{FixTarget, PodOwner, TargetContainer, TemplateRollout},
    k8s::objects::Subject,
};

/// Containers whose image can be changed, and workloads where it cannot, with the reason.
pub(super) struct ImageEdit {
    pub targets: Vec<ImageTarget>,
    pub left_out: Vec<String>,
}

impl ImageEdit {
    /// The form, prefilled with a suggestion or the current image.
    pub(super) fn into_form(self, suggested: Option<String>) -> FormSpec {
        FormSpec::Image {
            targets: self.targets,
            suggested,
            tags: Vec::new(),
            left_out: self.left_out,
        }
    }
}

/// The containers with the same image.
pub(super) fn image_edit(own: &FixTarget, all: &[&FixTarget]) -> Option<ImageEdit> {
    // The plan sets images of containers only: a volume's is patched by hand.
    if own.volume.is_some() {
        return None;
    }
    let image = &own.container.as_ref()?.image;
    let mut targets: Vec<ImageTarget> = Vec::new();
    let mut left_out: Vec<String> = Vec::new();
    for target in all {
        let is_same = |container: &TargetContainer| container.image == *image;
        if target.volume.is_some() || !target.container.as_ref().is_some_and(is_same) {
            continue;
        }
        match image_target(target) {
            Ok(found) => {
                if let Some(note) = ended_run(target).filter(|note| !left_out.contains(note)) {
                    left_out.push(note);
                }
                let known = |other: &&mut ImageTarget| {
                    other.owner == found.owner && other.container == found.container
                };
                match targets.iter_mut().find(known) {
                    Some(known) => {
                        known.pods.extend(found.pods);
                        let jobs = found.jobs.into_iter();
                        let new = jobs.filter(|job| !known.jobs.contains(job));
                        known.jobs.extend(new.collect::<Vec<_>>());
                    }
                    None => targets.push(found),
                }
            }
            Err(why) if !left_out.contains(&why) => left_out.push(why),
            Err(_) => {}
        }
    }
    (!targets.is_empty()).then_some(ImageEdit { targets, left_out })
}

/// A container that can get another image, or why it cannot.
fn image_target(target: &FixTarget) -> Result<ImageTarget, String> {
    let subject = match (&target.owner, &target.pod) {
        _ if target.is_ephemeral() => return Err(not_reached(&[target]).concat()),
        (PodOwner::None, Some(pod)) => Subject::Pod(pod.clone()),
        (PodOwner::None, None) => return Err("no Pods".to_owned()),
        (PodOwner::StaticPod { .. }, _) => return Err(not_reached(&[target]).concat()),
        (PodOwner::Other { kind, name, .. }, _) => {
            return Err(format!("pullscope cannot change {kind}/{name}."));
        }
        (PodOwner::Rolling(_), _) if rolling_template(target).is_none() => {
            return Err(target.held_template().unwrap_or_default());
        }
        (
            PodOwner::Rolling(id)
            | PodOwner::ReplicaSet(id)
            | PodOwner::Job(id)
            | PodOwner::CronJob { id, .. },
            _,
        ) => Subject::Workload(id.clone()),
    };
    let Some(owner) = ImageOwner::new(subject.clone()) else {
        return Err(format!(
            "{subject} is not changed: a Job's Pod template is immutable."
        ));
    };
    let container = target.container.as_ref();
    let container = container.ok_or_else(|| format!("{subject} has no such container"))?;
    let before = match owner.workload() {
        None => Some(&container.image),
        Some(_) => container.template_image.as_ref(),
    };
    let before = before.ok_or_else(|| {
        let name = &container.name;
        format!("{subject} is not changed: container {name} is not in its template.")
    })?;
    let resumes = target.template_rollout == TemplateRollout::Paused;
    let replaces = rolling(target).is_some() && (resumes || roll_out(&[target]).is_empty());
    let is_deleted = match &target.owner {
        PodOwner::Rolling(_) | PodOwner::ReplicaSet(_) => !replaces,
        PodOwner::None
        | PodOwner::StaticPod { .. }
        | PodOwner::Job(_)
        | PodOwner::CronJob { .. }
        | PodOwner::Other { .. } => false,
    };
    Ok(ImageTarget {
        resumes: resumes.then(|| target.owner.workload()).flatten().cloned(),
        container: container.name.clone(),
        before: before.clone(),
        pods: target.pod.iter().filter(|_| is_deleted).cloned().collect(),
        jobs: match &target.owner {
            PodOwner::CronJob { job, .. } => job.iter().cloned().collect(),
            PodOwner::None
            | PodOwner::StaticPod { .. }
            | PodOwner::Rolling(_)
            | PodOwner::ReplicaSet(_)
            | PodOwner::Job(_)
            | PodOwner::Other { .. } => Vec::new(),
        },
        owner,
    })
}

/// What becomes of the run that waits with the old image: nothing but the schedule creates the next one.
fn ended_run(target: &FixTarget) -> Option<String> {
    match &target.owner {
        PodOwner::CronJob { id, job: Some(job) } => Some(format!(
            "Job {job} is deleted with its Pods; {id} creates the next one on schedule."
        )),
        PodOwner::CronJob { job: None, .. }
        | PodOwner::None
        | PodOwner::StaticPod { .. }
        | PodOwner::Rolling(_)
        | PodOwner::ReplicaSet(_)
        | PodOwner::Job(_)
        | PodOwner::Other { .. } => None,
    }
}

impl ImageTarget {
    /// Changes that set the image and replace what would keep the old one.
    pub fn set(&self, image: &str) -> Vec<Change> {
        let set = SetImage::new(self.owner.clone(), self.container.clone(), image);
        let jobs = self.jobs.iter().cloned().map(Change::delete_job);
        let pods = self.pods.iter().cloned().map(Change::delete_pod);
        let resume = self.resumes.iter();
        let resume = resume.map(|id| SetPaused::new(id.key.clone(), false).into());
        std::iter::once(set.into())
            .chain(resume)
            .chain(jobs)
            .chain(pods)
            .collect()
    }
}
