//! What keys, answers and batches do to the model.

use super::*;
use crate::{
    app::{
        action::SortBy,
        connection::{ConnectionPhase, WatchHealth},
        form::FieldId,
        key::Key,
        model::StartScope,
        overlay::ContextPicker,
        panes::{Pane, pods},
        refresh,
        request_id::RequestId,
        scroll::Scroll,
    },
    domain::{
        error::UserError,
        fixtures::{key, now, pod, removed, sample_updates, seconds_ago, upserted, waiting},
        k8s::{
            connection::{ConnectionInfo, KubeContext},
            object_ref::Namespace,
            objects::WorkloadKind,
        },
        store::{
            update::StoreUpdate,
            watch::{Scope, SecretWatch, WatchId, WatchKind, WatchState},
        },
    },
};

fn identity(namespace: Option<&str>) -> ConnectionInfo {
    ConnectionInfo {
        context: "prod".into(),
        cluster: "prod".into(),
        user: Some("jane".into()),
        server_version: Some("v1.36.3".into()),
        namespace: namespace.map(Namespace::new),
    }
}

/// The company, connected and live.
pub(super) fn model() -> Model {
    let mut model = Model::new(&StartScope::FromContext, seconds_ago(5));
    let request_id = model.connection.request_id;
    fill(&mut model, request_id);
    model
}

/// Connects, and brings the company.
pub(super) fn fill(model: &mut Model, request_id: RequestId) {
    update(
        model,
        Message::Connected(request_id, Ok(identity(None))),
        now(),
    );
    let kinds = [
        WatchKind::Namespaces,
        WatchKind::Pods,
        WatchKind::ServiceAccounts,
        WatchKind::Events,
        WatchKind::Secrets(SecretWatch::DockerConfigJson),
        WatchKind::Secrets(SecretWatch::DockerCfg),
        WatchKind::Secrets(SecretWatch::Other),
        WatchKind::Workloads(WorkloadKind::Deployment),
    ];
    for kind in kinds {
        let id = WatchId {
            kind,
            scope: Scope::Cluster,
        };
        update(
            model,
            Message::Watch(request_id, id, WatchState::Live),
            now(),
        );
    }
    for batch in sample_updates() {
        update(model, Message::Batch(request_id, batch), now());
    }
    refresh::refresh(model, refresh::Heights::from_fn(|_| 20), now());
}

/// Presses keys, with a frame after each.
pub(super) fn press(model: &mut Model, keys: &[&str]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for name in keys {
        let key = Key::parse(name).expect("the test names a key");
        effects.extend(update(model, Message::Key(key), now()));
        refresh::refresh(model, refresh::Heights::from_fn(|_| 20), now());
    }
    effects
}

pub(super) fn typed(model: &mut Model, text: &str) {
    for c in text.chars() {
        update(model, Message::Key(Key::char(c)), now());
    }
    refresh::refresh(model, refresh::Heights::from_fn(|_| 20), now());
}

fn shown(model: &Model) -> Vec<String> {
    model
        .panes
        .pods
        .list
        .rows()
        .iter()
        .map(|row| match row {
            pods::Row::Pod(key) => key.to_string(),
            pods::Row::Workload(id) => id.to_string(),
        })
        .collect()
}

#[test]
fn the_way_along_the_chain_can_be_gone_back_and_forth() {
    let mut model = model();
    let pod = model.panes.pods.list.selected().cloned();
    press(&mut model, &["J"]);
    assert_eq!(model.focus, Pane::ServiceAccounts);
    let account = model.panes.accounts.list.selected().cloned();
    press(&mut model, &["enter"]);
    assert_eq!(model.focus, Pane::Secrets);
    press(&mut model, &["["]);
    assert_eq!(model.panes.accounts.list.selected().cloned(), account);
    press(&mut model, &["["]);
    assert_eq!(
        (model.focus, model.panes.pods.list.selected().cloned()),
        (Pane::Pods, pod)
    );
    press(&mut model, &["["]);
    assert!(model.status.is_some(), "the way ends");
    press(&mut model, &["]", "]"]);
    assert_eq!(model.focus, Pane::Secrets);
}

