//! Fixes that the product can make itself, with the objects that they change.
//!
//! Whose Pods they are for (the workload, the list that counts) is the [`FixTarget`](super::FixTarget) of the
//! finding. `plan` turns an action into changes, or into the form that asks for what has to be typed.

use super::{FixContext, FixId, FixKind, Planned};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{Secret, ServiceAccount},
    },
    registry_auth::image_ref::ImageRef,
};

/// A fix that can be applied, with the objects that it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FixAction {
    /// Adds the Secret to the list that counts.
    AttachSecret { secret: Name<Secret> },
    /// Puts another name in the place of one that no Secret has.
    CorrectSecretName {
        wrong: Name<Secret>,
        right: Name<Secret>,
    },
    /// Creates a Secret with a login that is typed, and attaches it.
    CreateSecret(NewSecret),
    /// As `CreateSecret`, for a registry that serves the image to whoever asks.
    Authenticate(NewSecret),
    /// Puts a login that is typed into the Secret.
    RecreateSecret(CurrentLogin),
    /// As `RecreateSecret`; where several Secrets carry the same login, it can be renewed in all of them.
    NewToken(CurrentLogin),
    /// Renames the key of an entry under `auths`.
    CorrectServer {
        secret: ObjectRef<Secret>,
        from: String,
        to: String,
        /// Other Pods pull with the entry: it stays, and the right key gets one of its own.
        keeps_entry: bool,
    },
    /// Removes the entry of this key under `auths`.
    RemoveEntry {
        secret: ObjectRef<Secret>,
        server: String,
    },
    /// Makes a pull secret of a Secret of another type.
    ConvertType { secret: ObjectRef<Secret> },
    /// Copies a Secret from another namespace, and attaches it.
    CopySecret {
        from: ObjectRef<Secret>,
        to: ObjectRef<Secret>,
        /// The registry that it is copied for.
        server: Option<String>,
    },
    /// Lets the workload run as another ServiceAccount.
    UseServiceAccount { account: Name<ServiceAccount> },
    /// Creates the ServiceAccount that the target names.
    CreateServiceAccount,
    /// Replaces the Pods.
    Restart,
    /// Deletes the waiting Pods.
    RetryNow,
    /// Sets an image that is typed.
    CorrectImage,
    /// Sets the image that is suggested, which may be edited before.
    UseSuggestedImage { image: String },
    /// Sets the image, written with its registry: it is typed, too.
    WriteFullName { image: String },
}

/// A pull secret to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecret {
    pub key: ObjectRef<Secret>,
    /// The key of its entry under `auths`.
    pub server: String,
}

/// The entry whose login is to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentLogin {
    pub secret: ObjectRef<Secret>,
    /// The key of the entry under `auths`.
    pub server: String,
    /// `None`: the entry names none, or cannot be read.
    pub username: Option<String>,
}

/// Default name of a new Secret, as in the Kubernetes documentation.
pub(in crate::domain) const NEW_SECRET: &str = "regcred";

/// The name of a Secret that is to be created.
fn new_secret(fix_context: &FixContext) -> &str {
    let known = fix_context
        .new_secret
        .as_deref()
        .or(fix_context.secret.as_deref());
    known.unwrap_or(NEW_SECRET)
}

impl FixAction {
    /// The action of a fix; `None` for a manual fix, or if an object's name is unknown.
    pub(in crate::domain) fn new(fix: FixId, fix_context: &FixContext) -> Option<Self> {
        let planned = match fix.kind() {
            FixKind::Planned(planned) => planned,
            FixKind::Manual(_) => return None,
        };
        let namespace = Namespace::new(fix_context.namespace.as_deref()?);
        let secret = |name: &str| ObjectRef::new(namespace.clone(), Name::new(name));
        let listed = || Some(secret(fix_context.secret.as_deref()?));
        let login = || {
            Some(CurrentLogin {
                secret: listed()?,
                server: fix_context
                    .current_auth_key
                    .clone()
                    .or_else(|| fix_context.expected_auth_key.clone())?,
                username: fix_context.username.clone(),
            })
        };
        let new = || {
            Some(NewSecret {
                key: secret(new_secret(fix_context)),
                server: fix_context.expected_auth_key.clone()?,
            })
        };
        Some(match planned {
            Planned::AttachSecret => Self::AttachSecret {
                secret: Name::new(
                    fix_context
                        .matching_secret
                        .as_deref()
                        .or(fix_context.secret.as_deref())?,
                ),
            },
            Planned::CorrectSecretName => Self::CorrectSecretName {
                wrong: listed()?.name,
                right: Name::new(fix_context.matching_secret.as_deref()?),
            },
            Planned::CreateSecret => Self::CreateSecret(new()?),
            Planned::Authenticate => Self::Authenticate(new()?),
            Planned::RecreateSecret => Self::RecreateSecret(login()?),
            Planned::NewToken => Self::NewToken(login()?),
            Planned::CorrectServer => Self::CorrectServer {
                secret: listed()?,
                from: fix_context.current_auth_key.clone()?,
                to: fix_context.expected_auth_key.clone()?,
                keeps_entry: fix_context.entry_is_used(),
            },
            Planned::RemoveEntry => Self::RemoveEntry {
                secret: listed()?,
                server: fix_context
                    .current_auth_key
                    .clone()
                    .or_else(|| fix_context.expected_auth_key.clone())?,
            },
            Planned::ConvertType => Self::ConvertType { secret: listed()? },
            Planned::CopySecret => Self::CopySecret {
                from: ObjectRef::new(
                    Namespace::new(fix_context.source_namespace.as_deref()?),
                    listed()?.name,
                ),
                to: listed()?,
                server: fix_context.expected_auth_key.clone(),
            },
            Planned::UseServiceAccount => Self::UseServiceAccount {
                account: Name::new(fix_context.other_service_account.as_deref()?),
            },
            Planned::CreateServiceAccount => Self::CreateServiceAccount,
            Planned::Restart => Self::Restart,
            Planned::RetryNow => Self::RetryNow,
            Planned::CorrectImage => Self::CorrectImage,
            Planned::UseSuggestedImage => Self::UseSuggestedImage {
                image: fix_context.suggested_image.clone()?,
            },
            Planned::WriteFullName => Self::WriteFullName {
                image: spelled_out(fix_context.image.as_deref()?),
            },
        })
    }
}

