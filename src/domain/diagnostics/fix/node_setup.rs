//! Where a registry's CA, mirror, proxy and plain HTTP are configured on a node: a row per distribution, and one per
//! container runtime for what the distribution leaves to it.

use super::{FixContext, FixId};
use crate::domain::{
    k8s::distribution::Distribution,
    message::Runtime,
    registry_auth::advice::{Advice, always},
};

/// What is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeTopic {
    /// The CA that signed a registry's certificate.
    Ca,
    /// A mirror or pull-through cache.
    Mirror,
    /// The proxy that pulls go through.
    Proxy,
    /// A registry without TLS.
    PlainHttp,
}

/// The fixes whose steps name such a place.
pub(super) const FIXES: &[FixId] = &[
    FixId::TrustCa,
    FixId::UseMirror,
    FixId::FixProxy,
    FixId::AllowPlainHttp,
];

/// Where each of them is configured; empty where the container runtime's own files are right.
struct NodeSetup {
    ca: Advice,
    mirror: Advice,
    proxy: Advice,
    plain_http: Advice,
}

impl NodeSetup {
    fn topic(&self, topic: NodeTopic) -> &Advice {
        match topic {
            NodeTopic::Ca => &self.ca,
            NodeTopic::Mirror => &self.mirror,
            NodeTopic::Proxy => &self.proxy,
            NodeTopic::PlainHttp => &self.plain_http,
        }
    }
}

/// Where this is configured on the node of this case: as its distribution wants it, else in the files of its
/// runtime.
pub(super) fn advice(topic: NodeTopic, fix_context: &FixContext) -> &'static Advice {
    let own = distribution(fix_context).map(|it| by_distribution(it).topic(topic));
    own.filter(|it| !it.is_empty())
        .unwrap_or_else(|| by_runtime(fix_context.clues.runtime).topic(topic))
}

/// By the message, else by the node's name.
fn distribution(fix_context: &FixContext) -> Option<Distribution> {
    let by_name = || Distribution::from_node_name(fix_context.node.as_deref()?);
    fix_context.clues.distribution.or_else(by_name)
}

fn by_distribution(distribution: Distribution) -> &'static NodeSetup {
    match distribution {
        Distribution::K3s => &K3S,
        Distribution::Rke2 => &RKE2,
        Distribution::OpenShift => &OPENSHIFT,
        Distribution::Talos => &TALOS,
        Distribution::Bottlerocket => &BOTTLEROCKET,
        Distribution::Gke => &GKE,
        Distribution::Aks => &AKS,
    }
}

fn by_runtime(runtime: Runtime) -> &'static NodeSetup {
    match runtime {
        Runtime::Containerd => &CONTAINERD,
        Runtime::ContainersImage => &CRI_O,
        Runtime::Docker => &DOCKER,
        Runtime::Unknown => &UNKNOWN,
    }
}

/// k3s: <https://docs.k3s.io/installation/private-registry>, <https://docs.k3s.io/advanced#configuring-an-http-proxy>,
/// as of November 2026.
static K3S: NodeSetup = NodeSetup {
    ca: Advice::steps(&[always(
        "k3s: set configs.\"{host}\".tls.ca_file in /etc/rancher/k3s/registries.yaml on every node, then restart k3s (agents: k3s-agent).",
    )]),
    mirror: Advice::steps(&[always(
        "k3s: set mirrors.\"{host}\".endpoint in /etc/rancher/k3s/registries.yaml on every node, then restart k3s (agents: k3s-agent).",
    )]),
    proxy: Advice {
        steps: &[always(
            "k3s: set CONTAINERD_HTTPS_PROXY and CONTAINERD_NO_PROXY in /etc/systemd/system/k3s.service.env (agents: k3s-agent.service.env), then restart it.",
        )],
        commands: &["systemctl show k3s -p EnvironmentFiles"],
    },
    plain_http: Advice::steps(&[always(
        "k3s: set mirrors.\"{host}\".endpoint to http://{host} in /etc/rancher/k3s/registries.yaml on every node, then restart k3s.",
    )]),
};

