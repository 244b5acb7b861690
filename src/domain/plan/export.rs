//! A plan as YAML, for those who keep their cluster in a repository. No credential is in it: where one
//! belongs stands a placeholder, or an object that another tool makes the Secret of.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    Change, Edit, Plan,
    change::{Copy, Existing, ImageOwner},
    lists::{corrected, with, without},
    manifest::{self, yaml},
};
use crate::domain::{
    key::{Key, Name, Namespace},
    objects::{Secret, ServiceAccount, Subject, WorkloadKey, WorkloadKind},
};

/// How a Secret is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As it is, with a placeholder.
    Plain,
    /// For the External Secrets operator (`external-secrets.io/v1`).
    ExternalSecret,
    /// For Bitnami's Sealed Secrets (`bitnami.com/v1alpha1`).
    SealedSecret,
}

impl Style {
    pub const ALL: [Self; 3] = [Self::Plain, Self::ExternalSecret, Self::SealedSecret];

    pub fn label(self) -> &'static str {
        match self {
            Self::Plain => "manifests, with a placeholder for the token",
            Self::ExternalSecret => "ExternalSecret, for the External Secrets operator",
            Self::SealedSecret => "SealedSecret, to be filled by kubeseal",
        }
    }
}

/// What stands where a token belongs.
const TOKEN: &str = "REPLACE_WITH_TOKEN";

