//! The Secrets table: registries, user names and users of each pull secret. Never a password.

use jiff::Timestamp;
use ratatui::{layout::Rect, style::Style};

use super::{
    DrawContext,
    column::{self, PaneView, columns},
};
use crate::app::action::Action;
use crate::{
    app::{
        panes::{
            SortBy,
            secrets::{self, Row, Secrets, Uses},
        },
        probe_cache::ProbeRecord,
    },
    domain::{
        diagnostics::RootCause,
        k8s::{
            age,
            objects::{Secret, SecretContent},
            pod_status::PodHealth,
        },
        plural::pluralize,
        probe::{ProbeConclusion, PullAnswer},
        registry_auth::docker_config::{AuthSummary, SecretHealth},
    },
    ui::widgets::table::{Cell, ColumnSpec},
};

columns! {
    Symbol,
    Namespace,
    Name,
    Registry,
    User,
    Credential,
    UsedBy,
    Age,
}

impl column::Column for Column {
    fn spec(self) -> ColumnSpec {
        match self {
            Self::Symbol => ColumnSpec::new("", 0, 1),
            Self::Namespace => ColumnSpec::new("NAMESPACE", 1, 24)
                .min_width(9)
                .truncate_middle(),
            Self::Name => ColumnSpec::new("NAME", 0, 40)
                .min_width(14)
                .truncate_middle(),
            Self::Registry => ColumnSpec::new("REGISTRY", 1, 60)
                .flex(16)
                .truncate_middle(),
            Self::User => ColumnSpec::new("USER", 4, 24).truncate_middle(),
            Self::Credential => ColumnSpec::new("CREDENTIAL", 2, 60).min_width(20),
            Self::UsedBy => ColumnSpec::new("USED BY", 3, 18),
            Self::Age => ColumnSpec::new("AGE", 6, 6).align_right(),
        }
    }

    fn sort(self) -> Option<SortBy> {
        match self {
            Self::Namespace => Some(SortBy::Namespace),
            Self::Name => Some(SortBy::Name),
            Self::Credential => Some(SortBy::Status),
            Self::UsedBy => Some(SortBy::Count),
            Self::Age => Some(SortBy::Age),
            Self::Symbol | Self::Registry | Self::User => None,
        }
    }
}

/// The data of a row.
pub(super) struct RowData<'a> {
    secret: &'a Secret,
    uses: Uses,
    /// Registries of the entries.
    registry: String,
    user: String,
    /// The kinds of credentials, and whether they work.
    credential: String,
    health: SecretHealth,
}

impl PaneView for Secrets {
    type Column = Column;
    type RowData<'a> = RowData<'a>;

    const COLUMNS: &'static [Column] = Column::ALL;
    const NO_ROWS: &'static str = "no pull secrets";

    fn hint(cx: DrawContext<'_>) -> Option<String> {
        Some(format!("next: {} creates one", cx.pane_key(Action::New)))
    }

    fn look_up<'a>(cx: DrawContext<'a>, row: &'a Row, _area: Rect) -> Option<RowData<'a>> {
        let (model, now) = (cx.model, cx.now);
        let secret = &**model.store.secret(row)?;
        let (registry, user, kind) = content(secret);
        let standing = secrets::secret_health(secret, &model.diagnoses, now);
        let said: Vec<&ProbeRecord> = model.probes.for_secret(secret, now).collect();
        let (credential, standing) = tested(&said, kind, standing, now);
        Some(RowData {
            secret,
            uses: secrets::uses(&model.store, row),
            registry,
            user,
            credential,
            health: standing,
        })
    }

    fn cell(cx: DrawContext<'_>, object: &RowData<'_>, column: Column) -> Cell {
        let (theme, secret) = (cx.theme, object.secret);
        match column {
            Column::Symbol => {
                let (symbol, style) = symbol(cx, object);
                Cell::new(symbol, style)
            }
            Column::Namespace => Cell::new(secret.key.namespace.as_str(), theme.dim()),
            Column::Name => Cell::new(secret.key.name.as_str(), theme.text()),
            Column::Registry => Cell::new(&*object.registry, theme.text()),
            Column::User => Cell::new(&*object.user, theme.dim()),
            // What is wrong says more than the kind of credential.
            Column::Credential => match &object.health {
                SecretHealth::Healthy => Cell::new(&*object.credential, theme.dim()),
                SecretHealth::Warning(why) | SecretHealth::Unusable(why) => {
                    Cell::new(&**why, symbol(cx, object).1)
                }
            },
            Column::UsedBy => Cell::new(used_by(object.uses), theme.dim()),
            Column::Age => cx.age(secret.meta.created),
        }
    }
}

