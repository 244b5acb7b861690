//! A change as kubectl commands. No password is in them: the shell asks for it.

use super::{
    Before,
    change::{Change, Copy, Deployment, Existing},
    entries::Edit,
    lists::{with, without},
    manifest,
};
use crate::domain::{key::Name, objects::Secret};

impl Change {
    /// The same with kubectl.
    pub fn commands(&self) -> Vec<String> {
        let namespace = self.namespace();
        let kubectl = |rest: String| vec![format!("kubectl -n {namespace} {rest}")];
        match self {
            Self::CreateNamespace(name) => vec![format!("kubectl create namespace {name}")],
            Self::CreateSecret { key, server, login } => vec![
                "read -rs TOKEN".to_owned(),
                format!(
                    "{} | kubectl -n {namespace} create secret docker-registry {} --from-file=.dockerconfigjson=/dev/stdin",
                    printf(server, &login.username),
                    key.name
                ),
            ],
            Self::EditSecret { key, edit } => {
                edit_commands(edit, key.name.as_str(), namespace.as_str())
            }
            Self::ConvertSecret { key } => vec![format!(
                "kubectl -n {namespace} get secret {0} -o json | jq '.type=\"kubernetes.io/dockerconfigjson\"' | kubectl -n {namespace} replace --force -f -",
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
                slash(workload.id())
            )),
            Self::SetImage {
                workload,
                container,
                image,
                ..
            } => kubectl(format!(
                "set image {} {}",
                slash(workload.id()),
                shell(&format!("{container}={image}"))
            )),
            Self::CreateDeployment(deployment) => deploy_commands(deployment),
            Self::Restart(workload) => kubectl(format!("rollout restart {}", slash(workload.id()))),
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
            Self::DeletePod(key) => kubectl(format!("delete pod {} --wait=false", key.name)),
            Self::TakeBack { change, before } => taken_back(change, before),
        }
    }
}

fn copy_commands(copy: &Copy) -> Vec<String> {
    let (from, to) = (&copy.from, &copy.to);
    let get = |key: &crate::domain::key::Key<Secret>| {
        format!(
            "kubectl -n {} get secret {} -o json",
            key.namespace, key.name
        )
    };
    if copy.existing == Existing::Merge && copy.there.is_some() {
        let merge = ".[0].data[\".dockerconfigjson\"] as $a | .[1].data[\".dockerconfigjson\"] as $b | .[0] | .data[\".dockerconfigjson\"] = (($a | @base64d | fromjson) * ($b | @base64d | fromjson) | tojson | @base64)";
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
    let mut container = serde_json::json!({ "name": name.as_str() });
    if let Some(policy) = object.pointer("/spec/template/spec/containers/0/imagePullPolicy")
        && let Some(fields) = container.as_object_mut()
    {
        fields.insert("imagePullPolicy".to_owned(), policy.clone());
    }
    let spec = serde_json::json!({ "spec": { "template": { "spec": {
        "serviceAccountName": deployment.account.as_str(),
        "containers": [container],
    } } } });
    // kubectl calls the container after the image: the name of the patch must be that of the object.
    vec![format!(
        "kubectl -n {namespace} create deployment {name} --image={} --replicas={}{port} --dry-run=client -o json | jq '.spec.template.spec.containers[0].name = \"{name}\"' | kubectl patch --local -f - -o json -p {} | kubectl -n {namespace} create -f -",
        shell(&deployment.image),
        deployment.replicas,
        shell(&spec.to_string())
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
        (Change::CreateSecret { key, .. }, _) => kubectl(format!("delete secret {}", key.name)),
        (Change::CopySecret(copy), Before::Made(_)) => {
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

fn edit_commands(edit: &Edit, secret: &str, namespace: &str) -> Vec<String> {
    let through_jq = |arguments: String, change: &str| {
        vec![format!(
            "kubectl -n {namespace} get secret {secret} -o json | jq {arguments} '.data[\".dockerconfigjson\"] |= (@base64d | fromjson | {change} | tojson | @base64)' | kubectl -n {namespace} replace -f -"
        )]
    };
    match edit {
        Edit::Put { server, login } => vec![
            "read -rs TOKEN; export TOKEN".to_owned(),
            format!(
                "kubectl -n {namespace} get secret {secret} -o json | jq --arg s {} --arg u {} '.data[\".dockerconfigjson\"] |= (@base64d | fromjson | .auths[$s] = {{username: $u, password: env.TOKEN}} | tojson | @base64)' | kubectl -n {namespace} replace -f -",
                shell(server),
                shell(&login.username)
            ),
        ],
        Edit::Renew { servers, login } => {
            let servers = serde_json::json!(servers).to_string();
            vec![
                "read -rs TOKEN; export TOKEN".to_owned(),
                format!(
                    "kubectl -n {namespace} get secret {secret} -o json | jq --argjson s {} --arg u {} '.data[\".dockerconfigjson\"] |= (@base64d | fromjson | reduce $s[] as $k (.; .auths[$k] = {{username: $u, password: env.TOKEN}}) | tojson | @base64)' | kubectl -n {namespace} replace -f -",
                    shell(&servers),
                    shell(&login.username)
                ),
            ]
        }
        Edit::Rekey { from, to } => through_jq(
            format!("--arg from {} --arg to {}", shell(from), shell(to)),
            ".auths |= with_entries(if .key == $from then .key = $to else . end)",
        ),
        Edit::Remove { server } => {
            through_jq(format!("--arg s {}", shell(server)), "del(.auths[$s])")
        }
    }
}

/// Writes a Docker configuration without the token in any argument: the shell fills it in.
fn printf(server: &str, username: &str) -> String {
    format!(
        "printf '{{\"auths\":{{\"%s\":{{\"username\":\"%s\",\"password\":\"%s\"}}}}}}' {} {} \"$TOKEN\"",
        shell(server),
        shell(username)
    )
}

fn list_patch(account: &str, list: &[Name<Secret>]) -> String {
    let items: Vec<_> = list
        .iter()
        .map(|name| serde_json::json!({ "name": name.as_str() }))
        .collect();
    let patch = serde_json::json!({ "imagePullSecrets": items });
    format!(
        "patch serviceaccount {account} -p {}",
        shell(&patch.to_string())
    )
}

fn slash(id: &crate::domain::objects::WorkloadKey) -> String {
    format!("{}/{}", id.kind.as_str().to_lowercase(), id.key.name)
}

/// A value as one word of a shell.
fn shell(value: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-/:@=+,".contains(c);
    if !value.is_empty() && value.chars().all(safe) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}
