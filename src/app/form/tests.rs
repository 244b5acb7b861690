//! Forms filled in without a terminal: what is asked, what a word on an answer says, and which plan comes of it.

use super::*;
use crate::domain::{
    fixtures,
    k8s::{
        object_ref::{Name, Namespace},
        objects::{Secret, SecretType, Subject, WorkloadKind, WorkloadRef},
    },
    plan::{
        AccountPullSecrets, AttachSecret, Change, ConflictPolicy, Credentials, ImageOwner,
        ImageTarget, Reach,
    },
    registry_auth::credential::{FingerprintKey, Password},
    store::{update::StoreUpdate, watch::SecretWatch},
};

fn typed(form: &mut Form, store: &Store, id: FieldId, text: &str) {
    form.focus_field(id);
    assert_eq!(form.focused().unwrap().id, id, "it is asked");
    match &mut form.focused_mut().unwrap().input {
        FieldInput::Text(input) => *input = text.into(),
        FieldInput::Select(choice) => choice.choose_label(text),
        FieldInput::MultiSelect(picks) => {
            for row in &mut picks.rows {
                row.selected = text.split(' ').any(|name| name == row.name);
            }
        }
    }
    form.on_field_changed(store);
}

fn said(form: &Form, store: &Store) -> Vec<String> {
    let plan = form.plan(store).unwrap();
    plan.changes.iter().map(ToString::to_string).collect()
}

#[test]
fn another_image_names_the_tags_that_run_beside_it() {
    let mut store = Store::default();
    let pods = ["team/app:1", "team/other:3", "team/app:2"].map(|image| {
        let mut pod = fixtures::pod("shop", &image.replace(['/', ':'], "-"), fixtures::running());
        pod.containers[0].image = image.into();
        pod
    });
    store.apply(
        StoreUpdate::Pods(fixtures::upserted(pods.into())),
        fixtures::now(),
    );
    let workload = WorkloadRef {
        kind: WorkloadKind::Deployment,
        key: fixtures::key("shop", "web"),
    };
    let spec = FormSpec::Image {
        targets: vec![ImageTarget {
            owner: ImageOwner::new(Subject::Workload(workload)).unwrap(),
            container: "app".into(),
            before: "team/app:9".into(),
            resumes: None,
            pods: Vec::new(),
            jobs: Vec::new(),
        }],
        suggested: None,
        tags: Vec::new(),
        left_out: Vec::new(),
    };
    let form = Form::new(spec, None, &store);
    assert_eq!(
        form.hint(FieldId::Image, &store),
        "running in this namespace: 1, 2"
    );
}

#[test]
fn a_tag_of_the_registry_is_picked_into_the_image() {
    let store = Store::default();
    let workload = WorkloadRef {
        kind: WorkloadKind::Deployment,
        key: fixtures::key("shop", "web"),
    };
    let ask = |tags: &[&str]| FormSpec::Image {
        targets: vec![ImageTarget {
            owner: ImageOwner::new(Subject::Workload(workload.clone())).unwrap(),
            container: "app".into(),
            before: "registry.example/app:lastest".into(),
            pods: Vec::new(),
            jobs: Vec::new(),
            resumes: None,
        }],
        suggested: None,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        left_out: Vec::new(),
    };
    let mut form = Form::new(ask(&["latest", "1.0"]), None, &store);
    assert_eq!(
        form.hint(FieldId::Tag, &store),
        "lastest is not in the registry, which has 2 tags"
    );
    typed(&mut form, &store, FieldId::Tag, "latest");
    assert_eq!(form.hint(FieldId::Tag, &store), "in the registry: 2 tags");
    assert_eq!(form.text(FieldId::Image), "registry.example/app:latest");
    assert_eq!(
        said(&form, &store),
        ["Set image of app in Deployment/web to registry.example/app:latest"]
    );
    typed(
        &mut form,
        &store,
        FieldId::Image,
        "docker.io/library/nginx:1.27",
    );
    let why = "the tags are those of another repository";
    assert!(!form.has_visible_field(FieldId::Tag), "{why}");
    let form = Form::new(ask(&[]), None, &store);
    assert!(!form.has_visible_field(FieldId::Tag), "none are known");
}

