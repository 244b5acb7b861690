//! What a fix is for: the entry that was refused, and the workload of the selected Pod.

use crate::{
    app::{
        effect::Effect,
        form::FieldId,
        model::Model,
        overlay::Overlay,
        refresh,
        update::tests::{model, press, typed},
    },
    domain::{
        fixtures::{now, secret, upserted, waiting, with_passwords},
        k8s::{objects::SecretType, pod_status::PodHealth},
        plan::{AuthEdit, Change, FormSpec},
        registry_auth::credential::FingerprintKey,
        store::{
            update::StoreUpdate,
            watch::{Scope, SecretWatch},
        },
    },
};

fn fold(model: &mut Model, batch: StoreUpdate) {
    model.store.apply(batch, now());
    refresh::refresh(model, refresh::Heights::from_fn(|_| 20), now());
}

/// Two Secrets that share the refused credential, and hold one for another registry in front of it.
fn with_another_entry_in_front(model: &mut Model) {
    let entries = [("other.example", "bob"), ("registry.example", "shop-bot")];
    let keys = FingerprintKey::default();
    let holder = |namespace| {
        let secret = secret(namespace, "regcred", SecretType::DockerConfigJson, &entries);
        with_passwords(&keys, secret, &["bobs", "refused"])
    };
    let secrets = upserted(vec![holder("shop"), holder("pay")]);
    fold(
        model,
        StoreUpdate::Secrets(SecretWatch::DockerConfigJson, secrets),
    );
}

#[test]
fn the_registry_of_the_suggested_image_is_asked_too_and_the_form_is_filled_in_with_it() {
    let mut model = model();
    let image = "docker.io/bitnami/redis:7.2";
    let failing = model.store.pods_in(PodHealth::PullFailing, &Scope::Cluster);
    let mut pods: Vec<_> = failing.map(|pod| (**pod).clone()).collect();
    for pod in &mut pods {
        let error = format!("failed to resolve reference \"{image}\": {image}: not found");
        pod.containers[0].image = image.into();
        pod.containers[0].state = waiting("ErrImagePull", &error);
    }
    fold(&mut model, StoreUpdate::Pods(upserted(pods)));
    let effects = press(&mut model, &["g", "t"]);
    let asked: Vec<String> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::ProbeImage { query, .. } => Some(query.image.to_string()),
            _ => None,
        })
        .collect();
    let legacy = "docker.io/bitnamilegacy/redis:7.2";
    assert_eq!(asked, [image, legacy]);
    press(&mut model, &["esc", "ctrl-x"]);
    let Some(Overlay::Form(form)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    assert_eq!(form.text(FieldId::Image), legacy);
}

#[test]
fn a_new_token_is_for_the_refused_entry_wherever_it_stands_in_the_secret() {
    let mut model = model();
    with_another_entry_in_front(&mut model);
    press(&mut model, &["g", "ctrl-x"]);
    let Some(Overlay::Form(form)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    let FormSpec::Rotate { spreads, .. } = &form.spec else {
        panic!("{:?}", form.spec)
    };
    let title = form.spec.title();
    assert!(title.contains("Secret shop/regcred"), "{title}");
    let of: Vec<_> = spreads
        .iter()
        .map(|spread| (&*spread.username, &*spread.server))
        .collect();
    assert_eq!(of, [("shop-bot", "registry.example")]);
    typed(&mut model, "a-new-token");
    press(&mut model, &["enter"]);
    let effects = press(&mut model, &["enter"]);
    let [Effect::DryRun { plan, .. }, Effect::CheckCredential { .. }] = &effects[..] else {
        panic!("the registry is asked about it: {effects:?}")
    };
    let mut renewed = 0;
    for change in &plan.0.changes {
        if let Change::EditSecret(change) = change {
            let AuthEdit::ReplaceCredentials { servers, .. } = &change.edit else {
                panic!("{change:?}")
            };
            assert_eq!(servers, &["registry.example"], "no other entry");
            renewed += 1;
        }
    }
    assert_eq!(renewed, 1, "a fix of one workload changes its own Secret");
    let notes = plan.0.notes.join("\n");
    assert!(
        notes.contains("1 Secret keeps the old credential."),
        "{notes}"
    );
}

#[test]
fn a_refused_entry_that_no_other_secret_shares_is_asked_for_alone() {
    let mut model = model();
    let entries = [("other.example", "bob"), ("registry.example", "shop-bot")];
    let keys = FingerprintKey::default();
    let holder = |namespace, password| {
        let secret = secret(namespace, "regcred", SecretType::DockerConfigJson, &entries);
        with_passwords(&keys, secret, &["bobs", password])
    };
    let secrets = upserted(vec![holder("shop", "refused"), holder("pay", "taken")]);
    fold(
        &mut model,
        StoreUpdate::Secrets(SecretWatch::DockerConfigJson, secrets),
    );
    press(&mut model, &["g", "ctrl-x"]);
    let Some(Overlay::Form(form)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    let FormSpec::Login {
        server, username, ..
    } = &form.spec
    else {
        panic!("it is bob's that two share: {:?}", form.spec)
    };
    assert_eq!((&**server, &**username), ("registry.example", "shop-bot"));
}
