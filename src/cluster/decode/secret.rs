//! Decodes Secrets: pull secrets with their content, all others by metadata only.
//!
//! The data is decoded into a buffer that is wiped, read once, and reduced to what may be kept:
//! registries, users and fingerprints. The wire struct asks for the one key of `data` that its type
//! is read by, so other data in the same Secret is not even decoded.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use zeroize::Zeroizing;

use super::{
    de::LenientStr,
    interner::Interner,
    kind::{Decode, namespaced},
    meta::WireMeta,
};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{Secret, SecretContent, SecretType},
    },
    registry_auth::{
        credential::FingerprintKey,
        docker_config::{self, ConfigFormat, DockerConfigSummary},
    },
    store::{
        unreadable::ObjectName,
        update::{Delta, StoreUpdate},
        watch::SecretWatch,
    },
};

/// Decoder of Secrets of one of the two types that the kubelet reads.
pub(in crate::cluster) struct PullSecretDecoder {
    pub(in crate::cluster) slice: SecretWatch,
    pub(in crate::cluster) fingerprints: FingerprintKey,
}

#[derive(Deserialize)]
pub(in crate::cluster) struct WireSecret<'a> {
    #[serde(borrow)]
    metadata: WireMeta<'a>,
    #[serde(default, rename = "type")]
    secret_type: LenientStr<'a>,
    immutable: Option<bool>,
    data: Option<WireData<'a>>,
}

/// `data`: the names of all keys, the value of the one that is read.
#[derive(Default)]
struct WireData<'a> {
    keys: Vec<LenientStr<'a>>,
    config_json: Option<LenientStr<'a>>,
    legacy: Option<LenientStr<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for WireData<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DataVisitor)
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = WireData<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of encoded values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut data = WireData::default();
        while let Some(key) = map.next_key::<LenientStr<'de>>()? {
            if key.as_str() == ConfigFormat::ConfigJson.data_key() {
                data.config_json = Some(map.next_value()?);
            } else if key.as_str() == ConfigFormat::LegacyCfg.data_key() {
                data.legacy = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
            data.keys.push(key);
        }
        Ok(data)
    }
}

impl PullSecretDecoder {
    fn content(&self, secret_type: &SecretType, data: &WireData<'_>) -> SecretContent {
        let Some(format) = secret_type.config_format() else {
            return SecretContent::NotTransferred;
        };
        let encoded = match format {
            ConfigFormat::ConfigJson => data.config_json.as_ref(),
            ConfigFormat::LegacyCfg => data.legacy.as_ref(),
        };
        let Some(encoded) = encoded else {
            let found = data.keys.iter().map(LenientStr::as_str);
            return SecretContent::Read(DockerConfigSummary::without_key(format.data_key(), found));
        };
        // The API server itself writes this base64, so it always decodes.
        let bytes = BASE64_STANDARD.decode(encoded.as_str()).unwrap_or_default();
        let bytes = Zeroizing::new(bytes);
        SecretContent::Read(docker_config::read(format, &bytes).summary(&self.fingerprints))
    }
}

impl Decode for PullSecretDecoder {
    type Wire<'a> = WireSecret<'a>;
    type Object = Secret;
    type Key = ObjectRef<Secret>;

    const LIST: &'static str = "SecretList";

    fn object(&self, wire: WireSecret<'_>, texts: &mut Interner) -> Option<Secret> {
        let secret_type = SecretType::parse(wire.secret_type.as_str());
        let data = wire.data.unwrap_or_default();
        Some(Secret {
            key: wire.metadata.key(texts)?,
            meta: wire.metadata.meta(texts),
            content: self.content(&secret_type, &data),
            secret_type,
            immutable: wire.immutable == Some(true),
            changed: wire.metadata.data.written,
            annotated_expiry: wire.metadata.annotations.expiry,
        })
    }

    fn key(object: &Secret) -> ObjectRef<Secret> {
        object.key.clone()
    }

    fn key_from_name(object: &ObjectName) -> Option<ObjectRef<Secret>> {
        namespaced(object)
    }

    fn version<'w>(wire: &'w WireSecret<'_>) -> &'w str {
        wire.metadata.resource_version.as_str()
    }

    fn batch(&self, delta: Delta<Secret>) -> StoreUpdate {
        StoreUpdate::Secrets(self.slice, delta)
    }
}

/// Decoder of Secrets of all other types, which are listed without type and data.
pub(in crate::cluster) struct OtherSecretDecoder;

#[derive(Deserialize)]
pub(in crate::cluster) struct WirePartial<'a> {
    #[serde(borrow)]
    metadata: WireMeta<'a>,
}

impl Decode for OtherSecretDecoder {
    type Wire<'a> = WirePartial<'a>;
    type Object = Secret;
    type Key = ObjectRef<Secret>;

    const LIST: &'static str = "PartialObjectMetadataList";

    fn object(&self, wire: WirePartial<'_>, texts: &mut Interner) -> Option<Secret> {
        Some(Secret {
            key: wire.metadata.key(texts)?,
            meta: wire.metadata.meta(texts),
            secret_type: SecretType::Other(None),
            content: if wire.metadata.data.has_no_config_key() {
                SecretContent::NoConfigKey
            } else {
                SecretContent::NotTransferred
            },
            immutable: false,
            changed: None,
            annotated_expiry: None,
        })
    }

    fn key(object: &Secret) -> ObjectRef<Secret> {
        object.key.clone()
    }

    fn key_from_name(object: &ObjectName) -> Option<ObjectRef<Secret>> {
        namespaced(object)
    }

    fn version<'w>(wire: &'w WirePartial<'_>) -> &'w str {
        wire.metadata.resource_version.as_str()
    }

    fn batch(&self, delta: Delta<Secret>) -> StoreUpdate {
        StoreUpdate::Secrets(SecretWatch::Other, delta)
    }
}
