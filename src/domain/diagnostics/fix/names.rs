//! The names that a fix speaks of, and how they get into its words and commands.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::FixTarget;
use crate::domain::{image::DOCKER_HUB, shell};

/// What is known of the names that a fix speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    pub namespace: Option<String>,
    pub pod: Option<String>,
    /// `deployment/web`, as kubectl takes it.
    pub workload: Option<String>,
    pub container: Option<String>,
    pub service_account: Option<String>,
    /// What that ServiceAccount lists already; `None` when it has not been seen.
    #[serde(default)]
    pub account_lists: Option<Vec<String>>,
    /// Another ServiceAccount, which lists the Secret.
    #[serde(default)]
    pub holder: Option<String>,
    pub secret: Option<String>,
    /// Another Secret, which would open the image: the one to attach.
    #[serde(default)]
    pub matching: Option<String>,
    /// The namespace that has the Secret already.
    pub from: Option<String>,
    /// The key under `auths` that is there.
    #[serde(default)]
    pub entry: Option<String>,
    /// The key under `auths` that is right.
    pub server: Option<String>,
    pub username: Option<String>,
    pub image: Option<String>,
    pub repository: Option<String>,
    pub host: Option<String>,
    pub node: Option<String>,
    /// The object whose events tell what failed, where it is no Pod: kind and name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub involved: Option<(String, String)>,
    /// What a fix of this finding changes. It follows from the case, and is not written down with it.
    #[serde(skip)]
    pub target: Option<Box<FixTarget>>,
}

/// For whom a template is filled in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    Plain,
    Shell,
}

impl Names {
    /// The value of a slot, where it is known, and what stands for it where it is not.
    fn value(&self, slot: &str) -> Option<(Option<Cow<'_, str>>, &'static str)> {
        let endpoint = self.host.as_deref().map(endpoint);
        let (name, placeholder) = match slot {
            "ns" => (&self.namespace, "NS"),
            "pod" => (&self.pod, "POD"),
            "workload" => (&self.workload, "deployment/NAME"),
            "container" => (&self.container, "CONTAINER"),
            "sa" => (&self.service_account, "SERVICEACCOUNT"),
            "holder" => (&self.holder, "SERVICEACCOUNT"),
            "secret" => (&self.secret, "SECRET"),
            "from" => (&self.from, "OTHER-NS"),
            "entry" => (&self.entry, "OLD-HOST"),
            "server" => (&self.server, "HOST"),
            "user" => (&self.username, "USER"),
            "image" => (&self.image, "IMAGE"),
            "repository" => (&self.repository, "HOST/REPO"),
            "host" => (&self.host, "HOST"),
            "node" => (&self.node, "NODE"),
            "involved" => return Some((Some(self.involved().into()), "")),
            "endpoint" => return Some((endpoint.map(Cow::Borrowed), "HOST")),
            "endpoint-name" => return Some((endpoint.map(|at| split(at).0.into()), "HOST")),
            "endpoint-port" => {
                let port = endpoint.map(|at| split(at).1.unwrap_or("443").into());
                return Some((port, "443"));
            }
            _ => return None,
        };
        Some((name.as_deref().map(Cow::Borrowed), placeholder))
    }

    /// The field selector of the events that tell what failed. Without a name it is the reason alone.
    fn involved(&self) -> String {
        match (&self.involved, &self.pod) {
            (Some((kind, name)), _) => {
                format!("involvedObject.kind={kind},involvedObject.name={name}")
            }
            (None, Some(pod)) => format!("involvedObject.name={pod}"),
            (None, None) => "type=Warning".to_owned(),
        }
    }

    pub(super) fn fill(&self, template: &str, quoting: Quoting) -> String {
        let mut out = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            if let Some(tail) = after.strip_prefix("attach}") {
                out.push_str(&self.attach());
                rest = tail;
                continue;
            }
            let slot = after
                .split_once('}')
                .and_then(|(name, tail)| self.value(name).map(|value| (value, tail)));
            rest = match slot {
                Some(((Some(value), _), tail)) if quoting == Quoting::Shell => {
                    out.push_str(&shell::word(&value));
                    tail
                }
                Some(((value, placeholder), tail)) => {
                    out.push_str(value.as_deref().unwrap_or(placeholder));
                    tail
                }
                None => {
                    out.push('{');
                    after
                }
            };
        }
        out.push_str(rest);
        out
    }

    /// The arguments of `kubectl patch serviceaccount` that add the Secret and lose none.
    ///
    /// `imagePullSecrets` of a ServiceAccount is an atomic list: a merge patch replaces it whole. So the
    /// whole list is written where it is known; a JSON patch appends to the one that is not.
    pub(super) fn attach(&self) -> String {
        let secret = self.matching.as_deref().or(self.secret.as_deref());
        let secret = secret.unwrap_or("SECRET");
        let entry = |name: &str| json!({ "name": name });
        let Some(listed) = &self.account_lists else {
            let patch =
                json!([{ "op": "add", "path": "/imagePullSecrets/-", "value": entry(secret) }]);
            return format!("--type=json -p {}", shell::word(&patch.to_string()));
        };
        let before = listed.iter().map(String::as_str);
        let whole: Vec<_> = before
            .filter(|name| *name != secret)
            .chain([secret])
            .map(entry)
            .collect();
        let patch = json!({ "imagePullSecrets": whole });
        format!("-p {}", shell::word(&patch.to_string()))
    }
}

/// The host that serves a registry: images of Docker Hub come from another one than they name.
fn endpoint(host: &str) -> &str {
    if host == DOCKER_HUB {
        "registry-1.docker.io"
    } else {
        host
    }
}

/// Name and port of a host; an IPv6 address keeps its brackets.
fn split(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    }
}