#[test]
fn a_rotation_says_why_an_immutable_secret_is_unchecked() {
    let mut store = Store::default();
    let entry: &[_] = &[("registry.example", "bot")];
    let of = SecretType::DockerConfigJson;
    let plain = fixtures::secret("shop", "regcred", of, entry);
    let mut fixed = fixtures::with_passwords(&FingerprintKey::default(), plain, &["old"]);
    let hint = |secret: &Secret, wanted: Reach, store: &mut Store| {
        let secrets = fixtures::upserted(vec![secret.clone()]);
        let update = StoreUpdate::Secrets(SecretWatch::DockerConfigJson, secrets);
        store.apply(update, fixtures::now());
        let mut ask = FormSpec::for_rotation(store, &secret.key).unwrap();
        if let FormSpec::Rotate { reach, .. } = &mut ask {
            *reach = wanted;
        }
        Form::new(ask, None, store).hint(FieldId::Secrets, store)
    };
    assert_eq!(
        hint(&fixed, Reach::All, &mut store),
        "checked: have it for this registry"
    );
    assert_eq!(
        hint(&fixed, Reach::Selected, &mut store),
        "all have this login; only the checked ones get the new one"
    );
    fixed.immutable = true;
    for reach in [Reach::All, Reach::Selected] {
        assert_eq!(
            hint(&fixed, reach, &mut store),
            "unchecked: Secret shop/regcred is immutable; recreate it"
        );
    }
}

#[test]
fn the_first_setup_follows_from_few_answers() {
    let store = Store::default();
    let mut form = Form::new(FormSpec::Setup { namespace: None }, None, &store);
    typed(&mut form, &store, FieldId::Namespace, "shop");
    typed(&mut form, &store, FieldId::Image, "ghcr.io/acme/web_app:1");
    assert_eq!(form.text(FieldId::Server), "ghcr.io");
    assert_eq!(form.text(FieldId::Deployment), "web-app");
    let Err(PlanError::Field(bad)) = form.plan(&store) else {
        panic!("there is no login yet")
    };
    assert_eq!(form.fields[bad].id, FieldId::Username);
    typed(&mut form, &store, FieldId::Username, "acme");
    typed(&mut form, &store, FieldId::Token, "ghp_0123456789");
    typed(&mut form, &store, FieldId::Account, "web");
    assert_eq!(
        said(&form, &store),
        [
            "Create namespace shop",
            "Create pull secret shop/regcred for ghcr.io as acme",
            "Create ServiceAccount shop/web with regcred",
            "Create Deployment shop/web-app with ghcr.io/acme/web_app:1",
        ]
    );
    let plan = form.plan(&store).unwrap();
    let words = format!("{plan:?}{:?}", plan.commands());
    assert!(!words.contains("ghp_0123456789"), "{words}");
}

#[test]
fn docker_hub_gets_its_own_server_string() {
    let store = Store::default();
    let mut form = Form::new(FormSpec::Setup { namespace: None }, None, &store);
    typed(&mut form, &store, FieldId::Image, "acme/web:1");
    assert_eq!(form.text(FieldId::Server), "https://index.docker.io/v1/");
    typed(&mut form, &store, FieldId::Server, "mirror.example");
    typed(&mut form, &store, FieldId::Image, "ghcr.io/acme/web:1");
    assert_eq!(
        form.text(FieldId::Server),
        "mirror.example",
        "what was typed stays"
    );
}

