//! Lines of a preview, added and removed. Credentials are placeholders.

use super::{auth_edit::Credentials, manifest};
use crate::domain::k8s::{
    object_ref::{Name, ObjectRef},
    objects::Secret,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffTag {
    Same,
    Added,
    Removed,
}

/// One line of a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    pub mark: DiffTag,
    pub text: String,
}

impl DiffLine {
    /// The line of the change that goes the other way.
    pub(super) fn inverted(self) -> Self {
        let mark = match self.mark {
            DiffTag::Same => DiffTag::Same,
            DiffTag::Added => DiffTag::Removed,
            DiffTag::Removed => DiffTag::Added,
        };
        Self { mark, ..self }
    }

    /// Whether it is a comment, and no part of the object.
    pub(super) fn is_comment(&self) -> bool {
        self.text.trim_start().starts_with('#')
    }

    /// The line so many columns further to the right.
    pub(super) fn indented(self, columns: usize) -> Self {
        let text = format!("{:columns$}{}", "", self.text);
        Self { text, ..self }
    }
}

/// What stands where a credential will.
pub(super) const HIDDEN: &str = "••••••";

pub(super) fn same(text: impl Into<String>) -> DiffLine {
    DiffLine {
        mark: DiffTag::Same,
        text: text.into(),
    }
}

pub(super) fn added(text: impl Into<String>) -> DiffLine {
    DiffLine {
        mark: DiffTag::Added,
        text: text.into(),
    }
}

pub(super) fn removed(text: impl Into<String>) -> DiffLine {
    DiffLine {
        mark: DiffTag::Removed,
        text: text.into(),
    }
}

/// A field that gets another value; the old one is known once the server was asked.
pub(super) fn replaced(
    head: impl IntoIterator<Item = DiffLine>,
    old: Option<String>,
    new: String,
) -> Vec<DiffLine> {
    let head = head.into_iter().chain(old.map(removed));
    head.chain([added(new)]).collect()
}

/// The head of a pull secret that is created.
pub(super) fn new_secret(key: &ObjectRef<Secret>) -> Vec<DiffLine> {
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

/// An entry of `auths` that is added.
pub(super) fn new_entry(server: &str, login: &Credentials) -> Vec<DiffLine> {
    vec![
        added(format!("  {server}:")),
        added(format!("    username: {}", login.username)),
        added(format!("    password: {HIDDEN}")),
    ]
}

/// An object that is created.
pub(super) fn all_added(object: &serde_json::Value) -> Vec<DiffLine> {
    manifest::yaml(object).lines().map(added).collect()
}

/// A list of pull secrets before and after.
pub(super) fn list_lines(before: &[Name<Secret>], after: &[Name<Secret>]) -> Vec<DiffLine> {
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
    if name.as_str().is_empty() {
        "  - name: \"\"".to_owned()
    } else {
        format!("  - name: {name}")
    }
}