impl Plan {
    /// The objects as they are to be, as a stream of YAML documents. What is no object, a restart or a
    /// new Pod, is a comment.
    pub fn manifests(&self, style: Style) -> String {
        let mut text = format!("# {}\n", comment(&self.title));
        for change in &self.changes {
            let Some(object) = change.object(style) else {
                // Nothing is said of a change in a repository but what it would be by hand.
                let _ = writeln!(text, "# not an object: {}", comment(&change.to_string()));
                continue;
            };
            let _ = write!(text, "---\n# {}\n", comment(&change.to_string()));
            if let Some(how) = how(&object) {
                let _ = writeln!(text, "# {how}");
            }
            if change.leaves_others() {
                text.push_str("# the entries that the Secret has besides belong in it too\n");
            }
            text.push_str(&yaml(&object));
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
        text
    }
}

/// A line of a comment stays one.
fn comment(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// What is left to do by hand.
fn how(object: &Value) -> Option<String> {
    match object.get("kind")?.as_str()? {
        "Secret" => Some(format!("put the token for {TOKEN}; do not commit it in the clear")),
        "ExternalSecret" => Some("name your store, and the keys in it".to_owned()),
        "SealedSecret" => Some(
            "make the Secret with the token and let kubeseal fill encryptedData: kubeseal --format yaml < secret.yaml".to_owned(),
        ),
        _ => None,
    }
}

impl Change {
    /// Whether it changes entries of a Secret beside others, which a manifest would drop.
    fn leaves_others(&self) -> bool {
        match self {
            Self::EditSecret { .. } => true,
            Self::CopySecret(copy) => copy.existing == Existing::Merge && copy.there.is_some(),
            _ => false,
        }
    }

    fn object(&self, style: Style) -> Option<Value> {
        match self {
            Self::CreateNamespace(name) => Some(manifest::namespace(name)),
            Self::CreateSecret { key, server, login } => {
                Some(secret(key, &[(server, &login.username)], style))
            }
            Self::EditSecret { key, edit, .. } => match edit {
                Edit::Put { server, login } => {
                    Some(secret(key, &[(server, &login.username)], style))
                }
                Edit::Renew { servers, login } => {
                    let entries: Vec<(&str, &str)> = servers
                        .iter()
                        .map(|server| (server.as_str(), login.username.as_str()))
                        .collect();
                    Some(secret(key, &entries, style))
                }
                Edit::Rekey { to, .. } => Some(secret(key, &[(to, "REPLACE_WITH_USER")], style)),
                Edit::Remove { .. } => None,
            },
            Self::ConvertSecret { key, .. } => Some(secret(
                key,
                &[("REPLACE_WITH_REGISTRY", "REPLACE_WITH_USER")],
                style,
            )),
            Self::CopySecret(Copy { to, brings, .. }) => {
                let entries: Vec<(&str, &str)> = brings
                    .iter()
                    .map(|server| (&**server, "REPLACE_WITH_USER"))
                    .collect();
                Some(secret(to, &entries, style))
            }
            Self::CreateAccount { key, pull_secrets } => Some(account(key, pull_secrets)),
            Self::AttachSecret {
                account: key,
                secret,
                seen,
            } => Some(account(key, &with(seen, secret))),
            Self::DetachSecret {
                account: key,
                secret,
                seen,
            } => Some(account(key, &without(seen, secret))),
            Self::SetAccount {
                workload, account, ..
            } => Some(template(
                workload.id(),
                &json!({ "serviceAccountName": account.as_str() }),
            )),
            Self::SetImage {
                workload,
                container,
                image,
                ..
            } => {
                let spec = json!({ "containers": [{ "name": &**container, "image": image }] });
                Some(pod_spec(workload, &spec))
            }
            Self::SetTemplatePullSecrets {
                workload,
                add,
                instead_of,
                seen,
            } => {
                let list = corrected(seen, add, instead_of.as_ref());
                let spec = json!({ "imagePullSecrets": manifest::references(&list) });
                Some(template(workload.id(), &spec))
            }
            Self::CreateDeployment(deployment) => Some(manifest::deployment(deployment)),
            Self::DeleteSecret { .. }
            | Self::DeleteAccount { .. }
            | Self::Restart(_)
            | Self::SetPaused { .. }
            | Self::RollBack { .. }
            | Self::DeletePod { .. }
            | Self::DeleteJob { .. }
            | Self::TakeBack { .. } => None,
        }
    }
}

/// The part of the spec of Pods that changes, in what they are made of.
fn pod_spec(owner: &ImageOwner, spec: &Value) -> Value {
    let (version, kind, namespace, name) = match owner.subject() {
        Subject::Pod(key) => ("v1", "Pod", &key.namespace, key.name.as_str()),
        Subject::Workload(id) => {
            let version = match id.kind {
                WorkloadKind::Job | WorkloadKind::CronJob => "batch/v1",
                WorkloadKind::Deployment
                | WorkloadKind::ReplicaSet
                | WorkloadKind::StatefulSet
                | WorkloadKind::DaemonSet => "apps/v1",
            };
            (
                version,
                id.kind.as_str(),
                &id.key.namespace,
                id.key.name.as_str(),
            )
        }
    };
    let fields = owner.pod_spec().iter().rev();
    let mut object = fields.fold(spec.clone(), |inner, field| json!({ *field: inner }));
    if let Some(top) = object.as_object_mut() {
        top.insert("apiVersion".to_owned(), version.into());
        top.insert("kind".to_owned(), kind.into());
        let metadata = json!({ "name": name, "namespace": namespace });
        top.insert("metadata".to_owned(), metadata);
    }
    object
}

/// The part of a workload that changes: a patch for Kustomize, or what to look for in a chart.
fn template(id: &WorkloadKey, spec: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": id.kind.as_str(),
        "metadata": { "name": id.key.name.as_str(), "namespace": id.key.namespace },
        "spec": { "template": { "spec": spec } },
    })
}

fn account(key: &Key<ServiceAccount>, list: &[Name<Secret>]) -> Value {
    let mut account = manifest::account(key, list);
    // Whose it is, the repository says.
    if let Some(meta) = account.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove("labels");
    }
    account
}

