//! The fields of each form, with what is known already.

use super::{Answer, Choice, Entry, Field, Pick, Picks, Source, pluralize::counted};
use crate::{
    app::field,
    domain::{
        k8s::{
            object_ref::{Name, Namespace},
            objects::{PullPolicy, Secret, ServiceAccount},
        },
        plan::{
            AccountPullSecrets, ConflictPolicy, CopyTarget, CredentialUsage, ExportFormat,
            FormSpec, SecretUsage,
        },
    },
};

/// The fields that a form asks for.
pub(super) fn of(ask: &FormSpec) -> Vec<Field> {
    match ask {
        FormSpec::Login {
            server, username, ..
        } => [text(Answer::Server, server)]
            .into_iter()
            .chain(credential(username, LOGIN))
            .collect(),
        FormSpec::NewSecret {
            name,
            server,
            account,
            ..
        } => new_secret(name, server, account.as_ref()),
        FormSpec::Rotate { spreads } => rotation(spreads),
        FormSpec::Copy { from, targets, .. } => copy(from.name.as_str(), targets),
        FormSpec::Image { targets, .. } => {
            let before = targets.first().map_or("", |target| &target.before);
            vec![text(Answer::Image, before)]
        }
        FormSpec::Bind { secret, accounts } => vec![
            many(
                Answer::Accounts,
                account_rows(accounts, |listing| listing.list.contains(&secret.name)),
            ),
            one(Answer::Restart, RESTARTS),
        ],
        FormSpec::List {
            listing, secrets, ..
        } => vec![
            many(Answer::Secrets, secret_rows(listing, secrets)),
            one(Answer::Restart, RESTARTS),
        ],
        FormSpec::RunAs {
            before, accounts, ..
        } => {
            let mut choice = Choice::new(accounts.iter().map(ToString::to_string));
            choice.choose(before.as_str());
            vec![Field::new(Answer::Account, Entry::One(choice))]
        }
        FormSpec::Setup { namespace } => setup(namespace.as_ref()),
        FormSpec::Deploy { namespace } => deployment(namespace.as_ref()),
        FormSpec::DeleteSecret { accounts, .. } => vec![
            many(Answer::Accounts, account_rows(accounts, |_| true)),
            text(Answer::Confirm, ""),
        ],
        FormSpec::DeleteAccount { .. } => vec![text(Answer::Confirm, "")],
        FormSpec::Export => vec![
            one(Answer::Format, ExportFormat::ALL.map(ExportFormat::label)),
            one(Answer::Destination, [CLIPBOARD, FILE]),
            text(Answer::File, ""),
        ],
    }
}

fn new_secret(name: &str, server: &str, account: Option<&Name<ServiceAccount>>) -> Vec<Field> {
    let mut fields = vec![text(Answer::Server, server)];
    fields.extend(credential("", LOGIN));
    fields.push(text(Answer::Secret, name));
    fields.push(text(Answer::Account, account.map_or("", Name::as_str)));
    fields
}

fn rotation(spreads: &[CredentialUsage]) -> Vec<Field> {
    let first = spreads.first();
    let mut fields = vec![one(Answer::Which, spreads.iter().map(which))];
    let username = first.map_or("", |spread| spread.username.as_str());
    fields.extend(credential(username, LOGIN));
    fields.push(many(Answer::Secrets, holders(first)));
    fields
}

fn copy(name: &str, targets: &[CopyTarget]) -> Vec<Field> {
    let row = |target: &CopyTarget| Pick {
        name: target.namespace.to_string(),
        note: match &target.existing_servers {
            Some(servers) => format!("has one, for {}", servers.join(", ")),
            None => String::new(),
        },
        taken: false,
    };
    vec![
        many(Answer::Namespaces, targets.iter().map(row).collect()),
        text(Answer::Secret, name),
        one(Answer::Existing, EXISTING.map(|(label, _)| label)),
    ]
}

pub(super) const CLIPBOARD: &str = "the clipboard";
pub(super) const FILE: &str = "a file";

/// What becomes of a Secret that has the copy's name.
pub(super) const EXISTING: [(&str, ConflictPolicy); 3] = [
    ("leave it as it is", ConflictPolicy::Keep),
    ("add the entries to it", ConflictPolicy::Merge),
    ("replace its content", ConflictPolicy::Replace),
];

/// `None`: Kubernetes chooses by the tag.
pub(super) const POLICIES: [(&str, Option<PullPolicy>); 4] = [
    ("as Kubernetes chooses by the tag", None),
    ("IfNotPresent", Some(PullPolicy::IfNotPresent)),
    ("Always", Some(PullPolicy::Always)),
    ("Never", Some(PullPolicy::Never)),
];

