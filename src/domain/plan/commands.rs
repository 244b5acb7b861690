//! A change as kubectl commands. No password is in them: the shell asks for it.

use serde_json::json;

use super::{
    before::Before,
    change::{Change, Copy, Deployment, Existing, Restartable},
    entries::{Edit, Login},
    lists::{corrected, with, without},
    manifest,
};
use crate::domain::{
    credential::Password,
    dockerconfig::{self, Format},
    key::{Key, Name},
    objects::Secret,
    shell,
};

impl Change {
    /// The same with kubectl.
    pub fn commands(&self) -> Vec<String> {
        let namespace = self.namespace();
        let kubectl = |rest: String| vec![format!("kubectl -n {namespace} {rest}")];
        match self {
            Self::CreateNamespace(name) => vec![format!("kubectl create namespace {name}")],
            Self::CreateSecret { key, server, login } => vec![
                READ.to_owned(),
                format!(
                    "jq -n --arg s {} --arg u {} '{{auths: {{($s): {LOGIN}}}}}' | kubectl -n {namespace} create secret docker-registry {} --from-file=.dockerconfigjson=/dev/stdin",
                    shell::word(server),
                    shell::word(&login.username),
                    key.name
                ),
            ],
            Self::EditSecret { key, edit, .. } => {
                edit_commands(edit, key.name.as_str(), namespace.as_str())
            }
            // Where nothing in it is a configuration jq says nothing, and nothing is replaced.
            Self::ConvertSecret { key, .. } => vec![format!(
                "kubectl -n {namespace} get secret {} -o json | jq '.type = \"kubernetes.io/dockerconfigjson\" | .data[\".dockerconfigjson\"] = first((.data[\".dockerconfigjson\"] // empty), .data[] | select(@base64d | fromjson? | .auths? | type == \"object\"))' | kubectl -n {namespace} replace --force -f -",
                key.name
            )],
            Self::CopySecret(copy) => copy_commands(copy),
            Self::DeleteSecret { key } => kubectl(format!("delete secret {}", key.name)),
            Self::CreateAccount { key, pull_secrets } => {
                let mut all = kubectl(format!("create serviceaccount {}", key.name));
                if !pull_secrets.is_empty() {
                    all.extend(kubectl(list_patch(key.name.as_str(), pull_secrets)));
                }
                all
            }
            Self::DeleteAccount { key } => kubectl(format!("delete serviceaccount {}", key.name)),
            Self::AttachSecret {
                account,
                secret,
                seen,
            } => kubectl(list_patch(account.name.as_str(), &with(seen, secret))),
            Self::DetachSecret {
                account,
                secret,
                seen,
            } => kubectl(list_patch(account.name.as_str(), &without(seen, secret))),
            Self::SetAccount {
                workload, account, ..
            } => kubectl(format!(
                "set serviceaccount {} {account}",
                workload.id().kubectl()
            )),
            Self::SetImage {
                workload,
                container,
                image,
                ..
            } => kubectl(format!(
                "set image {} {}",
                workload.kubectl(),
                shell::word(&format!("{container}={image}"))
            )),
            Self::SetTemplatePullSecrets {
                workload,
                add,
                instead_of,
                seen,
            } => kubectl(template_patch(
                workload,
                &corrected(seen, add, instead_of.as_ref()),
            )),
            Self::CreateDeployment(deployment) => deploy_commands(deployment),
            Self::Restart(workload) => {
                kubectl(format!("rollout restart {}", workload.id().kubectl()))
            }
            Self::SetPaused { deployment, paused } => {
                let verb = if *paused { "pause" } else { "resume" };
                kubectl(format!("rollout {verb} deployment/{}", deployment.name))
            }
            Self::RollBack {
                deployment,
                revision,
                ..
            } => kubectl(format!(
                "rollout undo deployment/{} --to-revision={revision}",
                deployment.name
            )),
            Self::DeletePod { pod, .. } => kubectl(format!("delete pod {} --wait=false", pod.name)),
            Self::DeleteJob { job, .. } => kubectl(format!("delete job {} --wait=false", job.name)),
            Self::TakeBack { change, before, .. } => taken_back(change, before),
        }
    }
}

/// A JSON merge patch replaces the list whole; kubectl's default patch would merge it by name.
fn template_patch(workload: &Restartable, list: &[Name<Secret>]) -> String {
    let spec = json!({ "imagePullSecrets": manifest::references(list) });
    let patch = json!({ "spec": { "template": { "spec": spec } } });
    format!(
        "patch {} --type=merge -p {}",
        workload.id().kubectl(),
        shell::word(&patch.to_string())
    )
}

