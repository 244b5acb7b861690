//! Fixes: what removes a cause.
//!
//! One table has a row per fix: its id, in which Pods it takes effect, its title. What the product can do
//! itself is a [`FixAction`] with the objects that it changes; the plan of it, made by `plan`, is the one
//! source of its kubectl commands. All else is done by people, and `manual` has the steps. `advice` adds what holds
//! for one registry, `node_setup` what holds for one distribution or runtime of the node.

mod action;
mod advice;
mod context;
mod error_detail;
mod host_fault;
mod manual;
mod node_setup;
mod suitable;
mod target;
mod unplanned;

use std::{collections::HashSet, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(in crate::domain) use self::action::NEW_SECRET;
use self::manual::{cluster, identity, image, node, registry};
pub(in crate::domain) use self::unplanned::{append_to_list, edit_account, unplanned};
pub use self::{
    action::{CurrentLogin, FixAction, NewSecret},
    context::{EntryUse, FixContext},
    error_detail::ErrorDetail,
    host_fault::HostFault,
    manual::Steps,
    suitable::applicable_fixes,
    target::{FixTarget, ListOrigin, PodOwner, TargetContainer, TemplateRollout},
};
use crate::domain::{
    k8s::objects::AnyObjectRef,
    plan,
    registry_auth::{image_ref::ImageRef, keyring::may_match},
};

/// Maximum number of fixes shown; the likeliest come first.
pub const MAX_FIXES: usize = 3;

/// In which Pods a fix takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FixEffect {
    /// In Pods that are created after it.
    NewPods,
    /// In those that wait, too: at the kubelet's next attempt.
    NextAttempt,
}

/// Rows of name, id, [`FixEffect`] and title; of a fix that people make also the function for its steps.
macro_rules! fixes {
    (
        planned { $($planned:ident $planned_id:literal $planned_effect:ident $planned_title:literal,)* }
        manual { $($manual:ident $manual_id:literal $manual_effect:ident $manual_title:literal $steps:path,)* }
    ) => {
        /// Id of a fix.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FixId {
            $($planned,)*
            $($manual,)*
        }

        /// Fixes that the product can make itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Planned {
            $($planned,)*
        }

        impl FixId {
            /// All fixes.
            pub const ALL: &[Self] = &[$(Self::$planned,)* $(Self::$manual,)*];

            /// Stable name in reports and JSON.
            pub fn slug(self) -> &'static str {
                match self {
                    $(Self::$planned => $planned_id,)*
                    $(Self::$manual => $manual_id,)*
                }
            }

            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$planned => $planned_title,)*
                    $(Self::$manual => $manual_title,)*
                }
            }

            fn effect(self) -> FixEffect {
                match self {
                    $(Self::$planned => FixEffect::$planned_effect,)*
                    $(Self::$manual => FixEffect::$manual_effect,)*
                }
            }

            fn kind(self) -> FixKind {
                match self {
                    $(Self::$planned => FixKind::Planned(Planned::$planned),)*
                    $(Self::$manual => FixKind::Manual($steps),)*
                }
            }
        }
    };
}

/// Who makes a fix.
enum FixKind {
    /// The product, after it was previewed.
    Planned(Planned),
    /// People, by these steps.
    Manual(fn(&FixContext) -> Steps),
}

