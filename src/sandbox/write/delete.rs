//! Deletes an object: preconditions, grace period, finalizers and dependents.

use std::time::Duration;

use serde_json::Value;

use crate::sandbox::{
    clock::later,
    object::{self, StoredObject, is_terminating, list, number, put, seconds, text, uid},
    resources::{Resource, ResourceKind},
    status::{ApiResult, ApiStatus},
    store::ObjectKey,
    world::World,
};

/// What happens to the dependents of the deleted object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cascade {
    #[default]
    Background,
    Foreground,
    Orphan,
}

impl Cascade {
    /// The finalizer that keeps the owner until its dependents are dealt with.
    fn finalizer(self) -> Option<&'static str> {
        match self {
            Self::Background => None,
            Self::Foreground => Some("foregroundDeletion"),
            Self::Orphan => Some("orphan"),
        }
    }
}

/// `DeleteOptions`.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    pub cascade: Cascade,
    pub grace: Option<u64>,
    pub uid: Option<String>,
    pub version: Option<String>,
    pub dry_run: bool,
}

pub enum DeleteResult {
    /// It is gone; this was its last state.
    Gone(StoredObject),
    /// It has been asked to go.
    Going(StoredObject),
}

pub fn delete(
    world: &mut World,
    kind: ResourceKind,
    place: &ObjectKey,
    wish: &DeleteOptions,
) -> ApiResult<DeleteResult> {
    let resource = kind.resource();
    let Some(old) = world.store.at(kind, place).cloned() else {
        return Err(ApiStatus::not_found(resource, &place.name));
    };
    check_preconditions(resource, &old, wish)?;
    let mut object = (*old).clone();
    let grace = grace(kind, &old, wish);
    add_finalizer(&mut object, wish.cascade);
    let must_wait = grace > 0 || has_finalizers(kind, &object);
    if wish.dry_run {
        return Ok(if must_wait {
            DeleteResult::Going(StoredObject::new(object))
        } else {
            DeleteResult::Gone(old)
        });
    }
    if !must_wait {
        let last = world.store.remove(kind, place).unwrap_or(old);
        return Ok(DeleteResult::Gone(last));
    }
    if !is_terminating(&old) || grace < grace_left(&old) {
        let end = later(world.now, Duration::from_secs(grace));
        put(&mut object, "/metadata/deletionTimestamp", seconds(end));
        put(&mut object, "/metadata/deletionGracePeriodSeconds", grace);
        if kind == ResourceKind::Namespace {
            put(&mut object, "/status/phase", "Terminating");
        }
    }
    Ok(DeleteResult::Going(world.store.put(kind, object)))
}

/// Removes a terminating object that nothing blocks any more.
pub fn finish(world: &mut World, kind: ResourceKind, place: &ObjectKey) {
    let is_done = world.store.at(kind, place).is_some_and(|object| {
        is_terminating(object) && !has_finalizers(kind, object) && grace_left(object) == 0
    });
    if is_done {
        world.store.remove(kind, place);
    }
}

/// Handles the dependents of an owner that is gone or waits for them (garbage collector).
pub fn collect_garbage(world: &mut World, kind: ResourceKind, owner: &Value, is_gone: bool) {
    let cascade = finalizing(owner);
    if !is_gone && cascade == Cascade::Background {
        return;
    }
    let dependents = dependents(world, kind, owner);
    for (kind, place) in &dependents {
        if cascade == Cascade::Orphan {
            disown(world, *kind, place, uid(owner));
        } else {
            let wish = DeleteOptions {
                cascade,
                ..DeleteOptions::default()
            };
            // One that goes already, or is gone, needs no second word.
            let going = world
                .store
                .at(*kind, place)
                .is_none_or(|it| is_terminating(it));
            if !going {
                drop(delete(world, *kind, place, &wish));
            }
        }
    }
    let done = cascade == Cascade::Orphan || dependents.is_empty();
    if !is_gone && done {
        drop_finalizer(world, kind, &ObjectKey::from_object(owner), cascade);
    }
}

