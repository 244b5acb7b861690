//! The action menu: built from the keymap for the selection.

use super::{
    super::{
        action::Action, effect::Effect, menu::Availability, message::Message, model::Model,
        overlay::Overlay, panes::Pane,
    },
    tests::{model, press},
    update,
};
use crate::domain::{
    fixtures::now,
    rbac::{ResourceRule, SubjectRules},
};

fn standing(model: &Model, action: Action) -> Availability {
    let Some(Overlay::Menu(menu)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    let item = menu.items.iter().find(|item| item.action == action);
    item.unwrap().availability(model.permission_context(menu))
}

/// Opens the menu on the first Pod, and lets the server answer with these verbs for everything.
fn with_verbs(model: &mut Model, verbs: &[&str]) {
    let effects = press(model, &["g", "."]);
    let [Effect::LoadRbacRules { request_id, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(
        standing(model, Action::ProbeRegistry),
        Availability::Loading
    );
    let rule = ResourceRule {
        verbs: verbs.iter().map(ToString::to_string).collect(),
        groups: vec!["*".to_owned()],
        resources: vec!["*".to_owned()],
        only_some: false,
    };
    let rules = SubjectRules {
        rules: vec![rule],
        incomplete: false,
    };
    update(model, Message::RbacLoaded(*request_id, Some(rules)), now());
}

#[test]
fn what_is_not_permitted_says_so_before_it_is_tried() {
    let mut model = model();
    with_verbs(&mut model, &["get", "list", "watch"]);
    assert!(matches!(
        standing(&model, Action::Restart),
        Availability::Forbidden(missing) if &*missing.verb == "patch"
    ));
    assert_eq!(
        standing(&model, Action::ProbeRegistry),
        Availability::Available
    );
    let effects = press(&mut model, &["r"]);
    assert!(
        matches!(&effects[..], [Effect::Copy(role)] if role.contains("create role")),
        "the Role is on the clipboard: {effects:?}"
    );
    assert!(matches!(model.overlays.last(), Some(Overlay::Menu(_))));
    assert_eq!(press(&mut model, &["esc", "."]), [], "the answer is kept");
}

#[test]
fn it_does_what_the_key_does() {
    let mut model = model();
    with_verbs(&mut model, &["*"]);
    let effects = press(&mut model, &["r"]);
    assert!(matches!(&effects[..], [Effect::DryRun { .. }]));
    assert!(matches!(
        model.overlays.as_slice(),
        [Overlay::PlanDialog(_)]
    ));
    press(&mut model, &["esc", "."]);
    press(&mut model, &["enter"]);
    assert!(
        matches!(model.overlays.as_slice(), [Overlay::Form(_)]),
        "enter takes the chosen one, the best fix: {:?}",
        model.overlays
    );
}

#[test]
fn the_way_back_from_where_it_led_to_is_one_step() {
    let mut model = model();
    press(&mut model, &["g", "."]);
    let Some(Overlay::Menu(menu)) = model.overlays.last_mut() else {
        panic!("no menu")
    };
    let mut items = menu.items.iter();
    let place = items.position(|item| item.action == Action::ToAccount);
    menu.list.select(&place.unwrap());
    press(&mut model, &["enter"]);
    assert_eq!(model.focus, Pane::ServiceAccounts);
    press(&mut model, &["["]);
    assert_eq!((model.focus, &model.status), (Pane::Pods, &None));
    press(&mut model, &["["]);
    assert!(model.status.is_some(), "the way ends");
}

#[test]
fn read_only_changes_nothing_from_here_either() {
    let mut model = model();
    model.capabilities.can_write = false;
    with_verbs(&mut model, &["*"]);
    assert_eq!(standing(&model, Action::Restart), Availability::ReadOnly);
    assert_eq!(press(&mut model, &["r"]), []);
}

/// What a change of the cluster is must not depend on a list that is kept beside the actions.
#[test]
fn no_action_that_changes_the_cluster_is_offered_where_nothing_may_be_changed() {
    let copies = |action: Action| {
        matches!(
            action,
            Action::Report
                | Action::Copy
                | Action::CopyNamespace
                | Action::CopyImage
                | Action::CopyMessage
                | Action::CopyCommands
                | Action::CopyPassword
                | Action::Reveal
                | Action::ExternalTool(_)
        )
    };
    let mut offered = Vec::new();
    for keys in [
        &["g"][..],
        &["g", "R"],
        &["g", "D"],
        &["z", "g"],
        &[":", "s", "e", "c", "enter", "g"],
        &[":", "s", "a", "enter", "g"],
        &[":", "e", "v", "enter", "g"],
        &[":", "s", "e", "c", "enter", "g", "d"],
    ] {
        let mut model = model();
        model.capabilities.can_write = false;
        press(&mut model, keys);
        press(&mut model, &["."]);
        let Some(Overlay::Menu(menu)) = model.overlays.last() else {
            panic!("{keys:?}: {:?}", model.overlays)
        };
        let writes = menu.items.iter().filter(|item| item.action.is_write());
        for item in writes.filter(|item| !copies(item.action)) {
            let standing = item.availability(model.permission_context(menu));
            let is_manual = matches!(item.action, Action::Fix(_));
            assert!(
                standing != Availability::Available || is_manual,
                "{keys:?}: {:?}",
                item.action
            );
            offered.push(item.action);
        }
    }
    for action in [Action::RollBack, Action::PauseRollout, Action::Delete] {
        assert!(offered.contains(&action), "{action:?} was not looked at");
    }
}
