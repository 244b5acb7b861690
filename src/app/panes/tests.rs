//! Rows that must be made again although no object of their pane has changed, and what the table of panes
//! must hold.

use std::collections::BTreeSet;

use super::{events::Events, *};
use crate::{
    app::{
        diagnosis_cache::DiagnosisCache, list::Motion, node_cache::NodeCache,
        probe_cache::ProbeCache,
    },
    domain::{
        fixtures::{account, event, now, seconds_ago, secret, upserted},
        k8s::{object_ref::Namespace, objects::SecretType},
        store::{
            Store,
            update::StoreUpdate,
            watch::{Scope, SecretWatch, WatchCoverage, WatchKind},
        },
    },
};

/// Brings the rows of a pane up to date, where nothing has been judged and no namespace was named.
pub(super) fn refresh<P: PaneRows>(pane: &mut PaneState<P>, store: &Store, scope: &Scope) {
    let context = RowContext {
        store,
        diagnoses: &DiagnosisCache::default(),
        coverage: &WatchCoverage::default(),
        known_namespaces: &BTreeSet::new(),
        scope,
        now: now(),
    };
    pane.refresh(&context, &mut RefreshBudget::new(now()));
}

#[test]
fn names_and_commands_of_panes_are_distinct() {
    let mut names = BTreeSet::new();
    for pane in Pane::ALL {
        let info = pane.info();
        assert_eq!(Pane::from_name(info.name), Some(pane));
        assert!(info.commands.contains(&info.name), "as kubectl has it");
        for name in info.commands {
            assert!(names.insert(name), "{name} twice");
        }
        assert_eq!(pane.next().previous(), pane);
    }
    assert_eq!(Pane::Events.next(), Pane::Namespaces);
    assert!(Pane::Pods.shows(WatchKind::Pods) && !Pane::Pods.shows(WatchKind::Events));
}

#[test]
fn a_row_that_was_selected_is_selected_again() {
    let mut store = Store::default();
    let accounts = vec![account("shop", "a", &[]), account("shop", "b", &[])];
    store.apply(StoreUpdate::ServiceAccounts(upserted(accounts)), now());
    let mut panes = Panes::default();
    refresh(&mut panes.accounts, &store, &Scope::Cluster);
    panes
        .get_mut(Pane::ServiceAccounts)
        .move_selection(Motion::Down);
    let selected = panes.selected(Pane::ServiceAccounts);
    panes
        .get_mut(Pane::ServiceAccounts)
        .move_selection(Motion::First);
    panes.accounts.query.faults_only = true;
    refresh(&mut panes.accounts, &store, &Scope::Cluster);
    assert!(panes.accounts.list.rows().is_empty());
    assert_eq!(
        panes.reveal_and_select(selected.clone()),
        Pane::ServiceAccounts
    );
    refresh(&mut panes.accounts, &store, &Scope::Cluster);
    assert_eq!(panes.selected(Pane::ServiceAccounts), selected);
}

#[test]
fn an_account_that_lists_what_is_missing_comes_first_once_secrets_are_seen() {
    let mut store = Store::default();
    let accounts = vec![
        account("shop", "a", &["regcred"]),
        account("shop", "b", &["gone"]),
    ];
    let entries = [("registry.example", "jane")];
    let regcred = secret("shop", "regcred", SecretType::DockerConfigJson, &entries);
    let slice = SecretWatch::DockerConfigJson;
    store.apply(StoreUpdate::Secrets(slice, upserted(vec![regcred])), now());
    store.apply(StoreUpdate::ServiceAccounts(upserted(accounts)), now());
    let mut panes = Panes::default();
    let mut diagnoses = DiagnosisCache::default();
    let mut look = |sight: &WatchCoverage| {
        diagnoses.refresh(
            &store,
            sight,
            &ProbeCache::default(),
            &NodeCache::default(),
            now(),
        );
        let context = RowContext {
            store: &store,
            diagnoses: &diagnoses,
            coverage: sight,
            known_namespaces: &BTreeSet::new(),
            scope: &Scope::Cluster,
            now: now(),
        };
        let budget = &mut RefreshBudget::new(now());
        panes.accounts.refresh(&context, budget);
        panes.accounts.list.rows()[0].name.to_string()
    };
    assert_eq!(
        look(&WatchCoverage::default()),
        "a",
        "who knows what is missing"
    );
    assert_eq!(look(&WatchCoverage::complete()), "b");
}

