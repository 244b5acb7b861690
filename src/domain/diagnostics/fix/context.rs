//! The names that the sentence and the fixes of a finding refer to.

use serde::{Deserialize, Serialize};

use super::{
    ErrorDetail, FixTarget, ListOrigin, Planned, PodOwner, TargetContainer, TemplateRollout,
};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{AnyObjectRef, ContainerRole, WorkloadIdentity, WorkloadKind, WorkloadRef},
    },
    message::Clues,
    plan::manager::ObjectManager,
    registry_auth::{host_port::split_host_port, image_ref::DOCKER_HUB, keyring::shown_key},
    shell,
};

/// Known names of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixContext {
    pub namespace: Option<String>,
    pub pod: Option<String>,
    /// `deployment/web`, as kubectl takes it.
    pub workload: Option<String>,
    pub container: Option<String>,
    pub service_account: Option<String>,
    /// The cloud identity of that ServiceAccount, at the registry's cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<WorkloadIdentity>,
    /// The `imagePullSecrets` of that ServiceAccount; `None` if it is unknown.
    #[serde(default)]
    pub account_lists: Option<Vec<String>>,
    /// Another ServiceAccount that lists the Secret.
    #[serde(rename = "holder")]
    #[serde(default)]
    pub other_service_account: Option<String>,
    pub secret: Option<String>,
    /// The name of a Secret that is to be created: no Secret has it, as far as is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_secret: Option<String>,
    /// Another Secret that matches the image: the one to attach.
    #[serde(rename = "matching")]
    #[serde(default)]
    pub matching_secret: Option<String>,
    /// The namespace that already has the Secret.
    #[serde(rename = "from")]
    pub source_namespace: Option<String>,
    /// The key under `auths` that is there.
    #[serde(rename = "entry")]
    #[serde(default)]
    pub current_auth_key: Option<String>,
    /// The key under `auths` that is right.
    #[serde(rename = "server")]
    pub expected_auth_key: Option<String>,
    pub username: Option<String>,
    /// Images of other Pods that the entry there is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entry_uses: Vec<EntryUse>,
    pub image: Option<String>,
    /// The image to use instead: where it has moved to, or what was likely meant.
    #[serde(rename = "suggested", default, skip_serializing_if = "Option::is_none")]
    pub suggested_image: Option<String>,
    pub repository: Option<String>,
    pub host: Option<String>,
    /// The mirror of that registry whose error it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<String>,
    pub node: Option<String>,
    /// The object whose events tell what failed, where it is no Pod: kind and name.
    #[serde(rename = "involved")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_object: Option<(String, String)>,
    /// What manages the objects that a fix may change. It follows from the Pod's context, as the target does.
    #[serde(skip)]
    pub managers: Vec<(AnyObjectRef, ObjectManager)>,
    /// What the message shows of registry and node. It follows from the Pod's context, as the target does.
    #[serde(skip)]
    pub clues: Clues,
    /// What the message tells of the node, beyond the cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<ErrorDetail>,
    /// What a fix of this finding changes. It follows from the Pod's context, and is not written down with it.
    #[serde(skip)]
    pub target: Option<Box<FixTarget>>,
}

/// An image that another Pod pulls with an entry of a Secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryUse {
    pub pod: String,
    pub image: String,
}

impl FixContext {
    /// Whether other Pods pull with the entry that the finding is about.
    pub(in crate::domain) fn entry_is_used(&self) -> bool {
        !self.entry_uses.is_empty()
    }

    /// What the entry is for beside, where it is changed.
    pub(super) fn entry_notes(&self, fix: Planned) -> Vec<String> {
        let (Some(first), Some(entry)) = (self.entry_uses.first(), &self.current_auth_key) else {
            return Vec::new();
        };
        let entry = shown_key(entry);
        let more = match self.entry_uses.len() - 1 {
            0 => String::new(),
            1 => " (and 1 more image)".to_owned(),
            more => format!(" (and {more} more images)"),
        };
        let uses = format!("Pod {} pulls {} with it{more}", first.pod, first.image);
        vec![if fix == Planned::RemoveEntry {
            format!("Others lose entry {entry}, too: {uses}.")
        } else {
            format!("Entry {entry} stays: {uses}.")
        }]
    }

    /// Why a change of the Pod template does not reach the Pod by itself.
    pub(super) fn held_template(&self) -> Option<String> {
        self.target.as_deref()?.held_template()
    }

    /// The same where the template has the list that counts.
    pub(super) fn held_list(&self) -> Option<String> {
        let target = self.target.as_deref()?;
        let has_own_list = target.list_origin != ListOrigin::ServiceAccount;
        let is_listed = |secret: &Option<String>| {
            let name = secret.as_deref();
            name.is_some_and(|name| target.listed.iter().any(|it| it.as_str() == name))
        };
        let is_edit = self.matching_secret.is_none() && is_listed(&self.secret);
        target.held_template().filter(|_| has_own_list && !is_edit)
    }

    /// Whose login is entered where a mirror refused: containerd sends the entry for the registry to it.
    pub(super) fn mirror_login(&self) -> Option<String> {
        let (mirror, host) = self.mirror.as_ref().zip(self.host.as_ref())?;
        Some(format!(
            "Mirror {mirror} checks the login: enter an account of the mirror, under the entry for {host}."
        ))
    }