fn copy_commands(copy: &Copy) -> Vec<String> {
    let (from, to) = (&copy.from, &copy.to);
    let get = |key: &Key<Secret>| {
        format!(
            "kubectl -n {} get secret {} -o json",
            key.namespace, key.name
        )
    };
    if copy.existing == Existing::Merge && copy.there.is_some() {
        // Entry by entry, and not field by field: the old `auth` would outdo the new password.
        let merge = "map(.data[\".dockerconfigjson\"] | @base64d | fromjson) as [$a, $b] | .[0] | .data[\".dockerconfigjson\"] = ($a | .auths += $b.auths | tojson | @base64)";
        return vec![format!(
            "jq -s '{merge}' <({}) <({}) | kubectl -n {} replace -f -",
            get(to),
            get(from),
            to.namespace
        )];
    }
    let verb = match (copy.existing, &copy.there) {
        (Existing::Replace, Some(_)) => "replace",
        _ => "create",
    };
    vec![format!(
        "{} | jq '{{apiVersion,kind,type,data,metadata:{{name:\"{}\"}}}}' | kubectl -n {} {verb} -f -",
        get(from),
        to.name,
        to.namespace
    )]
}

/// `kubectl create deployment` has no flag for the account and the policy: the rest is patched.
fn deploy_commands(deployment: &Deployment) -> Vec<String> {
    let (namespace, name) = (&deployment.key.namespace, &deployment.key.name);
    let port = deployment
        .port
        .map_or_else(String::new, |port| format!(" --port={port}"));
    let object = manifest::deployment(deployment);
    let mut container = json!({ "name": name.as_str() });
    if let Some(policy) = object.pointer("/spec/template/spec/containers/0/imagePullPolicy")
        && let Some(fields) = container.as_object_mut()
    {
        fields.insert("imagePullPolicy".to_owned(), policy.clone());
    }
    let spec = json!({ "spec": { "template": { "spec": {
        "serviceAccountName": deployment.account.as_str(),
        "containers": [container],
    } } } });
    // kubectl calls the container after the image: the name of the patch must be that of the object.
    vec![format!(
        "kubectl -n {namespace} create deployment {name} --image={} --replicas={}{port} --dry-run=client -o json | jq '.spec.template.spec.containers[0].name = \"{name}\"' | kubectl patch --local -f - -o json -p {} | kubectl -n {namespace} create -f -",
        shell::word(&deployment.image),
        deployment.replicas,
        shell::word(&spec.to_string())
    )]
}

/// What takes a change back; what a Secret held is known to nobody else.
fn taken_back(change: &Change, before: &Before) -> Vec<String> {
    let namespace = change.namespace();
    let kubectl = |rest: String| vec![format!("kubectl -n {namespace} {rest}")];
    match (change, before) {
        (
            Change::AttachSecret { account, .. } | Change::DetachSecret { account, .. },
            Before::List { before, .. },
        ) => kubectl(list_patch(account.name.as_str(), before)),
        (Change::SetTemplatePullSecrets { workload, .. }, Before::List { before, .. }) => {
            kubectl(template_patch(workload, before))
        }
        (Change::CreateSecret { key, .. }, _) => kubectl(format!("delete secret {}", key.name)),
        (Change::CopySecret(copy), Before::Made { .. }) => {
            kubectl(format!("delete secret {}", copy.to.name))
        }
        (Change::CreateAccount { key, .. }, _) => {
            kubectl(format!("delete serviceaccount {}", key.name))
        }
        (Change::CreateDeployment(deployment), _) => {
            kubectl(format!("delete deployment {}", deployment.key.name))
        }
        _ => vec!["# what was there is known to this session only".to_owned()],
    }
}

/// The commands that make a pull Secret with the entries of this configuration. The passwords are not taken
/// over: the shell asks for each.
pub fn recreated(key: &Key<Secret>, configuration: &[u8]) -> Vec<String> {
    let config = dockerconfig::read(Format::ConfigJson, configuration);
    let logins = config.entries.iter().map(|entry| {
        let login = Login {
            username: entry.username.to_string(),
            password: Password::new(""),
        };
        (entry.server.to_string(), login)
    });
    let change = |(number, (server, login)): (usize, (String, Login))| {
        let key = key.clone();
        if number == 0 {
            return Change::CreateSecret { key, server, login };
        }
        let edit = Edit::Put { server, login };
        Change::EditSecret {
            key,
            edit,
            before: None,
        }
    };
    let changes = logins.enumerate().map(change);
    changes.flat_map(|change| change.commands()).collect()
}

