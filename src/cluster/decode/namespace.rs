//! Decodes Namespaces.

use std::sync::Arc;

use serde::Deserialize;

use super::{de::LenientStr, interner::Interner, kind::Decode, meta::WireMeta};
use crate::domain::{
    k8s::{object_ref::Namespace, objects::NamespaceObject},
    store::{
        unreadable::ObjectName,
        update::{Delta, StoreUpdate},
    },
};

pub(in crate::cluster) struct NamespaceDecoder;

#[derive(Deserialize)]
pub(in crate::cluster) struct WireNamespace<'a> {
    #[serde(borrow)]
    metadata: WireMeta<'a>,
    status: Option<WireNamespaceStatus<'a>>,
}

#[derive(Deserialize)]
struct WireNamespaceStatus<'a> {
    #[serde(borrow, default)]
    phase: LenientStr<'a>,
}

impl Decode for NamespaceDecoder {
    type Wire<'a> = WireNamespace<'a>;
    type Object = NamespaceObject;
    type Key = Namespace;

    const LIST: &'static str = "NamespaceList";

    fn object(&self, wire: WireNamespace<'_>, texts: &mut Interner) -> Option<NamespaceObject> {
        if wire.metadata.name.is_empty() {
            return None;
        }
        Some(NamespaceObject {
            name: Namespace::new(texts.text(&wire.metadata.name)),
            meta: wire.metadata.meta(texts),
            terminating: wire
                .status
                .is_some_and(|status| status.phase.as_str() == "Terminating"),
        })
    }

    fn key(object: &NamespaceObject) -> Namespace {
        object.name.clone()
    }

    fn key_from_name(object: &ObjectName) -> Option<Namespace> {
        Some(Namespace::new(Arc::clone(&object.name)))
    }

    fn version<'w>(wire: &'w WireNamespace<'_>) -> &'w str {
        wire.metadata.resource_version.as_str()
    }

    fn placeholders(&self, names: &[Namespace]) -> Vec<Arc<NamespaceObject>> {
        let object = |name: &Namespace| NamespaceObject {
            name: name.clone(),
            meta: WireMeta::default().meta(&mut Interner::default()),
            terminating: false,
        };
        names.iter().map(|name| Arc::new(object(name))).collect()
    }

    fn batch(&self, delta: Delta<NamespaceObject, Namespace>) -> StoreUpdate {
        StoreUpdate::Namespaces(delta)
    }
}