#[rustfmt::skip]
fixes! {
    planned {
        AttachSecret "attach-secret" NewPods "Attach the pull secret to the ServiceAccount",
        CreateSecret "create-secret" NewPods "Create the pull secret",
        RecreateSecret "recreate-secret" NextAttempt "Update the Secret with a valid credential",
        CorrectServer "correct-server" NextAttempt "Correct the registry address in the Secret",
        ConvertType "convert-type" NextAttempt "Recreate the Secret as kubernetes.io/dockerconfigjson",
        CopySecret "copy-secret" NewPods "Copy Secret from another namespace",
        CorrectSecretName "correct-secret-name" NewPods "Correct the name in imagePullSecrets",
        UseServiceAccount "use-service-account" NewPods "Use the ServiceAccount that has the pull secret",
        CreateServiceAccount "create-service-account" NewPods "Create the missing ServiceAccount",
        Restart "restart" NewPods "Rollout restart so new Pods get the pull secret",
        RetryNow "retry-now" NewPods "Delete the Pod to retry now (it is recreated)",
        CorrectImage "correct-image" NewPods "Correct the image reference",
        UseSuggestedImage "use-suggested-image" NewPods "Change the image to the suggested one",
        WriteFullName "write-full-name" NewPods "Add the registry to the image name",
        NewToken "new-token" NextAttempt "Create a new access token",
        RemoveEntry "remove-entry" NextAttempt "Remove this registry's entry from the Secret",
        Authenticate "authenticate" NewPods "Pull with a login",
    }
    manual {
        CheckSecret "check-secret" NextAttempt "Ask someone who can read the Secret to check it" cluster::check_secret,
        TestPull "test-pull" NextAttempt "Test the pull on the nodes" cluster::test_pull,
        RecreatePod "recreate-pod" NewPods "Delete and recreate the Pod" cluster::recreate_pod,
        DebugAgain "debug-again" NextAttempt "Add a new debug container with an image the Pod can pull" cluster::debug_again,
        UndoRollout "undo-rollout" NewPods "Roll back to the previous revision" cluster::undo_rollout,
        PullPolicy "pull-policy" NewPods "Set imagePullPolicy: IfNotPresent" cluster::pull_policy,
        SelectNodes "select-nodes" NewPods "Schedule the Pod on nodes of the image's platform" cluster::select_nodes,
        ReadEvents "read-events" NextAttempt "Read the events, oldest first" cluster::read_events,
        ReadLog "read-log" NextAttempt "Show the previous container's logs" cluster::read_log,
        RemoveSchedulingGate "remove-scheduling-gate" NextAttempt "Find the controller that removes the scheduling gate" cluster::remove_scheduling_gate,
        CorrectSubPath "correct-sub-path" NewPods "Correct subPath in the volumeMount" cluster::correct_sub_path,
        FixScheduling "fix-scheduling" NextAttempt "Resolve what the scheduler reports" cluster::fix_scheduling,
        PushImage "push-image" NextAttempt "Push the image to the registry" image::push,
        LoadImage "load-image" NextAttempt "Load the image onto every node that can run the Pod" image::load,
        BuildForPlatform "build-for-platform" NextAttempt "Build the image for the node's platform" image::build_for_platform,
        Rebuild "rebuild" NextAttempt "Rebuild and push the image with a current tool" image::rebuild,
        SignImage "sign-image" NextAttempt "Sign the image with the key the policy requires" image::sign,
        FixImagePolicy "fix-image-policy" NextAttempt "Adjust the image policy" image::policy,
        UseMirror "use-mirror" NextAttempt "Use a pull-through cache or your own registry" image::use_mirror,
        StopStoringTokens "stop-storing-tokens" NextAttempt "Stop storing short-lived tokens" registry::stop_storing_tokens,
        GrantAccess "grant-access" NextAttempt "Grant pull permission on the repository" registry::grant_access,
        OpenRegistryFirewall "open-registry-firewall" NextAttempt "Allow the node's IP address at the registry" registry::open_firewall,
        WaitForRegistry "wait-for-registry" NextAttempt "Wait for the registry to recover, or repair it" registry::wait,
        ReduceRequests "reduce-requests" NextAttempt "Wait, and send fewer requests to the registry" registry::reduce_requests,
        FixCertificate "fix-certificate" NextAttempt "Reissue the registry's certificate" registry::certificate,
        AlignTls "align-tls" NextAttempt "Align TLS versions and ciphers on both sides" registry::align_tls,
        ServeTls "serve-tls" NextAttempt "Serve the registry over TLS" registry::serve_tls,
        RestoreAccount "restore-account" NextAttempt "Restore the account, quota or service at the registry" registry::restore_account,
        AuthorizeSso "authorize-sso" NextAttempt "Authorize the token for the organization's SAML SSO" registry::authorize_sso,
        SyncClocks "sync-clocks" NextAttempt "Synchronize the clocks of node, registry and token server" registry::sync_clocks,
        CheckPort "check-port" NextAttempt "Check the registry's address and port" registry::check_port,
        GrantPullRole "grant-pull-role" NextAttempt "Grant the cloud identity permission to pull" identity::grant_pull_role,
        NodeLogin "node-login" NextAttempt "Give the node a login for the registry" node::login,
        FixWorkloadIdentity "fix-workload-identity" NextAttempt "Correct the ServiceAccount's cloud identity" identity::fix_workload_identity,
        GrantTokenAudience "grant-token-audience" NextAttempt "Let the nodes request the token's audience" identity::grant_token_audience,
        CredentialProvider "credential-provider" NextAttempt "Repair the node's credential provider" node::credential_provider,
        RaisePullQps "raise-pull-qps" NextAttempt "Raise the kubelet's registryPullQPS, or wait" node::raise_pull_qps,
        FixNodeDns "fix-node-dns" NextAttempt "Correct the host name in the image, or DNS on the node" node::dns,
        OpenFirewall "open-firewall" NextAttempt "Allow traffic from the nodes to the registry" node::open_firewall,
        FixProxy "fix-proxy" NextAttempt "Correct the runtime's proxy settings on the node" node::proxy,
        FixRoute "fix-route" NextAttempt "Add a route from the node to the registry" node::route,
        TrustCa "trust-ca" NextAttempt "Install the registry's CA on every node" node::trust_ca,
        FixClock "fix-clock" NextAttempt "Correct the node's clock" node::clock,
        AllowPlainHttp "allow-plain-http" NextAttempt "Configure the runtime for a plain HTTP registry" node::allow_plain_http,
        UseHttps "use-https" NextAttempt "Configure the runtime to use HTTPS with the registry" node::use_https,
        InstallClientCertificate "install-client-certificate" NextAttempt "Install a client certificate that the registry accepts" node::client_certificate,
        FixRuntimeConfig "fix-runtime-config" NextAttempt "Correct the runtime's configuration on the node" node::runtime_config,
        FreeResources "free-resources" NextAttempt "Free memory, processes or open files on the node" node::free_resources,
        InstallDecryptionKey "install-decryption-key" NextAttempt "Install the image's decryption key on the node" node::decryption_key,
        FixFileSystem "fix-file-system" NextAttempt "Put the runtime's root on a file system with extended attributes" node::file_system,
        WidenIdMapping "widen-id-mapping" NextAttempt "Give the user namespace more UIDs and GIDs" node::id_mapping,
        UpgradeRuntime "upgrade-runtime" NextAttempt "Upgrade the container runtime on the nodes" node::upgrade_runtime,
        PullAgain "pull-again" NextAttempt "Remove the partial image and pull again" node::pull_again,
        RepairStore "repair-store" NextAttempt "Clean up the node's image store" node::repair_store,
        ParallelPulls "parallel-pulls" NextAttempt "Wait, or let the node pull images in parallel" node::parallel_pulls,
        RepairMirror "repair-mirror" NextAttempt "Repair the mirror, or remove it from the nodes" node::repair_mirror,
        FreeDisk "free-disk" NextAttempt "Free disk space on the node" node::free_disk,
        FasterPull "faster-pull" NextAttempt "Speed up the pull, or raise its deadline" node::faster_pull,
        RepairRuntime "repair-runtime" NextAttempt "Start or repair the container runtime on the node" node::repair_runtime,
        SandboxImage "sandbox-image" NextAttempt "Configure a pause image that the node can pull" node::sandbox_image,
    }
}

