//! The fields of each form with their initial values.

use super::{
    CredentialSource, Field, FieldId, FieldInput, MultiSelect, Select, SelectOption,
    pluralize::pluralize,
};
use crate::{
    app::text_field,
    domain::{
        k8s::{
            object_ref::{Name, Namespace, ObjectRef},
            objects::{PullPolicy, Secret, ServiceAccount},
        },
        plan::{
            AccountPullSecrets, ConflictPolicy, CopyTarget, CredentialUsage, ExportFormat,
            FormSpec, SecretUsage,
        },
    },
};

/// Returns the fields of a form.
pub(super) fn fields_for(ask: &FormSpec) -> Vec<Field> {
    match ask {
        FormSpec::Login {
            server, username, ..
        } => [text_field(FieldId::Server, server)]
            .into_iter()
            .chain(credential(username, LOGIN))
            .collect(),
        FormSpec::NewSecret {
            name,
            server,
            account,
            ..
        } => new_secret(name, server, account.as_ref()),
        FormSpec::Rotate { spreads, only } => rotation(spreads, only.as_ref()),
        FormSpec::Copy { from, targets, .. } => copy(from.name.as_str(), targets),
        FormSpec::Image {
            targets, suggested, ..
        } => {
            let before = targets.first().map_or("", |target| &target.before);
            vec![text_field(
                FieldId::Image,
                suggested.as_deref().unwrap_or(before),
            )]
        }
        FormSpec::Bind { secret, accounts } => vec![
            multi_select_field(
                FieldId::Accounts,
                account_rows(accounts, |listing| listing.list.contains(&secret.name)),
            ),
            select_field(FieldId::Restart, RESTARTS),
        ],
        FormSpec::List {
            listing, secrets, ..
        } => vec![
            multi_select_field(FieldId::Secrets, secret_rows(listing, secrets)),
            select_field(FieldId::Restart, RESTARTS),
        ],
        FormSpec::RunAs {
            before, accounts, ..
        } => {
            let mut choice = Select::new(accounts.iter().map(ToString::to_string));
            choice.choose(before.as_str());
            vec![Field::new(FieldId::Account, FieldInput::Select(choice))]
        }
        FormSpec::Setup { namespace } => setup(namespace.as_ref()),
        FormSpec::Deploy { namespace } => deployment(namespace.as_ref()),
        FormSpec::DeleteSecret { accounts, .. } => vec![
            multi_select_field(FieldId::Accounts, account_rows(accounts, |_| true)),
            text_field(FieldId::Confirm, ""),
        ],
        FormSpec::DeleteAccount { .. } => vec![text_field(FieldId::Confirm, "")],
        FormSpec::Export => vec![
            select_field(FieldId::Format, ExportFormat::ALL.map(ExportFormat::label)),
            select_field(FieldId::Destination, [CLIPBOARD, FILE]),
            text_field(FieldId::File, ""),
        ],
    }
}

fn new_secret(name: &str, server: &str, account: Option<&Name<ServiceAccount>>) -> Vec<Field> {
    let mut fields = vec![text_field(FieldId::Server, server)];
    fields.extend(credential("", LOGIN));
    fields.push(text_field(FieldId::Secret, name));
    fields.push(text_field(
        FieldId::Account,
        account.map_or("", Name::as_str),
    ));
    fields
}

fn rotation(spreads: &[CredentialUsage], only: Option<&ObjectRef<Secret>>) -> Vec<Field> {
    let first = spreads.first();
    let mut fields = vec![select_field(
        FieldId::Credential,
        spreads.iter().map(credential_label),
    )];
    let username = first.map_or("", |spread| spread.username.as_str());
    fields.extend(credential(username, LOGIN));
    fields.push(multi_select_field(
        FieldId::Secrets,
        holder_options(first, only),
    ));
    fields
}

fn copy(name: &str, targets: &[CopyTarget]) -> Vec<Field> {
    let row = |target: &CopyTarget| SelectOption {
        name: target.namespace.to_string(),
        note: match &target.existing_servers {
            Some(servers) => format!("exists, for {}", servers.join(", ")),
            None => String::new(),
        },
        selected: false,
    };
    vec![
        multi_select_field(FieldId::Namespaces, targets.iter().map(row).collect()),
        text_field(FieldId::Secret, name),
        select_field(FieldId::Existing, EXISTING.map(|(label, _)| label)),
    ]
}

pub(super) const CLIPBOARD: &str = "clipboard";
pub(super) const FILE: &str = "file";

/// What becomes of a Secret that has the copy's name.
pub(super) const EXISTING: [(&str, ConflictPolicy); 3] = [
    ("keep it", ConflictPolicy::Keep),
    ("add the entries", ConflictPolicy::Merge),
    ("replace it", ConflictPolicy::Replace),
];

/// `None`: Kubernetes chooses by the tag.
pub(super) const POLICIES: [(&str, Option<PullPolicy>); 4] = [
    ("default for the tag", None),
    ("IfNotPresent", Some(PullPolicy::IfNotPresent)),
    ("Always", Some(PullPolicy::Always)),
    ("Never", Some(PullPolicy::Never)),
];