fn check_preconditions(
    resource: &'static Resource,
    old: &Value,
    wish: &DeleteOptions,
) -> ApiResult<()> {
    // `rest.BeforeDelete`
    let fails = |what: &str, said: &str, is: &str, perhaps: &str| {
        let why = format!(
            "the {what} in the precondition ({said}) does not match the {what} in record ({is}). The object might have been {perhaps}"
        );
        ApiStatus::failed_precondition(resource, object::name(old), &why)
    };
    if let Some(said) = wish.uid.as_deref()
        && said != uid(old)
    {
        return Err(fails("UID", said, uid(old), "deleted and then recreated"));
    }
    let version = text(old, "/metadata/resourceVersion");
    match wish.version.as_deref() {
        Some(said) if said != version => Err(fails("ResourceVersion", said, version, "modified")),
        _ => Ok(()),
    }
}

/// Only a Pod on a node has something to wind up; elsewhere the grace period means nothing.
fn grace(kind: ResourceKind, object: &Value, wish: &DeleteOptions) -> u64 {
    let runs_somewhere = kind == ResourceKind::Pod
        && !text(object, "/spec/nodeName").is_empty()
        && !matches!(text(object, "/status/phase"), "Succeeded" | "Failed");
    if !runs_somewhere {
        return 0;
    }
    let own = number(object, "/spec/terminationGracePeriodSeconds");
    wish.grace
        .unwrap_or_else(|| u64::try_from(own).unwrap_or_default())
}

fn grace_left(object: &Value) -> u64 {
    u64::try_from(number(object, "/metadata/deletionGracePeriodSeconds")).unwrap_or_default()
}

fn add_finalizer(object: &mut Value, cascade: Cascade) {
    let Some(finalizer) = cascade.finalizer() else {
        return;
    };
    let mut finalizers = list(object, "/metadata/finalizers").to_vec();
    if !finalizers.iter().any(|there| there == finalizer) {
        finalizers.push(finalizer.into());
        put(object, "/metadata/finalizers", finalizers);
    }
}

fn has_finalizers(kind: ResourceKind, object: &Value) -> bool {
    let in_spec = kind == ResourceKind::Namespace && !list(object, "/spec/finalizers").is_empty();
    in_spec || !list(object, "/metadata/finalizers").is_empty()
}

fn finalizing(owner: &Value) -> Cascade {
    let finalizers = list(owner, "/metadata/finalizers");
    [Cascade::Foreground, Cascade::Orphan]
        .into_iter()
        .find(|cascade| {
            is_terminating(owner)
                && finalizers
                    .iter()
                    .any(|there| there.as_str() == cascade.finalizer())
        })
        .unwrap_or_default()
}

fn dependents(world: &World, kind: ResourceKind, owner: &Value) -> Vec<(ResourceKind, ObjectKey)> {
    let namespace = kind
        .resource()
        .is_namespaced()
        .then(|| object::namespace(owner));
    ResourceKind::ALL
        .into_iter()
        .filter(|kind| *kind != ResourceKind::Event)
        .flat_map(|kind| {
            world
                .store
                .list(kind, namespace)
                .filter(|object| is_owned_by(object, uid(owner)))
                .map(move |object| (kind, ObjectKey::from_object(object)))
        })
        .collect()
}

fn is_owned_by(object: &Value, owner: &str) -> bool {
    list(object, "/metadata/ownerReferences")
        .iter()
        .any(|reference| text(reference, "/uid") == owner)
}

fn disown(world: &mut World, kind: ResourceKind, place: &ObjectKey, owner: &str) {
    let Some(object) = world.store.at(kind, place) else {
        return;
    };
    let mut object = (**object).clone();
    let left: Vec<Value> = list(&object, "/metadata/ownerReferences")
        .iter()
        .filter(|reference| text(reference, "/uid") != owner)
        .cloned()
        .collect();
    put(&mut object, "/metadata/ownerReferences", left);
    world.store.put(kind, object);
}

fn drop_finalizer(world: &mut World, kind: ResourceKind, place: &ObjectKey, cascade: Cascade) {
    let Some(object) = world.store.at(kind, place) else {
        return;
    };
    let mut object = (**object).clone();
    let left: Vec<Value> = list(&object, "/metadata/finalizers")
        .iter()
        .filter(|finalizer| finalizer.as_str() != cascade.finalizer())
        .cloned()
        .collect();
    put(&mut object, "/metadata/finalizers", left);
    world.store.put(kind, object);
    finish(world, kind, place);
}