/// A rendered fix: title, steps and commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    pub id: FixId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    pub commands: Vec<String>,
}

impl FixId {
    /// The title for a finding.
    ///
    /// A Pod template with its own list gets the Secret there, and the Pod of a Job is created again with its Job. What
    /// the message shows of the node changes the title of a fix on the node.
    pub fn title_for(self, fix_context: &FixContext) -> &'static str {
        let target = fix_context.target.as_deref();
        let has_own_list =
            target.is_some_and(|it| matches!(it.list_origin, ListOrigin::Template(_)));
        if self == Self::AttachSecret && has_own_list {
            "Add the pull secret to the Pod template's imagePullSecrets"
        } else if self == Self::RecreatePod && target.is_some_and(|it| it.owner.is_job()) {
            "Delete and recreate the Job"
        } else if self == Self::RecreatePod
            && target.is_some_and(|it| it.static_pod_node().is_some())
        {
            "Edit the static Pod's manifest on the node"
        } else if self == Self::CorrectServer && fix_context.entry_is_used() {
            "Add an entry for this registry to the Secret"
        } else if self == Self::RemoveEntry && !is_entry_of_image(fix_context) {
            "Remove the unreadable entry from the Secret"
        } else if self == Self::FixNodeDns
            && matches!(fix_context.fault, Some(ErrorDetail::UnresolvedHost(_)))
        {
            "Correct DNS on the node"
        } else if self == Self::RepairStore && fix_context.fault == Some(ErrorDetail::ReadOnlyRoot)
        {
            "Mount the runtime's root read-write on the node"
        } else if self == Self::RepairStore && fix_context.fault == Some(ErrorDetail::FileAccess) {
            "Give the runtime access to its files on the node"
        } else if self == Self::CorrectImage && fix_context.fault == Some(ErrorDetail::Retired) {
            "Use the image's new location"
        } else {
            self.title()
        }
    }

    /// Notes to read before the fix is applied; its plan has them too.
    pub(in crate::domain) fn notes(self, fix_context: &FixContext) -> Vec<String> {
        match self.kind() {
            FixKind::Planned(planned) => planned.notes(fix_context),
            FixKind::Manual(_) => Vec::new(),
        }
    }

    /// Managers of the objects that the fix changes, which would revert it.
    pub(in crate::domain) fn manager_notes(
        self,
        fix_context: &FixContext,
    ) -> Vec<(AnyObjectRef, String)> {
        match self.kind() {
            FixKind::Planned(_) => plan::manager_notes(self, fix_context),
            FixKind::Manual(_) => Vec::new(),
        }
    }

    /// Whether its steps differ between distributions or container runtimes.
    pub fn depends_on_node(self) -> bool {
        node_setup::FIXES.contains(&self)
    }

    /// Renders the fix for a finding; unknown names are words in capitals.
    pub fn render(self, fix_context: &FixContext) -> Fix {
        let mut steps = match self.kind() {
            FixKind::Planned(planned) => Steps {
                steps: {
                    let managers = self.manager_notes(fix_context).into_iter();
                    let managers = managers.map(|(_, note)| note);
                    managers.chain(planned.steps(fix_context)).collect()
                },
                commands: plan::commands_of(self, fix_context),
            },
            FixKind::Manual(steps) => steps(fix_context),
        };
        if let Some(advice) = advice::for_fix(self, fix_context) {
            steps.append(advice::render(advice, fix_context));
        }
        let Steps { steps, commands } = steps;
        Fix {
            id: self,
            title: self.title_for(fix_context).to_owned(),
            steps,
            commands,
        }
    }
}

/// Renders the fixes of a finding; a step that several share, such as a login, appears once.
pub fn render_fixes(fixes: &[FixId], fix_context: &FixContext) -> Vec<Fix> {
    let mut shown = HashSet::new();
    let render = |fix: &FixId| {
        let mut fix = fix.render(fix_context);
        fix.steps.retain(|step| shown.insert(step.clone()));
        fix
    };
    fixes.iter().map(render).collect()
}

/// Whether the entry that the finding is about is for the image's registry, as far as is known.
fn is_entry_of_image(fix_context: &FixContext) -> bool {
    let entry = fix_context.current_auth_key.as_deref();
    let image = fix_context.image.as_deref().map(ImageRef::parse);
    match (entry, image) {
        (Some(entry), Some(Ok(image))) => may_match(entry, &image),
        _ => true,
    }
}

impl fmt::Display for FixId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

impl Serialize for FixId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.slug())
    }
}

impl<'de> Deserialize<'de> for FixId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slug = String::deserialize(deserializer)?;
        let found = Self::ALL.iter().find(|fix| fix.slug() == slug);
        found
            .copied()
            .ok_or_else(|| serde::de::Error::custom(format!("no fix {slug:?}")))
    }
}

#[cfg(test)]
mod tests;
