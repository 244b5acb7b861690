//! A change in a sentence.

use std::fmt;

use super::{Change, Edit, Existing};

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateNamespace(name) => write!(f, "Create the namespace {name}"),
            Self::CreateSecret { key, server, login } => write!(
                f,
                "Create the pull Secret {key} for {server} as {}",
                login.username
            ),
            Self::EditSecret { key, edit } => match edit {
                Edit::Put { server, login } => write!(
                    f,
                    "Give {} a new credential for {server} in the Secret {key}; other entries stay",
                    login.username
                ),
                Edit::Renew { servers, login } => write!(
                    f,
                    "Put the new credential of {} for {} into the Secret {key}",
                    login.username,
                    servers.join(", ")
                ),
                Edit::Rekey { from, to } => {
                    write!(f, "Move the entry {from} of the Secret {key} to {to}")
                }
                Edit::Remove { server } => {
                    write!(f, "Remove the entry {server} from the Secret {key}")
                }
            },
            Self::ConvertSecret { key, .. } => write!(
                f,
                "Delete the Secret {key} and create it again as kubernetes.io/dockerconfigjson"
            ),
            Self::CopySecret(copy) => match (&copy.there, copy.existing) {
                (None, _) | (Some(_), Existing::Keep) => {
                    write!(f, "Copy the Secret {} to {}", copy.from, copy.to)
                }
                (Some(_), Existing::Merge) => write!(
                    f,
                    "Add the entries of the Secret {} to {}; its own stay",
                    copy.from, copy.to
                ),
                (Some(_), Existing::Replace) => write!(
                    f,
                    "Replace the content of the Secret {} by that of {}",
                    copy.to, copy.from
                ),
            },
            Self::DeleteSecret { key } => write!(f, "Delete the Secret {key}"),
            Self::CreateAccount { key, .. } => write!(f, "Create the ServiceAccount {key}"),
            Self::DeleteAccount { key } => write!(f, "Delete the ServiceAccount {key}"),
            Self::AttachSecret {
                account, secret, ..
            } => write!(f, "Attach {secret} to the ServiceAccount {account}"),
            Self::DetachSecret {
                account, secret, ..
            } => write!(f, "Take {secret} off the ServiceAccount {account}"),
            Self::SetAccount {
                workload, account, ..
            } => write!(
                f,
                "Let {} run as the ServiceAccount {account}",
                workload.id()
            ),
            Self::SetImage {
                workload,
                container,
                image,
                ..
            } => write!(
                f,
                "Set the image of {container} in {} to {image}",
                workload.id()
            ),
            Self::CreateDeployment(deployment) => write!(
                f,
                "Create the Deployment {} with {}",
                deployment.key, deployment.image
            ),
            Self::Restart(workload) => write!(
                f,
                "Restart {}: new Pods, one after the other",
                workload.id()
            ),
            Self::SetPaused { deployment, paused } => {
                let verb = if *paused { "Pause" } else { "Resume" };
                write!(f, "{verb} the rollout of the Deployment {deployment}")
            }
            Self::RollBack {
                deployment,
                revision,
                ..
            } => write!(
                f,
                "Take the Deployment {deployment} back to its revision {revision}"
            ),
            Self::DeletePod { pod, .. } => write!(f, "Delete the Pod {pod}"),
            Self::TakeBack { change, .. } => write!(f, "Take back: {change}"),
        }
    }
}
