//! The contract with the Kubernetes API: the same cases against every server that we have.
//!
//! `cases` takes a `Cluster` (a client of an administrator, and clients of other users) and knows
//! nothing of what is behind it: a real etcd and kube-apiserver, which `server` starts from the
//! directory in `KUBEBUILDER_ASSETS` (without it these tests say loudly that they were skipped), or the
//! sandbox. `real` holds what only a real server can show: TLS, logins, a restart.
//!
//! Each case works in a namespace of its own, so all run at once on one server.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod applies;
mod cases;
mod changes;
mod cluster;
mod encodings;
mod endings;
mod interrupted_plans;
mod lists;
mod observer;
mod plans;
mod pods;
mod preconditions;
mod process;
mod raw;
mod real;
mod refusals;
mod rights;
mod server;
mod watches;

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
    discovery_tells_what_is_served,
    follows_a_changed_reach,
    answers_access_questions,
    documents_hide_the_values_of_secrets,
});

contract!(writing: plans {
    attaching_loses_nothing_of_others,
    pull_secrets_are_made_and_changed,
    a_denied_step_stops_the_plan,
    workloads_are_changed,
    the_list_of_a_template_is_changed,
    images_are_set_where_they_stand,
    a_rollout_is_stopped_and_taken_back,
    a_dry_run_changes_nothing,
});

contract!(with_preconditions: preconditions {
    what_others_set_since_is_left_alone,
    another_of_the_same_name_is_left_alone,
    a_change_is_made_to_what_was_shown,
    what_was_not_shown_is_left_alone,
    undo_reaches_no_later_object_of_the_name,
    a_conversion_keeps_everything,
    a_conversion_that_cannot_end_is_not_begun,
    what_is_there_must_be_what_was_wanted,
    an_owner_by_server_side_apply_is_named,
});

contract!(interrupted: interrupted_plans {
    a_rotation_is_all_or_nothing,
    what_others_changed_since_is_left_alone,
    a_plan_is_taken_back,
    a_copy_meets_another_secret,
    a_lost_connection_is_told_and_made_good,
    a_keeper_is_seen_in_the_dry_run,
});
contract!(listing: lists {
    a_long_list_comes_in_pages_of_one_moment,
    labels_select,
    fields_select,
});

contract!(encoding: encodings {
    lists_read_the_same_in_both_encodings,
});

contract!(watching: watches {
    a_watch_goes_on_from_a_version,
});

contract!(changing: changes {
    a_write_against_an_old_version_conflicts,
    patches_speak_their_languages,
    lists_are_merged_by_their_keys,
    a_trial_changes_nothing,
});

contract!(applying: applies {
    fields_have_owners,
    two_who_want_the_same_field_conflict,
    an_apply_must_be_well_formed,
});

contract!(refusing: refusals {
    new_objects_are_checked_with_causes,
    what_cannot_be_changed_is_refused,
    requests_that_make_no_sense_are_refused,
});

contract!(changing_pods: pods {
    containers_are_added_for_debugging_and_stay,
    a_new_pod_has_none_added,
    gates_are_only_taken_away,
});

contract!(ending: endings {
    a_deletion_may_have_conditions,
    a_finalizer_holds_what_is_deleted,
    nothing_new_comes_into_a_namespace_that_goes,
});

contract!(allowing: rights {
    what_is_not_granted_is_forbidden,
    platforms_of_nodes_are_told_to_whom_may_list_them,
    rules_are_told_to_whom_they_bind,
});

/// What the real server here cannot show. It runs on the sandbox alone, and says so.
mod on_the_sandbox_alone {
    #[tokio::test(flavor = "multi_thread")]
    async fn a_watch_begins_with_the_list() {
        crate::server::say("SANDBOX ONLY: the real server (1.20) knows no sendInitialEvents");
        crate::watches::a_watch_begins_with_the_list(&crate::cluster::sandbox()).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_watch_ends_with_a_bookmark() {
        crate::server::say(
            "SANDBOX ONLY: the real server (1.20) sends its first bookmark after a minute",
        );
        crate::watches::a_watch_ends_with_a_bookmark(&crate::cluster::sandbox()).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn dependents_follow_their_owner() {
        crate::server::say(
            "SANDBOX ONLY: the real server has no controllers, and collects no garbage",
        );
        crate::endings::dependents_follow_their_owner(&crate::cluster::sandbox()).await;
    }

    /// The real server is one of its own for it: see `real`.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_forgotten_is_gone() {
        crate::lists::an_old_page_has_expired(&crate::cluster::sandbox()).await;
        crate::watches::a_forgotten_version_is_gone(&crate::cluster::sandbox()).await;
    }
}
