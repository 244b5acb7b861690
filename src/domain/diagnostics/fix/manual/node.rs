//! On the node: its network, its runtime, its kubelet and its disk.

use super::Steps;
use crate::domain::diagnostics::FixContext;

/// The configuration that the kubelet of the node runs with.
fn kubelet_configuration(names: &FixContext) -> String {
    format!(
        "kubectl get --raw /api/v1/nodes/{}/proxy/configz",
        names.node_word()
    )
}

pub(in crate::domain::diagnostics::fix) fn credential_provider(names: &FixContext) -> Steps {
    Steps::new([
        "The plugin's binary and configuration are on that node; matchImages covers the host.",
        "The plugin reaches its cloud endpoint, and the identity is attached.",
        "Until then: a pull Secret.",
    ])
    .run(kubelet_configuration(names))
}

pub(in crate::domain::diagnostics::fix) fn raise_pull_qps(names: &FixContext) -> Steps {
    Steps::new([
        "registryPullQPS and registryBurst in the kubelet's configuration; it clears itself when fewer Pods start at once.",
    ])
    .run(kubelet_configuration(names))
}

pub(in crate::domain::diagnostics::fix) fn dns(names: &FixContext) -> Steps {
    Steps::new([
        "The node's resolver is used, not the cluster's: names such as *.svc.cluster.local do not resolve there.",
    ])
    .run(format!(
        "kubectl debug node/{} -it --image=busybox -- chroot /host getent hosts {}",
        names.node_word(),
        names.endpoint_parts().0
    ))
}

pub(in crate::domain::diagnostics::fix) fn open_firewall(names: &FixContext) -> Steps {
    Steps::new([
        "The host in the message is the one to open: token services and blob stores are other hosts than the registry.",
    ])
    .run(format!(
        "curl -v --max-time 15 https://{}/v2/",
        names.endpoint_word()
    ))
}

pub(in crate::domain::diagnostics::fix) fn proxy(_: &FixContext) -> Steps {
    Steps::new([
        "HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the runtime's service unit; those of a shell or a Pod do nothing.",
        "Then daemon-reload and restart the runtime.",
    ])
    .run("systemctl show containerd -p Environment")
}

pub(in crate::domain::diagnostics::fix) fn route(_: &FixContext) -> Steps {
    Steps::new(["Routes, host firewall, address family (IPv6 where there is only IPv4)."])
        .run("ip route get ADDRESS")
}

pub(in crate::domain::diagnostics::fix) fn trust_ca(names: &FixContext) -> Steps {
    let host = names.host_word();
    let (name, port) = names.endpoint_parts();
    Steps::new([
        &format!(
            "containerd: /etc/containerd/certs.d/{host}/hosts.toml with ca = (and config_path set); CRI-O: /etc/containers/certs.d/{host}/ca.crt; docker: /etc/docker/certs.d/{host}/ca.crt"
        ),
        "A CA inside a Pod or in the pull Secret has no effect.",
    ])
    .run(format!(
        "openssl s_client -connect {name}:{port} -servername {name} -showcerts </dev/null"
    ))
}

pub(in crate::domain::diagnostics::fix) fn clock(_: &FixContext) -> Steps {
    Steps::new(["Compare the current time in the message with the real one."]).run("date -u")
}

pub(in crate::domain::diagnostics::fix) fn allow_plain_http(names: &FixContext) -> Steps {
    let host = names.host_word();
    Steps::new([&format!(
        "containerd: hosts.toml with server = \"http://{host}\"; CRI-O: registries.conf insecure = true; docker: insecure-registries. On every node."
    )])
    .run(format!("curl http://{host}/v2/"))
}

pub(in crate::domain::diagnostics::fix) fn upgrade_runtime(_: &FixContext) -> Steps {
    Steps::default().run("kubectl get nodes -o wide")
}

pub(in crate::domain::diagnostics::fix) fn pull_again(names: &FixContext) -> Steps {
    let image = names.image_word();
    Steps::new([
        "If it happens from one network only, a proxy or cache on the way alters the bytes.",
    ])
    .run(format!("crictl rmi {image}"))
    .run(format!("crictl pull {image}"))
}

pub(in crate::domain::diagnostics::fix) fn repair_store(names: &FixContext) -> Steps {
    Steps::new([
        "Remove the image and pull again; if that does not help, drain the node and rebuild the runtime's storage.",
    ])
    .run(format!("crictl rmi {}", names.image_word()))
    .run(format!(
        "kubectl drain {} --ignore-daemonsets",
        names.node_word()
    ))
}

pub(in crate::domain::diagnostics::fix) fn free_disk(names: &FixContext) -> Steps {
    Steps::new(["The runtime's root, and /var/tmp for CRI-O; inodes count too."])
        .run(format!("kubectl describe node {}", names.node_word()))
        .run("crictl rmi --prune")
}

pub(in crate::domain::diagnostics::fix) fn faster_pull(_: &FixContext) -> Steps {
    Steps::new([
        "A nearer mirror, a smaller image, pulling ahead of time; the runtime's progress timeout.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn repair_runtime(_: &FixContext) -> Steps {
    Steps::new([
        "The kubelet's --container-runtime-endpoint names the socket; its CRI version has to fit the runtime's.",
    ])
    .run("systemctl status containerd")
}

pub(in crate::domain::diagnostics::fix) fn sandbox_image(_: &FixContext) -> Steps {
    Steps::new([
        "containerd: sandbox_image (pinned_images.sandbox from 2.0); CRI-O: pause_image. With a credential in the runtime's own configuration if it is private: pull Secrets do not reach it.",
    ])
    .run("crictl info")
}