#[test]
fn what_fails_comes_first() {
    assert_eq!(
        shown(&model()),
        [
            "shop/checkout-5c9f-0",
            "shop/checkout-5c9f-1",
            "shop/checkout-5c9f-2",
            "pay/ledger-7d4b9-x2x5q",
            "platform/proxy-abcde",
            "shop/search-0",
        ]
    );
}

#[test]
fn the_namespace_under_the_cursor_narrows_the_other_panes() {
    let mut model = model();
    press(&mut model, &["shift-tab"]);
    assert_eq!(model.focus, Pane::Namespaces);
    press(&mut model, &["down"]);
    // The first below "all" is the one with failing Pods.
    assert_eq!(model.scope, Scope::Namespace(Namespace::new("shop")));
    assert_eq!(shown(&model).len(), 4);
    press(&mut model, &["enter", "0"]);
    assert_eq!((model.focus, &model.scope), (Pane::Pods, &Scope::Cluster));
    press(&mut model, &["-"]);
    assert_eq!(model.scope, Scope::Namespace(Namespace::new("shop")));
}

#[test]
fn a_filter_narrows_while_typed_and_esc_brings_back_what_was() {
    let mut model = model();
    press(&mut model, &["/"]);
    typed(&mut model, "ledger");
    assert_eq!(shown(&model), ["pay/ledger-7d4b9-x2x5q"]);
    press(&mut model, &["enter"]);
    assert!(model.overlays.is_empty());
    assert_eq!(shown(&model).len(), 1);
    press(&mut model, &["/"]);
    typed(&mut model, "zzz");
    assert_eq!(shown(&model).len(), 0);
    press(&mut model, &["esc"]);
    assert_eq!(shown(&model), ["pay/ledger-7d4b9-x2x5q"]);
    press(&mut model, &["esc"]);
    assert_eq!(shown(&model).len(), 6);
}

#[test]
fn printable_keys_are_text_while_a_field_is_open() {
    let mut model = model();
    press(&mut model, &["/"]);
    typed(&mut model, "q?!:0");
    assert_eq!(model.panes.pods.query.filter.text(), "q?!:0");
    assert_eq!(model.overlays.len(), 1);
    assert_eq!(press(&mut model, &["ctrl-c"]), [Effect::Quit]);
}

#[test]
fn a_pasted_text_goes_into_the_field_in_one_line() {
    let mut model = model();
    update(&mut model, Message::Paste("ignored".into()), now());
    press(&mut model, &["/"]);
    update(
        &mut model,
        Message::Paste("led\nger\u{1b}[0m\n".into()),
        now(),
    );
    assert_eq!(model.panes.pods.query.filter.text(), "led ger [0m");
    update(&mut model, Message::Paste("x".repeat(10_000_000)), now());
    assert!(model.panes.pods.query.filter.text().len() < 10_000);
}

#[test]
fn half_a_token_is_not_pasted() {
    let mut model = model();
    press(&mut model, &["g", "ctrl-x"]);
    let long = "x".repeat(5000);
    update(&mut model, Message::Paste(long), now());
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else {
        panic!("no form")
    };
    let field = form.focused_mut().unwrap();
    assert!(field.id.is_masked(), "the token is what is asked for");
    assert_eq!(field.text_input().unwrap().value(), "");
    assert!(model.status.is_some());
}

#[test]
fn a_form_takes_a_pasted_token_without_blanks_and_an_image_without_its_scheme() {
    fn focused(model: &mut Model) -> &mut crate::app::form::Field {
        match model.overlays.last_mut() {
            Some(Overlay::Form(form)) => form.focused_mut().unwrap(),
            top => panic!("no form: {top:?}"),
        }
    }
    let mut model_with_fix = model();
    press(&mut model_with_fix, &["g", "ctrl-x"]);
    update(
        &mut model_with_fix,
        Message::Paste(" t0ken \n".into()),
        now(),
    );
    assert_eq!(focused(&mut model_with_fix).value(), "t0ken");

    let mut model = model();
    press(&mut model, &["+"]);
    for _ in 0..20 {
        if focused(&mut model).id == FieldId::Image {
            break;
        }
        press(&mut model, &["tab"]);
    }
    assert_eq!(focused(&mut model).id, FieldId::Image);
    let pasted = "https://quay.example/a/b:1\n";
    update(&mut model, Message::Paste(pasted.into()), now());
    assert_eq!(focused(&mut model).value(), "quay.example/a/b:1");
}

