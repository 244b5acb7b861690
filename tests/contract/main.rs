//! The contract with the Kubernetes API: the same cases against every server that we have.
//!
//! `cases` takes a `Cluster` (a client of an administrator, and clients of other users) and knows
//! nothing of what is behind it: a real etcd and kube-apiserver, which `server` starts from the
//! directory in `KUBEBUILDER_ASSETS` (without it these tests say loudly that they were skipped), or the
//! sandbox. `real` holds what only a real server can show: TLS, logins, a restart.
//!
//! Each case works in a namespace of its own, so all run at once on one server.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod cases;
mod cluster;
mod observer;
mod plans;
mod real;
mod server;
mod trouble;

/// Runs each case of a module against the real server and against the sandbox.
macro_rules! contract {
    ($name:ident: $cases:ident { $($case:ident),* $(,)? }) => {
        mod $name {
            mod on_a_real_server {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    if let Some(server) = crate::server::shared() {
                        crate::$cases::$case(&server.cluster()).await;
                    }
                })*
            }

            mod on_the_sandbox {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    crate::$cases::$case(&crate::cluster::sandbox()).await;
                })*
            }
        }
    };
}

contract!(reading: cases {
    sees_objects_come_change_and_go,
    reads_every_workload_kind,
    reads_long_lists_in_pages,
    transfers_no_data_of_other_secrets,
    reads_events_of_both_apis,
    works_with_rights_in_one_namespace,
    says_which_permission_is_missing,
    follows_a_changed_reach,
    answers_access_questions,
});

contract!(writing: plans {
    attaching_loses_nothing_of_others,
    pull_secrets_are_made_and_changed,
    a_denied_step_stops_the_plan,
    workloads_are_changed,
    a_rollout_is_stopped_and_taken_back,
    a_rehearsal_changes_nothing,
});

contract!(in_trouble: trouble {
    a_rotation_is_all_or_nothing,
    what_others_changed_since_is_left_alone,
    a_plan_is_taken_back,
    a_copy_meets_another_secret,
    a_lost_connection_is_told_and_made_good,
    a_keeper_is_seen_in_the_rehearsal,
});
