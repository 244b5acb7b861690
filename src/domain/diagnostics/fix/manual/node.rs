//! Manual fixes on the node: network, runtime, kubelet and disk.

use super::{NodeTopic, Steps, identity};
use crate::domain::diagnostics::{ErrorDetail, FixContext};

/// The configuration that the kubelet of the node runs with.
fn kubelet_configuration(fix_context: &FixContext) -> String {
    format!(
        "kubectl get --raw /api/v1/nodes/{}/proxy/configz",
        fix_context.node_word()
    )
}

pub(in crate::domain::diagnostics::fix) fn credential_provider(fix_context: &FixContext) -> Steps {
    Steps::new([
        "Check that the plugin's binary and configuration are on the node, and that matchImages covers the host.",
        "Check that the plugin reaches its cloud endpoint, and that the identity is attached.",
        "If it takes ServiceAccount tokens, nodes need the verb request-serviceaccounts-token-audience (1.34).",
    ])
    .run(kubelet_configuration(fix_context))
    .run(identity::audience_rights())
    .at(NodeTopic::Credential, fix_context)
}

/// The kubelet reads the file again after 5 minutes (kubernetes v1.37 `pkg/credentialprovider/provider.go`).
pub(in crate::domain::diagnostics::fix) fn login(fix_context: &FixContext) -> Steps {
    let (node, host) = (fix_context.node_word(), fix_context.host_word());
    Steps::new([
        "The API server rejects static Pods that name Secrets or a ServiceAccount: the kubelet pulls with the node's own login.",
        &format!(
            "On node {node}, put the login for {host} into /var/lib/kubelet/config.json (the format of ~/.docker/config.json), readable by root only."
        ),
        "The kubelet reads the file at the next pull, or at most 5 minutes later. A credential provider plugin is the alternative.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn raise_pull_qps(fix_context: &FixContext) -> Steps {
    Steps::new([
        "Set registryPullQPS and registryBurst in the kubelet's configuration. It clears up when fewer Pods start at once.",
    ])
    .run(kubelet_configuration(fix_context))
}

pub(in crate::domain::diagnostics::fix) fn parallel_pulls(names: &FixContext) -> Steps {
    Steps::new([
"The Pod starts by itself when the pulls before it have ended.",
"To pull in parallel, set serializeImagePulls: false and maxParallelImagePulls: 3 in the kubelet's configuration, then restart the kubelet.",
])
.run(kubelet_configuration(names))
}
pub(in crate::domain::diagnostics::fix) fn repair_mirror(names: &FixContext) -> Steps {
    let (mirror, host) = (names.mirror_word(), names.host_word());
    let steps = [
        format!("Nodes ask {mirror} before {host}, and send it the login for {host}."),
        format!(
            "containerd lists mirrors in /etc/containerd/certs.d/{host}/hosts.toml on the node, CRI-O in registries.conf."
        ),
    ];
    let steps = Steps {
        steps: steps.into(),
        commands: Vec::new(),
    };
    steps.run(format!("curl -v https://{mirror}/v2/"))
}
pub(in crate::domain::diagnostics::fix) fn dns(fix_context: &FixContext) -> Steps {
    Steps::new([
        "The node's resolver is used, not the cluster's: *.svc.cluster.local does not resolve there.",
    ])
    .run(format!(
        "kubectl debug node/{} -it --image=busybox -- chroot /host getent hosts {}",
        fix_context.node_word(),
        fix_context.endpoint_parts().0
    ))
}

pub(in crate::domain::diagnostics::fix) fn open_firewall(fix_context: &FixContext) -> Steps {
    Steps::new([
        "Allow the host in the message: token services and blob stores use other hosts than the registry.",
    ])
    .run(format!(
        "curl -v --max-time 15 https://{}/v2/",
        fix_context.endpoint_word()
    ))
}

pub(in crate::domain::diagnostics::fix) fn proxy(fix_context: &FixContext) -> Steps {
    Steps::default().at(NodeTopic::Proxy, fix_context)
}

pub(in crate::domain::diagnostics::fix) fn route(_: &FixContext) -> Steps {
    Steps::new(["Check routes, host firewall and address family (IPv6 on an IPv4-only node)."])
        .run("ip route get ADDRESS")
}

pub(in crate::domain::diagnostics::fix) fn trust_ca(fix_context: &FixContext) -> Steps {
    let (name, port) = fix_context.endpoint_parts();
    Steps::new(["A CA in a Pod or in the pull secret has no effect."])
        .run(format!(
            "openssl s_client -connect {name}:{port} -servername {name} -showcerts </dev/null"
        ))
        .at(NodeTopic::Ca, fix_context)
}

pub(in crate::domain::diagnostics::fix) fn clock(_: &FixContext) -> Steps {
    Steps::new(["Compare the current time in the message with the real one."]).run("date -u")
}

pub(in crate::domain::diagnostics::fix) fn allow_plain_http(fix_context: &FixContext) -> Steps {
    let host = fix_context.host_word();
    Steps::default()
        .run(format!("curl http://{host}/v2/"))
        .at(NodeTopic::PlainHttp, fix_context)
}

pub(in crate::domain::diagnostics::fix) fn upgrade_runtime(_: &FixContext) -> Steps {
    Steps::default().run("kubectl get nodes -o wide")
}

pub(in crate::domain::diagnostics::fix) fn pull_again(fix_context: &FixContext) -> Steps {
    let image = fix_context.image_word();
    Steps::new(["If only one network is affected, a proxy or cache in between alters the data."])
        .run(format!("crictl rmi {image}"))
        .run(format!("crictl pull {image}"))
}

/// Steps for a damaged or unwritable content store.
pub(in crate::domain::diagnostics::fix) fn repair_store(fix_context: &FixContext) -> Steps {
    if fix_context.fault == Some(ErrorDetail::ReadOnlyRoot) {
        return mount_read_write(fix_context);
    }
    if fix_context.fault == Some(ErrorDetail::FileAccess) {
        return allow_access(fix_context);
    }
    Steps::new([
        "Remove the image and pull again; if that does not help, drain the node and rebuild the runtime's storage.",
    ])
    .run(format!("crictl rmi {}", fix_context.image_word()))
    .run(format!(
        "kubectl drain {} --ignore-daemonsets",
        fix_context.node_word()
    ))
}

fn allow_access(fix_context: &FixContext) -> Steps {
    Steps::new([
        "The message names the file: check its owner and mode, and SELinux or AppArmor denials.",
    ])
    .run(format!(
        "kubectl debug node/{} -it --image=busybox -- chroot /host ls -ldZ FILE",
        fix_context.node_word()
    ))
}

/// The reverse of a plain HTTP registry: the runtime was told that this one is.
pub(in crate::domain::diagnostics::fix) fn use_https(fix_context: &FixContext) -> Steps {
    Steps::new([
        "Remove the plain HTTP setting of this host, or write https:// in it, then restart the runtime.",
        "containerd: server in certs.d/HOST/hosts.toml. CRI-O: insecure in registries.conf. Docker: insecure-registries.",
    ])
    .run(format!("curl -v https://{}/v2/", fix_context.endpoint_word()))
}

/// containerd: `docs/hosts.md`, field `client`; containers/image: `containers-certs.d(5)`.
pub(in crate::domain::diagnostics::fix) fn client_certificate(fix_context: &FixContext) -> Steps {
    let (name, port) = fix_context.endpoint_parts();
    Steps::new([
        "containerd: client in certs.d/HOST/hosts.toml. CRI-O and Docker: client.cert and client.key in certs.d/HOST.",
        "If the runtime sends one already: check that it has not expired and is of a CA that the registry trusts.",
    ])
    .run(format!(
        "openssl s_client -connect {name}:{port} -servername {name} -cert client.cert -key client.key </dev/null"
    ))
}

pub(in crate::domain::diagnostics::fix) fn runtime_config(_: &FixContext) -> Steps {
    Steps::new([
        "The message names the file or setting: check its syntax, its mode, and that what it names is installed.",
        "Restart the runtime after a change to its main configuration file; certs.d is read at each pull.",
    ])
    .run("crictl info")
    .run("journalctl -u containerd -u crio --since -1h")
}

pub(in crate::domain::diagnostics::fix) fn free_resources(fix_context: &FixContext) -> Steps {
    let node = fix_context.node_word();
    Steps::new([
        "Reserve memory for the system (systemReserved), or raise LimitNOFILE and TasksMax of the runtime's service.",
    ])
    .run(format!("kubectl describe node {node}"))
    .run(format!(
        "kubectl debug node/{node} -it --image=busybox -- chroot /host dmesg"
    ))
}

/// containerd: `docs/cri/decryption.md`; CRI-O: `decryption_keys_path`.
pub(in crate::domain::diagnostics::fix) fn decryption_key(_: &FixContext) -> Steps {
    Steps::new([
        "containerd: put the private key into the directory of its decryption stream processor (ocicrypt/keys).",
        "CRI-O: decryption_keys_path, /etc/crio/keys by default.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn file_system(fix_context: &FixContext) -> Steps {
    Steps::new(["ext4 and xfs have them; NFS and some overlays do not."]).run(format!(
        "kubectl debug node/{} -it --image=busybox -- chroot /host findmnt -T /var/lib/containerd",
        fix_context.node_word()
    ))
}

pub(in crate::domain::diagnostics::fix) fn id_mapping(_: &FixContext) -> Steps {
    Steps::new([
        "Widen the runtime user's range in /etc/subuid and /etc/subgid (65536 is usual), then restart the runtime.",
        "Or rebuild the image without files of so high a UID or GID.",
    ])
}

fn mount_read_write(fix_context: &FixContext) -> Steps {
    let node = fix_context.node_word();
    let on_node = format!("kubectl debug node/{node} -it --image=busybox -- chroot /host");
    Steps::new([
        "The kernel mounts a file system read-only after a disk error; look there first.",
        "Check the disk, then mount it read-write again or replace the node.",
    ])
    .run(format!("{on_node} findmnt -T /var/lib/containerd"))
    .run(format!("{on_node} dmesg"))
}

pub(in crate::domain::diagnostics::fix) fn free_disk(fix_context: &FixContext) -> Steps {
    Steps::new(["Check the runtime's root, and /var/tmp for CRI-O; inodes count too."])
        .run(format!("kubectl describe node {}", fix_context.node_word()))
        .run("crictl rmi --prune")
}

pub(in crate::domain::diagnostics::fix) fn faster_pull(_: &FixContext) -> Steps {
    Steps::new([
        "Use a nearer mirror or a smaller image, pull ahead of time, or raise the runtime's progress timeout.",
    ])
}

pub(in crate::domain::diagnostics::fix) fn repair_runtime(_: &FixContext) -> Steps {
    Steps::new([
        "--container-runtime-endpoint of the kubelet fix_context the socket; kubelet and runtime must speak the same CRI version.",
    ])
    .run("systemctl status containerd")
}

pub(in crate::domain::diagnostics::fix) fn sandbox_image(_: &FixContext) -> Steps {
    Steps::new([
        "containerd: sandbox_image (pinned_images.sandbox from 2.0); CRI-O: pause_image. A private one needs a credential in the runtime's configuration: pull secrets do not apply.",
    ])
    .run("crictl info")
}