fn edit_commands(edit: &Edit, secret: &str, namespace: &str) -> Vec<String> {
    // `|=` would be shorter; in jq 1.6 it loses what `try` gives.
    let through_jq = |arguments: String, change: String| {
        format!(
            "kubectl -n {namespace} get secret {secret} -o json | jq {arguments} '.data[\".dockerconfigjson\"] = (.data[\".dockerconfigjson\"] | {change} | tojson | @base64)' | kubectl -n {namespace} replace -f -"
        )
    };
    match edit {
        // What cannot be read is not carried over.
        Edit::Put { server, login } => vec![
            READ.to_owned(),
            through_jq(
                format!("--arg s {} --arg u {}", shell::word(server), shell::word(&login.username)),
                format!("(try (@base64d | fromjson | objects) catch {{}}) // {{}} | .auths[$s] |= {RELOGIN}"),
            ),
        ],
        Edit::Renew { servers, login } => vec![
            READ.to_owned(),
            through_jq(
                format!(
                    "--argjson s {} --arg u {}",
                    shell::word(&json!(servers).to_string()),
                    shell::word(&login.username)
                ),
                format!("@base64d | fromjson | reduce $s[] as $k (.; .auths[$k] |= {RELOGIN})"),
            ),
        ],
        Edit::Rekey { from, to } => vec![through_jq(
            format!("--arg from {} --arg to {}", shell::word(from), shell::word(to)),
            "@base64d | fromjson | if .auths | has($to) then error(\"\\($to) is there already\") else . end | .auths |= with_entries(if .key == $from then .key = $to else . end)".to_owned(),
        )],
        Edit::Remove { server } => vec![through_jq(
            format!("--arg s {}", shell::word(server)),
            "@base64d | fromjson | del(.auths[$s])".to_owned(),
        )],
    }
}

/// The token comes from the keyboard, and to jq by the environment: it is in no argument.
const READ: &str = "read -rs TOKEN; export TOKEN";

/// An entry of `auths`, for jq, with the user name as `$u`.
const LOGIN: &str = "{username: $u, password: env.TOKEN}";

/// An entry of `auths` with another login, for jq; its other fields stay.
const RELOGIN: &str = "((objects // {}) + {username: $u, password: env.TOKEN, auth: ($u + \":\" + env.TOKEN | @base64)})";

fn list_patch(account: &str, list: &[Name<Secret>]) -> String {
    let patch = json!({ "imagePullSecrets": manifest::references(list) });
    format!(
        "patch serviceaccount {account} -p {}",
        shell::word(&patch.to_string())
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::key;

    fn commands(change: &Change) -> String {
        change.commands().join("\n")
    }

    fn login() -> Login {
        Login {
            username: "it's me".to_owned(),
            password: Password::new("canary"),
        }
    }

    #[test]
    fn a_login_is_in_no_argument_and_a_name_is_one_word() {
        let key = key("shop", "regcred");
        let server = "ghcr.io".to_owned();
        let made = Change::CreateSecret {
            key: key.clone(),
            server: server.clone(),
            login: login(),
        };
        assert_eq!(
            commands(&made),
            r"read -rs TOKEN; export TOKEN
jq -n --arg s ghcr.io --arg u 'it'\''s me' '{auths: {($s): {username: $u, password: env.TOKEN}}}' | kubectl -n shop create secret docker-registry regcred --from-file=.dockerconfigjson=/dev/stdin"
        );
        let put = Edit::Put {
            server: server.clone(),
            login: login(),
        };
        let renew = Edit::Renew {
            servers: vec![server],
            login: login(),
        };
        for edit in [put, renew] {
            let key = key.clone();
            let said = commands(&Change::EditSecret {
                key,
                edit,
                before: None,
            });
            assert!(said.starts_with(READ) && said.contains(RELOGIN), "{said}");
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

    #[test]
    fn a_copy_is_merged_entry_by_entry() {
        let copy = |existing, there| {
            commands(&Change::CopySecret(Copy {
                from: key("infra", "reg"),
                to: key("shop", "reg"),
                existing,
                brings: Vec::new(),
                there,
            }))
        };
        let merged = copy(Existing::Merge, Some(Vec::new()));
        assert!(merged.contains("$a | .auths += $b.auths"), "{merged}");
        assert!(merged.ends_with("kubectl -n shop replace -f -"), "{merged}");
        let replaced = copy(Existing::Replace, Some(Vec::new()));
        assert!(
            replaced.ends_with("kubectl -n shop replace -f -"),
            "{replaced}"
        );
        for existing in [Existing::Keep, Existing::Merge, Existing::Replace] {
            let made = copy(existing, None);
            assert!(made.ends_with("kubectl -n shop create -f -"), "{made}");
        }
    }
}