#[test]
fn a_secret_of_the_namespace_is_used_where_it_is() {
    let store = fixtures::sample_store();
    let spec = FormSpec::Deploy {
        namespace: Some(Namespace::new("shop")),
    };
    let mut form = Form::new(spec, None, &store);
    typed(
        &mut form,
        &store,
        FieldId::Image,
        "registry.example/team/other:1",
    );
    assert_eq!(form.source(), Some(CredentialSource::Secret));
    assert_eq!(form.text(FieldId::FromSecret), "shop/regcred");
    assert!(!form.is_visible(FieldId::Token), "there is one already");
    typed(&mut form, &store, FieldId::Replicas, "3");
    typed(&mut form, &store, FieldId::Port, "8080");
    typed(&mut form, &store, FieldId::Policy, "Always");
    assert_eq!(
        said(&form, &store),
        [
            "Create ServiceAccount shop/other with regcred",
            "Create Deployment shop/other with registry.example/team/other:1",
        ]
    );
    typed(&mut form, &store, FieldId::Port, "http");
    assert!(matches!(form.plan(&store), Err(PlanError::Field(_))));
    typed(&mut form, &store, FieldId::Port, "");
    typed(
        &mut form,
        &store,
        FieldId::Source,
        CredentialSource::NotNeeded.label(),
    );
    assert_eq!(form.plan(&store).unwrap().changes.len(), 2);
    assert!(form.plan(&store).unwrap().credential_check.is_none());
}

#[test]
fn what_is_read_fills_in_the_login_and_no_words() {
    let store = Store::default();
    let spec = FormSpec::NewSecret {
        namespace: Namespace::new("shop"),
        name: "regcred".to_owned(),
        server: "ghcr.io".to_owned(),
        image: None,
        account: None,
        listed: Vec::new(),
        targets: Vec::new(),
    };
    let mut form = Form::new(spec, None, &store);
    assert_eq!(form.pending_import(), None);
    typed(
        &mut form,
        &store,
        FieldId::Source,
        CredentialSource::File.label(),
    );
    let wanted = form.pending_import().unwrap();
    assert_eq!(
        (wanted, form.registry().as_str()),
        (ImportSource::File(None), "ghcr.io")
    );
    assert!(form.plan(&store).is_err());
    let mut request_ids = crate::app::request_id::RequestIds::default();
    let (late, request_id) = (request_ids.next_id(), request_ids.next_id());
    form.import = ImportState::Reading(request_id);
    let imported = || ImportedLogin {
        login: Credentials {
            username: "bot".to_owned(),
            password: Password::new("canary-import"),
        },
        from: "/home/x/.docker/config.json".to_owned(),
    };
    form.imported(late, Ok(imported()));
    assert_eq!(
        form.text(FieldId::Token),
        "",
        "an answer to an older question"
    );
    let mut long = imported();
    long.login.password = Password::new("x".repeat(5000));
    form.imported(request_id, Ok(long));
    assert_eq!(form.text(FieldId::Token), "", "all of it or nothing");
    assert!(matches!(form.import, ImportState::Failed(_)));
    form.import = ImportState::Reading(request_id);
    form.imported(request_id, Ok(imported()));
    assert_eq!(form.text(FieldId::Username), "bot");
    let plan = form.plan(&store).unwrap();
    assert!(!format!("{plan:?}").contains("canary-import"));
    typed(&mut form, &store, FieldId::Server, "quay.io");
    assert!(
        form.pending_import().is_some(),
        "it is for another registry now"
    );
}

#[test]
fn an_account_that_lists_the_new_secret_already_is_not_changed() {
    let mut store = Store::default();
    let web = fixtures::account("shop", "web", &["regcred"]);
    store.apply(
        StoreUpdate::ServiceAccounts(fixtures::upserted(vec![web])),
        fixtures::now(),
    );
    let spec = FormSpec::NewSecret {
        namespace: Namespace::new("shop"),
        name: "regcred".to_owned(),
        server: "ghcr.io".to_owned(),
        image: None,
        account: Some(Name::new("web")),
        listed: Vec::new(),
        targets: Vec::new(),
    };
    let mut form = Form::new(spec, None, &store);
    typed(&mut form, &store, FieldId::Username, "acme");
    typed(&mut form, &store, FieldId::Token, "ghp_0123456789");
    assert_eq!(
        said(&form, &store),
        ["Create pull secret shop/regcred for ghcr.io as acme"]
    );
    typed(&mut form, &store, FieldId::Secret, "other");
    assert_eq!(form.plan(&store).unwrap().changes.len(), 2);
}

