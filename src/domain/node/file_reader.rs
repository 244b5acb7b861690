//! A short-lived Pod that prints the registry configuration of its node.
//!
//! No API shows what a container runtime is configured with: the kubelet's `/logs` serves `/var/log` alone, and
//! CRI has no call for it. So a Pod mounts the runtime's directories read-only and runs a shell script that prints
//! the lines which name registries, mirrors and proxies. What could be a password is left out by the script already,
//! for the Pod's log is open to all who may read logs in its namespace.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{NodeFile, NodeStatus, RegistryConfig};
use crate::domain::{
    k8s::{
        distribution::{Distribution, NodeInfo},
        object_ref::Namespace,
    },
    rbac::Permission,
};

/// By this label leftovers are found.
pub const NODE_FILES_LABEL: &str = "pullscope.dev/node-files";

/// Small, public, and with a shell; pulled where the node has no image that is known to have one.
pub const DEFAULT_READER_IMAGE: &str = "docker.io/library/busybox:stable";

/// The container of the Pod.
const CONTAINER: &str = "node-files";

/// Within this time the Pod has printed, or something is wrong: in seconds.
const LIMIT: u32 = 90;

/// Of the Pod's log no more bytes are read.
pub const OUTPUT_LIMIT: usize = 512 * 1024;

const SCRIPT: &str = include_str!("read_files.sh");

/// The last line of a complete output.
const END: &str = "@end";

/// Names of images that have a shell, as the last part of the repository begins.
const WITH_SHELL: &[&str] = &[
    "busybox",
    "alpine",
    "toolbox",
    "debian",
    "ubuntu",
    "klipper-lb",
    "klipper-helm",
    "mirrored-library-busybox",
    "flannel",
    "cilium",
    "nginx",
];

/// Which node's files are read, with which image and where the Pod is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFileReader {
    pub node: Arc<str>,
    pub namespace: Namespace,
    pub image: Arc<str>,
    directories: &'static [&'static str],
    /// k3s and RKE2 write their files for root only; others' are open to all.
    as_root: bool,
}

/// What a reader has read, and what became of its Pod.
#[derive(Debug)]
pub struct NodeFilesOutcome {
    pub read: Result<RegistryConfig, String>,
    /// Whether the Pod is gone. Else it ends by its `activeDeadlineSeconds`, and is there to be deleted.
    pub is_deleted: bool,
}

impl NodeFileReader {
    pub const CONTAINER: &str = CONTAINER;
    pub const LIMIT: u32 = LIMIT;

    /// Reads the directories of the node's runtime; of one that is not known, containerd's. `None` for a node
    /// whose files no Pod can read.
    pub fn new(
        node: Arc<str>,
        namespace: Namespace,
        image: Arc<str>,
        info: &NodeInfo,
    ) -> Option<Self> {
        let distribution = Distribution::from_node_info(info);
        let as_root = matches!(distribution, Some(Distribution::K3s | Distribution::Rke2));
        Some(Self {
            node,
            namespace,
            image,
            directories: directories(distribution, info)?,
            as_root,
        })
    }

    /// Whether a Pod can read the files of such a node: not on Windows, which has neither the files nor `sh`.
    pub fn can_read(info: &NodeInfo) -> bool {
        directories(Distribution::from_node_info(info), info).is_some()
    }

    /// Images to run it with: those on the node that have a shell, the smallest first, and one that is public.
    pub fn images(status: Option<&NodeStatus>) -> Vec<Arc<str>> {
        let listed = status.map_or(&[][..], |status| &status.images);
        let mut found: Vec<(i64, Arc<str>)> = listed
            .iter()
            .filter_map(|image| {
                let tagged = image.names.iter().find(|name| !name.contains('@'))?;
                has_shell(tagged).then(|| (image.size_bytes, Arc::clone(tagged)))
            })
            .collect();
        found.sort();
        let mut images: Vec<Arc<str>> = found.into_iter().map(|(_, name)| name).collect();
        if !images.iter().any(|name| **name == *DEFAULT_READER_IMAGE) {
            images.push(DEFAULT_READER_IMAGE.into());
        }
        images
    }

    /// What it takes in the Pod's namespace.
    pub fn permissions(namespace: &Namespace) -> [Permission; 4] {
        [
            ("create", "pods"),
            ("get", "pods"),
            ("get", "pods/log"),
            ("delete", "pods"),
        ]
        .map(|(verb, resource)| Permission::new(verb, "", resource, Some(namespace)))
    }

