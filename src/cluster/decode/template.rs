//! Decodes the part of a Pod spec that Pod templates share.

use serde::Deserialize;

use super::{
    de::{LenientStr, NullableVec},
    interner::{Interner, Reference},
    protobuf::{FieldValue, ProtobufMessage},
};
use crate::domain::k8s::{
    object_ref::Name,
    objects::{Labels, PullPolicy, ServiceAccount},
};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::cluster) struct WirePodSpec<'a> {
    #[serde(borrow)]
    pub(super) service_account_name: LenientStr<'a>,
    pub(super) node_name: LenientStr<'a>,
    pub(super) image_pull_secrets: NullableVec<Reference<'a>>,
    pub(super) init_containers: NullableVec<WireContainer<'a>>,
    pub(super) containers: NullableVec<WireContainer<'a>>,
    pub(super) ephemeral_containers: NullableVec<WireContainer<'a>>,
    pub(super) volumes: NullableVec<WireVolume<'a>>,
    pub(super) scheduling_gates: NullableVec<Reference<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::cluster) struct WireContainer<'a> {
    #[serde(borrow)]
    pub(super) name: LenientStr<'a>,
    pub(super) image: LenientStr<'a>,
    pub(super) image_pull_policy: LenientStr<'a>,
    pub(super) restart_policy: LenientStr<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::cluster) struct WireVolume<'a> {
    #[serde(borrow)]
    pub(super) name: LenientStr<'a>,
    pub(super) image: Option<WireImageSource<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::cluster) struct WireImageSource<'a> {
    #[serde(borrow)]
    pub(super) reference: LenientStr<'a>,
    pub(super) pull_policy: LenientStr<'a>,
}

impl WirePodSpec<'_> {
    /// Whether `imagePullSecrets` has an entry without a name.
    pub(super) fn has_unnamed_pull_secret(&self) -> bool {
        let mut list = self.image_pull_secrets.0.iter();
        list.any(|reference| reference.name.is_empty())
    }
}

impl<'a> ProtobufMessage<'a> for WirePodSpec<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => value.push(&mut self.volumes)?,
            2 => value.push(&mut self.containers)?,
            8 => self.service_account_name = value.text()?,
            10 => self.node_name = value.text()?,
            15 => value.push(&mut self.image_pull_secrets)?,
            20 => value.push(&mut self.init_containers)?,
            34 => {
                let EphemeralContainer(container) = value.message()?;
                self.ephemeral_containers.0.push(container);
            }
            38 => value.push(&mut self.scheduling_gates)?,
            _ => {}
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WireContainer<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.name = value.text()?,
            2 => self.image = value.text()?,
            14 => self.image_pull_policy = value.text()?,
            24 => self.restart_policy = value.text()?,
            _ => {}
        }
        Some(())
    }
}

/// In protobuf what all containers have is a message of its own within an ephemeral one.
#[derive(Default)]
struct EphemeralContainer<'a>(WireContainer<'a>);

impl<'a> ProtobufMessage<'a> for EphemeralContainer<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        if number == 1 {
            self.0 = value.message()?;
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WireVolume<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.name = value.text()?,
            2 => self.image = value.message::<VolumeSource<'a>>()?.0,
            _ => {}
        }
        Some(())
    }
}

/// And so is what a volume is made from.
#[derive(Default)]
struct VolumeSource<'a>(Option<WireImageSource<'a>>);

impl<'a> ProtobufMessage<'a> for VolumeSource<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        if number == 30 {
            self.0 = Some(value.message()?);
        }
        Some(())
    }
}

impl<'a> ProtobufMessage<'a> for WireImageSource<'a> {
    fn field(&mut self, number: u64, value: FieldValue<'a>) -> Option<()> {
        match number {
            1 => self.reference = value.text()?,
            2 => self.pull_policy = value.text()?,
            _ => {}
        }
        Some(())
    }
}

/// Decodes a pull policy; the API server sets the default, so an unknown one is from a newer version.
pub(super) fn policy(text: &LenientStr<'_>) -> PullPolicy {
    match text.as_str() {
        "Always" => PullPolicy::Always,
        "Never" => PullPolicy::Never,
        _ => PullPolicy::IfNotPresent,
    }
}

impl WirePodSpec<'_> {
    /// Decodes the ServiceAccount; an empty one means `default`.
    pub(super) fn service_account(&self, texts: &mut Interner) -> Name<ServiceAccount> {
        let name = match self.service_account_name.as_str() {
            "" => "default",
            name => name,
        };
        Name::new(texts.str(name))
    }

    /// Container names with their images, init containers first.
    pub(super) fn images(&self, texts: &mut Interner) -> Labels {
        let containers = self.init_containers.0.iter().chain(&self.containers.0);
        let pairs = containers
            .map(|container| (texts.text(&container.name), texts.text(&container.image)))
            .collect();
        texts.pairs(pairs)
    }
}
