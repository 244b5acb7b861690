//! A plan as YAML, for clusters managed from a repository.
//!
//! No credential is in it: where one belongs stands a placeholder, or an object that another tool makes the Secret of.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    Plan,
    change::ImageOwner,
    manifest::{self, yaml},
};
use crate::domain::k8s::{
    object_ref::{Name, Namespace, ObjectRef},
    objects::{Secret, ServiceAccount, Subject, WorkloadKind, WorkloadRef},
};

/// How a Secret is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// As it is, with a placeholder.
    Plain,
    /// For the External Secrets operator (`external-secrets.io/v1`).
    ExternalSecret,
    /// For Bitnami's Sealed Secrets (`bitnami.com/v1alpha1`).
    SealedSecret,
}

impl ExportFormat {
    pub const ALL: [Self; 3] = [Self::Plain, Self::ExternalSecret, Self::SealedSecret];

    pub fn label(self) -> &'static str {
        match self {
            Self::Plain => "Manifests with a placeholder for the token",
            Self::ExternalSecret => "ExternalSecret for External Secrets Operator",
            Self::SealedSecret => "SealedSecret to be encrypted with kubeseal",
        }
    }
}

/// Placeholder of a token.
const TOKEN: &str = "REPLACE_WITH_TOKEN";

/// Placeholder of an unknown user name.
pub(super) const USER: &str = "REPLACE_WITH_USER";

impl Plan {
    /// The resulting objects as a stream of YAML documents.
    ///
    /// What is no object, such as a restart or a deleted Pod, is a comment.
    pub fn manifests(&self, style: ExportFormat) -> String {
        let mut text = format!("# {}\n", comment(&self.title));
        for change in &self.changes {
            let Some(manifest) = change.kind().manifest(style) else {
                // Nothing is said of a change in a repository but what it would be by hand.
                let _ = writeln!(text, "# not an object: {}", comment(&change.to_string()));
                continue;
            };
            let _ = write!(text, "---\n# {}\n", comment(&change.to_string()));
            if let Some(how) = how(&manifest.object) {
                let _ = writeln!(text, "# {how}");
            }
            if manifest.lacks_other_entries {
                text.push_str("# add the other entries of the Secret here\n");
            }
            text.push_str(&yaml(&manifest.object));
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
        "Secret" => Some(format!("replace {TOKEN} with the token; do not commit it unencrypted")),
        "ExternalSecret" => Some("set your secret store and its keys".to_owned()),
        "SealedSecret" => Some(
            "create the Secret with the token and fill encryptedData with: kubeseal --format yaml < secret.yaml".to_owned(),
        ),
        _ => None,
    }
}

/// The changed part of the Pod spec.
pub(super) fn pod_spec(owner: &ImageOwner, spec: &Value) -> Value {
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

/// The changed part of a workload: a patch for Kustomize, or what to look for in a chart.
pub(super) fn template(id: &WorkloadRef, spec: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": id.kind.as_str(),
        "metadata": { "name": id.key.name.as_str(), "namespace": id.key.namespace },
        "spec": { "template": { "spec": spec } },
    })
}

pub(super) fn account(key: &ObjectRef<ServiceAccount>, list: &[Name<Secret>]) -> Value {
    let mut account = manifest::account(key, list);
    // Whose it is, the repository says.
    if let Some(meta) = account.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.remove("labels");
    }
    account
}

pub(super) fn secret(
    key: &ObjectRef<Secret>,
    entries: &[(&str, &str)],
    style: ExportFormat,
) -> Value {
    let (name, namespace) = (key.name.as_str(), &key.namespace);
    match style {
        ExportFormat::Plain => {
            let config = config(entries, TOKEN);
            manifest::secret(key, "stringData", &json!({ ".dockerconfigjson": config }))
        }
        ExportFormat::ExternalSecret => external(name, namespace, entries),
        ExportFormat::SealedSecret => json!({
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
        plan::{
            AttachSecret, AuthEdit, Change, ContainerImage, ContainerList, CreateDeployment,
            CreateNamespace, CreateSecret, Credentials, EditSecret, Observed, SetImage,
        },
        registry_auth::credential::Password,
    };

    const CANARY: &str = "canary-in-an-export";

    fn plan() -> Plan {
        let namespace = Namespace::new("shop");
        let login = || Credentials {
            username: "bot\n- evil: yes".to_owned(),
            password: Password::new(CANARY),
        };
        let secret = ObjectRef::new(namespace.clone(), Name::new("regcred"));
        Plan::new(
            "Set up\nshop",
            vec![
                CreateNamespace {
                    name: namespace.clone(),
                }
                .into(),
                CreateSecret {
                    key: secret.clone(),
                    server: "ghcr.io".to_owned(),
                    login: login(),
                }
                .into(),
                EditSecret::new(
                    secret,
                    AuthEdit::ReplaceCredentials {
                        servers: vec!["quay.io".to_owned()],
                        login: login(),
                    },
                )
                .into(),
                AttachSecret {
                    account: ObjectRef::new(namespace.clone(), Name::new("web")),
                    secret: Name::new("regcred"),
                    current: vec![Name::new("mirror")],
                }
                .into(),
                CreateDeployment::new(
                    ObjectRef::new(namespace.clone(), Name::new("web")),
                    "ghcr.io/acme/web:1",
                    Name::new("web"),
                )
                .into(),
                Change::delete_pod(ObjectRef::new(namespace, Name::new("web-1"))),
            ],
        )
    }

    #[test]
    fn every_style_is_yaml_and_holds_no_credential() {
        for style in ExportFormat::ALL {
            let text = plan().manifests(style);
            assert!(!text.contains(CANARY), "{text}");
            let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
            let kinds: Vec<&str> = documents
                .iter()
                .filter_map(|d| d["kind"].as_str())
                .collect();
            let secret = match style {
                ExportFormat::Plain => "Secret",
                ExportFormat::ExternalSecret => "ExternalSecret",
                ExportFormat::SealedSecret => "SealedSecret",
            };
            assert_eq!(
                kinds,
                ["Namespace", secret, secret, "ServiceAccount", "Deployment"],
                "{text}"
            );
            assert!(text.contains("# not an object: Delete Pod shop/web-1"));
            let warned = text.matches("# add the other entries of the Secret here");
            assert_eq!(warned.count(), 1, "of the edit and not of the new Secret");
        }
    }

    #[test]
    fn an_account_keeps_what_it_lists() {
        let text = plan().manifests(ExportFormat::Plain);
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
        assert_eq!(
            documents[3]["imagePullSecrets"],
            json!([{"name": "mirror"}, {"name": "regcred"}])
        );
    }

    #[test]
    fn an_init_container_stays_one() {
        let key = ObjectRef::new(Namespace::new("shop"), Name::new("web"));
        let owner = ImageOwner::new(Subject::Pod(key)).unwrap();
        let set = SetImage {
            before: Some(Observed {
                uid: "u".to_owned(),
                value: ContainerImage {
                    list: ContainerList::InitContainers,
                    image: "a:1".into(),
                },
            }),
            ..SetImage::new(owner, "migrate".into(), "a:2")
        };
        let text = Plan::new("Another image", vec![set.into()]).manifests(ExportFormat::Plain);
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
        let spec = documents.iter().find_map(|one| one.get("spec")).unwrap();
        let migrate = json!([{"name": "migrate", "image": "a:2"}]);
        assert_eq!(*spec, json!({ "initContainers": migrate }));
    }
}