    /// The Pod. `number` makes its name its own.
    pub fn pod(&self, number: u64) -> Value {
        let volumes = self.directories.iter().enumerate();
        let volumes: Vec<Value> = volumes
            .clone()
            .map(|(index, path)| {
                // Without a type the runtime would create a directory that is not there.
                let directory = json!({ "path": path, "type": "Directory" });
                json!({ "name": format!("dir-{index}"), "hostPath": directory })
            })
            .collect();
        let mounts: Vec<Value> = self
            .directories
            .iter()
            .enumerate()
            .map(|(index, path)| {
                let at = format!("/host{path}");
                json!({ "name": format!("dir-{index}"), "mountPath": at, "readOnly": true })
            })
            .collect();
        let script = ["sh", "-c", SCRIPT, "sh"].map(str::to_owned);
        let directories = self.directories.iter().map(|path| format!("/host{path}"));
        let command: Vec<String> = script.into_iter().chain(directories).collect();
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": format!("pullscope-node-files-{number:x}"),
                "namespace": self.namespace,
                "labels": { NODE_FILES_LABEL: "true", "app.kubernetes.io/managed-by": "pullscope" },
            },
            "spec": {
                "nodeName": &*self.node,
                "restartPolicy": "Never",
                "automountServiceAccountToken": false,
                "enableServiceLinks": false,
                "terminationGracePeriodSeconds": 0,
                "activeDeadlineSeconds": LIMIT + 30,
                "tolerations": [{ "operator": "Exists" }],
                "securityContext": self.security_context(),
                "containers": [{
                    "name": CONTAINER,
                    "image": &*self.image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": command,
                    "resources": {
                        "requests": { "cpu": "1m", "memory": "4Mi" },
                        "limits": { "cpu": "100m", "memory": "32Mi" },
                    },
                    "securityContext": {
                        "allowPrivilegeEscalation": false,
                        "readOnlyRootFilesystem": true,
                        "capabilities": { "drop": ["ALL"] },
                    },
                    "volumeMounts": mounts,
                }],
                "volumes": volumes,
            },
        })
    }

    fn security_context(&self) -> Value {
        let seccomp = json!({ "type": "RuntimeDefault" });
        if self.as_root {
            json!({ "runAsUser": 0, "seccompProfile": seccomp })
        } else {
            json!({ "runAsNonRoot": true, "runAsUser": 65534, "seccompProfile": seccomp })
        }
    }

    /// Reads what the Pod has printed.
    ///
    /// # Errors
    ///
    /// Where the output does not end as the script ends it: it was cut off, or another program wrote it.
    pub fn parse_output(output: &str) -> Result<Vec<NodeFile>, String> {
        let mut files: Vec<NodeFile> = Vec::new();
        for line in output.lines() {
            if line == END {
                return Ok(files);
            }
            if let Some(path) = line.strip_prefix("@file ") {
                files.push(NodeFile {
                    path: path.to_owned(),
                    text: Some(String::new()),
                });
            } else if let Some(path) = line.strip_prefix("@denied ") {
                files.push(NodeFile {
                    path: path.to_owned(),
                    text: None,
                });
            } else if let Some(text) = files.last_mut().and_then(|file| file.text.as_mut()) {
                text.push_str(line);
                text.push('\n');
            }
        }
        Err("the output of the Pod is incomplete".to_owned())
    }
}

/// The directories with the runtime's files, by the runtime and the distribution; `None` where none can be read.
fn directories(
    distribution: Option<Distribution>,
    info: &NodeInfo,
) -> Option<&'static [&'static str]> {
    const UNITS: &str = "/etc/systemd/system";
    Some(match distribution {
        Some(Distribution::K3s) => &["/var/lib/rancher/k3s/agent/etc/containerd", UNITS],
        Some(Distribution::Rke2) => &["/var/lib/rancher/rke2/agent/etc/containerd", UNITS],
        // No containerd or CRI-O files of Linux, and no `sh`.
        Some(Distribution::Windows) => return None,
        // No systemd.
        Some(Distribution::Talos) => &["/etc/cri"],
        Some(
            Distribution::OpenShift
            | Distribution::Bottlerocket
            | Distribution::Gke
            | Distribution::Aks,
        )
        | None => {
            if info.container_runtime.starts_with("cri-o") {
                &["/etc/containers", UNITS]
            } else {
                &["/etc/containerd", UNITS]
            }
        }
    })
}

