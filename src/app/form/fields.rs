//! The fields of each form, with what is known already.

use super::{Answer, Choice, Entry, Field, Pick, Picks, Source};
use crate::{
    app::field,
    domain::plan::{Ask, Existing, Holder, Listing, Spread, Style, Target},
};

/// The fields that a form asks for.
pub(super) fn of(ask: &Ask) -> Vec<Field> {
    match ask {
        Ask::Login {
            server, username, ..
        } => {
            let mut fields = vec![text(Answer::Server, server)];
            fields.extend(credential(username, LOGIN));
            fields
        }
        Ask::NewSecret {
            name,
            server,
            account,
            ..
        } => {
            let account = account.as_ref().map_or("", |name| name.as_str());
            let mut fields = vec![text(Answer::Server, server)];
            fields.extend(credential("", LOGIN));
            fields.push(text(Answer::Secret, name));
            fields.push(text(Answer::Account, account));
            fields
        }
        Ask::Rotate { spreads } => {
            let mut fields = vec![one(Answer::Which, spreads.iter().map(which))];
            let username = spreads
                .first()
                .map_or("", |spread| spread.username.as_str());
            fields.extend(credential(username, LOGIN));
            fields.push(many(Answer::Secrets, holders(spreads.first())));
            fields
        }
        Ask::Copy { from, targets, .. } => copy(from.name.as_str(), targets),
        Ask::Image { before, .. } => vec![text(Answer::Image, before)],
        Ask::Bind { secret, accounts } => {
            let rows = accounts.iter().map(|listing| Pick {
                taken: listing.list.contains(&secret.name),
                ..account_row(listing)
            });
            vec![
                many(Answer::Accounts, rows.collect()),
                one(Answer::Restart, RESTARTS),
            ]
        }
        Ask::List {
            listing, secrets, ..
        } => {
            let rows = secrets.iter().map(|name| Pick {
                name: name.to_string(),
                note: String::new(),
                taken: listing.list.contains(name),
            });
            vec![
                many(Answer::Secrets, rows.collect()),
                one(Answer::Restart, RESTARTS),
            ]
        }
        Ask::RunAs {
            before, accounts, ..
        } => {
            let mut choice = Choice::new(accounts.iter().map(ToString::to_string));
            choice.choose(before.as_str());
            vec![Field::new(Answer::Account, Entry::One(choice))]
        }
        Ask::Setup { namespace } => deployment(namespace.as_ref().map_or("", |name| name.as_str())),
        Ask::Deploy { namespace } => {
            let mut fields = deployment(namespace.as_ref().map_or("", |name| name.as_str()));
            fields.push(text(Answer::Replicas, "1"));
            fields.push(text(Answer::Port, ""));
            fields.push(one(Answer::Policy, POLICIES.map(|(label, _)| label)));
            fields
        }
        Ask::DeleteSecret { accounts, .. } => {
            let rows = accounts.iter().map(|listing| Pick {
                taken: true,
                ..account_row(listing)
            });
            vec![
                many(Answer::Accounts, rows.collect()),
                text(Answer::Confirm, ""),
            ]
        }
        Ask::DeleteAccount { .. } => vec![text(Answer::Confirm, "")],
        Ask::Export => vec![
            one(Answer::Format, Style::ALL.map(Style::label)),
            one(Answer::Destination, [CLIPBOARD, FILE]),
            text(Answer::File, ""),
        ],
    }
}

fn copy(name: &str, targets: &[Target]) -> Vec<Field> {
    let row = |target: &Target| Pick {
        name: target.namespace.to_string(),
        note: match &target.there {
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
pub(super) const EXISTING: [(&str, Existing); 3] = [
    ("leave it as it is", Existing::Keep),
    ("add the entries to it", Existing::Merge),
    ("replace its content", Existing::Replace),
];

/// `None`: Kubernetes chooses by the tag.
pub(super) const POLICIES: [(&str, Option<crate::domain::objects::PullPolicy>); 4] = {
    use crate::domain::objects::PullPolicy::{Always, IfNotPresent, Never};
    [
        ("as Kubernetes chooses by the tag", None),
        ("IfNotPresent", Some(IfNotPresent)),
        ("Always", Some(Always)),
        ("Never", Some(Never)),
    ]
};

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

fn deployment(namespace: &str) -> Vec<Field> {
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
fn which(spread: &Spread) -> String {
    let secrets = spread.holders.len();
    let plural = if secrets == 1 { "" } else { "s" };
    format!(
        "{} at {}, in {secrets} Secret{plural}",
        spread.username, spread.server
    )
}

/// The Secrets that carry a credential.
pub(super) fn holders(spread: Option<&Spread>) -> Vec<Pick> {
    let holders = spread.map_or(&[][..], |spread| &spread.holders);
    let row = |holder: &Holder| Pick {
        name: holder.secret.to_string(),
        note: if holder.immutable {
            "immutable: it has to be made anew".to_owned()
        } else {
            format!("{} · {}", holder.servers.join(", "), pods(holder.pods))
        },
        taken: !holder.immutable,
    };
    holders.iter().map(row).collect()
}

fn account_row(listing: &Listing) -> Pick {
    let mut note = match listing.workloads.len() {
        0 => String::new(),
        1 => "1 workload".to_owned(),
        number => format!("{number} workloads"),
    };
    if !listing.waiting.is_empty() {
        note = format!("{note}, {} waiting for an image", listing.waiting.len());
    }
    Pick {
        name: listing.account.to_string(),
        note,
        taken: false,
    }
}

fn pods(number: usize) -> String {
    match number {
        0 => "no Pod".to_owned(),
        1 => "1 Pod".to_owned(),
        number => format!("{number} Pods"),
    }
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
