//! Parts of kubectl commands. No password is in them: the shell asks for it.

use std::fmt::Display;

use serde_json::json;

use super::{
    auth_edit::{AuthEdit, Credentials},
    change::{Change, CreateSecret, EditSecret, Restartable},
    manifest,
};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace, ObjectRef},
        objects::{AnyObjectRef, Secret, ServiceAccount},
    },
    registry_auth::{
        credential::Password,
        docker_config::{self, ConfigFormat},
    },
    shell,
};

/// The token comes from the keyboard, and to jq by the environment: it is in no argument.
pub(super) const READ_TOKEN: &str = "read -rs TOKEN; export TOKEN";

/// An entry of `auths`, for jq, with the user name as `$u`.
pub(super) const LOGIN: &str = "{username: $u, password: env.TOKEN}";

/// An entry of `auths` with another login, for jq; its other fields stay.
pub(super) const RELOGIN: &str = "((objects // {}) + {username: $u, password: env.TOKEN, auth: ($u + \":\" + env.TOKEN | @base64)})";

/// A kubectl command in a namespace.
pub(super) fn kubectl(namespace: &Namespace, rest: impl Display) -> String {
    format!("kubectl -n {namespace} {rest}")
}

/// Shows an object; of a ServiceAccount its lists too.
pub(super) fn get_object(object: &AnyObjectRef) -> String {
    let get = |what: String| kubectl(object.namespace(), format!("get {what}"));
    match object {
        AnyObjectRef::Namespace(name) => format!("kubectl get namespace {name}"),
        AnyObjectRef::Secret(key) => get(format!("secret {}", key.name)),
        AnyObjectRef::ServiceAccount(key) => get(format!("serviceaccount {} -o yaml", key.name)),
        AnyObjectRef::Pod(key) => get(format!("pod {}", key.name)),
        AnyObjectRef::Workload(id) => get(id.kubectl()),
    }
}

/// Deletes an object.
pub(super) fn delete_object(object: &AnyObjectRef) -> String {
    let kind = object.kind().to_lowercase();
    let delete = format!("delete {kind} {}", object.name());
    match object {
        AnyObjectRef::Namespace(_) => format!("kubectl {delete}"),
        AnyObjectRef::Secret(_)
        | AnyObjectRef::ServiceAccount(_)
        | AnyObjectRef::Pod(_)
        | AnyObjectRef::Workload(_) => kubectl(object.namespace(), delete),
    }
}

/// Gives a ServiceAccount this list of pull secrets.
pub(super) fn account_list_patch(
    account: &ObjectRef<ServiceAccount>,
    list: &[Name<Secret>],
) -> String {
    let patch = json!({ "imagePullSecrets": manifest::references(list) });
    let patch = shell::quote(&patch.to_string());
    let rest = format!("patch serviceaccount {} -p {patch}", account.name);
    kubectl(&account.namespace, rest)
}

/// Gives a Pod template this list of pull secrets. A JSON merge patch replaces the list whole; kubectl's
/// default patch would merge it by name.
pub(super) fn template_list_patch(workload: &Restartable, list: &[Name<Secret>]) -> String {
    let spec = json!({ "imagePullSecrets": manifest::references(list) });
    let patch = json!({ "spec": { "template": { "spec": spec } } });
    let id = workload.id();
    let rest = format!(
        "patch {} --type=merge -p {}",
        id.kubectl(),
        shell::quote(&patch.to_string())
    );
    kubectl(&id.key.namespace, rest)
}

/// The commands that make a pull secret with the entries of this configuration. The passwords are not taken
/// over: the shell asks for each.
pub fn recreated(key: &ObjectRef<Secret>, configuration: &[u8]) -> Vec<String> {
    let config = docker_config::read(ConfigFormat::ConfigJson, configuration);
    let logins = config.entries.iter().map(|entry| {
        let login = Credentials {
            username: entry.username.to_string(),
            password: Password::new(""),
        };
        (entry.server.to_string(), login)
    });
    let change = |(number, (server, login)): (usize, (String, Credentials))| {
        let key = key.clone();
        if number == 0 {
            return Change::from(CreateSecret { key, server, login });
        }
        EditSecret::new(key, AuthEdit::Upsert { server, login }).into()
    };
    let changes = logins.enumerate().map(change);
    changes.flat_map(|change| change.commands()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::key;

    fn commands(change: &Change) -> String {
        change.commands().join("\n")
    }

    fn login() -> Credentials {
        Credentials {
            username: "it's me".to_owned(),
            password: Password::new("canary"),
        }
    }

    #[test]
    fn a_login_is_in_no_argument_and_a_name_is_one_word() {
        let key = key("shop", "regcred");
        let server = "ghcr.io".to_owned();
        let made = CreateSecret {
            key: key.clone(),
            server: server.clone(),
            login: login(),
        };
        assert_eq!(
            commands(&made.into()),
            r"read -rs TOKEN; export TOKEN
jq -n --arg s ghcr.io --arg u 'it'\''s me' '{auths: {($s): {username: $u, password: env.TOKEN}}}' | kubectl -n shop create secret docker-registry regcred --from-file=.dockerconfigjson=/dev/stdin"
        );
        let put = AuthEdit::Upsert {
            server: server.clone(),
            login: login(),
        };
        let renew = AuthEdit::ReplaceCredentials {
            servers: vec![server],
            login: login(),
        };
        for edit in [put, renew] {
            let key = key.clone();
            let said = commands(&EditSecret::new(key, edit).into());
            assert!(
                said.starts_with(READ_TOKEN) && said.contains(RELOGIN),
                "{said}"
            );
            assert!(!said.contains("canary"), "{said}");
        }
    }

    #[test]
    fn a_secret_is_made_again_by_hand_without_its_passwords() {
        let config = r#"{"auths":{"ghcr.io":{"username":"bot","password":"canary"},"quay.io":{"auth":"YTpjYW5hcnk="}}}"#;
        let said = recreated(&key("shop", "regcred"), config.as_bytes()).join("\n");
        assert!(
            said.contains("create secret docker-registry regcred"),
            "{said}"
        );
        assert!(said.contains("--arg s quay.io --arg u a"), "{said}");
        assert!(!said.contains("canary") && !said.contains("YTpj"), "{said}");
    }
}