/// Pods have the list that they were admitted with: what exists is not reached without a restart.
pub(super) const RESTARTS: [&str; 3] = [WAITING, NOTHING, ALL];
pub(super) const WAITING: &str = "what waits for an image";
const NOTHING: &str = "nothing: Pods that are made from now on have it";
pub(super) const ALL: &str = "all workloads that run as it";

const LOGIN: &[Source] = &[
    Source::Typed,
    Source::File,
    Source::Variable,
    Source::Secret,
];

fn setup(namespace: Option<&Namespace>) -> Vec<Field> {
    let namespace = namespace.map_or("", Namespace::as_str);
    let mut fields = vec![text(Answer::Namespace, namespace), text(Answer::Image, "")];
    let mut credential = credential("", &Source::ALL);
    let server = text(Answer::Server, "");
    let before_user = credential.len().saturating_sub(2);
    credential.insert(before_user, server);
    fields.extend(credential);
    fields.push(text(Answer::Secret, "regcred"));
    fields.push(text(Answer::Account, ""));
    fields.push(text(Answer::Deployment, ""));
    fields
}

/// All that a setup asks for, and how the Deployment runs.
fn deployment(namespace: Option<&Namespace>) -> Vec<Field> {
    let mut fields = setup(namespace);
    fields.push(text(Answer::Replicas, "1"));
    fields.push(text(Answer::Port, ""));
    fields.push(one(Answer::Policy, POLICIES.map(|(label, _)| label)));
    fields
}

/// Where the credential comes from, and what it is.
fn credential(username: &str, sources: &[Source]) -> Vec<Field> {
    vec![
        one(Answer::Source, sources.iter().map(|source| source.label())),
        text(Answer::File, ""),
        text(Answer::Variable, ""),
        one(Answer::FromSecret, [""; 0]),
        text(Answer::Username, username),
        text(Answer::Token, ""),
    ]
}

/// A credential in words.
fn which(spread: &CredentialUsage) -> String {
    let here = spread
        .holders
        .iter()
        .filter(|holder| holder.is_same_registry);
    format!(
        "{} at {}, in {}",
        spread.username,
        spread.server,
        counted(here.count(), "Secret")
    )
}

/// The Secrets that carry a credential.
pub(super) fn holders(spread: Option<&CredentialUsage>) -> Vec<Pick> {
    let holders = spread.map_or(&[][..], |spread| &spread.holders);
    let row = |holder: &SecretUsage| Pick {
        name: holder.label(),
        note: if holder.immutable {
            "immutable: it has to be made anew".to_owned()
        } else if !holder.is_same_registry {
            format!(
                "same password at {} · {}",
                holder.servers.join(", "),
                counted(holder.pods, "Pod")
            )
        } else {
            format!(
                "{} · {}",
                holder.servers.join(", "),
                counted(holder.pods, "Pod")
            )
        },
        taken: holder.is_same_registry && !holder.immutable,
    };
    holders.iter().map(row).collect()
}

/// ServiceAccounts and what runs as them; those are taken that `taken` says so of.
fn account_rows(
    accounts: &[AccountPullSecrets],
    taken: impl Fn(&AccountPullSecrets) -> bool,
) -> Vec<Pick> {
    let row = |listing: &AccountPullSecrets| Pick {
        name: listing.account.to_string(),
        note: workloads(listing),
        taken: taken(listing),
    };
    accounts.iter().map(row).collect()
}

/// What runs as an account, in words.
fn workloads(listing: &AccountPullSecrets) -> String {
    match (listing.workloads.len(), listing.waiting.len()) {
        (0, _) => String::new(),
        (all, 0) => counted(all, "workload"),
        (all, waiting) => format!(
            "{}, {waiting} waiting for an image",
            counted(all, "workload")
        ),
    }
}

fn secret_rows(listing: &AccountPullSecrets, secrets: &[Name<Secret>]) -> Vec<Pick> {
    let row = |name: &Name<Secret>| Pick {
        name: name.to_string(),
        note: String::new(),
        taken: listing.list.contains(name),
    };
    secrets.iter().map(row).collect()
}

fn text(answer: Answer, value: &str) -> Field {
    let input = if answer.is_masked() {
        field::masked(value)
    } else {
        value.into()
    };
    Field::new(answer, Entry::Text(input))
}

fn one(answer: Answer, options: impl IntoIterator<Item = impl Into<String>>) -> Field {
    Field::new(answer, Entry::One(Choice::new(options)))
}

fn many(answer: Answer, rows: Vec<Pick>) -> Field {
    Field::new(answer, Entry::Many(Picks::new(rows)))
}