fn symbol(cx: DrawContext<'_>, object: &RowData<'_>) -> (&'static str, Style) {
    let theme = cx.theme;
    match object.health {
        SecretHealth::Unusable(_) => theme.health(PodHealth::PullFailing),
        SecretHealth::Warning(_) => theme.health(PodHealth::Failing),
        SecretHealth::Healthy if object.uses == Uses::NONE => (theme.symbols().quiet, theme.dim()),
        SecretHealth::Healthy => (theme.symbols().finished, theme.good()),
    }
}

/// Registries, users and kinds of the entries.
fn content(secret: &Secret) -> (String, String, String) {
    let SecretContent::Read(summary) = &secret.content else {
        return Default::default();
    };
    let entries = &summary.entries;
    let users = entries.iter().filter_map(|entry| entry.username.as_deref());
    (
        each_once(entries.iter().map(AuthSummary::registry)),
        each_once(users),
        each_once(entries.iter().map(|entry| entry.kind.label())),
    )
}

fn each_once<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut once: Vec<&str> = Vec::new();
    for word in words {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    once.join(", ")
}

/// The kind of credential with the age of a test that all images have passed; a refused test takes precedence.
fn tested(
    said: &[&ProbeRecord],
    kind: String,
    standing: SecretHealth,
    now: Timestamp,
) -> (String, SecretHealth) {
    if matches!(standing, SecretHealth::Unusable(_)) {
        return (kind, standing);
    }
    let ago = |said: &ProbeRecord| age::age(said.at, now);
    if let Some(refusal) = said.iter().find(|said| is_refusal(&said.conclusion)) {
        let why = format!("rejected {} ago", ago(refusal));
        return (kind, SecretHealth::Unusable(why));
    }
    // The tag, the network: nothing that this Secret could help, and no proof of it either.
    let all_passed = said
        .iter()
        .all(|said| said.conclusion.answer == PullAnswer::Ok);
    match said.iter().min_by_key(|said| said.at) {
        Some(oldest) if all_passed => {
            let ago = ago(oldest);
            (format!("{kind}, tested {ago} ago"), standing)
        }
        _ => (kind, standing),
    }
}

/// Whether it is the credential that was refused.
fn is_refusal(conclusion: &ProbeConclusion) -> bool {
    let of_credential = matches!(
        conclusion.root,
        Some(
            RootCause::CredentialRejected
                | RootCause::CredentialExpired
                | RootCause::CredentialLacksAccess
        )
    );
    conclusion.answer == PullAnswer::No && of_credential
}

fn used_by(uses: Uses) -> String {
    if uses == Uses::NONE {
        return "unused".to_owned();
    }
    let pods = pluralize(uses.pods, "Pod", "Pods");
    format!("{} SA · {pods}", uses.accounts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        diagnostics::EvidenceSource,
        fixtures::{now, seconds_ago},
    };

    fn said(answer: PullAnswer, root: Option<RootCause>, seconds: i64) -> ProbeRecord {
        let conclusion = ProbeConclusion {
            answer,
            cause: None,
            root,
            alternatives: Vec::new(),
            ruled_out: Vec::new(),
            suggestion: None,
            tags: Vec::new(),
            summary: String::new(),
        };
        ProbeRecord {
            conclusion,
            source: EvidenceSource::Registry,
            at: seconds_ago(seconds),
        }
    }

    #[test]
    fn a_refused_credential_is_said_whatever_came_of_other_images() {
        let passed = said(PullAnswer::Ok, None, 60);
        let unknown = said(PullAnswer::Unknown, None, 50);
        let refused = said(PullAnswer::No, Some(RootCause::CredentialRejected), 40);
        let no_tag = said(PullAnswer::No, Some(RootCause::TagMissing), 30);
        let standing =
            |said: &[&ProbeRecord]| tested(said, "token".to_owned(), SecretHealth::Healthy, now());
        let broken = SecretHealth::Unusable("rejected 40s ago".to_owned());
        for all in [
            &[&unknown, &refused][..],
            &[&no_tag, &refused, &passed],
            &[&refused, &unknown],
        ] {
            assert_eq!(standing(all), ("token".to_owned(), broken.clone()));
        }
        for (all, kind) in [
            (&[&passed][..], "token, tested 60s ago"),
            (&[&passed, &no_tag], "token"),
            (&[], "token"),
        ] {
            assert_eq!(standing(all), (kind.to_owned(), SecretHealth::Healthy));
        }
    }

    #[test]
    fn each_word_is_said_once() {
        let words = ["ghcr.io", "docker.io", "ghcr.io"];
        assert_eq!(each_once(words.into_iter()), "ghcr.io, docker.io");
    }
}
