//! The catalogue itself: one row per fix.
//!
//! No command takes a password as an argument, where every user of the machine could read it: tokens
//! are read by the shell and go on through a pipe.

use super::FixId;

pub(super) struct Row {
    pub id: FixId,
    pub slug: &'static str,
    pub title: &'static str,
    pub steps: &'static [&'static str],
    pub commands: &'static [&'static str],
}

const CREATE_SECRET: &[&str] = &[
    "read -rs TOKEN; export TOKEN",
    "jq -n --arg s {server} --arg u {user} '{auths: {($s): {username: $u, password: env.TOKEN}}}' | kubectl -n {ns} create secret docker-registry {secret} --from-file=.dockerconfigjson=/dev/stdin",
    "unset TOKEN",
];

pub(super) const ROWS: &[Row] = &[
    Row {
        id: FixId::AttachSecret,
        slug: "attach-secret",
        title: "Attach the pull Secret to the ServiceAccount",
        steps: &[
            "Pods that exist keep the list they were created with: they have to be recreated.",
        ],
        commands: &[
            "kubectl -n {ns} patch serviceaccount {sa} {attach}",
            "kubectl -n {ns} rollout restart {workload}",
        ],
    },
    Row {
        id: FixId::CreateSecret,
        slug: "create-secret",
        title: "Create the pull Secret",
        steps: &[
            "Use an access token, not the account's password.",
            "Name the Secret in imagePullSecrets of the ServiceAccount or the Pod template.",
        ],
        commands: CREATE_SECRET,
    },
    Row {
        id: FixId::RecreateSecret,
        slug: "recreate-secret",
        title: "Recreate the Secret with a right credential",
        steps: &[
            "The entries of other registries stay as they are. What cannot be read is left out: the kubelet cannot read it either.",
            "Pods that list it take the new content at the kubelet's next attempt; no restart is needed.",
        ],
        commands: &[
            "read -rs TOKEN; export TOKEN",
            "kubectl -n {ns} get secret {secret} -o json | jq --arg s {server} --arg u {user} '.data[\".dockerconfigjson\"] = (.data[\".dockerconfigjson\"] | (try (@base64d | fromjson | objects) catch {}) // {} | .auths[$s] = {username: $u, password: env.TOKEN} | tojson | @base64)' | kubectl -n {ns} replace -f -",
            "unset TOKEN",
        ],
    },
    Row {
        id: FixId::CorrectServer,
        slug: "correct-server",
        title: "Correct the registry in the Secret",
        steps: &[
            "The key under auths has to match the image's host, with its port if the image has one.",
        ],
        commands: &[
            "kubectl -n {ns} get secret {secret} -o json | jq --arg from {entry} --arg to {server} '.data[\".dockerconfigjson\"] |= (@base64d | fromjson | .auths |= with_entries(if .key == $from then .key = $to else . end) | tojson | @base64)' | kubectl -n {ns} replace -f -",
        ],
    },
    Row {
        id: FixId::ConvertType,
        slug: "convert-type",
        title: "Recreate the Secret with the type that the kubelet reads",
        steps: &[
            "A Secret's type cannot be changed: it is deleted and created again as kubernetes.io/dockerconfigjson.",
            "KEY is the key under data that holds the Docker configuration, its dots written \\.",
        ],
        commands: &[
            "kubectl -n {ns} get secret {secret} -o jsonpath='{.data.KEY}' | base64 -d | kubectl -n {ns} create secret docker-registry {secret} --from-file=.dockerconfigjson=/dev/stdin --dry-run=client -o yaml | kubectl -n {ns} replace --force -f -",
        ],
    },
    Row {
        id: FixId::CopySecret,
        slug: "copy-secret",
        title: "Copy the Secret from the namespace that has it",
        steps: &["A Pod can use Secrets of its own namespace only."],
        commands: &[
            "kubectl -n {from} get secret {secret} -o json | jq '{apiVersion,kind,type,data,metadata:{name:.metadata.name}}' | kubectl -n {ns} create -f -",
        ],
    },
    Row {
        id: FixId::CorrectSecretName,
        slug: "correct-secret-name",
        title: "Correct the name in imagePullSecrets",
        steps: &[
            "In the Pod template where that has a list of its own, else in the ServiceAccount; a new list is for new Pods.",
        ],
        commands: &[
            "kubectl -n {ns} get secrets --field-selector type=kubernetes.io/dockerconfigjson",
            "kubectl -n {ns} edit serviceaccount {sa}",
        ],
    },
    Row {
        id: FixId::CheckSecret,
        slug: "check-secret",
        title: "Ask someone who may read the Secret to check it",
        steps: &[
            "You may not read Secrets in {ns}, so what this one holds is not known.",
            "It needs an entry for {host}, with a credential that the registry accepts.",
        ],
        commands: &[
            "pullscope verify {image} -n {ns} --secret {secret}",
            "kubectl -n {ns} get secret {secret} -o jsonpath='{.data.\\.dockerconfigjson}' | base64 -d | jq '.auths | keys'",
        ],
    },
    Row {
        id: FixId::TestPull,
        slug: "test-pull",
        title: "Test the pull on the nodes",
        steps: &[
            "ctrl-t in the dashboard: the kubelets pull the image with the Pod's Secrets, and nothing is started.",
            "It needs the right to create Pods in {ns}.",
        ],
        commands: &[],
    },
    Row {
        id: FixId::UseServiceAccount,
        slug: "use-service-account",
        title: "Let the workload use the ServiceAccount that has the Secret",
        steps: &[],
        commands: &["kubectl -n {ns} set serviceaccount {workload} {holder}"],
    },
    Row {
        id: FixId::CreateServiceAccount,
        slug: "create-service-account",
        title: "Create the ServiceAccount that the workload names",
        steps: &[],
        commands: &[
            "kubectl -n {ns} create serviceaccount {sa}",
            "kubectl -n {ns} rollout restart {workload}",
        ],
    },
    Row {
        id: FixId::Restart,
        slug: "restart",
        title: "Restart the workload, so that new Pods get the Secret",
        steps: &["A ServiceAccount's pull Secrets are copied into a Pod when it is created."],
        commands: &["kubectl -n {ns} rollout restart {workload}"],
    },
    Row {
        id: FixId::RetryNow,
        slug: "retry-now",
        title: "Skip the back-off: delete the Pod, its controller makes it again",
        steps: &[],
        commands: &["kubectl -n {ns} delete pod {pod}"],
    },
    Row {
        id: FixId::RecreatePod,
        slug: "recreate-pod",
        title: "Delete the Pod and create it again",
        steps: &[
            "No controller recreates this Pod, and most of its spec is immutable; what it runs now ends.",
        ],
        commands: &["kubectl -n {ns} get pod {pod} -o yaml"],
    },
    Row {
        id: FixId::DebugAgain,
        slug: "debug-again",
        title: "Add another debug container, with an image that this Pod can pull",
        steps: &[
            "An ephemeral container cannot be changed or removed, and it is in no Pod template: no restart is needed.",
            "The Pod's imagePullSecrets were set when it was created: a Secret that is attached to the ServiceAccount now does not reach it.",
        ],
        commands: &["kubectl -n {ns} debug -it {pod} --image=IMAGE"],
    },
    Row {
        id: FixId::UndoRollout,
        slug: "undo-rollout",
        title: "Undo the rollout: back to the revision before",
        steps: &[],
        commands: &["kubectl -n {ns} rollout undo {workload}"],
    },
    Row {
        id: FixId::CorrectImage,
        slug: "correct-image",
        title: "Correct the image reference",
        steps: &["List what there is: crane ls {repository}"],
        commands: &["kubectl -n {ns} set image {workload} {container}=IMAGE"],
    },
    Row {
        id: FixId::WriteFullName,
        slug: "write-full-name",
        title: "Write the image with its registry",
        steps: &["docker.io/library/alpine:3.20 instead of alpine:3.20"],
        commands: &["kubectl -n {ns} set image {workload} {container}={image}"],
    },
    Row {
        id: FixId::PushImage,
        slug: "push-image",
        title: "Push or promote the image",
        steps: &["It was built under this name and not pushed, or a clean-up removed it."],
        commands: &["docker push {image}"],
    },
    Row {
        id: FixId::LoadImage,
        slug: "load-image",
        title: "Load the image onto every node that may run the Pod",
        steps: &["Into the runtime's own store, under exactly the name of the Pod."],
        commands: &["docker save {image} | ctr -n k8s.io images import -"],
    },
    Row {
        id: FixId::PullPolicy,
        slug: "pull-policy",
        title: "Allow the pull",
        steps: &["imagePullPolicy: IfNotPresent in the Pod template"],
        commands: &["kubectl -n {ns} edit {workload}"],
    },
    Row {
        id: FixId::NewToken,
        slug: "new-token",
        title: "Make a new access token at the registry",
        steps: &[
            "A token with read access, not the account's password.",
            "Then recreate the Secret with it.",
        ],
        commands: &[],
    },
    Row {
        id: FixId::RemoveEntry,
        slug: "remove-entry",
        title: "Remove the entry for this registry from the Secret",
        steps: &[
            "Once an entry matches there is no anonymous try: a bad one breaks public images too.",
        ],
        commands: &[
            "kubectl -n {ns} get secret {secret} -o json | jq --arg s {entry} '.data[\".dockerconfigjson\"] |= (@base64d | fromjson | del(.auths[$s]) | tojson | @base64)' | kubectl -n {ns} replace -f -",
        ],
    },
    Row {
        id: FixId::StopStoringTokens,
        slug: "stop-storing-tokens",
        title: "Stop storing short-lived tokens",
        steps: &[
            "ECR: node role, IRSA or pod identity with the ECR credential provider. Google: node service account. Azure: kubelet identity with AcrPull.",
            "Elsewhere: a controller that refreshes the Secret before the token ends.",
        ],
        commands: &[],
    },
    Row {
        id: FixId::CredentialProvider,
        slug: "credential-provider",
        title: "Repair the node's credential provider",
        steps: &[
            "The plugin's binary and configuration are on that node; matchImages covers the host.",
            "The plugin reaches its cloud endpoint, and the identity is attached.",
            "Until then: a pull Secret.",
        ],
        commands: &["kubectl get --raw /api/v1/nodes/{node}/proxy/configz"],
    },
    Row {
        id: FixId::GrantAccess,
        slug: "grant-access",
        title: "Grant read access to the repository",
        steps: &[
            "To the identity whose credential is sent: role Reader or AcrPull, read on the repository, the token's scope.",
            "Ask whoever administers the registry. Only if the token has ended, a new one helps.",
        ],
        commands: &[],
    },
    Row {
        id: FixId::OpenRegistryFirewall,
        slug: "open-registry-firewall",
        title: "Allow the node's address at the registry",
        steps: &[
            "The registry's firewall or network rules name the allowed addresses; the node's egress address has to be among them.",
        ],
        commands: &[],
    },
    Row {
        id: FixId::Authenticate,
        slug: "authenticate",
        title: "Pull with a login",
        steps: &["A login has its own, larger quota than the address of the node."],
        commands: CREATE_SECRET,
    },
    Row {
        id: FixId::UseMirror,
        slug: "use-mirror",
        title: "Pull through a mirror or a registry of one's own",
        steps: &["Copy the image there, or configure the runtime's mirror on the nodes."],
        commands: &["crane copy {image} REGISTRY/REPO:TAG"],
    },
    Row {
        id: FixId::RaisePullQps,
        slug: "raise-pull-qps",
        title: "Raise the kubelet's pull rate, or wait",
        steps: &[
            "registryPullQPS and registryBurst in the kubelet's configuration; it clears itself when fewer Pods start at once.",
        ],
        commands: &["kubectl get --raw /api/v1/nodes/{node}/proxy/configz"],
    },
    Row {
        id: FixId::FixNodeDns,
        slug: "fix-node-dns",
        title: "Repair the node's name resolution",
        steps: &[
            "The node's resolver is used, not the cluster's: names such as *.svc.cluster.local do not resolve there.",
        ],
        commands: &[
            "kubectl debug node/{node} -it --image=busybox -- chroot /host getent hosts {endpoint-name}",
        ],
    },
    Row {
        id: FixId::CheckPort,
        slug: "check-port",
        title: "Check the registry's address and port",
        steps: &[
            "An image without a port means 443; localhost is the node itself.",
            "A web page's port is not the registry's.",
        ],
        commands: &["curl -i https://{endpoint}/v2/"],
    },
    Row {
        id: FixId::OpenFirewall,
        slug: "open-firewall",
        title: "Open the way from the node to the registry",
        steps: &[
            "The host in the message is the one to open: token services and blob stores are other hosts than the registry.",
        ],
        commands: &["curl -v --max-time 15 https://{endpoint}/v2/"],
    },
    Row {
        id: FixId::FixProxy,
        slug: "fix-proxy",
        title: "Correct the runtime's proxy settings on the node",
        steps: &[
            "HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the runtime's service unit; those of a shell or a Pod do nothing.",
            "Then daemon-reload and restart the runtime.",
        ],
        commands: &["systemctl show containerd -p Environment"],
    },
    Row {
        id: FixId::FixRoute,
        slug: "fix-route",
        title: "Give the node a route to the registry",
        steps: &["Routes, host firewall, address family (IPv6 where there is only IPv4)."],
        commands: &["ip route get ADDRESS"],
    },
    Row {
        id: FixId::WaitForRegistry,
        slug: "wait-for-registry",
        title: "Wait for the registry, or repair it",
        steps: &[
            "If it is a public one: its status page. If it is yours: its log, its storage, its upstream.",
        ],
        commands: &[],
    },
    Row {
        id: FixId::TrustCa,
        slug: "trust-ca",
        title: "Let every node trust the registry's CA",
        steps: &[
            "containerd: /etc/containerd/certs.d/{host}/hosts.toml with ca = (and config_path set); CRI-O: /etc/containers/certs.d/{host}/ca.crt; docker: /etc/docker/certs.d/{host}/ca.crt",
            "A CA inside a Pod or in the pull Secret has no effect.",
        ],
        commands: &[
            "openssl s_client -connect {endpoint-name}:{endpoint-port} -servername {endpoint-name} -showcerts </dev/null",
        ],
    },
    Row {
        id: FixId::FixCertificate,
        slug: "fix-certificate",
        title: "Reissue the registry's certificate",
        steps: &[
            "For the name that the image uses, as subject alternative name; an IP address needs an IP entry.",
        ],
        commands: &[
            "openssl s_client -connect {endpoint-name}:{endpoint-port} -servername {endpoint-name} </dev/null | openssl x509 -noout -dates -ext subjectAltName",
        ],
    },
    Row {
        id: FixId::FixClock,
        slug: "fix-clock",
        title: "Set the node's clock",
        steps: &["Compare the current time in the message with the real one."],
        commands: &["date -u"],
    },
    Row {
        id: FixId::AlignTls,
        slug: "align-tls",
        title: "Align the TLS versions and ciphers of both sides",
        steps: &["Or the client certificate that the server asks for."],
        commands: &["openssl s_client -tls1_2 -connect {endpoint-name}:{endpoint-port} </dev/null"],
    },
    Row {
        id: FixId::AllowPlainHttp,
        slug: "allow-plain-http",
        title: "Tell the runtime that the registry is plain http",
        steps: &[
            "containerd: hosts.toml with server = \"http://{host}\"; CRI-O: registries.conf insecure = true; docker: insecure-registries. On every node.",
        ],
        commands: &["curl http://{host}/v2/"],
    },
    Row {
        id: FixId::ServeTls,
        slug: "serve-tls",
        title: "Give the registry TLS",
        steps: &[],
        commands: &[],
    },
    Row {
        id: FixId::BuildForPlatform,
        slug: "build-for-platform",
        title: "Build the image for the node's platform too",
        steps: &[],
        commands: &["docker buildx build --platform linux/amd64,linux/arm64 --push -t {image} ."],
    },
    Row {
        id: FixId::SelectNodes,
        slug: "select-nodes",
        title: "Run the Pod on nodes that the image is made for",
        steps: &["nodeSelector kubernetes.io/arch (and kubernetes.io/os) in the Pod template"],
        commands: &["kubectl get nodes -L kubernetes.io/arch,kubernetes.io/os"],
    },
    Row {
        id: FixId::Rebuild,
        slug: "rebuild",
        title: "Build and push the image again with a current tool",
        steps: &["As Docker schema 2 or OCI; a chart or artifact cannot be run as an image."],
        commands: &[],
    },
    Row {
        id: FixId::UpgradeRuntime,
        slug: "upgrade-runtime",
        title: "Upgrade the container runtime on the nodes",
        steps: &[],
        commands: &["kubectl get nodes -o wide"],
    },
    Row {
        id: FixId::SignImage,
        slug: "sign-image",
        title: "Sign the image with the key that the policy asks for",
        steps: &[],
        commands: &["cosign sign {image}"],
    },
    Row {
        id: FixId::FixImagePolicy,
        slug: "fix-image-policy",
        title: "Correct the policy",
        steps: &[
            "On the node: /etc/containers/policy.json; in the cluster: the webhook named in the message, which needs registry access of its own.",
        ],
        commands: &[],
    },
    Row {
        id: FixId::PullAgain,
        slug: "pull-again",
        title: "Remove the remains and pull again",
        steps: &[
            "If it happens from one network only, a proxy or cache on the way alters the bytes.",
        ],
        commands: &["crictl rmi {image}", "crictl pull {image}"],
    },
    Row {
        id: FixId::RepairStore,
        slug: "repair-store",
        title: "Clean the node's image store",
        steps: &[
            "Remove the image and pull again; if that does not help, drain the node and rebuild the runtime's storage.",
        ],
        commands: &[
            "crictl rmi {image}",
            "kubectl drain {node} --ignore-daemonsets",
        ],
    },
    Row {
        id: FixId::FreeDisk,
        slug: "free-disk",
        title: "Make room on the node",
        steps: &["The runtime's root, and /var/tmp for CRI-O; inodes count too."],
        commands: &["kubectl describe node {node}", "crictl rmi --prune"],
    },
    Row {
        id: FixId::FasterPull,
        slug: "faster-pull",
        title: "Make the pull faster or its deadline longer",
        steps: &[
            "A nearer mirror, a smaller image, pulling ahead of time; the runtime's progress timeout.",
        ],
        commands: &[],
    },
    Row {
        id: FixId::RepairRuntime,
        slug: "repair-runtime",
        title: "Start or repair the container runtime on the node",
        steps: &[
            "The kubelet's --container-runtime-endpoint names the socket; its CRI version has to fit the runtime's.",
        ],
        commands: &["systemctl status containerd"],
    },
    Row {
        id: FixId::SandboxImage,
        slug: "sandbox-image",
        title: "Set the runtime's pause image to one that the node can pull",
        steps: &[
            "containerd: sandbox_image (pinned_images.sandbox from 2.0); CRI-O: pause_image. With a credential in the runtime's own configuration if it is private: pull Secrets do not reach it.",
        ],
        commands: &["crictl info"],
    },
    Row {
        id: FixId::ReadEvents,
        slug: "read-events",
        title: "Read the events, oldest first",
        steps: &["Events expire after an hour."],
        commands: &[
            "kubectl -n {ns} get events --field-selector {involved} --sort-by=.lastTimestamp",
        ],
    },
    Row {
        id: FixId::ReadLog,
        slug: "read-log",
        title: "Read what the program said before it ended",
        steps: &[
            "If it says exec format error, the image is made for another processor than the node's: build it for both, or select nodes by kubernetes.io/arch.",
        ],
        commands: &["kubectl -n {ns} logs {pod} -c {container} --previous"],
    },
    Row {
        id: FixId::FixScheduling,
        slug: "fix-scheduling",
        title: "Do what the scheduler's message asks",
        steps: &[],
        commands: &["kubectl -n {ns} describe pod {pod}"],
    },
];