/// RKE2: <https://docs.rke2.io/install/private_registry>, <https://docs.rke2.io/reference/advanced#configuring-an-http-proxy>,
/// as of November 2026.
static RKE2: NodeSetup = NodeSetup {
    ca: Advice::steps(&[always(
        "RKE2: set configs.\"{host}\".tls.ca_file in /etc/rancher/rke2/registries.yaml on every node, then restart rke2-server or rke2-agent.",
    )]),
    mirror: Advice::steps(&[always(
        "RKE2: set mirrors.\"{host}\".endpoint in /etc/rancher/rke2/registries.yaml on every node, then restart rke2-server or rke2-agent.",
    )]),
    proxy: Advice {
        steps: &[always(
            "RKE2: set CONTAINERD_HTTPS_PROXY and CONTAINERD_NO_PROXY in /etc/default/rke2-server (agents: rke2-agent), then restart it.",
        )],
        commands: &["systemctl show rke2-agent -p EnvironmentFiles"],
    },
    plain_http: Advice::steps(&[always(
        "RKE2: set mirrors.\"{host}\".endpoint to http://{host} in /etc/rancher/rke2/registries.yaml on every node, then restart RKE2.",
    )]),
};

/// OpenShift: <https://docs.redhat.com/en/documentation/openshift_container_platform/4.19/html/images/image-configuration>,
/// <https://docs.redhat.com/en/documentation/openshift_container_platform/4.19/html/configuring_network_settings/enable-cluster-wide-proxy>,
/// as of November 2026.
static OPENSHIFT: NodeSetup = NodeSetup {
    ca: Advice {
        steps: &[always(
            "OpenShift: put the CA into a ConfigMap in openshift-config, under the key {ca_key}; the nodes get it from the image configuration.",
        )],
        commands: &[
            "kubectl -n openshift-config create configmap registry-cas --from-file={ca_key}=ca.crt",
            "kubectl patch image.config.openshift.io cluster --type=merge -p '{\"spec\":{\"additionalTrustedCA\":{\"name\":\"registry-cas\"}}}'",
        ],
    },
    mirror: Advice {
        steps: &[always(
            "OpenShift: create an ImageTagMirrorSet (an ImageDigestMirrorSet for digests) with source {host}; the nodes restart one by one.",
        )],
        commands: &["kubectl get imagetagmirrorsets,imagedigestmirrorsets"],
    },
    proxy: Advice {
        steps: &[always(
            "OpenShift: set httpsProxy, noProxy and trustedCA in the cluster-wide Proxy; the nodes restart one by one.",
        )],
        commands: &["kubectl edit proxies.config.openshift.io cluster"],
    },
    plain_http: Advice {
        steps: &[always(
            "OpenShift: add {host} to spec.registrySources.insecureRegistries of the image configuration.",
        )],
        commands: &["kubectl edit image.config.openshift.io cluster"],
    },
};

/// Talos: <https://docs.siderolabs.com/talos/v1.13/reference/configuration/cri/registrytlsconfig> and
/// `registrymirrorconfig` beside it; before 1.12 `machine.registries`. As of November 2026.
static TALOS: NodeSetup = NodeSetup {
    ca: Advice {
        steps: &[always(
            "Talos: add a RegistryTLSConfig document with name {host} and ca to the machine configuration (before 1.12: machine.registries.config).",
        )],
        commands: &["talosctl -n NODE-IP edit machineconfig"],
    },
    mirror: Advice {
        steps: &[always(
            "Talos: add a RegistryMirrorConfig document with name {host} and endpoints to the machine configuration (before 1.12: machine.registries.mirrors).",
        )],
        commands: &["talosctl -n NODE-IP edit machineconfig"],
    },
    proxy: Advice {
        steps: &[always(
            "Talos: set https_proxy and no_proxy in the environment of the machine configuration (machine.env), then reboot the node.",
        )],
        commands: &["talosctl -n NODE-IP edit machineconfig"],
    },
    plain_http: Advice {
        steps: &[always(
            "Talos: add a RegistryMirrorConfig document with name {host} and the endpoint http://{host}.",
        )],
        commands: &["talosctl -n NODE-IP edit machineconfig"],
    },
};

