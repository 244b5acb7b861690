//! Forms filled in without a terminal: what is asked, what a word on an answer says, and which plan comes of it.

use super::*;
use crate::domain::{
    fixtures,
    k8s::objects::{Subject, WorkloadKind, WorkloadRef},
    plan::{AccountPullSecrets, AttachSecret, Change, Credentials, ImageOwner, ImageTarget},
    registry_auth::credential::Password,
    store::update::StoreUpdate,
};

fn typed(form: &mut Form, world: &Store, answer: Answer, text: &str) {
    form.go_to(answer);
    assert_eq!(form.focused().unwrap().answer, answer, "it is asked");
    match &mut form.focused_mut().unwrap().entry {
        Entry::Text(input) => *input = text.into(),
        Entry::One(choice) => choice.choose(text),
        Entry::Many(picks) => {
            for row in &mut picks.rows {
                row.taken = text.split(' ').any(|name| name == row.name);
            }
        }
    }
    form.changed(world);
}

fn said(form: &Form, world: &Store) -> Vec<String> {
    let plan = form.plan(world).unwrap();
    plan.changes.iter().map(ToString::to_string).collect()
}

#[test]
fn another_image_names_the_tags_that_run_beside_it() {
    let mut world = Store::default();
    let pods = ["team/app:1", "team/other:3", "team/app:2"].map(|image| {
        let mut pod = fixtures::pod("shop", &image.replace(['/', ':'], "-"), fixtures::running());
        pod.containers[0].image = image.into();
        pod
    });
    world.apply(
        StoreUpdate::Pods(fixtures::upserted(pods.into())),
        fixtures::now(),
    );
    let workload = WorkloadRef {
        kind: WorkloadKind::Deployment,
        key: fixtures::key("shop", "web"),
    };
    let ask = FormSpec::Image {
        targets: vec![ImageTarget {
            owner: ImageOwner::new(Subject::Workload(workload)).unwrap(),
            container: "app".into(),
            before: "team/app:9".into(),
            pods: Vec::new(),
            jobs: Vec::new(),
        }],
        left_out: Vec::new(),
    };
    let form = Form::new(ask, None, &world);
    assert_eq!(
        form.hint(Answer::Image, &world),
        "in this namespace runs 1, 2"
    );
}

#[test]
fn the_first_setup_follows_from_few_answers() {
    let world = Store::default();
    let mut form = Form::new(FormSpec::Setup { namespace: None }, None, &world);
    typed(&mut form, &world, Answer::Namespace, "shop");
    typed(&mut form, &world, Answer::Image, "ghcr.io/acme/web_app:1");
    assert_eq!(form.text(Answer::Server), "ghcr.io");
    assert_eq!(form.text(Answer::Deployment), "web-app");
    let Err(Unready::Field(bad)) = form.plan(&world) else {
        panic!("there is no login yet")
    };
    assert_eq!(form.fields[bad].answer, Answer::Username);
    typed(&mut form, &world, Answer::Username, "acme");
    typed(&mut form, &world, Answer::Token, "ghp_0123456789");
    typed(&mut form, &world, Answer::Account, "web");
    assert_eq!(
        said(&form, &world),
        [
            "Create namespace shop",
            "Create pull secret shop/regcred for ghcr.io as acme",
            "Create ServiceAccount shop/web with regcred",
            "Create Deployment shop/web-app with ghcr.io/acme/web_app:1",
        ]
    );
    let plan = form.plan(&world).unwrap();
    let words = format!("{plan:?}{:?}", plan.commands());
    assert!(!words.contains("ghp_0123456789"), "{words}");
}

#[test]
fn docker_hub_gets_its_own_server_string() {
    let world = Store::default();
    let mut form = Form::new(FormSpec::Setup { namespace: None }, None, &world);
    typed(&mut form, &world, Answer::Image, "acme/web:1");
    assert_eq!(form.text(Answer::Server), "https://index.docker.io/v1/");
    typed(&mut form, &world, Answer::Server, "mirror.example");
    typed(&mut form, &world, Answer::Image, "ghcr.io/acme/web:1");
    assert_eq!(
        form.text(Answer::Server),
        "mirror.example",
        "what was typed stays"
    );
}

#[test]
fn a_secret_of_the_namespace_is_used_where_it_is() {
    let world = fixtures::sample_store();
    let ask = FormSpec::Deploy {
        namespace: Some(Namespace::new("shop")),
    };
    let mut form = Form::new(ask, None, &world);
    typed(
        &mut form,
        &world,
        Answer::Image,
        "registry.example/team/other:1",
    );
    assert_eq!(form.source(), Some(Source::Secret));
    assert_eq!(form.text(Answer::FromSecret), "shop/regcred");
    assert!(!form.asks(Answer::Token), "there is one already");
    typed(&mut form, &world, Answer::Replicas, "3");
    typed(&mut form, &world, Answer::Port, "8080");
    typed(&mut form, &world, Answer::Policy, "Always");
    assert_eq!(
        said(&form, &world),
        [
            "Create ServiceAccount shop/other with regcred",
            "Create Deployment shop/other with registry.example/team/other:1",
        ]
    );
    typed(&mut form, &world, Answer::Port, "http");
    assert!(matches!(form.plan(&world), Err(Unready::Field(_))));
    typed(&mut form, &world, Answer::Port, "");
    typed(&mut form, &world, Answer::Source, Source::Nowhere.label());
    assert_eq!(form.plan(&world).unwrap().changes.len(), 2);
    assert!(form.plan(&world).unwrap().credential_check.is_none());
}

