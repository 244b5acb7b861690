//! Decodes the parts of `metadata` that are used.

use std::fmt;

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::{
    de::{LenientStr, NullableVec, OptTime, StringMap},
    interner::Interner,
    protobuf::{FieldValue, ProtobufMessage},
};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{ObjectMeta, OwnerReference},
    },
    store::unreadable::ObjectName,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::cluster) struct WireMeta<'a> {
    #[serde(borrow)]
    pub(super) name: LenientStr<'a>,
    pub(super) namespace: LenientStr<'a>,
    uid: LenientStr<'a>,
    pub(super) resource_version: LenientStr<'a>,
    creation_timestamp: OptTime,
    deletion_timestamp: OptTime,
    labels: StringMap<'a>,
    #[serde(deserialize_with = "known_annotations")]
    pub(super) annotations: Annotations<'a>,
    owner_references: NullableVec<WireOwner<'a>>,
    pub(super) generation: Option<i64>,
    #[serde(rename = "managedFields")]
    pub(super) data_written: DataWritten,
}

/// The newest time at which a manager wrote the object's `data`, read off its managed fields.
#[derive(Debug, Default)]
pub(super) struct DataWritten(pub(super) Option<Timestamp>);

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireManager {
    time: OptTime,
    fields_v1: Option<ManagedData>,
}

#[derive(Deserialize)]
struct ManagedData {
    #[serde(rename = "f:data")]
    data: Option<IgnoredAny>,
}

impl<'de> Deserialize<'de> for DataWritten {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let managers: NullableVec<WireManager> = NullableVec::deserialize(deserializer)?;
        let of_data = managers.0.into_iter().filter(|manager| {
            let fields = manager.fields_v1.as_ref();
            fields.is_some_and(|fields| fields.data.is_some())
        });
        Ok(Self(of_data.filter_map(|manager| manager.time.0).max()))
    }
}

/// Of all annotations, those that the product reads; the others may be megabytes.
#[derive(Debug, Default)]
pub(super) struct Annotations<'a> {
    /// `deployment.kubernetes.io/revision`.
    pub(super) revision: LenientStr<'a>,
    /// When the credentials of a Secret expire: the earliest of the dates in [`EXPIRY_KEYS`].
    pub(super) expiry: Option<Timestamp>,
}

const REVISION_KEY: &str = "deployment.kubernetes.io/revision";

/// Names, with or without a prefix, under which generators of Secrets note when the credentials expire. Users of
/// External Secrets write `expiresAt: {{ .expires_at }}` (external-secrets#4935), which is a Unix time for ECR.
const EXPIRY_KEYS: [&str; 7] = [
    "expiresAt",
    "expires-at",
    "expires_at",
    "expiry",
    "expiration",
    "token-expiry",
    "token-expiration",
];

impl<'de: 'a, 'a> Deserialize<'de> for Annotations<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AnnotationVisitor)
    }
}

struct AnnotationVisitor;

impl<'de> Visitor<'de> for AnnotationVisitor {
    type Value = Annotations<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut known = Annotations::default();
        while let Some(key) = map.next_key::<LenientStr<'de>>()? {
            let name = key.as_str().rsplit('/').next().unwrap_or_default();
            if key.as_str() == REVISION_KEY {
                known.revision = map.next_value()?;
            } else if EXPIRY_KEYS.contains(&name) {
                let noted = expiry(map.next_value::<LenientStr<'de>>()?.as_str());
                known.expiry = known.expiry.into_iter().chain(noted).min();
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(known)
    }
}

/// A time as RFC 3339 or in seconds since 1970; `None`: it is neither.
fn expiry(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let seconds = text.parse::<i64>().ok();
    match seconds {
        Some(seconds) => Timestamp::from_second(seconds).ok(),
        None => text.parse().ok(),
    }
}

fn known_annotations<'de: 'a, 'a, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Annotations<'a>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireOwner<'a> {
    #[serde(borrow)]
    kind: LenientStr<'a>,
    name: LenientStr<'a>,
    uid: LenientStr<'a>,
    controller: Option<bool>,
}

/// Annotations are not read: the one that is known stands on workloads, which come as JSON.
impl<'a> ProtobufMessage<'a> for WireMeta<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.name = value.text()?,
            3 => self.namespace = value.text()?,
            5 => self.uid = value.text()?,
            6 => self.resource_version = value.text()?,
            7 => self.generation = Some(value.signed()?),
            8 => self.creation_timestamp = value.message()?,
            9 => self.deletion_timestamp = value.message()?,
            11 => value.entry(&mut self.labels)?,
            13 => value.push(&mut self.owner_references)?,
            _ => {}
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WireOwner<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.kind = value.text()?,
            3 => self.name = value.text()?,
            4 => self.uid = value.text()?,
            6 => self.controller = Some(value.flag()?),
            _ => {}
        }
        Some(())
    }
}

impl WireMeta<'_> {
    /// Namespace and name; `None` without a name.
    pub(super) fn object_name(&self) -> Option<ObjectName> {
        (!self.name.is_empty()).then(|| ObjectName {
            namespace: (!self.namespace.is_empty())
                .then(|| Namespace::new(self.namespace.as_str())),
            name: self.name.as_str().into(),
        })
    }

    /// The key of a namespaced object; `None` without a name.
    pub(super) fn key<K>(&self, texts: &mut Interner) -> Option<ObjectRef<K>> {
        if self.name.is_empty() || self.namespace.is_empty() {
            return None;
        }
        // Names are as many as objects, so they are not looked up among the shared texts.
        let name = Name::new(self.name.as_str());
        Some(ObjectRef::new(
            Namespace::new(texts.text(&self.namespace)),
            name,
        ))
    }

    pub(super) fn meta(&self, texts: &mut Interner) -> ObjectMeta {
        let owner = self
            .owner_references
            .0
            .iter()
            .find(|owner| owner.controller == Some(true))
            .map(|owner| {
                let owner = OwnerReference {
                    kind: texts.text(&owner.kind),
                    name: texts.text(&owner.name),
                    uid: texts.text(&owner.uid),
                };
                texts.owner(owner)
            });
        ObjectMeta {
            uid: self.uid.as_str().into(),
            resource_version: self.resource_version.as_str().into(),
            created: self.creation_timestamp.0,
            deleting: self.deletion_timestamp.0,
            labels: texts.labels(&self.labels),
            owner,
        }
    }
}