/// Bottlerocket: <https://bottlerocket.dev/en/os/latest/api/settings/container-registry/>, `pki` and `network` beside it,
/// as of November 2026.
static BOTTLEROCKET: NodeSetup = NodeSetup {
    ca: Advice::steps(&[always(
        "Bottlerocket: set settings.pki.NAME with data (the CA, in base64) and trusted = true in the node's user data.",
    )]),
    mirror: Advice::steps(&[always(
        "Bottlerocket: add registry and endpoints to settings.container-registry.mirrors in the node's user data.",
    )]),
    proxy: Advice::steps(&[always(
        "Bottlerocket: set settings.network.https-proxy and settings.network.no-proxy in the node's user data.",
    )]),
    plain_http: Advice::steps(&[always(
        "Bottlerocket: add {host} to settings.container-registry.mirrors with the endpoint http://{host}.",
    )]),
};

/// GKE: <https://docs.cloud.google.com/kubernetes-engine/docs/how-to/customize-containerd-configuration>, as of
/// November 2026.
static GKE: NodeSetup = NodeSetup {
    ca: Advice {
        steps: &[always(
            "GKE: put the CA into Secret Manager and name it in privateRegistryAccessConfig of the node pool's containerd configuration.",
        )],
        commands: GKE_UPDATE,
    },
    mirror: Advice {
        steps: &[always(
            "GKE: add the mirror to registryHosts of the node pool's containerd configuration; the nodes are created again.",
        )],
        commands: GKE_UPDATE,
    },
    proxy: Advice::NONE,
    plain_http: Advice::NONE,
};

const GKE_UPDATE: &[&str] = &[
    "gcloud container node-pools update POOL --cluster=CLUSTER --containerd-config-from-file=FILE",
];

/// AKS: <https://learn.microsoft.com/azure/aks/custom-certificate-authority>,
/// <https://learn.microsoft.com/azure/aks/http-proxy>, as of November 2026.
static AKS: NodeSetup = NodeSetup {
    ca: Advice {
        steps: &[always(
            "AKS: add the CA to the cluster; it is installed in the trust store of every node.",
        )],
        commands: &[
            "az aks update --name CLUSTER --resource-group GROUP --custom-ca-trust-certificates FILE",
        ],
    },
    mirror: Advice::NONE,
    proxy: Advice {
        steps: &[always(
            "AKS: set httpsProxy and noProxy in the cluster's proxy configuration; the nodes are re-imaged.",
        )],
        commands: &["az aks update --name CLUSTER --resource-group GROUP --http-proxy-config FILE"],
    },
    plain_http: Advice::NONE,
};

/// containerd: <https://github.com/containerd/containerd/blob/v2.1.3/docs/hosts.md>. 2.x reads no mirrors or CAs from
/// `config.toml` any more. As of November 2026.
static CONTAINERD: NodeSetup = NodeSetup {
    ca: Advice::steps(&[
        always("containerd: set ca = in /etc/containerd/certs.d/{host}/hosts.toml on every node."),
        always(CONFIG_PATH),
    ]),
    mirror: Advice::steps(&[
        always(
            "containerd: add a [host.\"https://MIRROR\"] section to /etc/containerd/certs.d/{host}/hosts.toml on every node.",
        ),
        always(CONFIG_PATH),
    ]),
    proxy: Advice {
        steps: &[always(SERVICE_PROXY), always(RESTART)],
        commands: &["systemctl show containerd -p Environment"],
    },
    plain_http: Advice::steps(&[
        always(
            "containerd: set server = \"http://{host}\" in /etc/containerd/certs.d/{host}/hosts.toml on every node.",
        ),
        always(CONFIG_PATH),
    ]),
};

const CONFIG_PATH: &str = "config_path must be set in config.toml: io.containerd.cri.v1.images (1.x: io.containerd.grpc.v1.cri), section registry.";

const SERVICE_PROXY: &str = "Set HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the runtime's service unit; in a shell or a Pod they have no effect.";

const RESTART: &str = "Then run systemctl daemon-reload and restart the runtime.";

