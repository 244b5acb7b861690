//! The part of a Pod's spec that a Pod template has too.

use serde::Deserialize;

use super::{
    interner::{Interner, Reference},
    protobuf::{Message, Value},
    text::{Items, Text},
};
use crate::domain::k8s::{
    object_ref::Name,
    objects::{Labels, PullPolicy, ServiceAccount},
};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::cluster) struct WirePodSpec<'a> {
    #[serde(borrow)]
    pub(super) service_account_name: Text<'a>,
    pub(super) node_name: Text<'a>,
    pub(super) image_pull_secrets: Items<Reference<'a>>,
    pub(super) init_containers: Items<WireContainer<'a>>,
    pub(super) containers: Items<WireContainer<'a>>,
    pub(super) ephemeral_containers: Items<WireContainer<'a>>,
    pub(super) volumes: Items<WireVolume<'a>>,
    pub(super) scheduling_gates: Items<Reference<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::cluster) struct WireContainer<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    pub(super) image: Text<'a>,
    pub(super) image_pull_policy: Text<'a>,
    pub(super) restart_policy: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::cluster) struct WireVolume<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    pub(super) image: Option<WireImageSource<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::cluster) struct WireImageSource<'a> {
    #[serde(borrow)]
    pub(super) reference: Text<'a>,
    pub(super) pull_policy: Text<'a>,
}

impl<'a> Message<'a> for WirePodSpec<'a> {
    fn field(&mut self, number: u64, value: Value<'a>) -> Option<()> {
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

impl<'a> Message<'a> for WireContainer<'a> {
    fn field(&mut self, number: u64, value: Value<'a>) -> Option<()> {
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

impl<'a> Message<'a> for EphemeralContainer<'a> {
    fn field(&mut self, number: u64, value: Value<'a>) -> Option<()> {
        if number == 1 {
            self.0 = value.message()?;
        }
        Some(())
    }
}

impl<'a> Message<'a> for WireVolume<'a> {
    fn field(&mut self, number: u64, value: Value<'a>) -> Option<()> {
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

impl<'a> Message<'a> for VolumeSource<'a> {
    fn field(&mut self, number: u64, value: Value<'a>) -> Option<()> {
        if number == 30 {
            self.0 = Some(value.message()?);
        }
        Some(())
    }
}

impl<'a> Message<'a> for WireImageSource<'a> {
    fn field(&mut self, number: u64, value: Value<'a>) -> Option<()> {
        match number {
            1 => self.reference = value.text()?,
            2 => self.pull_policy = value.text()?,
            _ => {}
        }
        Some(())
    }
}

/// The API server fills in the policy; a text that it does not know can only be a newer one.
pub(super) fn policy(text: &Text<'_>) -> PullPolicy {
    match text.as_str() {
        "Always" => PullPolicy::Always,
        "Never" => PullPolicy::Never,
        _ => PullPolicy::IfNotPresent,
    }
}

impl WirePodSpec<'_> {
    /// The ServiceAccount; admission and templates mean `default` when there is none.
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