impl FixAction {
    /// Whether it changes a Secret that is known to be listed by Pods.
    pub(in crate::domain) fn edits_a_secret(&self) -> bool {
        match self {
            Self::RecreateSecret(_)
            | Self::NewToken(_)
            | Self::CorrectServer { .. }
            | Self::RemoveEntry { .. }
            | Self::ConvertType { .. } => true,
            Self::AttachSecret { .. }
            | Self::CorrectSecretName { .. }
            | Self::CreateSecret(_)
            | Self::Authenticate(_)
            | Self::CopySecret { .. }
            | Self::UseServiceAccount { .. }
            | Self::CreateServiceAccount
            | Self::Restart
            | Self::RetryNow
            | Self::CorrectImage
            | Self::UseSuggestedImage { .. }
            | Self::WriteFullName { .. } => false,
        }
    }
}

/// An image with its registry: a short name is one of Docker Hub.
fn spelled_out(image: &str) -> String {
    ImageRef::parse(image).map_or_else(|_| image.to_owned(), |image| image.to_string())
}

impl Planned {
    /// Whether a user name and password are entered.
    fn takes_login(self) -> bool {
        match self {
            Self::CreateSecret | Self::RecreateSecret | Self::NewToken | Self::Authenticate => true,
            Self::AttachSecret
            | Self::CorrectServer
            | Self::ConvertType
            | Self::CopySecret
            | Self::CorrectSecretName
            | Self::Restart
            | Self::CorrectImage
            | Self::UseSuggestedImage
            | Self::WriteFullName
            | Self::RemoveEntry
            | Self::UseServiceAccount
            | Self::CreateServiceAccount
            | Self::RetryNow => false,
        }
    }

    /// Notes beside the commands.
    pub(super) fn steps(self, fix_context: &FixContext) -> Vec<String> {
        let mut notes = self.notes(fix_context);
        let steps: &[&str] = match self {
            Self::AttachSecret => &["Existing Pods keep their imagePullSecrets: recreate them."],
            Self::CreateSecret => &[
                "Use an access token, not the account's password.",
                "A Pod gets the Secret when it is created, from its ServiceAccount or its template.",
            ],
            Self::RecreateSecret => &[
                "Other entries stay as they are. Content that is not JSON is replaced: the kubelet cannot read it either.",
                "Pods that list it use the new content at the next pull; deleting them only skips the back-off.",
            ],
            Self::CorrectServer => {
                &["The key under auths must match the image's host, including its port."]
            }
            Self::ConvertType => &[
                "A Secret's type is immutable: the Secret is deleted and recreated as kubernetes.io/dockerconfigjson.",
            ],
            Self::CopySecret => &["A Pod can only use Secrets in its own namespace."],
            Self::CorrectSecretName => &[
                "Correct it in the Pod template if that sets imagePullSecrets, else in the ServiceAccount. Only new Pods get the change.",
            ],
            Self::Restart => {
                &["A Pod gets its ServiceAccount's pull secrets only when it is created."]
            }
            Self::CorrectImage => {
                notes.push(format!(
                    "List the tags: crane ls {}",
                    fix_context.repository_word()
                ));
                &[]
            }
            Self::UseSuggestedImage => {
                let image = fix_context.suggested_image.as_deref().unwrap_or("IMAGE");
                notes.push(format!(
                    "Suggested: {image}. Test it first: pullscope verify {image}"
                ));
                &[]
            }
            Self::WriteFullName => {
                &["For example, docker.io/library/alpine:3.20 instead of alpine:3.20."]
            }
            Self::NewToken => &[
                "Use a token with read access, not the account's password.",
                "Then update the Secret with it.",
            ],
            Self::RemoveEntry => &[
                "A matching entry disables anonymous pulls, so a bad one breaks public images too.",
            ],
            Self::Authenticate => {
                &["A registry user has a higher pull limit than the node's IP address."]
            }
            Self::UseServiceAccount => &[
                "The Pods get the RBAC permissions of that ServiceAccount and lose their current ones.",
            ],
            Self::CreateServiceAccount | Self::RetryNow => &[],
        };
        let steps = steps.iter().map(|step| (*step).to_owned());
        notes.into_iter().chain(steps).collect()
    }

    /// What of this case has to be known before: other Pods that the entry is for, and what keeps a changed
    /// template from the Pod. The plan says it too.
    pub(super) fn notes(self, fix_context: &FixContext) -> Vec<String> {
        match self {
            Self::CorrectServer | Self::RemoveEntry => fix_context.entry_notes(self),
            Self::AttachSecret
            | Self::CreateSecret
            | Self::Authenticate
            | Self::CopySecret
            | Self::CorrectSecretName
            | Self::ConvertType
            | Self::RecreateSecret
            | Self::NewToken => {
                let login = fix_context.mirror_login().filter(|_| self.takes_login());
                login.into_iter().chain(fix_context.held_list()).collect()
            }
            Self::UseServiceAccount
            | Self::CorrectImage
            | Self::UseSuggestedImage
            | Self::WriteFullName => fix_context.held_template().into_iter().collect(),
            Self::CreateServiceAccount | Self::Restart | Self::RetryNow => Vec::new(),
        }
    }
}
