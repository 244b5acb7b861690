//! A change in a sentence.

use std::fmt;

use super::{Change, Copy, Edit, Existing};
use crate::domain::{key::Name, objects::Secret};

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateNamespace(name) => write!(f, "Create the namespace {name}"),
            Self::CreateSecret { key, server, login } => write!(
                f,
                "Create the pull Secret {key} for {server} as {}",
                login.username
            ),
            Self::EditSecret { key, edit, .. } => match edit {
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
            Self::CopySecret(copy) => copied(copy, f),
            Self::DeleteSecret { key } => write!(f, "Delete the Secret {key}"),
            Self::CreateAccount { key, pull_secrets } => {
                write!(
                    f,
                    "Create the ServiceAccount {key}{}",
                    listing(pull_secrets)
                )
            }
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
            } => write!(f, "Set the image of {container} in {workload} to {image}"),
            Self::SetTemplatePullSecrets {
                workload,
                add,
                instead_of,
                ..
            } => match instead_of {
                Some(wrong) => write!(
                    f,
                    "Replace {wrong} by {add} in imagePullSecrets of {}",
                    workload.id()
                ),
                None => write!(f, "Add {add} to imagePullSecrets of {}", workload.id()),
            },
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
            Self::DeleteJob { job, .. } => write!(f, "Delete the Job {job} with its Pods"),
            Self::TakeBack { change, .. } => write!(f, "Take back: {change}"),
        }
    }
}

/// The pull Secrets that a new ServiceAccount lists.
fn listing(secrets: &[Name<Secret>]) -> String {
    if secrets.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = secrets.iter().map(Name::as_str).collect();
    format!(" with {}", names.join(", "))
}

fn copied(copy: &Copy, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (from, to) = (&copy.from, &copy.to);
    match (&copy.there, copy.existing) {
        (None, _) | (Some(_), Existing::Keep) => write!(f, "Copy the Secret {from} to {to}"),
        (Some(_), Existing::Merge) => write!(
            f,
            "Add the entries of the Secret {from} to {to}; its own stay"
        ),
        (Some(_), Existing::Replace) => write!(
            f,
            "Replace the content of the Secret {to} by that of {from}"
        ),
    }
}
