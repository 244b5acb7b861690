//! Finds and reads kubeconfig files as kubectl does, and lists their contexts.
//!
//! The order is kubectl's (client-go `ClientConfigLoadingRules`): `--kubeconfig` alone; else the files
//! of `$KUBECONFIG`, of which those that do not exist are skipped; else `~/.kube/config`. The first
//! file to set a value wins. kube's own reading fails on a missing file of the list, and does not say
//! which file is broken.

use std::{
    env,
    path::{Path, PathBuf},
};

use kube::config::{Kubeconfig, KubeconfigError};

use super::error::ConnectError;
use crate::domain::k8s::connection::KubeContext;

/// The contexts of the kubeconfig files, in order.
pub fn contexts(explicit: Option<&Path>) -> Result<Vec<KubeContext>, ConnectError> {
    let LoadedKubeconfig { config, .. } = load(explicit)?;
    let current = config.current_context.as_deref();
    Ok(config
        .contexts
        .iter()
        .filter_map(|named| {
            let context = named.context.as_ref()?;
            Some(KubeContext {
                name: named.name.clone(),
                cluster: context.cluster.clone(),
                user: context.user.clone(),
                namespace: context.namespace.clone(),
                current: current == Some(named.name.as_str()),
            })
        })
        .collect())
}

/// The merged kubeconfig files, and the paths that were read.
pub(super) struct LoadedKubeconfig {
    pub(super) config: Kubeconfig,
    pub(super) looked_at: Vec<PathBuf>,
}

impl LoadedKubeconfig {
    /// True if no file had any content; kubectl then tries the in-cluster configuration.
    pub(super) fn is_empty(&self) -> bool {
        self.config.contexts.is_empty()
            && self.config.clusters.is_empty()
            && self.config.auth_infos.is_empty()
    }
}

/// Reads and merges all kubeconfig files.
pub(super) fn load(explicit: Option<&Path>) -> Result<LoadedKubeconfig, ConnectError> {
    let looked_at = paths(
        explicit,
        env::var_os("KUBECONFIG").as_deref(),
        env::home_dir(),
    );
    let mut config = Kubeconfig::default();
    for path in &looked_at {
        // A file that is named on the command line must be there; one of a list need not be.
        if explicit.is_none() && !path.exists() {
            continue;
        }
        let next = Kubeconfig::read_from(path).map_err(|error| unreadable(path, error))?;
        config = config
            .merge(next)
            .map_err(|error| unreadable(path, error))?;
    }
    Ok(LoadedKubeconfig { config, looked_at })
}

fn paths(
    explicit: Option<&Path>,
    variable: Option<&std::ffi::OsStr>,
    home: Option<PathBuf>,
) -> Vec<PathBuf> {
    if let Some(path) = explicit {
        return vec![path.to_owned()];
    }
    let listed: Vec<PathBuf> = variable
        .map(|list| {
            env::split_paths(list)
                .filter(|path| !path.as_os_str().is_empty())
                .collect()
        })
        .unwrap_or_default();
    if !listed.is_empty() {
        return listed;
    }
    home.map(|home| vec![home.join(".kube").join("config")])
        .unwrap_or_default()
}

fn unreadable(path: &Path, error: KubeconfigError) -> ConnectError {
    let path = path.to_owned();
    match error {
        KubeconfigError::ReadConfig(source, _) => ConnectError::KubeconfigUnreadable {
            path,
            why: source.to_string(),
        },
        // The parser quotes the text around the fault, which may be a token: only the place is kept.
        KubeconfigError::Parse(error) => ConnectError::KubeconfigInvalid {
            path,
            line: error.location().map(|place| place.line()),
        },
        other => ConnectError::KubeconfigContradicts {
            path,
            why: other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_flag_beats_the_variable_beats_the_home() {
        let home = || Some(PathBuf::from("/home/jane"));
        let list = std::ffi::OsStr::new("/a::/b");
        let flag = Path::new("/flag");
        assert_eq!(paths(Some(flag), Some(list), home()), [flag]);
        assert_eq!(
            paths(None, Some(list), home()),
            [Path::new("/a"), Path::new("/b")]
        );
        assert_eq!(
            paths(None, Some(std::ffi::OsStr::new("")), home()),
            [Path::new("/home/jane/.kube/config")]
        );
        assert_eq!(
            paths(None, None, home()),
            [Path::new("/home/jane/.kube/config")]
        );
        assert!(paths(None, None, None).is_empty());
    }

    #[test]
    fn a_broken_file_is_named_with_its_line_and_without_its_text() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        fs::write(
            &path,
            "apiVersion: v1\nusers:\n- name: jane\n  user: {token: [s3cr3t}\n",
        )
        .unwrap();
        let error = load(Some(&path)).err().unwrap();
        let text = error.to_string();
        assert!(text.contains(path.to_str().unwrap()), "{text}");
        assert!(text.contains("line 4"), "{text}");
        assert!(
            !text.contains("s3cr3t") && !format!("{error:?}").contains("s3cr3t"),
            "{text}"
        );
    }

    #[test]
    fn a_named_file_must_be_there() {
        let error = load(Some(Path::new("/nonexistent/config"))).err().unwrap();
        assert!(
            matches!(error, ConnectError::KubeconfigUnreadable { .. }),
            "{error:?}"
        );
    }

    #[test]
    fn contexts_carry_their_namespace() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        fs::write(
            &path,
            "contexts:\n- name: a\n  context: {cluster: c, user: u, namespace: shop}\n- name: b\n  context: {cluster: c}\ncurrent-context: b\n",
        )
        .unwrap();
        let contexts = contexts(Some(&path)).unwrap();
        let seen: Vec<_> = contexts
            .iter()
            .map(|c| (c.name.as_str(), c.namespace.as_deref(), c.current))
            .collect();
        assert_eq!(seen, [("a", Some("shop"), false), ("b", None, true)]);
    }
}
