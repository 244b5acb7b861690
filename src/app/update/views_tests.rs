//! Views that are saved are found again as they were.

use super::tests::{model, press, typed};
use crate::{
    app::{action::SortBy, model::Model, panes::Pane},
    domain::{k8s::object_ref::Namespace, store::watch::Scope},
};

fn command(model: &mut Model, line: &str) {
    press(model, &[":"]);
    typed(model, line);
    press(model, &["enter"]);
}

fn said(model: &Model) -> String {
    model
        .status
        .as_ref()
        .map(|flash| flash.text.clone())
        .unwrap_or_default()
}

#[test]
fn a_saved_view_is_found_again_as_it_was() {
    let mut model = model();
    command(&mut model, "ns shop");
    press(&mut model, &["/"]);
    typed(&mut model, "check");
    press(&mut model, &["enter", "ctrl-z", "A", "A", "z"]);
    command(&mut model, "save night");
    assert!(said(&model).contains("saved as night: pods in shop, /check, failing only, by age"));

    press(&mut model, &["esc", "ctrl-z", "N", "z", "0", "tab"]);
    assert_eq!(
        (model.focus, &model.scope),
        (Pane::ServiceAccounts, &Scope::Cluster)
    );
    command(&mut model, "view night");
    assert_eq!(model.focus, Pane::Pods);
    assert_eq!(model.scope, Scope::Namespace(Namespace::new("shop")));
    let pods = &model.panes.pods;
    assert_eq!(pods.query.filter.text(), "check");
    assert!(pods.query.faults_only && pods.query.sort.reversed);
    assert!(model.panes.get(Pane::Pods).is_folded());
    assert_eq!(pods.query.sort.by, SortBy::Age);
    // It is a place as any other: one comes back from it.
    press(&mut model, &["["]);
    assert_eq!(
        (model.focus, &model.scope),
        (Pane::ServiceAccounts, &Scope::Cluster)
    );
}

#[test]
fn without_a_name_they_are_there_to_choose_from() {
    let mut model = model();
    command(&mut model, "view");
    assert!(said(&model).contains("no saved views"));
    command(&mut model, "save here");
    press(&mut model, &["tab"]);
    command(&mut model, "view");
    assert_eq!(model.overlays.len(), 1);
    press(&mut model, &["enter"]);
    assert!(model.overlays.is_empty());
    assert_eq!(model.focus, Pane::Pods);
    command(&mut model, "view her");
    assert!(
        said(&model).contains("did you mean here?"),
        "{}",
        said(&model)
    );
    command(&mut model, "forget here");
    command(&mut model, "view here");
    assert!(said(&model).contains("no saved view"));
}

#[test]
fn where_nothing_is_written_that_is_said() {
    let mut model = model();
    command(&mut model, "save a");
    assert!(!said(&model).contains("session"));
    model.capabilities.keeps_state = false;
    command(&mut model, "save a");
    assert!(said(&model).contains("replaced") && said(&model).contains("this session only"));
}

/// As in k9s, where a filter holds on when the namespace is changed.
#[test]
fn a_filter_stays_with_its_pane() {
    let mut model = model();
    press(&mut model, &["/"]);
    typed(&mut model, "led");
    press(
        &mut model,
        &[
            "enter",
            "tab",
            "tab",
            "0",
            "1",
            "-",
            "shift-tab",
            "shift-tab",
        ],
    );
    assert_eq!(model.focus, Pane::Pods);
    assert_eq!(model.panes.pods.query.filter.text(), "led");
    assert_eq!(model.panes.secrets.query.filter.text(), "");
}
