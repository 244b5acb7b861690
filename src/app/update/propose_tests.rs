//! From a diagnosis to a change: what is asked, what is shown, and that nothing is done unasked.

use std::sync::Arc;

use super::{
    super::{
        effect::Effect, message::Message, model::Model, overlay::Overlay, plan_dialog::PlanStage,
    },
    plan_dialog,
    tests::{model, press, typed},
    update,
};
use crate::domain::{
    fixtures::{key, now},
    k8s::objects::{WorkloadKind, WorkloadRef},
    plan::{
        Change, ChangeResult, ContainerImage, ContainerList, ConvertSecret, Converted,
        ObjectSnapshot, Observed, Outcome, Plan, Restartable, Rewritten, SetImage, TakeBack,
        Undoable,
    },
    probe::{ProbeConclusion, PullAnswer},
};

const CANARY: &str = "canary-token-3141";

fn type_text(model: &mut Model, text: &str) {
    for c in text.chars() {
        let effects = press(model, &[&c.to_string()]);
        assert!(effects.is_empty(), "typing does nothing but type");
    }
}

/// The form for the refused credential, filled in; the effects of its end.
fn confirm_form(model: &mut Model) -> Vec<Effect> {
    press(model, &["g", "ctrl-x"]);
    assert!(matches!(model.overlays.last(), Some(Overlay::Form(_))));
    type_text(model, CANARY);
    press(model, &["enter"])
}

/// Every change is, or would be, made.
fn all_well(count: usize) -> Vec<ChangeResult> {
    vec![ChangeResult::new(Outcome::Applied); count]
}

