//! A change as lines added and removed. Credentials are placeholders.

use std::sync::Arc;

use super::{
    change::{Change, Copy, Existing, Images},
    edit_preview::edit_lines,
    lists::{corrected, with, without},
    manifest,
};
use crate::domain::{
    key::{Key, Name},
    objects::Secret,
};

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

impl Line {
    /// The line of the change that goes the other way.
    fn turned(self) -> Self {
        let mark = match self.mark {
            Mark::Same => Mark::Same,
            Mark::Added => Mark::Removed,
            Mark::Removed => Mark::Added,
        };
        Self { mark, ..self }
    }
}

/// What stands where a credential will.
pub(super) const HIDDEN: &str = "••••••";

pub(super) fn same(text: impl Into<String>) -> Line {
    Line {
        mark: Mark::Same,
        text: text.into(),
    }
}

pub(super) fn added(text: impl Into<String>) -> Line {
    Line {
        mark: Mark::Added,
        text: text.into(),
    }
}

pub(super) fn removed(text: impl Into<String>) -> Line {
    Line {
        mark: Mark::Removed,
        text: text.into(),
    }
}

impl Change {
    /// What becomes different, as lines of YAML.
    pub fn preview(&self) -> Vec<Line> {
        match self {
            Self::CreateNamespace(name) => all_added(&manifest::namespace(name)),
            Self::CreateSecret { key, server, login } => {
                let mut lines = new_secret(key);
                lines.push(added("stringData:"));
                lines.push(added("  .dockerconfigjson:"));
                lines.extend(entry(server, &login.username));
                lines
            }
            Self::EditSecret { edit, before, .. } => {
                edit_lines(edit, before.as_ref().map(|seen| &seen.value))
            }
            Self::ConvertSecret {
                found: Some(found), ..
            } => found.converted(),
            Self::ConvertSecret { found: None, .. } => {
                vec![added("type: kubernetes.io/dockerconfigjson")]
            }
            Self::CopySecret(copy) => copy_lines(copy),
            Self::DeleteSecret { key } => vec![removed(format!("Secret {}", key.name))],
            Self::CreateAccount { key, pull_secrets } => {
                all_added(&manifest::account(key, pull_secrets))
            }
            Self::DeleteAccount { key } => vec![removed(format!("ServiceAccount {}", key.name))],
            Self::AttachSecret { secret, seen, .. } => list_lines(seen, &with(seen, secret)),
            Self::DetachSecret { secret, seen, .. } => list_lines(seen, &without(seen, secret)),
            Self::SetAccount {
                before, account, ..
            } => {
                let head = [same("spec.template.spec:")];
                let field = |name: &str| format!("  serviceAccountName: {name}");
                let old = before.as_ref().map(|seen| field(seen.value.as_str()));
                replaced(head, old, field(account.as_str()))
            }
            Self::SetImage {
                workload,
                container,
                before,
                image,
            } => {
                // Until the server was asked, the list is not known.
                let list = before
                    .as_ref()
                    .map_or("containers", |seen| seen.value.list.field());
                let head = [
                    same(format!("{}.{list}:", workload.pod_spec().join("."))),
                    same(format!("  - name: {container}")),
                ];
                let field = |image: &str| format!("    image: {image}");
                let old = before.as_ref().map(|seen| field(&seen.value.image));
                replaced(head, old, field(image))
            }
            Self::SetTemplatePullSecrets {
                add,
                instead_of,
                seen,
                ..
            } => {
                let after = corrected(seen, add, instead_of.as_ref());
                let mut lines = vec![same("spec.template.spec:")];
                let list = list_lines(seen, &after).into_iter();
                lines.extend(list.map(|line| Line {
                    text: format!("  {}", line.text),
                    ..line
                }));
                lines
            }
            Self::CreateDeployment(deployment) => all_added(&manifest::deployment(deployment)),
            Self::Restart(_) => vec![
                same("spec.template.metadata.annotations:"),
                added("  kubectl.kubernetes.io/restartedAt: now"),
            ],
            Self::SetPaused { paused, .. } => vec![
                same("spec:"),
                removed(format!("  paused: {}", !paused)),
                added(format!("  paused: {paused}")),
            ],
            Self::RollBack { before, after, .. } => {
                let before = before.as_ref().map(|seen| &seen.value.images);
                template_lines(before.unwrap_or(&Arc::from([])), after)
            }
            Self::DeletePod { pod, .. } => vec![removed(format!("Pod {}", pod.name))],
            Self::DeleteJob { job, .. } => vec![removed(format!("Job {}", job.name))],
            Self::TakeBack {
                found: Some(lists), ..
            } => list_lines(&lists.now, &lists.then),
            Self::TakeBack {
                change,
                found: None,
                ..
            } => {
                let lines = change.preview().into_iter();
                removed_first(lines.map(Line::turned).collect())
            }
        }
    }
}

/// The lines with what goes before what comes, wherever both stand together.
fn removed_first(mut lines: Vec<Line>) -> Vec<Line> {
    let is_same = |line: &Line| line.mark == Mark::Same;
    for run in lines.chunk_by_mut(|one, next| is_same(one) == is_same(next)) {
        run.sort_by_key(|line| line.mark == Mark::Added);
    }
    lines
}

/// A field that gets another value; the old one is known once the server was asked.
fn replaced(head: impl IntoIterator<Item = Line>, old: Option<String>, new: String) -> Vec<Line> {
    let head = head.into_iter().chain(old.map(removed));
    head.chain([added(new)]).collect()
}

fn new_secret(key: &Key<Secret>) -> Vec<Line> {
    vec![
        added("apiVersion: v1"),
        added("kind: Secret"),
        added(format!(
            "metadata: {{namespace: {}, name: {}}}",
            key.namespace, key.name
        )),
        added("type: kubernetes.io/dockerconfigjson"),
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

fn all_added(object: &serde_json::Value) -> Vec<Line> {
    manifest::yaml(object).lines().map(added).collect()
}

/// The entries of the Secret that is there, and of what it becomes.
fn copy_lines(copy: &Copy) -> Vec<Line> {
    let entry = |server: &str| format!("  {server}: {HIDDEN}");
    let Some(there) = &copy.there else {
        let mut lines = new_secret(&copy.to);
        lines.push(added(".dockerconfigjson.auths:"));
        let brought = copy.brings.iter();
        lines.extend(brought.map(|server| added(entry(server))));
        return lines;
    };
    let mut lines = vec![same(".dockerconfigjson.auths:")];
    for server in there {
        let brought = copy.brings.contains(server);
        let stays = match copy.existing {
            Existing::Keep => true,
            Existing::Merge => !brought,
            Existing::Replace => false,
        };
        let mark = if stays { same } else { removed };
        lines.push(mark(entry(server)));
    }
    if copy.existing != Existing::Keep {
        let brought = copy.brings.iter();
        lines.extend(
            brought.map(|server| added(format!("{}  # as in {}", entry(server), copy.from))),
        );
    }
    lines
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
