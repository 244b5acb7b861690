//! Images of other workloads that differ from a waiting container's image by one typo.
//!
//! Those of the Pod's namespace come first, then those of the cluster. Both the walk and what is kept of it are
//! bounded, for a context is built for every failing Pod.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::peers::may_lack_host;
use crate::domain::{
    k8s::objects::{Pod, Workload, WorkloadKind, WorkloadRef},
    registry_auth::image_ref::ImageRef,
    store::Store,
    suggest::is_similar_image,
};

/// An image that a workload runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedImage {
    pub image: Arc<str>,
    pub workload: WorkloadRef,
}

/// Maximum number of workloads that are searched.
const MAX_WORKLOADS: usize = 2000;

/// Maximum number of images that are kept.
const MAX_IMAGES: usize = 8;

/// The images that are one typo away from those that the Pod waits for.
pub(super) fn similar_images(store: &Store, pod: &Pod, own: Option<&Workload>) -> Vec<UsedImage> {
    let waiting = pod.containers.iter().filter(|it| !it.has_image());
    let wrong: Vec<ImageRef> = waiting
        .filter_map(|container| ImageRef::parse(&container.image).ok())
        .collect();
    if wrong.is_empty() {
        return Vec::new();
    }
    let namespace = &pod.key.namespace;
    let kinds = [
        WorkloadKind::Deployment,
        WorkloadKind::StatefulSet,
        WorkloadKind::DaemonSet,
    ];
    let near = kinds
        .into_iter()
        .flat_map(|kind| store.workloads_in(kind, namespace));
    let far = kinds
        .into_iter()
        .flat_map(|kind| store.workloads_of_kind(kind))
        .filter(|workload| workload.id.key.namespace != *namespace);
    let others = near
        .chain(far)
        .take(MAX_WORKLOADS)
        .filter(|workload| own.is_none_or(|own| own.id != workload.id) && runs(workload));
    let images = others.flat_map(|workload| {
        let images = workload.images.iter();
        images.map(move |(_, image)| (workload, image))
    });
    let mut found: Vec<UsedImage> = Vec::new();
    for (workload, image) in images {
        let is_known = found.iter().any(|it| it.image == *image);
        if !is_known && wrong.iter().any(|wrong| is_near(wrong, image)) {
            found.push(UsedImage {
                image: Arc::clone(image),
                workload: workload.id.clone(),
            });
            if found.len() == MAX_IMAGES {
                break;
            }
        }
    }
    found
}

/// Whether the image is one slip away from the wrong one; to leave out the registry is one.
fn is_near(wrong: &ImageRef, image: &str) -> bool {
    is_similar_image(wrong, image) || may_lack_host(wrong, image)
}

/// Whether all of its Pods are ready with the template that it has now.
fn runs(workload: &Workload) -> bool {
    let status = &workload.status;
    status.desired > 0 && status.ready >= status.desired && status.updated >= status.desired
}
