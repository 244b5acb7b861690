//! Decodes ServiceAccounts.

use serde::Deserialize;

use super::{
    de::NullableVec,
    interner::{Interner, Reference},
    kind::{Decode, namespaced},
    meta::WireMeta,
    protobuf::{FieldValue, MessageReader, ProtobufMessage},
};
use crate::domain::{
    k8s::{object_ref::ObjectRef, objects::ServiceAccount},
    store::{
        unreadable::ObjectName,
        update::{Delta, StoreUpdate},
    },
};

pub(in crate::cluster) struct ServiceAccountDecoder;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cluster) struct WireServiceAccount<'a> {
    #[serde(borrow)]
    metadata: WireMeta<'a>,
    #[serde(default)]
    image_pull_secrets: NullableVec<Reference<'a>>,
}

impl<'a> ProtobufMessage<'a> for WireServiceAccount<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.metadata = value.message()?,
            3 => value.push(&mut self.image_pull_secrets)?,
            _ => {}
        }
        Some(())
    }
}

impl Decode for ServiceAccountDecoder {
    type Wire<'a> = WireServiceAccount<'a>;
    type Object = ServiceAccount;
    type Key = ObjectRef<ServiceAccount>;

    const LIST: &'static str = "ServiceAccountList";

    fn protobuf<'a>() -> Option<MessageReader<'a, WireServiceAccount<'a>>> {
        Some(ProtobufMessage::read)
    }

    fn object(&self, wire: WireServiceAccount<'_>, texts: &mut Interner) -> Option<ServiceAccount> {
        Some(ServiceAccount {
            key: wire.metadata.key(texts)?,
            meta: wire.metadata.meta(texts),
            identities: wire.metadata.annotations.identities(texts),
            pull_secrets: texts.pull_secrets(wire.image_pull_secrets),
        })
    }

    fn key(object: &ServiceAccount) -> ObjectRef<ServiceAccount> {
        object.key.clone()
    }

    fn key_from_name(object: &ObjectName) -> Option<ObjectRef<ServiceAccount>> {
        namespaced(object)
    }

    fn version<'w>(wire: &'w WireServiceAccount<'_>) -> &'w str {
        wire.metadata.resource_version.as_str()
    }

    fn batch(&self, delta: Delta<ServiceAccount>) -> StoreUpdate {
        StoreUpdate::ServiceAccounts(delta)
    }
}