/// CRI-O: <https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md>,
/// `containers-certs.d.5.md` beside it, as of November 2026.
static CRI_O: NodeSetup = NodeSetup {
    ca: Advice::steps(&[always(
        "CRI-O: put the CA into /etc/containers/certs.d/{host}/ca.crt on every node.",
    )]),
    mirror: Advice::steps(&[always(
        "CRI-O: add a [[registry.mirror]] to {host} in /etc/containers/registries.conf on every node, then reload CRI-O.",
    )]),
    proxy: Advice {
        steps: &[always(SERVICE_PROXY), always(RESTART)],
        commands: &["systemctl show crio -p Environment"],
    },
    plain_http: Advice::steps(&[always(
        "CRI-O: set insecure = true for {host} in /etc/containers/registries.conf on every node, then reload CRI-O.",
    )]),
};

/// docker, by cri-dockerd: <https://docs.docker.com/engine/security/certificates/>,
/// <https://docs.docker.com/engine/daemon/proxy/>, as of November 2026.
static DOCKER: NodeSetup = NodeSetup {
    ca: Advice::steps(&[always(
        "docker: put the CA into /etc/docker/certs.d/{host}/ca.crt on every node.",
    )]),
    mirror: Advice::steps(&[always(
        "docker: registry-mirrors in /etc/docker/daemon.json; only for images of Docker Hub.",
    )]),
    proxy: Advice {
        steps: &[always(SERVICE_PROXY), always(RESTART)],
        commands: &["systemctl show docker -p Environment"],
    },
    plain_http: Advice::steps(&[always(
        "docker: add {host} to insecure-registries in /etc/docker/daemon.json on every node, then reload docker.",
    )]),
};