#[test]
fn a_namespace_that_is_asked_for_has_a_row_at_once() {
    let (store, mut panes) = (Store::default(), Panes::default());
    let mut known = BTreeSet::new();
    let mut rows = |known: &BTreeSet<Namespace>| {
        let context = RowContext {
            store: &store,
            diagnoses: &DiagnosisCache::default(),
            coverage: &WatchCoverage::default(),
            known_namespaces: known,
            scope: &Scope::Cluster,
            now: now(),
        };
        let pane = &mut panes.namespaces;
        pane.refresh(&context, &mut RefreshBudget::new(now()));
        pane.list.rows().to_vec()
    };
    assert_eq!(rows(&known), [None]);
    let shop = Namespace::new("shop");
    known.insert(shop.clone());
    assert_eq!(rows(&known), [None, Some(shop)]);
}

fn two_events() -> Store {
    let mut store = Store::default();
    let events = vec![
        event(
            "1",
            "web-1",
            "FailedMount",
            "no such volume",
            1,
            seconds_ago(9),
        ),
        event(
            "2",
            "web-2",
            "FailedMount",
            "no such volume",
            1,
            seconds_ago(5),
        ),
    ];
    store.apply(StoreUpdate::Events(upserted(events)), now());
    store
}

#[test]
fn an_event_that_is_gone_to_is_selected_though_the_newest_was_before() {
    let store = two_events();
    let mut pane = PaneState::<Events>::default();
    refresh(&mut pane, &store, &Scope::Cluster);
    let older = pane.list.rows()[1].clone();
    let elsewhere = Scope::Namespace(Namespace::new("elsewhere"));
    refresh(&mut pane, &store, &elsewhere);
    assert!(pane.list.rows().is_empty());
    pane.reveal_and_select(older.clone());
    refresh(&mut pane, &store, &Scope::Cluster);
    assert_eq!(pane.list.selected(), Some(&older));
}

/// The first row stays selected while the newest event is looked at, and not when another one is.
#[test]
fn the_newest_event_stays_selected_and_a_paused_list_stays_as_it_is() {
    let mut store = two_events();
    let mut pane = PaneState::<Events>::default();
    refresh(&mut pane, &store, &Scope::Cluster);
    let add = |store: &mut Store, number: &str, seconds: i64| {
        let pod = format!("web-{number}");
        let new = event(
            number,
            &pod,
            "FailedMount",
            "no such volume",
            1,
            seconds_ago(seconds),
        );
        store.apply(StoreUpdate::Events(upserted(vec![new])), now());
    };
    add(&mut store, "3", 4);
    refresh(&mut pane, &store, &Scope::Cluster);
    assert_eq!((pane.list.position(), pane.list.rows().len()), (Some(0), 3));
    pane.list.move_selection(Motion::Down);
    let second = pane.list.selected().cloned();
    add(&mut store, "4", 3);
    refresh(&mut pane, &store, &Scope::Cluster);
    assert_eq!(pane.list.selected(), second.as_ref());
    assert_eq!((pane.list.position(), pane.list.rows().len()), (Some(2), 4));
    pane.extra.paused = true;
    add(&mut store, "5", 2);
    refresh(&mut pane, &store, &Scope::Cluster);
    assert_eq!(pane.list.rows().len(), 4);
    pane.extra.paused = false;
    refresh(&mut pane, &store, &Scope::Cluster);
    assert_eq!(pane.list.rows().len(), 5);
}
