//! Decodes the parts of `metadata` that are used.

use std::fmt;

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::{
    annotations::Annotations,
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
    pub(super) annotations: Annotations<'a>,
    owner_references: NullableVec<WireOwner<'a>>,
    pub(super) generation: Option<i64>,
    #[serde(rename = "managedFields")]
    pub(super) data: ManagedData,
}

/// What an object's managed fields show of its `data`.
#[derive(Debug, Default)]
pub(super) struct ManagedData {
    /// The newest time at which a manager wrote it.
    pub(super) written: Option<Timestamp>,
    keys: DataKeys,
}

impl ManagedData {
    /// Whether its keys are known, and none of them is one for a Docker configuration.
    pub(super) fn has_no_config_key(&self) -> bool {
        self.keys.is_named && !self.keys.may_be_config
    }
}

/// The keys of `data`, as far as it matters what they are called.
#[derive(Clone, Copy, Debug, Default)]
struct DataKeys {
    is_named: bool,
    /// One is called as a file with a Docker configuration may be.
    may_be_config: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireManager {
    time: OptTime,
    fields_v1: Option<WireManagedFields>,
}

#[derive(Deserialize)]
struct WireManagedFields {
    #[serde(rename = "f:data")]
    data: Option<DataKeys>,
}

impl<'de> Deserialize<'de> for ManagedData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let managers: NullableVec<WireManager> = NullableVec::deserialize(deserializer)?;
        let mut all = Self::default();
        for manager in managers.0 {
            let Some(keys) = manager.fields_v1.and_then(|fields| fields.data) else {
                continue;
            };
            all.written = all.written.max(manager.time.0);
            all.keys.is_named |= keys.is_named;
            all.keys.may_be_config |= keys.may_be_config;
        }
        Ok(all)
    }
}

impl DataKeys {
    /// `f:.dockerconfigjson`, `f:config.json`; `.` stands for the map itself.
    fn add(&mut self, field: &str) {
        const WORDS: [&str; 4] = ["docker", "config", "json", "auth"];
        let Some(key) = field.strip_prefix("f:") else {
            return;
        };
        let key = key.to_lowercase();
        self.is_named = true;
        self.may_be_config |= WORDS.iter().any(|word| key.contains(word));
    }
}

impl<'de> Deserialize<'de> for DataKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DataKeysVisitor)
    }
}

struct DataKeysVisitor;

impl<'de> Visitor<'de> for DataKeysVisitor {
    type Value = DataKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of managed fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut keys = DataKeys::default();
        while let Some(field) = map.next_key::<LenientStr<'de>>()? {
            map.next_value::<IgnoredAny>()?;
            keys.add(field.as_str());
        }
        Ok(keys)
    }
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
            12 => {
                let (key, value) = value.pair()?;
                self.annotations.set(key.as_str(), value);
            }
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
            manager_annotations: self.annotations.managers(texts),
            owner,
        }
    }
}