/// Where nothing shows the runtime.
static UNKNOWN: NodeSetup = NodeSetup {
    ca: Advice::steps(&[always(
        "containerd: /etc/containerd/certs.d/{host}/hosts.toml with ca = (and config_path set); CRI-O: /etc/containers/certs.d/{host}/ca.crt; docker: /etc/docker/certs.d/{host}/ca.crt",
    )]),
    mirror: Advice::steps(&[always(
        "Configure a mirror in the nodes' container runtime.",
    )]),
    proxy: Advice {
        steps: &[always(SERVICE_PROXY), always(RESTART)],
        commands: &["systemctl show containerd -p Environment"],
    },
    plain_http: Advice::steps(&[always(
        "containerd: hosts.toml with server = \"http://{host}\"; CRI-O: registries.conf insecure = true; docker: insecure-registries. On every node.",
    )]),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Clues;

    fn fix_context(clues: Clues, node: &str) -> FixContext {
        FixContext {
            host: Some("registry.example:5000".into()),
            node: Some(node.into()),
            clues,
            ..FixContext::default()
        }
    }

    fn on(distribution: Distribution) -> FixContext {
        let clues = Clues {
            distribution: Some(distribution),
            ..Clues::default()
        };
        fix_context(clues, "worker-1")
    }

    fn pulled_by(runtime: Runtime) -> FixContext {
        let clues = Clues {
            runtime,
            ..Clues::default()
        };
        fix_context(clues, "worker-1")
    }

    fn text(fix: FixId, fix_context: &FixContext) -> String {
        let fix = fix.render(fix_context);
        let lines: Vec<_> = fix.steps.into_iter().chain(fix.commands).collect();
        lines.join("\n")
    }

    #[test]
    fn each_distribution_has_its_own_place() {
        use Distribution::{Aks, Bottlerocket, Gke, K3s, OpenShift, Rke2, Talos};
        for (distribution, fix, expected) in [
            (
                K3s,
                FixId::TrustCa,
                "configs.\"registry.example:5000\".tls.ca_file in /etc/rancher/k3s/registries.yaml",
            ),
            (K3s, FixId::FixProxy, "k3s.service.env"),
            (K3s, FixId::UseMirror, "/etc/rancher/k3s/registries.yaml"),
            (Rke2, FixId::TrustCa, "/etc/rancher/rke2/registries.yaml"),
            (Rke2, FixId::AllowPlainHttp, "http://registry.example:5000"),
            (
                OpenShift,
                FixId::TrustCa,
                "--from-file=registry.example..5000=ca.crt",
            ),
            (OpenShift, FixId::UseMirror, "ImageTagMirrorSet"),
            (OpenShift, FixId::FixProxy, "proxies.config.openshift.io"),
            (OpenShift, FixId::AllowPlainHttp, "insecureRegistries"),
            (Talos, FixId::TrustCa, "RegistryTLSConfig"),
            (Talos, FixId::UseMirror, "RegistryMirrorConfig"),
            (Bottlerocket, FixId::TrustCa, "settings.pki"),
            (
                Bottlerocket,
                FixId::FixProxy,
                "settings.network.https-proxy",
            ),
            (Gke, FixId::TrustCa, "privateRegistryAccessConfig"),
            (Gke, FixId::UseMirror, "registryHosts"),
            (Aks, FixId::TrustCa, "--custom-ca-trust-certificates"),
            (Aks, FixId::FixProxy, "--http-proxy-config"),
        ] {
            let text = text(fix, &on(distribution));
            assert!(text.contains(expected), "{distribution:?} {fix}: {text}");
            assert!(!text.contains("certs.d"), "{distribution:?} {fix}: {text}");
        }
    }

    #[test]
    fn each_runtime_has_its_own_files() {
        for (runtime, fix, expected, foreign) in [
            (
                Runtime::Containerd,
                FixId::TrustCa,
                "registry.example:5000/hosts.toml",
                "CRI-O",
            ),
            (
                Runtime::Containerd,
                FixId::AllowPlainHttp,
                "server = \"http://registry.example:5000\"",
                "docker",
            ),
            (
                Runtime::ContainersImage,
                FixId::TrustCa,
                "/etc/containers/certs.d/registry.example:5000/ca.crt",
                "containerd",
            ),
            (
                Runtime::ContainersImage,
                FixId::UseMirror,
                "/etc/containers/registries.conf",
                "containerd",
            ),
            (
                Runtime::ContainersImage,
                FixId::FixProxy,
                "systemctl show crio",
                "containerd",
            ),
            (
                Runtime::Docker,
                FixId::TrustCa,
                "/etc/docker/certs.d/registry.example:5000/ca.crt",
                "CRI-O",
            ),
            (
                Runtime::Unknown,
                FixId::TrustCa,
                "CRI-O: /etc/containers",
                "OpenShift",
            ),
        ] {
            let text = text(fix, &pulled_by(runtime));
            assert!(text.contains(expected), "{runtime:?} {fix}: {text}");
            assert!(!text.contains(foreign), "{runtime:?} {fix}: {text}");
        }
    }

    #[test]
    fn what_a_distribution_leaves_to_the_runtime_is_the_runtimes() {
        let clues = Clues {
            runtime: Runtime::Containerd,
            ..Clues::default()
        };
        let aks = fix_context(clues, "aks-nodepool1-12345678-vmss000002");
        assert!(text(FixId::TrustCa, &aks).contains("az aks update"));
        assert!(text(FixId::UseMirror, &aks).contains("hosts.toml"));
    }

    #[test]
    fn the_fixes_that_depend_on_the_node_are_listed() {
        let (k3s, talos) = (on(Distribution::K3s), on(Distribution::Talos));
        for fix in FixId::ALL {
            let differs = text(*fix, &k3s) != text(*fix, &talos);
            assert_eq!(fix.depends_on_node(), differs, "{fix}");
        }
    }

    /// The advice for one distribution never stands beside a node of another.
    #[test]
    fn no_distribution_gets_the_files_of_another() {
        const MARKS: &[(Distribution, &str)] = &[
            (Distribution::K3s, "rancher/k3s"),
            (Distribution::Rke2, "rancher/rke2"),
            (Distribution::OpenShift, "openshift"),
            (Distribution::Talos, "talosctl"),
            (Distribution::Bottlerocket, "settings."),
            (Distribution::Gke, "gcloud"),
            (Distribution::Aks, "az aks"),
        ];
        let cases = Distribution::ALL.iter().map(|it| (Some(*it), on(*it)));
        let none = (None, pulled_by(Runtime::Containerd));
        for (own, fix_context) in cases.chain([none]) {
            for fix in FixId::ALL {
                let text = text(*fix, &fix_context);
                for (distribution, mark) in MARKS {
                    let is_foreign = Some(*distribution) != own;
                    assert!(
                        !(is_foreign && text.contains(mark)),
                        "{own:?} {fix}: {text}"
                    );
                }
            }
        }
    }
}
