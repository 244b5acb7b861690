//! A change as lines added and removed, and as kubectl commands. Credentials are placeholders.

use std::sync::Arc;

use super::{
    change::{Change, Images},
    entries::Edit,
    lists::{with, without},
};
use crate::domain::{key::Name, objects::Secret};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Same,
    Added,
    Removed,
}

/// One line of a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub mark: Mark,
    pub text: String,
}

/// What stands where a credential will.
const HIDDEN: &str = "••••••";

fn same(text: impl Into<String>) -> Line {
    Line {
        mark: Mark::Same,
        text: text.into(),
    }
}

fn added(text: impl Into<String>) -> Line {
    Line {
        mark: Mark::Added,
        text: text.into(),
    }
}

fn removed(text: impl Into<String>) -> Line {
    Line {
        mark: Mark::Removed,
        text: text.into(),
    }
}

impl Change {
    /// What becomes different, as lines of YAML.
    pub fn preview(&self) -> Vec<Line> {
        match self {
            Self::CreateNamespace(name) => vec![
                added("apiVersion: v1"),
                added("kind: Namespace"),
                added(format!("metadata: {{name: {name}}}")),
            ],
            Self::CreateSecret { key, server, login } => {
                let mut lines = head("v1", "Secret", key.namespace.as_str(), key.name.as_str());
                lines.push(added("type: kubernetes.io/dockerconfigjson"));
                lines.push(added("stringData:"));
                lines.push(added("  .dockerconfigjson:"));
                lines.extend(entry(server, &login.username));
                lines
            }
            Self::EditSecret { edit, .. } => edit_lines(edit),
            Self::ConvertSecret { .. } => vec![
                removed("type: Opaque"),
                added("type: kubernetes.io/dockerconfigjson"),
            ],
            Self::CopySecret { from, to } => {
                let mut lines = head("v1", "Secret", to.as_str(), from.name.as_str());
                lines.push(added(format!("data: {HIDDEN}  # as in {from}")));
                lines
            }
            Self::CreateAccount { key, pull_secrets } => {
                let (namespace, name) = (key.namespace.as_str(), key.name.as_str());
                let mut lines = head("v1", "ServiceAccount", namespace, name);
                if !pull_secrets.is_empty() {
                    lines.push(added("imagePullSecrets:"));
                    lines.extend(pull_secrets.iter().map(|name| added(item(name))));
                }
                lines
            }
            Self::AttachSecret { secret, seen, .. } => list_lines(seen, &with(seen, secret)),
            Self::DetachSecret { secret, seen, .. } => list_lines(seen, &without(seen, secret)),
            Self::SetAccount { account, .. } => vec![
                same("spec.template.spec:"),
                added(format!("  serviceAccountName: {account}")),
            ],
            Self::SetImage {
                container,
                before,
                image,
                ..
            } => vec![
                same("spec.template.spec.containers:"),
                same(format!("  - name: {container}")),
                removed(format!("    image: {before}")),
                added(format!("    image: {image}")),
            ],
            Self::CreateDeployment {
                key,
                image,
                account,
                replicas,
            } => {
                let (namespace, name) = (key.namespace.as_str(), key.name.as_str());
                let mut lines = head("apps/v1", "Deployment", namespace, name);
                lines.push(added(format!("spec: {{replicas: {replicas}}}")));
                lines.push(added("template.spec:"));
                lines.push(added(format!("  serviceAccountName: {account}")));
                lines.push(added(format!(
                    "  containers: [{{name: {name}, image: {image}}}]"
                )));
                lines
            }
            Self::Restart(_) => vec![
                same("spec.template.metadata.annotations:"),
                added("  kubectl.kubernetes.io/restartedAt: now"),
            ],
            Self::SetPaused { paused, .. } => vec![
                same("spec:"),
                removed(format!("  paused: {}", !paused)),
                added(format!("  paused: {paused}")),
            ],
            Self::RollBack { before, after, .. } => template_lines(before, after),
            Self::DeletePod(key) => vec![removed(format!("Pod {}", key.name))],
        }
    }

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
            Self::CopySecret { from, .. } => vec![format!(
                "kubectl -n {} get secret {} -o json | jq '{{apiVersion,kind,type,data,metadata:{{name:.metadata.name}}}}' | kubectl -n {namespace} create -f -",
                from.namespace, from.name
            )],
            Self::CreateAccount { key, .. } => {
                kubectl(format!("create serviceaccount {}", key.name))
            }
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
            Self::SetAccount { workload, account } => kubectl(format!(
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
            Self::CreateDeployment { key, image, .. } => kubectl(format!(
                "create deployment {} --image={}",
                key.name,
                shell(image)
            )),
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
        }
    }
}

fn head(version: &str, kind: &str, namespace: &str, name: &str) -> Vec<Line> {
    vec![
        added(format!("apiVersion: {version}")),
        added(format!("kind: {kind}")),
        added(format!(
            "metadata: {{namespace: {namespace}, name: {name}}}"
        )),
    ]
}

fn entry(server: &str, username: &str) -> Vec<Line> {
    vec![
        added("    auths:"),
        added(format!("      {server}:")),
        added(format!("        username: {username}")),
        added(format!("        password: {HIDDEN}")),
    ]
}

fn edit_lines(edit: &Edit) -> Vec<Line> {
    match edit {
        Edit::Put { server, login } => {
            let mut lines = vec![same(".dockerconfigjson:")];
            lines.extend(entry(server, &login.username));
            lines
        }
        Edit::Rekey { from, to } => vec![
            same(".dockerconfigjson.auths:"),
            removed(format!("  {from}: {HIDDEN}")),
            added(format!("  {to}: {HIDDEN}")),
        ],
        Edit::Remove { server } => vec![
            same(".dockerconfigjson.auths:"),
            removed(format!("  {server}: {HIDDEN}")),
        ],
    }
}

/// The images of two Pod templates; the rest of the older one comes back too.
fn template_lines(before: &Images, after: &Images) -> Vec<Line> {
    let item = |(name, image): &(Arc<str>, Arc<str>)| format!("  {name}: {image}");
    let mut lines = vec![same("images of spec.template, and all else in it:")];
    lines.extend(
        before
            .iter()
            .filter(|old| !after.contains(old))
            .map(|old| removed(item(old))),
    );
    lines.extend(after.iter().map(|new| {
        if before.contains(new) {
            same(item(new))
        } else {
            added(item(new))
        }
    }));
    lines
}

fn list_lines(before: &[Name<Secret>], after: &[Name<Secret>]) -> Vec<Line> {
    let mut lines = vec![same("imagePullSecrets:")];
    lines.extend(before.iter().map(|name| {
        if after.contains(name) {
            same(item(name))
        } else {
            removed(item(name))
        }
    }));
    let new = after.iter().filter(|name| !before.contains(name));
    lines.extend(new.map(|name| added(item(name))));
    lines
}

fn item(name: &Name<Secret>) -> String {
    format!("  - name: {name}")
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