fn secret(key: &Key<Secret>, entries: &[(&str, &str)], style: Style) -> Value {
    let (name, namespace) = (key.name.as_str(), &key.namespace);
    match style {
        Style::Plain => {
            let config = config(entries, TOKEN);
            manifest::secret(key, "stringData", &json!({ ".dockerconfigjson": config }))
        }
        Style::ExternalSecret => external(name, namespace, entries),
        Style::SealedSecret => json!({
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "metadata": { "name": name, "namespace": namespace },
            "spec": {
                "encryptedData": { ".dockerconfigjson": "REPLACE_WITH_KUBESEAL_OUTPUT" },
                "template": {
                    "metadata": { "name": name, "namespace": namespace },
                    "type": "kubernetes.io/dockerconfigjson",
                },
            },
        }),
    }
}

/// The store holds the token, and the operator writes the configuration with it.
fn external(name: &str, namespace: &Namespace, entries: &[(&str, &str)]) -> Value {
    let template = config(entries, "{{ .token }}");
    json!({
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": { "kind": "ClusterSecretStore", "name": "REPLACE_WITH_STORE" },
            "target": {
                "name": name,
                "template": {
                    "type": "kubernetes.io/dockerconfigjson",
                    "data": { ".dockerconfigjson": template },
                },
            },
            "data": [{ "secretKey": "token", "remoteRef": { "key": "REPLACE_WITH_KEY" } }],
        },
    })
}

fn config(entries: &[(&str, &str)], token: &str) -> String {
    let auths: serde_json::Map<String, Value> = entries
        .iter()
        .map(|(server, username)| {
            let login = json!({ "username": username, "password": token });
            ((*server).to_owned(), login)
        })
        .collect();
    json!({ "auths": auths }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        credential::Password,
        plan::{Deployment, Login},
    };

    const CANARY: &str = "canary-in-an-export";

    fn plan() -> Plan {
        let namespace = Namespace::new("shop");
        let login = || Login {
            username: "bot\n- evil: yes".to_owned(),
            password: Password::new(CANARY),
        };
        let secret = Key::new(namespace.clone(), Name::new("regcred"));
        Plan::new(
            "Set up\nshop",
            vec![
                Change::CreateNamespace(namespace.clone()),
                Change::CreateSecret {
                    key: secret.clone(),
                    server: "ghcr.io".to_owned(),
                    login: login(),
                },
                Change::EditSecret {
                    key: secret,
                    edit: Edit::Renew {
                        servers: vec!["quay.io".to_owned()],
                        login: login(),
                    },
                    before: None,
                },
                Change::AttachSecret {
                    account: Key::new(namespace.clone(), Name::new("web")),
                    secret: Name::new("regcred"),
                    seen: vec![Name::new("mirror")],
                },
                Change::CreateDeployment(Deployment::new(
                    Key::new(namespace.clone(), Name::new("web")),
                    "ghcr.io/acme/web:1",
                    Name::new("web"),
                )),
                Change::delete_pod(Key::new(namespace, Name::new("web-1"))),
            ],
        )
    }

    #[test]
    fn every_style_is_yaml_and_holds_no_credential() {
        for style in Style::ALL {
            let text = plan().manifests(style);
            assert!(!text.contains(CANARY), "{text}");
            let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
            let kinds: Vec<&str> = documents
                .iter()
                .filter_map(|d| d["kind"].as_str())
                .collect();
            let secret = match style {
                Style::Plain => "Secret",
                Style::ExternalSecret => "ExternalSecret",
                Style::SealedSecret => "SealedSecret",
            };
            assert_eq!(
                kinds,
                ["Namespace", secret, secret, "ServiceAccount", "Deployment"],
                "{text}"
            );
            assert!(text.contains("# not an object: Delete the Pod shop/web-1"));
            let warned = text.matches("# the entries that the Secret has besides");
            assert_eq!(warned.count(), 1, "of the edit and not of the new Secret");
        }
    }

    #[test]
    fn an_account_keeps_what_it_lists() {
        let text = plan().manifests(Style::Plain);
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
        assert_eq!(
            documents[3]["imagePullSecrets"],
            json!([{"name": "mirror"}, {"name": "regcred"}])
        );
    }
}