#[test]
fn what_is_read_fills_in_the_login_and_no_words() {
    let world = Store::default();
    let ask = FormSpec::NewSecret {
        namespace: Namespace::new("shop"),
        name: "regcred".to_owned(),
        server: "ghcr.io".to_owned(),
        image: None,
        account: None,
        listed: Vec::new(),
        targets: Vec::new(),
    };
    let mut form = Form::new(ask, None, &world);
    assert_eq!(form.wants(), None);
    typed(&mut form, &world, Answer::Source, Source::File.label());
    let wanted = form.wants().unwrap();
    assert_eq!(
        (wanted, form.registry().as_str()),
        (Origin::File(None), "ghcr.io")
    );
    assert!(form.plan(&world).is_err());
    let mut tickets = crate::app::ticket::Tickets::default();
    let (late, ticket) = (tickets.issue(), tickets.issue());
    form.import = Import::Reading(ticket);
    let imported = || Imported {
        login: Credentials {
            username: "bot".to_owned(),
            password: Password::new("canary-import"),
        },
        from: "/home/x/.docker/config.json".to_owned(),
    };
    form.imported(late, Ok(imported()));
    assert_eq!(
        form.text(Answer::Token),
        "",
        "an answer to an older question"
    );
    let mut long = imported();
    long.login.password = Password::new("x".repeat(5000));
    form.imported(ticket, Ok(long));
    assert_eq!(form.text(Answer::Token), "", "all of it or nothing");
    assert!(matches!(form.import, Import::Failed(_)));
    form.import = Import::Reading(ticket);
    form.imported(ticket, Ok(imported()));
    assert_eq!(form.text(Answer::Username), "bot");
    let plan = form.plan(&world).unwrap();
    assert!(!format!("{plan:?}").contains("canary-import"));
    typed(&mut form, &world, Answer::Server, "quay.io");
    assert!(form.wants().is_some(), "it is for another registry now");
}

#[test]
fn an_account_that_lists_the_new_secret_already_is_not_changed() {
    let mut world = Store::default();
    let web = fixtures::account("shop", "web", &["regcred"]);
    world.apply(
        StoreUpdate::ServiceAccounts(fixtures::upserted(vec![web])),
        fixtures::now(),
    );
    let ask = FormSpec::NewSecret {
        namespace: Namespace::new("shop"),
        name: "regcred".to_owned(),
        server: "ghcr.io".to_owned(),
        image: None,
        account: Some(Name::new("web")),
        listed: Vec::new(),
        targets: Vec::new(),
    };
    let mut form = Form::new(ask, None, &world);
    typed(&mut form, &world, Answer::Username, "acme");
    typed(&mut form, &world, Answer::Token, "ghp_0123456789");
    assert_eq!(
        said(&form, &world),
        ["Create pull secret shop/regcred for ghcr.io as acme"]
    );
    typed(&mut form, &world, Answer::Secret, "other");
    assert_eq!(form.plan(&world).unwrap().changes.len(), 2);
}

#[test]
fn ten_accounts_at_once_and_what_they_list_stays() {
    let listing = |name: &str, list: &[&str]| AccountPullSecrets {
        account: Name::new(name),
        list: list.iter().map(|name| Name::new(*name)).collect(),
        workloads: Vec::new(),
        waiting: Vec::new(),
    };
    let ask = FormSpec::Bind {
        secret: ObjectRef::new(Namespace::new("shop"), Name::new("regcred")),
        accounts: vec![
            listing("a", &["mirror"]),
            listing("b", &["regcred"]),
            listing("default", &[]),
        ],
    };
    let world = Store::default();
    let mut form = Form::new(ask, None, &world);
    assert_eq!(form.plan(&world).unwrap_err(), Unready::Nothing);
    typed(&mut form, &world, Answer::Accounts, "a default");
    let plan = form.plan(&world).unwrap();
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
    let world = fixtures::sample_store();
    let secret = ObjectRef::new(Namespace::new("shop"), Name::new("regcred"));
    let mut form = Form::new(FormSpec::for_secret_deletion(&world, &secret), None, &world);
    typed(&mut form, &world, Answer::Confirm, "regcre");
    assert!(form.plan(&world).is_err());
    typed(&mut form, &world, Answer::Confirm, "regcred");
    let said = said(&form, &world);
    assert_eq!(said.last().unwrap(), "Delete Secret shop/regcred");
    assert!(
        said[0].starts_with("Detach regcred from ServiceAccount"),
        "{said:?}"
    );
}