fn stage(model: &Model) -> &PlanStage {
    match model.overlays.last() {
        Some(Overlay::PlanDialog(dialog)) => &dialog.stage,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_fix_is_asked_for_shown_dry_run_and_only_then_made() {
    let mut model = model();
    let effects = confirm_form(&mut model);
    let [
        Effect::DryRun { request_id, plan },
        Effect::CheckCredential { .. },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert!(matches!(plan.0.changes[0], Change::EditSecret(_)));
    assert_eq!(
        press(&mut model, &["enter"]),
        [],
        "not before the server has spoken"
    );
    let all = plan.0.changes.len();
    update(
        &mut model,
        Message::DryRunDone(*request_id, all_well(all)),
        now(),
    );
    assert!(matches!(stage(&model), PlanStage::Ready(_)));
    let Some(Overlay::PlanDialog(dialog)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    let shown = dialog.plan.clone();
    let effects = press(&mut model, &["enter"]);
    let [Effect::Apply { request_id, plan }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*plan, shown, "what was shown is what is done");
    let step = Message::ApplyProgress(*request_id, 0, Outcome::Applied);
    update(&mut model, step, now());
    assert!(matches!(stage(&model), PlanStage::Applying(_, so_far) if so_far.len() == 1));
    let carried = Message::Applied(*request_id, plan.clone(), all_well(all));
    update(&mut model, carried, now());
    assert!(matches!(
        stage(&model),
        PlanStage::Done {
            recovered: None,
            ..
        }
    ));
}

#[test]
fn who_quits_is_told_of_a_secret_that_is_in_this_session_only() {
    let mut model = model();
    let plan = Plan::new(
        "Convert",
        vec![Change::convert_secret(key("shop", "regcred"))],
    );
    let effects = plan_dialog::open(&mut model, plan, None, now());
    let Some(Effect::DryRun { request_id, .. }) = effects.first() else {
        panic!("{effects:?}")
    };
    let done = vec![ChangeResult::new(Outcome::Applied)];
    update(&mut model, Message::DryRunDone(*request_id, done), now());
    let effects = press(&mut model, &["enter"]);
    let [Effect::Apply { plan, request_id }] = &effects[..] else {
        panic!("{effects:?}")
    };
    let done = vec![ChangeResult {
        is_lost: true,
        ..ChangeResult::new(Outcome::Failed("507".to_owned()))
    }];
    update(
        &mut model,
        Message::Applied(*request_id, plan.clone(), done),
        now(),
    );
    assert_eq!(press(&mut model, &["ctrl-c"]), []);
    let told = model.status.as_ref().map(|flash| flash.text.clone());
    let told = told.unwrap();
    assert!(told.contains("Secret shop/regcred"), "{told}");
    // `u` means something else in the Secrets pane.
    assert!(told.contains(":undo restores it"), "{told}");
    assert_eq!(press(&mut model, &["ctrl-c"]), [Effect::Quit]);
}

#[test]
fn what_the_dry_run_found_is_shown_and_must_be_there_when_it_is_made() {
    let mut model = model();
    let workload = Restartable::new(WorkloadRef {
        kind: WorkloadKind::Deployment,
        key: key("shop", "checkout"),
    });
    let set = SetImage::new(workload.unwrap().into(), "app".into(), "a:2");
    let plan = Plan::new("Another image", vec![set.clone().into()]);
    let effects = plan_dialog::open(&mut model, plan, None, now());
    let Some(Effect::DryRun { request_id, .. }) = effects.first() else {
        panic!("{effects:?}")
    };
    let observed = Observed {
        uid: "u".to_owned(),
        value: ContainerImage {
            list: ContainerList::Containers,
            image: "live:9".into(),
        },
    };
    let found = |observed: &Observed<ContainerImage>| {
        let before = Some(observed.clone());
        Some(Change::SetImage(SetImage {
            before,
            ..set.clone()
        }))
    };
    let done = ChangeResult {
        found: found(&observed),
        ..ChangeResult::new(Outcome::Applied)
    };
    update(
        &mut model,
        Message::DryRunDone(*request_id, vec![done]),
        now(),
    );
    let Some(Overlay::PlanDialog(dialog)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    let shown = dialog.plan.clone();
    let lines = shown.0.changes[0].preview();
    assert!(lines.iter().any(|line| line.text.contains("live:9")));
    let effects = press(&mut model, &["enter"]);
    let [Effect::Apply { plan, request_id }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*plan, shown);
    let Change::SetImage(SetImage { before, .. }) = &plan.0.changes[0] else {
        panic!("{plan:?}")
    };
    assert_eq!(before.as_ref(), Some(&observed));
    // Somebody was faster.
    let theirs = Observed {
        value: ContainerImage {
            image: "theirs:1".into(),
            ..observed.value.clone()
        },
        ..observed
    };
    let late = ChangeResult {
        found: found(&theirs),
        ..ChangeResult::new(Outcome::Failed("somebody has changed it".to_owned()))
    };
    let carried = Message::Applied(*request_id, plan.clone(), vec![late]);
    update(&mut model, carried, now());
    let Some(Overlay::PlanDialog(dialog)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    let lines = dialog.plan.0.changes[0].preview();
    assert!(lines.iter().any(|line| line.text.contains("theirs:1")));
}

#[test]
fn what_the_server_refuses_cannot_be_applied() {
    let mut model = model();
    let effects = confirm_form(&mut model);
    let [
        Effect::DryRun { request_id, .. },
        Effect::CheckCredential { .. },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    let refused = ChangeResult::new(Outcome::Failed("you may not patch secrets".into()));
    update(
        &mut model,
        Message::DryRunDone(*request_id, vec![refused]),
        now(),
    );
    assert_eq!(press(&mut model, &["enter"]), []);
    assert!(matches!(stage(&model), PlanStage::Ready(_)));
}

#[test]
fn read_only_asks_and_does_nothing() {
    let mut model = model();
    model.capabilities.can_write = false;
    for keys in [
        &["g", "ctrl-x"][..],
        &["+"],
        &["r"],
        &["b"],
        &["ctrl-d"],
        &["tab", "tab", "+"],
        &["b"],
        &["R"],
        &["C"],
        &["ctrl-d"],
        &["shift-tab", "b"],
        &["ctrl-d"],
        &[":", "u", "n", "d", "o", "enter"],
        &[":", "s", "e", "t", "u", "p", "enter"],
    ] {
        assert_eq!(press(&mut model, keys), []);
        assert!(model.overlays.is_empty(), "{keys:?}");
    }
}

#[test]
fn a_typed_token_is_not_dropped_by_one_esc_and_is_in_no_words() {
    let mut model = model();
    press(&mut model, &["g", "ctrl-x"]);
    type_text(&mut model, CANARY);
    press(&mut model, &["esc"]);
    assert!(matches!(model.overlays.last(), Some(Overlay::Form(_))));
    let effects = press(&mut model, &["enter"]);
    assert!(!format!("{effects:?}").contains(CANARY));
    let copied = press(&mut model, &["c"]);
    assert!(!format!("{copied:?}").contains(CANARY));
    press(&mut model, &["esc", "esc", "esc"]);
    assert!(model.overlays.is_empty());
}

#[test]
fn a_login_that_the_registry_refuses_is_not_saved_by_one_key() {
    let mut model = model();
    let effects = confirm_form(&mut model);
    let [
        Effect::DryRun { request_id, plan },
        Effect::CheckCredential { .. },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    let done = all_well(plan.0.changes.len());
    update(&mut model, Message::DryRunDone(*request_id, done), now());
    let conclusion = ProbeConclusion {
        answer: PullAnswer::No,
        cause: None,
        root: None,
        alternatives: Vec::new(),
        ruled_out: Vec::new(),
        suggestion: None,
        tags: Vec::new(),
        summary: "registry.example rejects the login".into(),
    };
    update(
        &mut model,
        Message::CredentialChecked(*request_id, Box::new(conclusion)),
        now(),
    );
    assert_eq!(press(&mut model, &["enter"]), [], "told first");
    assert!(matches!(stage(&model), PlanStage::Ready(_)));
    let effects = press(&mut model, &["enter"]);
    assert!(
        matches!(effects[..], [Effect::Apply { .. }]),
        "asked for twice"
    );
}

#[test]
fn another_image_is_asked_for_before_it_is_set() {
    let mut model = model();
    press(&mut model, &["g", "i"]);
    type_text(&mut model, "2");
    let effects = press(&mut model, &["enter"]);
    let [
        Effect::DryRun {
            request_id: tried,
            plan,
        },
        Effect::ProbeImage { request_id, query },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!(query.image.to_string(), "registry.example/team/app:12");
    assert_eq!(query.secrets().len(), 1, "with what the Pod lists");
    let done = all_well(plan.0.changes.len());
    update(&mut model, Message::DryRunDone(*tried, done), now());
    let no = ProbeConclusion {
        answer: PullAnswer::No,
        cause: None,
        root: Some(crate::domain::diagnostics::RootCause::TagMissing),
        alternatives: Vec::new(),
        ruled_out: Vec::new(),
        suggestion: None,
        tags: Vec::new(),
        summary: "it is not there".into(),
    };
    update(
        &mut model,
        Message::ProbeDone(*request_id, Ok(Box::new(no))),
        now(),
    );
    assert_eq!(press(&mut model, &["enter"]), [], "told first");
    press(&mut model, &["esc"]);
    assert!(matches!(model.overlays.last(), Some(Overlay::Form(_))));
}

#[test]
fn a_registry_is_not_asked_twice_at_once_and_its_answer_is_kept() {
    use crate::app::probe_cache::ProbeState;
    let mut model = model();
    let effects = press(&mut model, &["g", "t"]);
    let [
        Effect::ProbeImage { request_id, query },
        Effect::ReadNode { .. },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!(query.image.repository(), "registry.example/team/app");
    assert_eq!(query.secrets().len(), 1);
    assert!(matches!(model.overlays.last(), Some(Overlay::Details(_))));
    assert_eq!(press(&mut model, &["t"]), [], "it is being asked");
    let problem = crate::domain::error::UserError::new("cannot read Secret shop/regcred");
    update(
        &mut model,
        Message::ProbeDone(*request_id, Err(problem)),
        now(),
    );
    let state = model.probes.get(query).unwrap();
    assert!(matches!(state, ProbeState::Failed(_)));
    assert_eq!(
        press(&mut model, &["t"]).len(),
        1,
        "and again when it has answered"
    );
}

#[test]
fn no_plan_is_made_while_the_lists_are_still_coming_in() {
    use crate::domain::{
        k8s::objects::WorkloadKind,
        store::watch::{Scope, WatchId, WatchKind, WatchState},
    };
    let mut model = model();
    press(&mut model, &["g"]);
    let id = WatchId {
        kind: WatchKind::Workloads(WorkloadKind::Deployment),
        scope: Scope::Cluster,
    };
    let listing = WatchState::Listing { received: 3 };
    let request_id = model.connection.request_id;
    update(&mut model, Message::Watch(request_id, id, listing), now());
    assert_eq!(press(&mut model, &["ctrl-x"]), []);
    assert!(model.overlays.is_empty());
}

/// Carries out the fix; what is answered when it has been made, and could be taken back.
fn made(model: &mut Model) -> Message {
    let effects = confirm_form(model);
    let [Effect::DryRun { request_id, plan }, ..] = &effects[..] else {
        panic!("{effects:?}")
    };
    let Change::EditSecret(edit) = &plan.0.changes[0] else {
        panic!("{plan:?}")
    };
    let object = serde_json::json!({"data": {".dockerconfigjson": CANARY}});
    let before = Rewritten {
        object: ObjectSnapshot::from_object(&object),
        written: 1,
    };
    let mut done = all_well(plan.0.changes.len());
    done[0].undo = Some(edit.undo(before));
    update(model, Message::DryRunDone(*request_id, done.clone()), now());
    let effects = press(model, &["enter"]);
    let [Effect::Apply { request_id, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    Message::Applied(*request_id, plan.clone(), done)
}

fn command(model: &mut Model, line: &str) -> Vec<Effect> {
    press(model, &[":"]);
    typed(model, line);
    press(model, &["enter"])
}

#[test]
fn a_cluster_is_left_when_its_changes_are_finished_and_they_are_taken_back_nowhere_else() {
    let mut model = model();
    let answer = made(&mut model);
    assert_eq!(command(&mut model, "ctx another"), []);
    let told = model.status.as_ref().map(|flash| flash.text.clone());
    assert!(told.unwrap().contains("in progress"));
    assert!(matches!(
        command(&mut model, "reconnect")[..],
        [Effect::Connect { .. }]
    ));
    update(&mut model, answer, now());
    assert_eq!(model.applied.len(), 1);
    assert!(matches!(
        command(&mut model, "ctx another")[..],
        [Effect::Connect { .. }]
    ));
    assert!(model.applied.is_empty());
}

#[test]
fn a_credential_that_nobody_waits_for_is_not_spoken_of() {
    let mut model = model();
    press(&mut model, &["g", "ctrl-x"]);
    let late = model.request_ids.next_id();
    let answer = Err("no such file".to_owned());
    update(&mut model, Message::Imported(late, answer), now());
    assert_eq!(model.status, None);
}

#[test]
fn what_was_carried_out_can_be_taken_back_once() {
    let mut model = model();
    assert_eq!(press(&mut model, &[":", "u", "n", "d", "o", "enter"]), []);
    assert!(model.overlays.is_empty(), "nothing to take back");
    let answer = made(&mut model);
    update(&mut model, answer, now());
    let effects = press(&mut model, &["u"]);
    let [Effect::DryRun { request_id, plan }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(matches!(&plan.0.changes[..], [Change::TakeBack(_)]));
    assert!(!format!("{plan:?}{:?}", model.applied).contains(CANARY));
    update(
        &mut model,
        Message::DryRunDone(*request_id, all_well(1)),
        now(),
    );
    let effects = press(&mut model, &["enter"]);
    let [Effect::Apply { request_id, plan }] = &effects[..] else {
        panic!("{effects:?}")
    };
    let (request_id, plan) = (*request_id, plan.clone());
    update(
        &mut model,
        Message::Applied(request_id, plan, all_well(1)),
        now(),
    );
    assert!(model.applied.is_empty());
}

/// Of two plans, the second is taken back while nobody looks any more: the first is next.
#[test]
fn what_takes_back_is_not_taken_back_itself() {
    let mut model = model();
    let first = made(&mut model);
    update(&mut model, first, now());
    press(&mut model, &["esc"]);
    let second = made(&mut model);
    let Message::Applied(_, _, made) = &second else {
        panic!("{second:?}")
    };
    let made = made.clone();
    update(&mut model, second, now());
    assert_eq!(model.applied.len(), 2);
    let effects = press(&mut model, &["u"]);
    let [Effect::DryRun { request_id, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    update(
        &mut model,
        Message::DryRunDone(*request_id, all_well(1)),
        now(),
    );
    let effects = press(&mut model, &["enter"]);
    let [Effect::Apply { request_id, plan }] = &effects[..] else {
        panic!("{effects:?}")
    };
    let (request_id, plan) = (*request_id, plan.clone());
    model.overlays.clear();
    update(
        &mut model,
        Message::Applied(request_id, plan, made[..1].to_vec()),
        now(),
    );
    let left: Vec<_> = model
        .applied
        .iter()
        .map(|applied| &applied.undo.0)
        .collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(
        matches!(&left[0].changes[..], [Change::TakeBack(TakeBack { change, .. })]
        if !matches!(**change, Change::TakeBack(_)))
    );
}

#[test]
fn one_fix_for_all_that_suffer_from_the_same() {
    let mut model = model();
    press(&mut model, &["W"]);
    let Some(Overlay::Faults(faults)) = model.overlays.last() else {
        panic!("no list of faults")
    };
    let fault = model
        .diagnoses
        .fault(faults.list.selected().unwrap())
        .unwrap();
    let pods = fault.pods.len();
    assert!(pods > 1, "the first fault has several Pods");
    press(&mut model, &["ctrl-x"]);
    type_text(&mut model, CANARY);
    let effects = press(&mut model, &["enter", "enter"]);
    let Some(Effect::DryRun { plan, .. }) = effects.first() else {
        panic!("{effects:?}")
    };
    let retried = plan.0.changes.iter();
    let retried = retried.filter(|change| matches!(change, Change::DeletePod(_)));
    assert_eq!(retried.count(), pods);
}

#[test]
fn an_export_names_no_credential() {
    let mut model = model();
    confirm_form(&mut model);
    press(&mut model, &["y"]);
    let effects = press(&mut model, &["enter", "enter"]);
    let [Effect::Copy(text)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(
        text.contains("kind: Secret") && !text.contains(CANARY),
        "{text}"
    );
    press(&mut model, &["y", "tab", "right", "tab"]);
    type_text(&mut model, "out.yaml");
    let effects = press(&mut model, &["enter"]);
    assert!(
        matches!(&effects[..], [Effect::Save { path, text }] if path == "out.yaml" && !text.contains(CANARY)),
        "{effects:?}"
    );
}

#[test]
fn a_secret_is_tested_with_all_images_that_are_pulled_with_it() {
    use crate::{
        app::probe_cache::ProbeRecord,
        domain::{diagnostics::EvidenceSource, k8s::objects::AnyObjectRef},
    };
    let mut model = model();
    press(&mut model, &[":", "s", "e", "c", "enter", "N", "g"]);
    assert_eq!(press(&mut model, &["t"]), [], "no image is pulled with it");
    assert!(model.status.is_some() && model.overlays.is_empty());
    let effects = press(&mut model, &["G", "t"]);
    let [Effect::ProbeImage { request_id, query }] = &effects[..] else {
        panic!("{effects:?}")
    };
    let Some(Overlay::Details(details)) = model.overlays.last() else {
        panic!("the Secret is not shown")
    };
    let AnyObjectRef::Secret(key) = details.object.clone() else {
        panic!("{:?}", details.object)
    };
    assert_eq!(query.secrets().collect::<Vec<_>>(), [&key]);
    assert_eq!(press(&mut model, &["t"]), [], "it is being asked");
    let conclusion = ProbeConclusion {
        answer: PullAnswer::No,
        cause: Some(crate::domain::diagnostics::Cause::Unauthorized),
        root: Some(crate::domain::diagnostics::RootCause::CredentialRejected),
        alternatives: Vec::new(),
        ruled_out: Vec::new(),
        suggestion: None,
        tags: Vec::new(),
        summary: "the registry refuses the credential".to_owned(),
    };
    update(
        &mut model,
        Message::ProbeDone(*request_id, Ok(Box::new(conclusion))),
        now(),
    );
    let secret = model.store.secret(&key).unwrap();
    let said: Vec<&ProbeRecord> = model.probes.for_secret(secret, now()).collect();
    assert!(matches!(
        said[..],
        [ProbeRecord {
            source: EvidenceSource::Registry,
            ..
        }]
    ));
    assert_eq!(press(&mut model, &["t"]).len(), 1, "and again");
}

/// Two Deployments with containers of their own names, which wait for one image that is not there.
fn two_with_one_missing_image() -> Model {
    use crate::domain::{
        fixtures::{owned, pod, upserted, waiting, workload},
        k8s::objects::WorkloadKind,
        store::update::StoreUpdate,
    };
    let message = "failed to pull and unpack image \"registry.example/team/app:9\": registry.example/team/app:9: not found";
    let mut model = model();
    for (name, container) in [("aaa", "proxy"), ("web", "app")] {
        let mut deployment = workload(WorkloadKind::Deployment, "shop", name, None);
        let image = "registry.example/team/app:9";
        deployment.images = [(container.into(), image.into())].into();
        let set = format!("{name}-1");
        let of = workload(WorkloadKind::ReplicaSet, "shop", &set, Some(name));
        let mut pod = owned(
            pod(
                "shop",
                &format!("{set}-x"),
                waiting("ErrImagePull", message),
            ),
            &set,
        );
        pod.containers[0].name = container.into();
        pod.containers[0].image = image.into();
        for batch in [
            StoreUpdate::Workloads(WorkloadKind::Deployment, upserted(vec![deployment])),
            StoreUpdate::Workloads(WorkloadKind::ReplicaSet, upserted(vec![of])),
            StoreUpdate::Pods(upserted(vec![pod])),
        ] {
            model.store.apply(batch, now());
        }
    }
    crate::app::refresh::refresh(
        &mut model,
        crate::app::refresh::Heights::from_fn(|_| 20),
        now(),
    );
    model
}

fn form_title(model: &Model) -> String {
    match model.overlays.last() {
        Some(Overlay::Form(form)) => form.spec.title(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_fault_that_several_share_is_fixed_in_the_selected_one() {
    for (pod, title) in [
        ("web-1-x", "New image for app in Deployment/web"),
        ("aaa-1-x", "New image for proxy in Deployment/aaa"),
    ] {
        let mut model = two_with_one_missing_image();
        press(&mut model, &["/"]);
        typed(&mut model, pod);
        press(&mut model, &["enter", "ctrl-x"]);
        assert_eq!(form_title(&model), title);
    }
}

#[test]
fn for_all_that_share_a_fault_the_plan_lists_each() {
    let mut model = two_with_one_missing_image();
    press(&mut model, &["W"]);
    let Some(Overlay::Faults(faults)) = model.overlays.last() else {
        panic!("no list of faults")
    };
    let of_image = |id: &&crate::domain::diagnostics::grouping::FaultId| {
        matches!(
            id.blame,
            crate::domain::diagnostics::grouping::BlamedObject::Image(_)
        )
    };
    let rows = faults.list.rows();
    let at = rows.iter().position(|id| of_image(&id)).unwrap();
    press(&mut model, &vec!["down"; at]);
    press(&mut model, &["ctrl-x"]);
    assert_eq!(form_title(&model), "New image for 2 workloads");
    press(&mut model, &["backspace", "1"]);
    let effects = press(&mut model, &["enter"]);
    let Some(Effect::DryRun { plan, .. }) = effects.first() else {
        panic!("{effects:?}")
    };
    let said: Vec<String> = plan.0.changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "Set image of proxy in Deployment/aaa to registry.example/team/app:1",
            "Set image of app in Deployment/web to registry.example/team/app:1",
        ]
    );
}

#[test]
fn another_fault_is_no_recovery_and_its_fix_is_one_key_away() {
    use crate::domain::{
        fixtures::{key, owned, pod, removed, running, upserted, waiting},
        store::update::StoreUpdate,
    };
    let mut model = model();
    let answer = made(&mut model);
    update(&mut model, answer, now());
    let recovered = |model: &Model| match stage(model) {
        PlanStage::Done { recovered, .. } => recovered.is_some(),
        other => panic!("{other:?}"),
    };
    let names = [0, 1, 2].map(|n| format!("checkout-5c9f-{n}"));
    let old = names.iter().map(|name| key("shop", name)).collect();
    model.store.apply(StoreUpdate::Pods(removed(old)), now());
    let none_yet = crate::app::refresh::refresh;
    none_yet(
        &mut model,
        crate::app::refresh::Heights::from_fn(|_| 20),
        now(),
    );
    assert!(!recovered(&model), "the fault is gone, the Pods are too");
    let missing = "failed to pull image \"registry.example/team/app:1\": registry.example/team/app:1: not found";
    let put = |model: &mut Model, state: crate::domain::k8s::objects::ContainerState, uid: &str| {
        let pods = ["x", "y", "z"].map(|name| {
            let name = format!("checkout-5c9f-{name}");
            let mut pod = owned(pod("shop", &name, state.clone()), "checkout-5c9f");
            pod.meta.uid = format!("{name}-{uid}").as_str().into();
            pod
        });
        model
            .store
            .apply(StoreUpdate::Pods(upserted(pods.to_vec())), now());
        crate::app::refresh::refresh(model, crate::app::refresh::Heights::from_fn(|_| 20), now());
    };
    put(&mut model, waiting("ErrImagePull", missing), "1");
    assert!(!recovered(&model));
    let Some(Overlay::PlanDialog(dialog)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    let remaining = dialog
        .remaining_failure(&model.store, &model.diagnoses)
        .unwrap();
    assert_eq!((remaining.failing, remaining.pods), (3, 3));
    press(&mut model, &["ctrl-x"]);
    assert_eq!(
        form_title(&model),
        "New image for app in Deployment/checkout"
    );
    press(&mut model, &["esc"]);
    put(&mut model, running(), "1");
    assert!(recovered(&model));
    // What has recovered is judged on.
    put(&mut model, waiting("ErrImagePull", missing), "1");
    let Some(Overlay::PlanDialog(dialog)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    assert!(dialog.stage.has_recovered());
    let remaining = dialog
        .remaining_failure(&model.store, &model.diagnoses)
        .unwrap();
    assert_eq!(remaining.failing, 3);
    press(&mut model, &["ctrl-x"]);
    assert_eq!(
        form_title(&model),
        "New image for app in Deployment/checkout"
    );
    press(&mut model, &["esc"]);
    put(&mut model, running(), "1");
    press(&mut model, &["esc"]);
    assert!(model.overlays.is_empty(), "{:?}", model.overlays);
}

#[test]
fn the_next_fix_is_closed_with_the_plan_and_the_form_before_it() {
    let mut model = model();
    let answer = made(&mut model);
    update(&mut model, answer, now());
    assert!(matches!(
        model.overlays[..],
        [Overlay::Form(_), Overlay::PlanDialog(_)]
    ));
    carried_out(&mut model, restart(), all_well(1));
    press(&mut model, &["enter"]);
    assert!(model.overlays.is_empty(), "{:?}", model.overlays);
}

/// Carries out a plan whose changes all end so; the model as its view is shown.
fn carried_out(model: &mut Model, plan: Plan, done: Vec<ChangeResult>) {
    let count = plan.changes.len();
    let effects = plan_dialog::open(model, plan, None, now());
    let Some(Effect::DryRun { request_id, .. }) = effects.first() else {
        panic!("{effects:?}")
    };
    update(
        model,
        Message::DryRunDone(*request_id, all_well(count)),
        now(),
    );
    let effects = press(model, &["enter"]);
    let [Effect::Apply { request_id, plan }] = &effects[..] else {
        panic!("{effects:?}")
    };
    update(
        model,
        Message::Applied(*request_id, plan.clone(), done),
        now(),
    );
}

fn restart() -> Plan {
    let workload = Restartable::new(WorkloadRef {
        kind: WorkloadKind::Deployment,
        key: key("shop", "checkout"),
    });
    Plan::new("Restart", vec![Change::restart(workload.unwrap())])
}

fn status_text(model: &Model) -> &str {
    model.status.as_ref().map_or("", |flash| &flash.text)
}

#[test]
fn a_plan_that_cannot_be_undone_does_not_undo_another() {
    use super::super::action::Action;
    let mut model = model();
    let answer = made(&mut model);
    update(&mut model, answer, now());
    assert!(model.is_action_available(Action::Undo));
    press(&mut model, &["enter"]);
    assert_eq!(model.applied.len(), 1);
    carried_out(&mut model, restart(), all_well(1));
    assert!(!model.is_action_available(Action::Undo));
    assert_eq!(press(&mut model, &["u"]), []);
    assert_eq!(status_text(&model), "This change cannot be undone");
    assert!(stage(&model).is_done(), "the view stays");
    press(&mut model, &["enter"]);
    let effects = command(&mut model, "undo");
    let [Effect::DryRun { plan, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(plan.0.title.starts_with("Undo: "), "{}", plan.0.title);
    assert!(matches!(&plan.0.changes[..], [Change::TakeBack(_)]));
}

#[test]
fn a_failure_of_a_plan_whose_view_is_closed_is_told_until_it_is_seen() {
    let mut model = model();
    let Message::Applied(request_id, plan, _) = made(&mut model) else {
        panic!("it is carried out")
    };
    press(&mut model, &["esc", "esc", "esc"]);
    assert!(model.overlays.is_empty());
    let mut done = all_well(plan.0.changes.len());
    done[0] = ChangeResult::new(Outcome::Failed("403 Forbidden".to_owned()));
    let title = plan.0.title.clone();
    update(&mut model, Message::Applied(request_id, plan, done), now());
    let text = format!("Failed: {title}: 403 Forbidden");
    assert_eq!(status_text(&model), text);
    let later = now() + jiff::SignedDuration::from_hours(1);
    crate::app::refresh::refresh(
        &mut model,
        crate::app::refresh::Heights::from_fn(|_| 20),
        later,
    );
    let shown = |model: &Model| {
        let notice = model.notices.shown();
        notice.is_some_and(|notice| notice.text.starts_with(&text))
    };
    assert!(shown(&model));
    press(&mut model, &["esc"]);
    assert!(!shown(&model));
}

#[test]
fn a_secret_that_a_closed_plan_has_lost_is_named_first_and_undo_creates_it() {
    let mut model = model();
    let convert = Change::convert_secret(key("shop", "regcred"));
    let plan = Plan::new(
        "Recreate the Secret with the type that is read",
        vec![convert],
    );
    let effects = plan_dialog::open(&mut model, plan, None, now());
    let Some(Effect::DryRun { request_id, .. }) = effects.first() else {
        panic!("{effects:?}")
    };
    update(
        &mut model,
        Message::DryRunDone(*request_id, all_well(1)),
        now(),
    );
    let effects = press(&mut model, &["enter"]);
    let [Effect::Apply { plan, request_id }] = &effects[..] else {
        panic!("{effects:?}")
    };
    press(&mut model, &["esc"]);
    assert!(model.overlays.is_empty(), "{:?}", model.overlays);
    let lost = ChangeResult {
        is_lost: true,
        ..ChangeResult::new(Outcome::Failed("507 …".to_owned()))
    };
    let answer = Message::Applied(*request_id, plan.clone(), vec![lost]);
    update(&mut model, answer, now());
    let text = "Secret shop/regcred is deleted and not recreated: :undo restores it";
    assert_eq!(status_text(&model), text);
    let notice = model.notices.shown().unwrap();
    assert!(notice.text.starts_with(text), "{}", notice.text);
}

#[test]
fn where_nothing_is_to_change_enter_closes_the_plan() {
    let mut model = model();
    let effects = confirm_form(&mut model);
    let [Effect::DryRun { request_id, plan }, ..] = &effects[..] else {
        panic!("{effects:?}")
    };
    let unchanged = vec![ChangeResult::new(Outcome::Unchanged); plan.0.changes.len()];
    update(
        &mut model,
        Message::DryRunDone(*request_id, unchanged),
        now(),
    );
    assert!(stage(&model).changes_nothing() && !stage(&model).can_be_applied());
    assert_eq!(press(&mut model, &["enter"]), []);
    assert!(model.overlays.is_empty());
}

#[test]
fn nothing_recovers_by_a_plan_that_turned_out_to_be_made_already() {
    let mut model = model();
    let Message::Applied(request_id, plan, _) = made(&mut model) else {
        panic!("it is carried out")
    };
    let unchanged = vec![ChangeResult::new(Outcome::Unchanged); plan.0.changes.len()];
    update(
        &mut model,
        Message::Applied(request_id, plan, unchanged),
        now(),
    );
    crate::app::refresh::refresh(
        &mut model,
        crate::app::refresh::Heights::from_fn(|_| 20),
        now(),
    );
    let Some(Overlay::PlanDialog(dialog)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    assert_eq!(dialog.recovery(&model.store), None);
    assert!(!dialog.stage.has_recovered());
}

#[test]
fn what_the_server_refuses_is_not_offered() {
    use super::super::action::Action;
    let mut model = model();
    let effects = confirm_form(&mut model);
    let [Effect::DryRun { request_id, .. }, ..] = &effects[..] else {
        panic!("{effects:?}")
    };
    let refused = vec![ChangeResult::new(Outcome::Failed("403".into()))];
    update(&mut model, Message::DryRunDone(*request_id, refused), now());
    assert!(!model.is_action_available(Action::Apply));
    assert!(model.is_action_available(Action::Export));
}

#[test]
fn an_enter_that_was_pressed_too_early_hides_no_failure() {
    let mut model = model();
    let Message::Applied(request_id, plan, mut done) = made(&mut model) else {
        panic!("it is carried out")
    };
    done[0] = ChangeResult::new(Outcome::Failed("507: no room".to_owned()));
    update(&mut model, Message::Applied(request_id, plan, done), now());
    assert_eq!(model.notices.shown().map(|it| it.text.clone()), None);
    press(&mut model, &["enter"]);
    let shown = model.notices.shown().expect("the failure is shown");
    assert!(shown.text.contains("507: no room"), "{}", shown.text);
}

/// A Secret that exists only in this session is restored before anything else is taken back.
#[test]
fn undo_restores_a_lost_secret_first() {
    let mut model = model();
    let convert = ConvertSecret::new(key("shop", "old"));
    let undo = convert.undo(Converted {
        object: Arc::new(ObjectSnapshot::from_object(
            &serde_json::json!({"type": "Opaque"}),
        )),
        after: None,
    });
    let done = vec![ChangeResult {
        is_lost: true,
        undo: Some(undo),
        ..ChangeResult::new(Outcome::Failed("403".to_owned()))
    }];
    let plan = Plan::new("Convert", vec![convert.into()]);
    carried_out(&mut model, plan, done);
    press(&mut model, &["esc"]);
    let later = made(&mut model);
    update(&mut model, later, now());
    model.overlays.clear();
    assert_eq!(model.applied.len(), 2);
    let effects = command(&mut model, "undo");
    let [Effect::DryRun { plan, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(plan.0.title.contains("Convert"), "{}", plan.0.title);
}
