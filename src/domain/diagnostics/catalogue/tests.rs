//! Every cause has one label, told apart from all others, and the snapshot is the page to review.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use super::{super::FixId, *};
use crate::domain::{
    context::SecretState,
    k8s::objects::SecretType,
    registry_auth::docker_config::{AuthProblem, ConfigError, ConfigErrorKind},
};

/// Causes that share a root cause, whose label is more general.
const GENERAL: [RootCause; 2] = [RootCause::NodeProblem, RootCause::RegistryDown];

#[test]
fn labels_fit_their_column_and_tell_apart() {
    for labels in [
        Cause::all().map(Cause::label).collect::<Vec<_>>(),
        RootCause::ALL.iter().map(|root| root.title()).collect(),
    ] {
        for (at, label) in labels.iter().enumerate() {
            assert!(
                label.chars().count() <= usize::from(LABEL_WIDTH),
                "{label:?} is too long"
            );
            let others = labels.get(..at).unwrap_or_default();
            assert!(!others.contains(label), "{label:?} is taken twice");
        }
    }
}

#[test]
fn a_cause_that_is_its_own_root_has_one_label() {
    for cause in Cause::all() {
        if let Some(root) = cause.info().root.filter(|root| !GENERAL.contains(root)) {
            assert_eq!(cause.label(), root.title(), "{cause}, {root}");
        }
    }
}

#[test]
fn a_label_that_both_tables_have_means_the_same() {
    let same = [
        (Cause::Unauthorized, RootCause::CredentialRejected),
        (Cause::TokenExpired, RootCause::CredentialExpired),
        (Cause::ForbiddenByPolicy, RootCause::CredentialLacksAccess),
    ];
    for cause in Cause::all() {
        for root in RootCause::ALL {
            if cause.label() == root.title() {
                let is_same = cause.info().root == Some(*root) || same.contains(&(cause, *root));
                assert!(is_same, "{:?} of {cause} and {root}", cause.label());
            }
        }
    }
}

#[test]
fn the_chain_says_in_short_what_the_label_says() {
    let malformed = ConfigError {
        server: None,
        kind: ConfigErrorKind::NotJson,
        text: "invalid character".into(),
    };
    for (state, root) in [
        (SecretState::Missing, RootCause::SecretMissing),
        (
            SecretState::WrongType(SecretType::Other(None)),
            RootCause::SecretWrongType,
        ),
        (
            SecretState::WrongKey { wanted: "k".into() },
            RootCause::SecretWrongKey,
        ),
        (
            SecretState::Malformed(malformed),
            RootCause::SecretMalformed,
        ),
        (SecretState::HoldsNothing(None), RootCause::SecretEmpty),
        (
            SecretState::MatchesEmpty {
                key: "k".into(),
                problem: AuthProblem::Empty,
            },
            RootCause::EntryEmpty,
        ),
        (
            SecretState::NoMatch(Vec::new()),
            RootCause::EntryForOtherRegistry,
        ),
    ] {
        for word in state.label().split(' ') {
            let mut words = root.title().split(' ');
            assert!(words.any(|it| it == word), "{word:?} of {root}");
        }
    }
}

#[test]
fn titles_of_fixes_are_commands_and_tell_apart() {
    for (at, fix) in FixId::ALL.iter().enumerate() {
        let title = fix.title();
        assert!(title.starts_with(char::is_uppercase), "{title}");
        assert!(title.split(' ').count() <= 12, "{title}");
        let mut others = FixId::ALL.iter().take(at);
        assert!(others.all(|it| it.title() != title), "{title}");
    }
}

/// What a reviewer reads: every cause, root cause and fix with all of its words.
#[test]
fn the_catalogue_on_one_page() {
    let mut page = String::from("CAUSES: what the kubelet's message means\n\n");
    for cause in Cause::all() {
        let CauseText {
            label,
            summary,
            how_to_confirm,
        } = cause.text();
        let _ = writeln!(
            page,
            "{cause}\n  {label}: {summary}\n  confirm: {how_to_confirm}"
        );
        for fix in cause.info().fixes {
            let _ = writeln!(page, "  fix: {}", fix.title());
        }
    }
    page.push_str("\nROOT CAUSES: why it fails, as objects and registry tests prove it\n\n");
    for root in RootCause::ALL {
        let _ = writeln!(page, "{root}\n  {}: {}", root.title(), root.explanation());
    }
    page.push_str("\nFIXES\n\n");
    for fix in FixId::ALL {
        let _ = writeln!(page, "{:24} {}", fix.slug(), fix.title());
    }
    insta::assert_snapshot!("catalogue", page);
}

/// The rooms that show a cause take its label from the catalogue: none writes one down again.
#[test]
fn no_other_room_has_a_label_of_its_own() {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push(path);
            }
        }
    }
    let mut files = Vec::new();
    for room in ["app", "ui", "headless", "runtime", "cli"] {
        walk(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room),
            &mut files,
        );
    }
    assert!(files.len() > 100, "the rooms are where they were");
    let roots = RootCause::ALL.iter().map(|root| root.title());
    let labels: Vec<&str> = Cause::all().map(Cause::label).chain(roots).collect();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let production = text.split("#[cfg(test)]\nmod ").next().unwrap();
        let is_test = file.to_string_lossy().ends_with("tests.rs");
        for label in labels.iter().filter(|_| !is_test) {
            let written = production.contains(&format!("\"{label}\""));
            assert!(!written, "{label:?} in {}", file.display());
        }
    }
}
