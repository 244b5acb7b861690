//! Chooses the form that an action opens for the selection.

use std::sync::Arc;

use jiff::Timestamp;

use super::{forms, plan_dialog, selection};
use crate::{
    app::{
        action::Action, effect::Effect, model::Model, overlay::Overlay, panes::Pane,
        pod_inspection::PodInspection,
    },
    domain::{
        diagnostics::{FixTarget, PodOwner},
        k8s::{
            object_ref::{Name, Namespace, ObjectRef},
            objects::{
                AnyObjectRef, Container, ContainerRole, Pod, Secret, ServiceAccount, Subject,
                Workload, WorkloadRef,
            },
        },
        plan::{Change, FormSpec, ImageOwner, ImageTarget, Plan},
        store::watch::Scope,
    },
};

fn current_namespace(model: &Model) -> Option<Namespace> {
    match &model.scope {
        Scope::Cluster => None,
        Scope::Namespace(namespace) => Some(namespace.clone()),
    }
}

/// The form of an action for the selection; `None` if it needs no form.
///
/// # Errors
///
/// Why the action is not possible.
pub(super) fn form_spec_for(
    model: &Model,
    action: Action,
) -> Option<Result<FormSpec, &'static str>> {
    let store = &model.store;
    Some(match action {
        Action::New => Ok(new(model)),
        Action::Setup => Ok(FormSpec::Setup { namespace: None }),
        Action::Deploy => Ok(FormSpec::Deploy {
            namespace: current_namespace(model),
        }),
        Action::Bind => bind(model),
        Action::Rotate => secret(model)
            .and_then(|key| FormSpec::for_rotation(store, &key))
            .ok_or("select a Secret with a credential"),
        Action::CopyTo => secret(model)
            .and_then(|key| FormSpec::for_copy(store, &key))
            .ok_or(NO_SECRET),
        Action::SetImage => set_image(model),
        Action::Delete => match deletable(model) {
            Some(AnyObjectRef::Secret(key)) => Ok(FormSpec::for_secret_deletion(store, &key)),
            Some(AnyObjectRef::ServiceAccount(key)) => {
                FormSpec::for_account_deletion(store, &key).ok_or(GONE)
            }
            Some(AnyObjectRef::Pod(_)) => return None,
            Some(AnyObjectRef::Workload(_) | AnyObjectRef::Namespace(_)) => {
                Err("pullscope deletes only Pods, Secrets and ServiceAccounts")
            }
            None => Err("select a Pod, Secret or ServiceAccount first"),
        },
        _ => return None,
    })
}

const NO_SECRET: &str = "select a Secret first";
const GONE: &str = "the ServiceAccount is gone";

/// Opens the form of an action, or reports why there is none.
pub(super) fn open(model: &mut Model, action: Action, now: Timestamp) {
    match form_spec_for(model, action) {
        Some(Ok(spec)) => forms::open(model, spec, None, now),
        Some(Err(why)) => model.set_status(why, now),
        None => {}
    }
}

/// What `+` makes in this pane.
fn new(model: &Model) -> FormSpec {
    let here = current_namespace(model);
    match model.focus {
        Pane::Namespaces | Pane::Pods | Pane::Events => FormSpec::Setup { namespace: here },
        Pane::Secrets => {
            let namespace = here.or_else(|| Some(secret(model)?.namespace));
            match namespace {
                Some(namespace) => new_secret(namespace, None, Vec::new()),
                None => FormSpec::Setup { namespace: None },
            }
        }
        Pane::ServiceAccounts => match account(model).and_then(|key| model.store.account(&key)) {
            Some(account) => new_secret(
                account.key.namespace.clone(),
                Some(account.key.name.clone()),
                account.pull_secrets.to_vec(),
            ),
            None => FormSpec::Setup { namespace: here },
        },
    }
}

fn new_secret(
    namespace: Namespace,
    account: Option<Name<ServiceAccount>>,
    listed: Vec<Name<Secret>>,
) -> FormSpec {
    FormSpec::NewSecret {
        namespace,
        name: "regcred".to_owned(),
        server: String::new(),
        image: None,
        account,
        listed,
        targets: Vec::new(),
    }
}

/// Binds along the chain: a Secret to accounts, an account to Secrets, a workload to its account.
fn bind(model: &Model) -> Result<FormSpec, &'static str> {
    let store = &model.store;
    let workload = |workload: Option<&Arc<Workload>>| {
        workload
            .map(|workload| FormSpec::for_workload(store, workload))
            .ok_or("it has no workload to set a ServiceAccount on")
    };
    match selection::selected_object(model) {
        Some(AnyObjectRef::Secret(key)) => Ok(FormSpec::for_secret(store, &key)),
        Some(AnyObjectRef::ServiceAccount(key)) => FormSpec::for_account(store, &key).ok_or(GONE),
        Some(AnyObjectRef::Pod(key)) => {
            workload(store.pod(&key).and_then(|pod| store.workload_of(pod)))
        }
        Some(AnyObjectRef::Workload(id)) => workload(store.workload(&id)),
        Some(AnyObjectRef::Namespace(_)) | None => {
            Err("select a Secret, ServiceAccount or Pod first")
        }
    }
}

