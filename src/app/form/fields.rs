//! The fields of each form with their initial values.

use super::{
    CredentialSource, ExportDestination, Field, FieldId, FieldInput, MultiSelect, RestartScope,
    Select, SelectOption, SelectValue,
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
            FormSpec, Reach, SecretUsage,
        },
        plural::number_or_no,
        registry_auth::image_ref::ImageRef,
    },
};

/// Returns the fields of a form.
pub(super) fn fields_for(spec: &FormSpec) -> Vec<Field> {
    match spec {
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
        FormSpec::Rotate {
            secret,
            spreads,
            reach,
        } => rotation(spreads, secret, *reach),
        FormSpec::Copy { from, targets, .. } => copy(from.name.as_str(), targets),
        FormSpec::Image {
            targets,
            suggested,
            tags,
            ..
        } => {
            let before = targets.first().map_or("", |target| &target.before);
            image(suggested.as_deref().unwrap_or(before), tags)
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
            let mut choice = Select::of_names(accounts.iter().map(ToString::to_string));
            choice.choose_label(before.as_str());
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
            select_field(
                FieldId::Format,
                ExportFormat::ALL.map(|format| (format.label(), SelectValue::Format(format))),
            ),
            select_field(FieldId::Destination, DESTINATIONS),
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

fn rotation(spreads: &[CredentialUsage], secret: &ObjectRef<Secret>, reach: Reach) -> Vec<Field> {
    let first = spreads.first();
    let mut fields = vec![select_field(
        FieldId::Credential,
        spreads
            .iter()
            .map(|spread| (credential_label(spread), SelectValue::Label)),
    )];
    let username = first.map_or("", |spread| spread.username.as_str());
    fields.extend(credential(username, LOGIN));
    fields.push(multi_select_field(
        FieldId::Secrets,
        holder_options(first, secret, reach),
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
        select_field(FieldId::Existing, EXISTING),
    ]
}

const DESTINATIONS: [(&str, SelectValue); 2] = [
    (
        "clipboard",
        SelectValue::Destination(ExportDestination::Clipboard),
    ),
    ("file", SelectValue::Destination(ExportDestination::File)),
];

/// Options for an existing Secret with the copy's name.
const EXISTING: [(&str, SelectValue); 3] = [
    ("keep it", SelectValue::Existing(ConflictPolicy::Keep)),
    (
        "add the entries",
        SelectValue::Existing(ConflictPolicy::Merge),
    ),
    ("replace it", SelectValue::Existing(ConflictPolicy::Replace)),
];

/// Image pull policies; `None` lets Kubernetes choose by the tag.
const POLICIES: [(&str, SelectValue); 4] = [
    ("default for the tag", SelectValue::Policy(None)),
    (
        "IfNotPresent",
        SelectValue::Policy(Some(PullPolicy::IfNotPresent)),
    ),
    ("Always", SelectValue::Policy(Some(PullPolicy::Always))),
    ("Never", SelectValue::Policy(Some(PullPolicy::Never))),
];

/// Options for restarting workloads: a Pod keeps the pull secrets that it was admitted with.
const RESTARTS: [(&str, SelectValue); 3] = [
    (
        "waiting workloads",
        SelectValue::Restart(RestartScope::Waiting),
    ),
    (
        "none (only new Pods get it)",
        SelectValue::Restart(RestartScope::None),
    ),
    (
        "all workloads that use it",
        SelectValue::Restart(RestartScope::All),
    ),
];

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
    fields.push(select_field(FieldId::Policy, POLICIES));
    fields
}

/// Where the credential comes from, and what it is.
fn credential(username: &str, sources: &[CredentialSource]) -> Vec<Field> {
    vec![
        select_field(
            FieldId::Source,
            sources
                .iter()
                .map(|source| (source.label(), SelectValue::Source(*source))),
        ),
        text_field(FieldId::File, ""),
        text_field(FieldId::Variable, ""),
        select_field(FieldId::FromSecret, [("", SelectValue::Label); 0]),
        text_field(FieldId::Username, username),
        text_field(FieldId::Token, ""),
    ]
}

/// Most tags that are offered to pick from.
const MAX_TAGS: usize = 30;

/// The image, and where the registry has listed its tags, those to pick from: first the one that the image has.
fn image(filled_in: &str, tags: &[String]) -> Vec<Field> {
    let mut fields = vec![text_field(FieldId::Image, filled_in)];
    let image = ImageRef::parse(filled_in).ok();
    if let Some(own) = image.as_ref().and_then(ImageRef::tag)
        && !tags.is_empty()
    {
        let others = tags.iter().map(String::as_str).filter(|tag| *tag != own);
        let options = [own].into_iter().chain(others.take(MAX_TAGS));
        fields.push(select_field(
            FieldId::Tag,
            options.map(|tag| (tag, SelectValue::Label)),
        ));
    }
    fields
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
        number_or_no(here.count(), "Secret")
    )
}

/// Options for the Secrets that contain a credential.
pub(super) fn holder_options(
    spread: Option<&CredentialUsage>,
    secret: &ObjectRef<Secret>,
    reach: Reach,
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
                number_or_no(holder.pods, "Pod")
            )
        } else {
            format!(
                "{} · {}",
                holder.servers.join(", "),
                number_or_no(holder.pods, "Pod")
            )
        },
        selected: holder.is_same_registry
            && !holder.immutable
            && match reach {
                Reach::Selected => holder.secret == *secret,
                Reach::All => true,
            },
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
        (all, 0) => number_or_no(all, "workload"),
        (all, waiting) => format!(
            "{}, {waiting} waiting for an image",
            number_or_no(all, "workload")
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

fn text_field(id: FieldId, value: &str) -> Field {
    let input = if id.is_masked() {
        text_field::masked(value)
    } else {
        value.into()
    };
    Field::new(id, FieldInput::Text(input))
}

fn select_field(
    id: FieldId,
    options: impl IntoIterator<Item = (impl Into<String>, SelectValue)>,
) -> Field {
    Field::new(id, FieldInput::Select(Select::new(options)))
}

fn multi_select_field(id: FieldId, rows: Vec<SelectOption>) -> Field {
    Field::new(id, FieldInput::MultiSelect(MultiSelect::new(rows)))
}
