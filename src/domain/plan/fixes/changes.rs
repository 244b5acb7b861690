//! The changes of a fix.

use super::targets::Targets;
use crate::domain::{
    diagnostics::{FixAction, FixTarget},
    k8s::{
        object_ref::{Name, ObjectRef},
        objects::{Secret, ServiceAccount},
    },
    plan::{
        AuthEdit, Change, ConflictPolicy, CopySecret, CreateAccount, CreateSecret, Credentials,
        EditSecret, SetAccount,
        replace_pods::{attach_secret, replace_pods, retry_pods, roll_out, rolling_template},
        set_image::image_edit,
    },
    registry_auth::{credential::Password, docker_config::ConfigFormat},
};

/// The changes of a fix, and their purpose.
pub(super) struct FixChanges<'a> {
    pub changes: Vec<Change>,
    pub targets: Vec<&'a FixTarget>,
}

/// The changes of an action, with placeholders in capitals for what has to be typed.
pub(super) fn made<'a>(action: &FixAction, targets: &Targets<'a>) -> FixChanges<'a> {
    let edit = |secret: &ObjectRef<Secret>, edit: AuthEdit| {
        let format = if targets.own.legacy_secrets.contains(&secret.name) {
            ConfigFormat::LegacyCfg
        } else {
            ConfigFormat::ConfigJson
        };
        let change = EditSecret {
            format,
            ..EditSecret::new(secret.clone(), edit)
        };
        saved(change.into(), &secret.name, targets)
    };
    match action {
        FixAction::AttachSecret { secret } => attach(secret, None, targets),
        FixAction::CorrectSecretName { wrong, right } => attach(right, Some(wrong), targets),
        FixAction::CreateSecret(new) | FixAction::Authenticate(new) => {
            let create = Change::from(CreateSecret {
                key: new.key.clone(),
                server: new.server.clone(),
                login: untyped(None),
            });
            saved(create, &new.key.name, targets)
        }
        FixAction::RecreateSecret(current) | FixAction::NewToken(current) => {
            let login = AuthEdit::Upsert {
                server: current.server.clone(),
                login: untyped(current.username.as_deref()),
            };
            edit(&current.secret, login)
        }
        FixAction::CorrectServer {
            secret,
            from,
            to,
            keeps_entry,
        } => {
            let (from, to) = (from.clone(), to.clone());
            let change = if *keeps_entry {
                AuthEdit::CopyEntry { from, to }
            } else {
                AuthEdit::RenameKey { from, to }
            };
            edit(secret, change)
        }
        FixAction::RemoveEntry { secret, server } => edit(
            secret,
            AuthEdit::Remove {
                server: server.clone(),
            },
        ),
        FixAction::ConvertType { secret } => saved(
            Change::convert_secret(secret.clone()),
            &secret.name,
            targets,
        ),
        FixAction::CopySecret { from, to, server } => {
            let copy = CopySecret {
                from: from.clone(),
                to: to.clone(),
                conflict_policy: ConflictPolicy::Keep,
                source_servers: server.iter().map(|server| server.as_str().into()).collect(),
                target_servers: None,
                expected: None,
            };
            saved(copy.into(), &to.name, targets)
        }
        FixAction::UseServiceAccount { account } => set_account(account, targets),
        FixAction::CreateServiceAccount => create_account(targets),
        FixAction::Restart => {
            let targets = targets.of_workloads();
            FixChanges {
                changes: replace_pods(&targets),
                targets,
            }
        }
        FixAction::RetryNow => {
            let targets = targets.of_workloads();
            FixChanges {
                changes: retry_pods(&targets),
                targets,
            }
        }
        FixAction::CorrectImage => set_image("IMAGE", targets),
        FixAction::UseSuggestedImage { image } | FixAction::WriteFullName { image } => {
            set_image(image, targets)
        }
    }
}

/// A login of which only the user may be known: the token is read by the shell.
fn untyped(username: Option<&str>) -> Credentials {
    Credentials {
        username: username.unwrap_or("USER").to_owned(),
        password: Password::new(""),
    }
}

fn attach<'a>(
    secret: &Name<Secret>,
    instead_of: Option<&Name<Secret>>,
    targets: &Targets<'a>,
) -> FixChanges<'a> {
    let of_list = targets.of_list();
    let account = targets.account();
    FixChanges {
        changes: attach_secret(&account, secret, instead_of, &targets.listed, &of_list),
        targets: of_list,
    }
}

/// A change to a Secret, and what lets the Pods have it: a Secret that nobody lists yet has to be attached.
fn saved<'a>(change: Change, secret: &Name<Secret>, targets: &Targets<'a>) -> FixChanges<'a> {
    let own = targets.own;
    let mut made = if own.listed.contains(secret) {
        let targets = targets.of_workloads();
        FixChanges {
            changes: retry_pods(&targets),
            targets,
        }
    } else if own.is_ephemeral() {
        FixChanges {
            changes: Vec::new(),
            targets: vec![own],
        }
    } else {
        attach(secret, None, targets)
    };
    made.changes.insert(0, change);
    made
}

fn create_account<'a>(targets: &Targets<'a>) -> FixChanges<'a> {
    let create = Change::from(CreateAccount {
        key: targets.account(),
        pull_secrets: Vec::new(),
    });
    // Its controller has backed off: a new template is tried at once.
    let targets = targets.of_workloads();
    FixChanges {
        changes: std::iter::once(create)
            .chain(replace_pods(&targets))
            .collect(),
        targets,
    }
}

fn set_account<'a>(account: &Name<ServiceAccount>, targets: &Targets<'a>) -> FixChanges<'a> {
    let targets = targets.of_workloads();
    let mut changes: Vec<Change> = Vec::new();
    let mut done = Vec::new();
    for workload in targets.iter().filter_map(|target| rolling_template(target)) {
        if done.contains(&workload) {
            continue;
        }
        done.push(workload.clone());
        changes.push(SetAccount::new(workload, account.clone()).into());
    }
    changes.extend(roll_out(&targets));
    FixChanges { changes, targets }
}

fn set_image<'a>(image: &str, targets: &Targets<'a>) -> FixChanges<'a> {
    let of_workloads = targets.of_workloads();
    let edit = image_edit(targets.own, &of_workloads);
    let targets = edit.iter().flat_map(|edit| &edit.targets);
    FixChanges {
        changes: targets.flat_map(|target| target.set(image)).collect(),
        targets: of_workloads,
    }
}