/// Another image for the container that the keys speak of, else for the last of the template: init
/// containers come first there.
fn set_image(model: &Model) -> Result<FormSpec, &'static str> {
    let spoken_of = model.inspection.as_ref().and_then(PodInspection::container);
    if spoken_of.is_some_and(|container| container.role == ContainerRole::Ephemeral) {
        return Err(
            "a debug container's image cannot be changed: add a new one with kubectl debug",
        );
    }
    let target = match selection::current_workload(model) {
        Some(id) => image_of_workload(model, id, spoken_of)?,
        None => image_of_pod(model, spoken_of)?,
    };
    Ok(FormSpec::Image {
        targets: vec![target],
        suggested: None,
        tags: Vec::new(),
        left_out: Vec::new(),
    })
}

fn image_of_workload(
    model: &Model,
    id: WorkloadRef,
    spoken_of: Option<&Container>,
) -> Result<ImageTarget, &'static str> {
    let workload = model
        .store
        .workload(&id)
        .ok_or("its workload does not exist")?;
    if let PodOwner::Other { .. } = FixTarget::for_workload(workload).owner {
        return Err("another controller owns it: set the image in that object");
    }
    let owner = ImageOwner::new(Subject::Workload(id))
        .ok_or("a Job's Pod template is immutable: delete and recreate the Job")?;
    let (container, before) = match spoken_of {
        Some(container) => workload
            .images
            .iter()
            .find(|(name, _)| *name == container.name)
            .ok_or("the container is not in the Pod template")?,
        None => workload.images.last().ok_or("it has no container")?,
    };
    Ok(ImageTarget {
        owner,
        container: Arc::clone(container),
        before: Arc::clone(before),
        resumes: None,
        pods: Vec::new(),
        jobs: Vec::new(),
    })
}

/// A Pod without a controller: its own image can be changed.
fn image_of_pod(model: &Model, spoken_of: Option<&Container>) -> Result<ImageTarget, &'static str> {
    let key = selection::current_pod(model).ok_or("select a Pod first")?;
    let pod = model.store.pod(&key).ok_or("the Pod is gone")?;
    if pod.meta.owner.is_some() {
        return Err("unknown controller: use kubectl set image");
    }
    let container = spoken_of.or_else(|| pod.containers.first());
    let container = container.ok_or("it has no container")?;
    let owner = ImageOwner::new(Subject::Pod(key)).ok_or("its image cannot be changed")?;
    Ok(ImageTarget {
        owner,
        container: Arc::clone(&container.name),
        before: Arc::clone(&container.image),
        resumes: None,
        pods: Vec::new(),
        jobs: Vec::new(),
    })
}

/// The Secret that the keys speak of.
pub(super) fn secret(model: &Model) -> Option<ObjectRef<Secret>> {
    match selection::selected_object(model)? {
        AnyObjectRef::Secret(key) => Some(key),
        AnyObjectRef::Namespace(_)
        | AnyObjectRef::ServiceAccount(_)
        | AnyObjectRef::Pod(_)
        | AnyObjectRef::Workload(_) => None,
    }
}

fn account(model: &Model) -> Option<ObjectRef<ServiceAccount>> {
    match selection::selected_object(model)? {
        AnyObjectRef::ServiceAccount(key) => Some(key),
        AnyObjectRef::Namespace(_)
        | AnyObjectRef::Secret(_)
        | AnyObjectRef::Pod(_)
        | AnyObjectRef::Workload(_) => None,
    }
}

/// The object to delete: what the keys speak of, but not what a selected event is about.
fn deletable(model: &Model) -> Option<AnyObjectRef> {
    let is_event =
        model.focus == Pane::Events && !matches!(model.overlays.last(), Some(Overlay::Details(_)));
    selection::selected_object(model).filter(|_| !is_event)
}

/// The Pod to delete.
pub(super) fn deletable_pod(model: &Model) -> Option<ObjectRef<Pod>> {
    match deletable(model)? {
        AnyObjectRef::Pod(key) => Some(key),
        AnyObjectRef::Namespace(_)
        | AnyObjectRef::ServiceAccount(_)
        | AnyObjectRef::Secret(_)
        | AnyObjectRef::Workload(_) => None,
    }
}

/// Deletes what is selected: after its name was typed again, or for a Pod after the plan was shown.
pub(super) fn delete(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(key) = deletable_pod(model) else {
        open(model, Action::Delete, now);
        return Vec::new();
    };
    let Some(pod) = model.store.pod(&key) else {
        model.set_status("the Pod is gone", now);
        return Vec::new();
    };
    let note = after_deletion(model, pod);
    let plan = Plan {
        notes: vec![note],
        ..Plan::new(format!("Delete Pod {key}"), vec![Change::delete_pod(key)])
    };
    plan_dialog::open(model, plan, None, now)
}

/// What the controller of a Pod does when the Pod is deleted.
fn after_deletion(model: &Model, pod: &Pod) -> String {
    let Some(owner) = &pod.meta.owner else {
        return "No controller recreates it.".to_owned();
    };
    let named = format!("{}/{}", owner.kind, owner.name);
    let top = model.store.workload_of(pod);
    let of = PodOwner::from_owner(&pod.key.namespace, Some(owner), top.map(AsRef::as_ref));
    if let PodOwner::StaticPod { node } = &of {
        return format!(
            "The Pod is static: its manifest is on node {node}, and its kubelet recreates the mirror."
        );
    }
    if of.recreates_pods() {
        format!("{named} recreates it at once.")
    } else if of.is_job() {
        format!("{named} counts it as failed: at its backoffLimit the Job fails.")
    } else {
        format!("Whether {named} recreates it is unknown.")
    }
}

/// Opens the form for exporting the shown plan.
pub(super) fn export(model: &mut Model, now: Timestamp) {
    if matches!(model.overlays.last(), Some(Overlay::PlanDialog(_))) {
        forms::open(model, FormSpec::Export, None, now);
    }
}
