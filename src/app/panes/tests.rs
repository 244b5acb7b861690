//! Rows that must be made again although no object of their pane has changed.

use std::collections::BTreeSet;

use super::{accounts::Judging, *};
use crate::{
    app::{settled::Answers, verdicts::Verdicts},
    domain::{
        batch::Batch,
        key::Namespace,
        objects::SecretType,
        sample::{account, ago, changed, event, now, secret},
        watch::{Scope, SecretSlice, Sight},
        world::World,
    },
};

#[test]
fn an_account_that_lists_what_is_missing_comes_first_once_secrets_are_seen() {
    let mut world = World::default();
    let accounts = vec![
        account("shop", "a", &["regcred"]),
        account("shop", "b", &["gone"]),
    ];
    let entries = [("registry.example", "jane")];
    let regcred = secret("shop", "regcred", SecretType::DockerConfigJson, &entries);
    let slice = SecretSlice::DockerConfigJson;
    world.fold(Batch::Secrets(slice, changed(vec![regcred])), now());
    world.fold(Batch::ServiceAccounts(changed(accounts)), now());
    let mut panes = Panes::default();
    let mut verdicts = Verdicts::default();
    let mut look = |sight: &Sight| {
        verdicts.refresh(&world, sight, &Answers::default(), now());
        let judging = Judging {
            world: &world,
            verdicts: &verdicts,
            sight,
            now: now(),
        };
        let budget = &mut RefreshBudget::new(now());
        accounts::refresh(&mut panes.accounts, judging, &Scope::Cluster, budget);
        panes.accounts.list.rows()[0].name.to_string()
    };
    assert_eq!(look(&Sight::default()), "a", "who knows what is missing");
    assert_eq!(look(&Sight::full()), "b");
}

#[test]
fn a_namespace_that_is_asked_for_has_a_row_at_once() {
    let (world, mut panes) = (World::default(), Panes::default());
    let mut known = BTreeSet::new();
    let rows = &mut panes.namespaces;
    namespaces::refresh(rows, &world, &known, &mut RefreshBudget::new(now()));
    assert_eq!(rows.list.rows(), [None]);
    let shop = Namespace::new("shop");
    known.insert(shop.clone());
    namespaces::refresh(rows, &world, &known, &mut RefreshBudget::new(now()));
    assert_eq!(rows.list.rows(), [None, Some(shop)]);
}

#[test]
fn an_event_that_is_gone_to_is_selected_though_the_newest_was_before() {
    let mut world = World::default();
    let events = vec![
        event("1", "web-1", "FailedMount", "no such volume", 1, ago(9)),
        event("2", "web-2", "FailedMount", "no such volume", 1, ago(5)),
    ];
    world.fold(Batch::Events(changed(events)), now());
    let verdicts = Verdicts::default();
    let mut panes = Panes::default();
    let look = |panes: &mut Panes, scope: &Scope| {
        let (pane, stories) = (&mut panes.events, &mut panes.stories);
        let budget = &mut RefreshBudget::new(now());
        events::refresh(pane, stories, &world, &verdicts, scope, budget);
    };
    look(&mut panes, &Scope::Cluster);
    let older = panes.events.list.rows()[1].clone();
    look(&mut panes, &Scope::Namespace(Namespace::new("elsewhere")));
    assert!(panes.events.list.rows().is_empty());
    panes.events.reveal_and_select(older.clone());
    look(&mut panes, &Scope::Cluster);
    assert_eq!(panes.events.list.selected(), Some(&older));
}