fn has_shell(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    WITH_SHELL.iter().any(|known| name.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::node::NodeImage;

    fn reader(version: &str, runtime: &str) -> NodeFileReader {
        let info = NodeInfo {
            kubelet_version: version.to_owned(),
            container_runtime: runtime.to_owned(),
            ..NodeInfo::default()
        };
        let namespace = Namespace::new("shop");
        NodeFileReader::new("node-1".into(), namespace, "busybox".into(), &info).unwrap()
    }

    #[test]
    fn the_pod_reads_and_cannot_do_more() {
        let pod = reader("v1.37.2", "containerd://2.4.2").pod(0xabc);
        let spec = &pod["spec"];
        assert_eq!(spec["nodeName"], "node-1");
        assert_eq!(spec["automountServiceAccountToken"], false);
        let container = &spec["containers"][0];
        assert_eq!(
            container["securityContext"]["capabilities"]["drop"],
            json!(["ALL"])
        );
        assert_eq!(spec["securityContext"]["runAsNonRoot"], true);
        let mounts = container["volumeMounts"].as_array().unwrap();
        assert!(mounts.iter().all(|mount| mount["readOnly"] == true));
        let volumes = spec["volumes"].as_array().unwrap();
        assert_eq!(volumes.len(), mounts.len());
        assert!(
            volumes
                .iter()
                .all(|volume| volume["hostPath"]["type"] == "Directory")
        );
        for field in ["hostPID", "hostNetwork", "hostIPC", "serviceAccountName"] {
            assert_eq!(spec.get(field), None, "{field}");
        }
    }

    #[test]
    fn each_runtime_has_its_directories() {
        for (version, runtime, first, user) in [
            ("v1.37.2", "containerd://2.4.2", "/etc/containerd", 65534),
            ("v1.36.0", "cri-o://1.36.0", "/etc/containers", 65534),
            (
                "v1.33.4+k3s1",
                "containerd://2.0.5-k3s2",
                "/var/lib/rancher/k3s/agent/etc/containerd",
                0,
            ),
        ] {
            let pod = reader(version, runtime).pod(1);
            assert_eq!(pod["spec"]["volumes"][0]["hostPath"]["path"], first);
            assert_eq!(pod["spec"]["securityContext"]["runAsUser"], user);
        }
    }

    #[test]
    fn no_pod_reads_the_files_of_a_windows_node() {
        let info = NodeInfo {
            os_image: "Windows Server 2022 Datacenter".to_owned(),
            kubelet_version: "v1.37.2".to_owned(),
            container_runtime: "containerd://2.1.4".to_owned(),
        };
        assert!(!NodeFileReader::can_read(&info));
        let namespace = Namespace::new("shop");
        let reader = NodeFileReader::new("node-1".into(), namespace, "busybox".into(), &info);
        assert_eq!(reader, None);
        assert!(NodeFileReader::can_read(&NodeInfo::default()));
    }

    #[test]
    fn an_image_of_the_node_with_a_shell_goes_first() {
        let image = |name: &str, bytes| NodeImage {
            names: vec![format!("{name}@sha256:0").into(), name.into()],
            size_bytes: bytes,
        };
        let status = NodeStatus {
            images: vec![
                image("registry.k8s.io/pause:3.10", 1),
                image("docker.io/library/nginx:1", 900),
                image("docker.io/library/alpine:3", 90),
            ],
            ..NodeStatus::default()
        };
        let names = |status| {
            let images = NodeFileReader::images(status);
            images.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let expected = [
            "docker.io/library/alpine:3",
            "docker.io/library/nginx:1",
            DEFAULT_READER_IMAGE,
        ];
        assert_eq!(names(Some(&status)), expected);
        assert_eq!(names(None), [DEFAULT_READER_IMAGE]);
    }

    #[test]
    fn an_output_is_read_to_its_end() {
        let output = "@file /etc/a\nserver = \"x\"\n@denied /etc/b\n@end\n";
        let files = NodeFileReader::parse_output(output).unwrap();
        assert_eq!(files.len(), 2);
        assert_eq!(files[0].text.as_deref(), Some("server = \"x\"\n"));
        assert_eq!(files[1].text, None);
        assert!(NodeFileReader::parse_output("@file /etc/a\nserv").is_err());
        assert!(NodeFileReader::parse_output("").is_err());
    }

    /// The script itself, on files with passwords in all places that containerd and systemd have for them.
    #[test]
    fn the_script_prints_mirrors_and_proxies_and_no_password() {
        let root =
            std::env::temp_dir().join(format!("pullscope-node-files-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "containerd/config.toml",
            "[plugins.\"io.containerd.grpc.v1.cri\".registry]\n  config_path = \"/etc/containerd/certs.d\"\n\
             [plugins.\"io.containerd.grpc.v1.cri\".registry.configs.\"r.example\".auth]\n  username = \"ci\"\n\
             password = \"hunter2\"\n  auth = \"hunter2\"\n",
        );
        write(
            "containerd/certs.d/r.example/hosts.toml",
            "server = \"https://ci:hunter2@r.example\"\n[host.\"https://m.example\"]\n  capabilities = [\n  \"pull\",\n  \"resolve\"\n  ]\n\
             [host.\"https://m.example\".header]\n  Authorization = [\n    \"Basic hunter2\"\n  ]\n  x-key = \"hunter2\"\n",
        );
        write(
            "units/containerd.service.d/proxy.conf",
            "[Service]\nEnvironment=\"HTTPS_PROXY=http://ci:hunter2@proxy.example:3128\" \"KEY=hunter2\"\nEnvironment=NO_PROXY=.svc",
        );
        let output = std::process::Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .args([root.join("containerd"), root.join("units")])
            .output()
            .unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        assert!(!output.contains("hunter2"), "{output}");
        let files = NodeFileReader::parse_output(&output).unwrap();
        let config = RegistryConfig::from_files(&files);
        assert_eq!(config.unread, []);
        assert_eq!(config.config_paths, ["/etc/containerd/certs.d"]);
        let image =
            crate::domain::registry_auth::image_ref::ImageRef::parse("r.example/a").unwrap();
        let mirrors = config.mirrors(&image);
        assert_eq!(mirrors.len(), 1);
        assert_eq!(mirrors[0].location, "https://m.example");
        let proxies: Vec<&str> = config.proxies.iter().map(|it| it.value.as_str()).collect();
        assert_eq!(proxies, ["http://***@proxy.example:3128", ".svc"]);
    }
}