#[test]
fn ten_accounts_at_once_and_what_they_list_stays() {
    let listing = |name: &str, list: &[&str]| AccountPullSecrets {
        account: Name::new(name),
        list: list.iter().map(|name| Name::new(*name)).collect(),
        workloads: Vec::new(),
        waiting: Vec::new(),
    };
    let spec = FormSpec::Bind {
        secret: ObjectRef::new(Namespace::new("shop"), Name::new("regcred")),
        accounts: vec![
            listing("a", &["mirror"]),
            listing("b", &["regcred"]),
            listing("default", &[]),
        ],
    };
    let store = Store::default();
    let mut form = Form::new(spec, None, &store);
    assert_eq!(form.plan(&store).unwrap_err(), PlanError::Nothing);
    typed(&mut form, &store, FieldId::Accounts, "a default");
    let plan = form.plan(&store).unwrap();
    assert!(matches!(
        &plan.changes[..],
        [
            Change::AttachSecret(AttachSecret { current, .. }),
            Change::DetachSecret(_),
            Change::AttachSecret(_)
        ] if current.len() == 1
    ));
    assert!(plan.notes.iter().any(|note| note.contains("default")), "G9");
}

#[test]
fn a_secret_is_deleted_by_its_name_and_taken_off_the_lists() {
    let store = fixtures::sample_store();
    let secret = ObjectRef::new(Namespace::new("shop"), Name::new("regcred"));
    let mut form = Form::new(FormSpec::for_secret_deletion(&store, &secret), None, &store);
    typed(&mut form, &store, FieldId::Confirm, "regcre");
    assert!(form.plan(&store).is_err());
    typed(&mut form, &store, FieldId::Confirm, "regcred");
    let said = said(&form, &store);
    assert_eq!(said.last().unwrap(), "Delete Secret shop/regcred");
    assert!(
        said[0].starts_with("Detach regcred from ServiceAccount"),
        "{said:?}"
    );
}

/// A label may be worded anew; what is chosen stays the same.
#[test]
fn what_is_chosen_does_not_hang_on_the_words_of_its_label() {
    let mut store = Store::default();
    for batch in fixtures::sample_updates() {
        store.apply(batch, fixtures::now());
    }
    let existing = fixtures::secret(
        "pay",
        "regcred",
        crate::domain::k8s::objects::SecretType::DockerConfigJson,
        &[("r.example", "bot")],
    );
    store.apply(
        StoreUpdate::Secrets(
            crate::domain::store::watch::SecretWatch::DockerConfigJson,
            fixtures::upserted(vec![existing]),
        ),
        fixtures::now(),
    );
    let spec = FormSpec::for_copy(&store, &fixtures::key("shop", "regcred")).unwrap();
    let mut form = Form::new(spec, None, &store);
    for field in &mut form.fields {
        if let FieldInput::Select(select) = &mut field.input {
            for option in &mut select.options {
                option.label.insert_str(0, "reworded: ");
            }
            select.choose(&SelectValue::Existing(ConflictPolicy::Replace));
        }
    }
    typed(&mut form, &store, FieldId::Namespaces, "pay");
    let plan = form.plan(&store).unwrap();
    let [Change::CopySecret(copy)] = &plan.changes[..] else {
        panic!("{:?}", plan.changes)
    };
    assert_eq!(copy.conflict_policy, ConflictPolicy::Replace);
}