/// Pods have the list that they were admitted with: what exists is not reached without a restart.
pub(super) const RESTARTS: [&str; 3] = [WAITING, NOTHING, ALL];
pub(super) const WAITING: &str = "waiting workloads";
const NOTHING: &str = "none (only new Pods get it)";
pub(super) const ALL: &str = "all workloads that use it";

const LOGIN: &[CredentialSource] = &[
    CredentialSource::Typed,
    CredentialSource::File,
    CredentialSource::Variable,
    CredentialSource::Secret,
];

fn setup(namespace: Option<&Namespace>) -> Vec<Field> {
    let namespace = namespace.map_or("", Namespace::as_str);
    let mut fields = vec![
        text_field(FieldId::Namespace, namespace),
        text_field(FieldId::Image, ""),
    ];
    let mut credential = credential("", &CredentialSource::ALL);
    let server = text_field(FieldId::Server, "");
    let before_user = credential.len().saturating_sub(2);
    credential.insert(before_user, server);
    fields.extend(credential);
    fields.push(text_field(FieldId::Secret, "regcred"));
    fields.push(text_field(FieldId::Account, ""));
    fields.push(text_field(FieldId::Deployment, ""));
    fields
}

/// All that a setup asks for, and how the Deployment runs.
fn deployment(namespace: Option<&Namespace>) -> Vec<Field> {
    let mut fields = setup(namespace);
    fields.push(text_field(FieldId::Replicas, "1"));
    fields.push(text_field(FieldId::Port, ""));
    fields.push(select_field(
        FieldId::Policy,
        POLICIES.map(|(label, _)| label),
    ));
    fields
}

/// Where the credential comes from, and what it is.
fn credential(username: &str, sources: &[CredentialSource]) -> Vec<Field> {
    vec![
        select_field(FieldId::Source, sources.iter().map(|source| source.label())),
        text_field(FieldId::File, ""),
        text_field(FieldId::Variable, ""),
        select_field(FieldId::FromSecret, [""; 0]),
        text_field(FieldId::Username, username),
        text_field(FieldId::Token, ""),
    ]
}

/// A credential in words.
fn credential_label(spread: &CredentialUsage) -> String {
    let here = spread
        .holders
        .iter()
        .filter(|holder| holder.is_same_registry);
    format!(
        "{} at {}, in {}",
        spread.username,
        spread.server,
        pluralize(here.count(), "Secret")
    )
}

/// The Secrets that carry a credential.
pub(super) fn holder_options(
    spread: Option<&CredentialUsage>,
    only: Option<&ObjectRef<Secret>>,
) -> Vec<SelectOption> {
    let holders = spread.map_or(&[][..], |spread| &spread.holders);
    let row = |holder: &SecretUsage| SelectOption {
        name: holder.label(),
        note: if holder.immutable {
            "immutable: recreate it to change it".to_owned()
        } else if !holder.is_same_registry {
            format!(
                "same password for {} · {}",
                holder.servers.join(", "),
                pluralize(holder.pods, "Pod")
            )
        } else {
            format!(
                "{} · {}",
                holder.servers.join(", "),
                pluralize(holder.pods, "Pod")
            )
        },
        selected: holder.is_same_registry
            && !holder.immutable
            && only.is_none_or(|only| *only == holder.secret),
    };
    holders.iter().map(row).collect()
}

/// ServiceAccounts and what runs as them; those are taken that `taken` says so of.
fn account_rows(
    accounts: &[AccountPullSecrets],
    taken: impl Fn(&AccountPullSecrets) -> bool,
) -> Vec<SelectOption> {
    let row = |listing: &AccountPullSecrets| SelectOption {
        name: listing.account.to_string(),
        note: workloads(listing),
        selected: taken(listing),
    };
    accounts.iter().map(row).collect()
}

/// Describes the workloads that use a ServiceAccount.
fn workloads(listing: &AccountPullSecrets) -> String {
    match (listing.workloads.len(), listing.waiting.len()) {
        (0, _) => String::new(),
        (all, 0) => pluralize(all, "workload"),
        (all, waiting) => format!(
            "{}, {waiting} waiting for an image",
            pluralize(all, "workload")
        ),
    }
}

fn secret_rows(listing: &AccountPullSecrets, secrets: &[Name<Secret>]) -> Vec<SelectOption> {
    let row = |name: &Name<Secret>| SelectOption {
        name: name.to_string(),
        note: String::new(),
        selected: listing.list.contains(name),
    };
    secrets.iter().map(row).collect()
}

fn text_field(answer: FieldId, value: &str) -> Field {
    let input = if answer.is_masked() {
        text_field::masked(value)
    } else {
        value.into()
    };
    Field::new(answer, FieldInput::Text(input))
}

fn select_field(answer: FieldId, options: impl IntoIterator<Item = impl Into<String>>) -> Field {
    Field::new(answer, FieldInput::Select(Select::new(options)))
}

fn multi_select_field(answer: FieldId, rows: Vec<SelectOption>) -> Field {
    Field::new(answer, FieldInput::MultiSelect(MultiSelect::new(rows)))
}