    /// The same with placeholders in capitals for unknown names that an action takes.
    pub(in crate::domain) fn with_placeholders(&self) -> Self {
        let or = |name: &Option<String>, word: &str| {
            Some(name.clone().unwrap_or_else(|| word.to_owned()))
        };
        Self {
            namespace: or(&self.namespace, "NS"),
            other_service_account: or(&self.other_service_account, "SERVICEACCOUNT"),
            secret: or(&self.secret, "SECRET"),
            matching_secret: or(&self.matching_secret, "SECRET"),
            source_namespace: or(&self.source_namespace, "OTHER-NS"),
            current_auth_key: or(&self.current_auth_key, "OLD-HOST"),
            expected_auth_key: or(&self.expected_auth_key, "HOST"),
            username: or(&self.username, "USER"),
            image: or(&self.image, "IMAGE"),
            suggested_image: or(&self.suggested_image, "IMAGE"),
            target: Some(Box::new(self.shown_target())),
            ..self.clone()
        }
    }

    /// The target, with placeholders in capitals for unknown names.
    pub(in crate::domain) fn shown_target(&self) -> FixTarget {
        if let Some(target) = &self.target {
            return (**target).clone();
        }
        let word = |name: &Option<String>, word: &str| -> String {
            name.clone().unwrap_or_else(|| word.to_owned())
        };
        let namespace = Namespace::new(word(&self.namespace, "NS"));
        let image = word(&self.image, "IMAGE");
        FixTarget {
            pod: Some(ObjectRef::new(
                namespace.clone(),
                Name::new(word(&self.pod, "POD")),
            )),
            owner: PodOwner::Rolling(WorkloadRef {
                kind: WorkloadKind::Deployment,
                key: ObjectRef::new(namespace.clone(), Name::new("NAME")),
            }),
            template_rollout: TemplateRollout::Automatic,
            container: Some(TargetContainer {
                name: word(&self.container, "CONTAINER").into(),
                role: ContainerRole::App,
                image: image.as_str().into(),
                template_image: Some(image.into()),
            }),
            volume: None,
            listed: [].into(),
            legacy_secrets: [].into(),
            list_origin: ListOrigin::ServiceAccount,
            service_account: Name::new(word(&self.service_account, "SERVICEACCOUNT")),
            namespace,
        }
    }

    pub(super) fn namespace_word(&self) -> String {
        word(self.namespace.as_deref(), "NS")
    }

    pub(super) fn pod_word(&self) -> String {
        word(self.pod.as_deref(), "POD")
    }

    pub(super) fn container_word(&self) -> String {
        word(self.container.as_deref(), "CONTAINER")
    }

    pub(super) fn account_word(&self) -> String {
        word(self.service_account.as_deref(), "SERVICEACCOUNT")
    }

    pub(super) fn secret_word(&self) -> String {
        word(self.secret.as_deref(), "SECRET")
    }

    pub(super) fn image_word(&self) -> String {
        word(self.image.as_deref(), "IMAGE")
    }

    pub(super) fn repository_word(&self) -> String {
        word(self.repository.as_deref(), "HOST/REPO")
    }

    pub(super) fn host_word(&self) -> String {
        word(self.host.as_deref(), "HOST")
    }

    pub(super) fn mirror_word(&self) -> String {
        word(self.mirror.as_deref(), "MIRROR")
    }

    /// Who answered: the mirror, or the registry itself.
    pub(in crate::domain::diagnostics) fn answering_host(&self) -> Option<String> {
        let mirror = self.mirror.as_ref();
        mirror
            .map(|mirror| format!("mirror {mirror}"))
            .or_else(|| self.host.clone())
    }

    pub(super) fn node_word(&self) -> String {
        word(self.node.as_deref(), "NODE")
    }

    /// The host that serves the image, with a non-default port.
    pub(super) fn endpoint_word(&self) -> String {
        word(self.failed_endpoint(), "HOST")
    }

    /// Host and port that serve the image.
    pub(super) fn endpoint_parts(&self) -> (String, String) {
        let parts = self.failed_endpoint().map(split_host_port);
        let (name, port) = parts.unwrap_or(("HOST", None));
        (shell::quote(name), shell::quote(port.unwrap_or("443")))
    }

    /// The host that failed: another one that the pull needs, or else the one that serves the image.
    fn failed_endpoint(&self) -> Option<&str> {
        let other = self.fault.as_ref().and_then(ErrorDetail::failed_host);
        other.or_else(|| self.host.as_deref().map(endpoint))
    }

    /// Field selector for the events about the failure; only the type without a name.
    pub(super) fn involved_word(&self) -> String {
        let selector = match (&self.event_object, &self.pod) {
            (Some((kind, name)), _) => {
                format!("involvedObject.kind={kind},involvedObject.name={name}")
            }
            (None, Some(pod)) => format!("involvedObject.name={pod}"),
            (None, None) => "type=Warning".to_owned(),
        };
        shell::quote(&selector)
    }
}

/// A name as one word of a shell, or the word in capitals that stands for it.
fn word(name: Option<&str>, placeholder: &str) -> String {
    name.map_or_else(|| placeholder.to_owned(), shell::quote)
}

/// The host that serves a registry: images of Docker Hub come from another one than they name.
fn endpoint(host: &str) -> &str {
    if host == DOCKER_HUB {
        "registry-1.docker.io"
    } else {
        host
    }
}