#[test]
fn a_pasted_command_is_meant_and_no_suggestion_for_the_line_before() {
    let mut model = model();
    press(&mut model, &[":", "down", "down"]);
    update(&mut model, Message::Paste("p".into()), now());
    let Some(Overlay::Palette(palette)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    assert_eq!((palette.input.value(), palette.chosen), ("p", 0));
}

#[test]
fn the_wheel_turns_what_lies_on_top_and_not_what_it_hides() {
    let mut model = model();
    let wheel = |model: &mut Model| {
        let pane = Pane::Namespaces;
        update(model, Message::Scroll { pane, down: true }, now());
        refresh::refresh(model, refresh::Heights::from_fn(|_| 20), now());
    };
    let scroll = |model: &Model| match model.overlays.last() {
        Some(Overlay::Help { scroll }) => Some(*scroll),
        _ => None,
    };
    press(&mut model, &["?"]);
    wheel(&mut model);
    assert_eq!(scroll(&model), Some(Scroll::FromTop(3)));
    assert_eq!(model.scope, Scope::Cluster);
    press(&mut model, &["G", "k"]);
    assert_eq!(scroll(&model), Some(Scroll::FromEnd(1)), "up from the end");
    press(&mut model, &["esc"]);
    wheel(&mut model);
    assert!(matches!(model.scope, Scope::Namespace(_)));
}

#[test]
fn sorting_by_the_same_column_again_turns_it_round() {
    let mut model = model();
    press(&mut model, &["N"]);
    assert_eq!(
        shown(&model).first().map(String::as_str),
        Some("shop/checkout-5c9f-0")
    );
    press(&mut model, &["N"]);
    assert_eq!(
        shown(&model).first().map(String::as_str),
        Some("shop/search-0")
    );
    press(&mut model, &["shift-right"]);
    assert_eq!(model.panes.pods.query.sort.by, SortBy::Namespace);
}

#[test]
fn folding_makes_one_row_of_a_workload_and_enter_opens_it() {
    let mut model = model();
    press(&mut model, &["z"]);
    assert_eq!(
        shown(&model).first().map(String::as_str),
        Some("Deployment/checkout")
    );
    assert_eq!(shown(&model).len(), 4);
    press(&mut model, &["g", "enter"]);
    assert_eq!(shown(&model).len(), 7);
    press(&mut model, &["enter"]);
    assert_eq!(shown(&model).len(), 4);
}

#[test]
fn the_next_problem_is_one_key_away_from_anywhere() {
    let mut model = model();
    press(&mut model, &["0", "shift-tab", "end"]);
    let mut stops = Vec::new();
    for _ in 0..5 {
        press(&mut model, &["!"]);
        stops.push(crate::app::selected_pod(&model).unwrap().name.to_string());
    }
    assert_eq!(model.focus, Pane::Pods);
    assert_eq!(stops[0], "checkout-5c9f-0");
    assert!(
        stops.contains(&"ledger-7d4b9-x2x5q".to_owned()),
        "{stops:?}"
    );
    assert_eq!(stops[0], stops[4]);
}

#[test]
fn a_filter_that_hides_where_a_key_leads_to_goes() {
    let mut model = model();
    press(&mut model, &["0", "/"]);
    typed(&mut model, "ledger");
    press(&mut model, &["enter", "!"]);
    let pod = crate::app::selected_pod(&model).unwrap();
    assert_eq!(pod.name.as_str(), "checkout-5c9f-0");
    assert!(shown(&model).contains(&pod.to_string()));
    assert_eq!(model.panes.pods.query.filter.text(), "");
    // One that hides nothing stays.
    press(&mut model, &["/"]);
    typed(&mut model, "checkout");
    press(&mut model, &["enter"]);
    navigate::to_pod(&mut model, pod);
    assert_eq!(model.panes.pods.query.filter.text(), "checkout");
}

#[test]
fn the_round_goes_on_where_it_was_when_a_problem_is_gone() {
    let mut model = model();
    let faults: Vec<_> = model.diagnoses.faults().to_vec();
    assert!(faults.len() >= 2, "{faults:?}");
    press(&mut model, &["!"]);
    assert_eq!(model.fault_cursor.as_ref().unwrap().fault, faults[0].id);
    let pods = faults[0].pods.iter().cloned().collect();
    model.store.apply(StoreUpdate::Pods(removed(pods)), now());
    refresh::refresh(&mut model, refresh::Heights::from_fn(|_| 10), now());
    press(&mut model, &["!"]);
    assert_eq!(
        model.fault_cursor.as_ref().unwrap().fault,
        faults[1].id,
        "what has taken its place, and not the first of all again"
    );
}

#[test]
fn enter_follows_the_chain() {
    let mut model = model();
    press(&mut model, &["g", "J"]);
    assert_eq!(model.focus, Pane::ServiceAccounts);
    assert_eq!(
        model.panes.accounts.list.selected(),
        Some(&key("shop", "runner"))
    );
    press(&mut model, &["enter"]);
    assert_eq!(model.focus, Pane::Secrets);
    assert_eq!(
        model.panes.secrets.list.selected(),
        Some(&key("shop", "regcred"))
    );
    press(&mut model, &["u"]);
    assert_eq!(model.focus, Pane::Pods);
    press(&mut model, &["enter"]);
    assert!(matches!(model.overlays.as_slice(), [Overlay::Details(_)]));
    press(&mut model, &["q"]);
    assert!(model.overlays.is_empty());
}

#[test]
fn an_event_leads_to_its_pod() {
    let mut model = model();
    press(&mut model, &[":", "e", "v", "enter", "end", "enter"]);
    assert_eq!(model.focus, Pane::Pods);
    assert_eq!(
        crate::app::selected_pod(&model),
        Some(key("shop", "search-0"))
    );
}

#[test]
fn only_pull_failures_when_asked() {
    let mut model = model();
    model.focus = Pane::Events;
    // Of one workload, and for one reason: one story, beside what went well.
    assert_eq!(model.panes.events.list.rows().len(), 2);
    press(&mut model, &["ctrl-z"]);
    assert_eq!(model.panes.events.list.rows().len(), 1);
    press(&mut model, &["z"]);
    assert_eq!(model.panes.events.list.rows().len(), 2);
    press(&mut model, &["ctrl-z"]);
    assert_eq!(model.panes.events.list.rows().len(), 3);
}

#[test]
fn the_selection_stays_on_its_pod_while_the_world_turns() {
    let mut model = model();
    press(&mut model, &["g", "down"]);
    let request_id = model.connection.request_id;
    let early = pod("app", "aaa", waiting("ErrImagePull", "not found"));
    update(
        &mut model,
        Message::Batch(request_id, StoreUpdate::Pods(upserted(vec![early]))),
        now(),
    );
    refresh::refresh(&mut model, refresh::Heights::from_fn(|_| 20), now());
    assert_eq!(
        crate::app::selected_pod(&model),
        Some(key("shop", "checkout-5c9f-1"))
    );
    update(
        &mut model,
        Message::Batch(
            request_id,
            StoreUpdate::Pods(removed(vec![key("shop", "checkout-5c9f-1")])),
        ),
        now(),
    );
    refresh::refresh(&mut model, refresh::Heights::from_fn(|_| 20), now());
    assert_eq!(
        crate::app::selected_pod(&model),
        Some(key("shop", "checkout-5c9f-2"))
    );
}

#[test]
fn another_context_leaves_nothing_of_the_old_one() {
    let mut model = model();
    let old = model.connection.request_id;
    let effects = press(&mut model, &[":", "c", "t", "x", "enter"]);
    let [Effect::ListContexts { request_id }] = effects[..] else {
        panic!("{effects:?}")
    };
    let entry = |name: &str| KubeContext {
        name: name.into(),
        cluster: name.into(),
        user: None,
        namespace: None,
        current: false,
    };
    update(
        &mut model,
        Message::Contexts(request_id, Ok(vec![entry("prod"), entry("test")])),
        now(),
    );
    assert!(matches!(
        model.overlays.as_slice(),
        [Overlay::Contexts(ContextPicker::Ready { .. })]
    ));
    let effects = press(&mut model, &["down", "enter"]);
    let [
        Effect::Connect {
            request_id: new,
            context: Some(context),
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!(context, "test");
    assert_ne!(*new, old);

    let late = pod("shop", "late", waiting("ErrImagePull", "x"));
    update(
        &mut model,
        Message::Batch(old, StoreUpdate::Pods(upserted(vec![late]))),
        now(),
    );
    update(
        &mut model,
        Message::Connected(old, Ok(identity(Some("shop")))),
        now(),
    );
    assert_eq!(model.store.pod_count(), 0);
    assert!(matches!(
        model.connection.phase,
        ConnectionPhase::Connecting { .. }
    ));
    assert_eq!(model.scope, Scope::Cluster);
}

#[test]
fn a_context_that_cannot_be_reached_says_so_and_another_can_be_tried() {
    let mut model = model();
    let effects = press(&mut model, &["ctrl-r"]);
    let [
        Effect::Connect {
            request_id,
            context: Some(_),
        },
    ] = effects[..]
    else {
        panic!("{effects:?}")
    };
    let problem = UserError::new("cannot reach the server").with_cause("connection refused");
    update(
        &mut model,
        Message::Connected(request_id, Err(problem)),
        now(),
    );
    assert_eq!(model.connection.health(&model.scope), WatchHealth::Failed);
    assert!(matches!(
        press(&mut model, &["ctrl-r"])[..],
        [Effect::Connect { .. }]
    ));
}

#[test]
fn the_contexts_namespace_is_looked_at_unless_another_was_asked_for() {
    for (start, expected) in [
        (
            StartScope::FromContext,
            Scope::Namespace(Namespace::new("team")),
        ),
        (StartScope::All, Scope::Cluster),
        (
            StartScope::Namespace(Namespace::new("mine")),
            Scope::Namespace(Namespace::new("mine")),
        ),
    ] {
        let mut model = Model::new(&start, now());
        let request_id = model.connection.request_id;
        update(
            &mut model,
            Message::Connected(request_id, Ok(identity(Some("team")))),
            now(),
        );
        assert_eq!(model.scope, expected, "{start:?}");
    }
}

#[test]
fn a_namespace_that_cannot_be_listed_can_be_named() {
    let mut model = model();
    press(&mut model, &[":"]);
    typed(&mut model, "ns hidden");
    let effects = press(&mut model, &["enter"]);
    assert!(
        matches!(&effects[..], [Effect::WatchScope(Scope::Namespace(namespace))] if namespace.as_str() == "hidden")
    );
    assert_eq!(model.scope, Scope::Namespace(Namespace::new("hidden")));
    // Watches that begin afresh have forgotten it.
    let effects = press(&mut model, &["ctrl-r"]);
    assert!(
        matches!(&effects[..], [Effect::Connect { .. }, Effect::WatchNamespace(namespace)]
            if namespace.as_str() == "hidden"),
        "{effects:?}"
    );
}

#[test]
fn in_open_details_the_namespace_is_that_of_their_object() {
    let mut model = model();
    press(&mut model, &["g", "enter"]);
    model.focus = Pane::Secrets;
    model.panes.secrets.list.select(&key("pay", "hub"));
    press(&mut model, &[":"]);
    typed(&mut model, "copy-namespace");
    let copied = press(&mut model, &["enter"]);
    assert_eq!(copied, [Effect::Copy("shop".to_owned())]);
}

#[test]
fn the_words_of_a_problem_are_copied_and_no_name_below_it() {
    let mut model = model();
    let problem = UserError::new("cannot write a.yaml").with_cause("it is there");
    let words = problem.to_string();
    update(&mut model, Message::Saved(Err(problem)), now());
    assert_eq!(press(&mut model, &["c"]), [Effect::Copy(words)]);
}

#[test]
fn stale_data_is_said_to_be_stale_until_it_is_live_again() {
    let mut model = model();
    let request_id = model.connection.request_id;
    let id = WatchId {
        kind: WatchKind::Pods,
        scope: Scope::Cluster,
    };
    let stale = WatchState::Stale {
        since: seconds_ago(12),
        why: "connection refused".into(),
    };
    update(
        &mut model,
        Message::Watch(request_id, id.clone(), stale),
        now(),
    );
    assert!(
        matches!(model.connection.health(&model.scope), WatchHealth::Stale { since, .. } if since == seconds_ago(12))
    );
    assert!(refresh::next_wakeup(&model, now()).is_some());
    update(
        &mut model,
        Message::Watch(request_id, id, WatchState::Live),
        now(),
    );
    assert_eq!(model.connection.health(&model.scope), WatchHealth::Live);
}

#[test]
fn an_unknown_command_names_the_nearest() {
    let mut model = model();
    press(&mut model, &[":"]);
    typed(&mut model, "zzz");
    press(&mut model, &["enter"]);
    assert_eq!(
        model.status.as_ref().unwrap().text,
        "unknown command \"zzz\"; ctrl-a lists all commands"
    );
}

#[test]
fn the_help_is_closed_by_the_key_that_opens_it() {
    let mut model = model();
    press(&mut model, &["?"]);
    assert_eq!(model.overlays.len(), 1);
    press(&mut model, &["?"]);
    assert!(model.overlays.is_empty());
}

#[test]
fn keys_that_k9s_users_have_in_their_fingers() {
    let mut model = model();
    let copied = press(&mut model, &["e"]);
    let [Effect::Copy(command)] = &copied[..] else {
        panic!("{copied:?}")
    };
    assert!(
        command.starts_with("kubectl edit -n shop pod "),
        "{command}"
    );

    press(&mut model, &["i"]);
    let Some(Overlay::Form(form)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    let image = form.fields[0].value().to_owned();
    assert!(image.starts_with("registry.example/"), "{image}");
    press(&mut model, &["esc"]);

    press(&mut model, &["ctrl-k"]);
    assert!(matches!(
        model.overlays.last(),
        Some(Overlay::PlanDialog(_))
    ));
    press(&mut model, &["esc", "ctrl-a"]);
    assert!(matches!(model.overlays.last(), Some(Overlay::Palette(_))));
    press(&mut model, &["esc", "w"]);
    assert_eq!(model.scope, Scope::Namespace(Namespace::new("shop")));
    press(&mut model, &["["]);
    assert_eq!(model.scope, Scope::Cluster);
}

#[test]
fn a_pod_without_a_controller_gets_another_image_itself() {
    let mut model = model();
    let request_id = model.connection.request_id;
    let bare = pod("shop", "alone", waiting("ErrImagePull", "denied"));
    update(
        &mut model,
        Message::Batch(request_id, StoreUpdate::Pods(upserted(vec![bare]))),
        now(),
    );
    press(&mut model, &["/"]);
    typed(&mut model, "alone");
    press(&mut model, &["enter", "i"]);
    let Some(Overlay::Form(form)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    assert_eq!(form.spec.title(), "New image for app in Pod/alone");
}

#[test]
fn names_of_k9s_resources_say_that_there_is_no_view_and_do_nothing() {
    for name in [
        "rs", "no", "cm", "deploy", "dp", "svc", "sts", "sc", "ep", "ds", "pv", "rb",
    ] {
        let mut model = model();
        press(&mut model, &["g", ":"]);
        typed(&mut model, name);
        assert_eq!(press(&mut model, &["enter"]), [], ":{name}");
        assert!(model.overlays.is_empty(), ":{name}: {:?}", model.overlays);
        let said = model.status.clone().unwrap().text;
        assert!(said.starts_with("pullscope has no "), ":{name}: {said}");
    }
}

#[test]
fn a_part_of_the_name_of_what_writes_is_not_run_by_enter() {
    let mut model = model();
    for part in ["resta", "rst", "und", "copy-im", "fi"] {
        press(&mut model, &["g", ":"]);
        typed(&mut model, part);
        assert_eq!(press(&mut model, &["enter", "enter"]), [], ":{part}");
        let Some(Overlay::Palette(palette)) = model.overlays.last() else {
            panic!(":{part}: {:?}", model.overlays)
        };
        assert!(palette.unconfirmed.is_some(), ":{part}");
        press(&mut model, &["esc"]);
    }
    press(&mut model, &[":"]);
    typed(&mut model, "resta");
    press(&mut model, &["enter", "tab", "enter"]);
    assert!(matches!(
        model.overlays.last(),
        Some(Overlay::PlanDialog(_))
    ));
    press(&mut model, &["esc", ":"]);
    typed(&mut model, "pod shop");
    press(&mut model, &["enter"]);
    assert_eq!(model.scope, Scope::Namespace(Namespace::new("shop")));
    assert_eq!(model.focus, Pane::Pods);
}
