//! Screens at three sizes and in every state, and no panic at any size.

use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    draw_context::DrawContext,
    frame::render,
    layout::Layout,
    theme::{Theme, ThemeOptions},
};
use crate::{
    app::{
        contexts_of,
        effect::Effect,
        key::Key,
        key_config::Keymap,
        message::Message,
        model::{Model, StartScope},
        overlay::Overlay,
        refresh,
        request_id::RequestId,
        theme_name::ThemeName,
        update,
    },
    domain::{
        diagnostics::RootCause,
        error::UserError,
        fixtures::{
            account, event, now, pod, running, sample_updates, seconds_ago, upserted, waiting,
        },
        k8s::{
            connection::{ConnectionInfo, KubeContext},
            object_ref::Namespace,
            objects::{Pod, ServiceAccount, WorkloadIdentity, WorkloadKind},
        },
        node::{self, KubeletConfig, NodeFacts, NodeFile, NodeStatus, Reading, RegistryConfig},
        rbac::Permission,
        registry_auth::{
            docker_config::{self, ConfigFormat},
            image_ref::ImageRef,
        },
        store::{
            unreadable::{ObjectName, UnreadableObjects},
            update::StoreUpdate,
            watch::{Scope, SecretWatch, WatchId, WatchKind, WatchState},
        },
    },
};

const KINDS: [WatchKind; 13] = [
    WatchKind::Namespaces,
    WatchKind::Pods,
    WatchKind::ServiceAccounts,
    WatchKind::Events,
    WatchKind::Secrets(SecretWatch::DockerConfigJson),
    WatchKind::Secrets(SecretWatch::DockerCfg),
    WatchKind::Secrets(SecretWatch::Other),
    WatchKind::Workloads(WorkloadKind::Deployment),
    WatchKind::Workloads(WorkloadKind::ReplicaSet),
    WatchKind::Workloads(WorkloadKind::StatefulSet),
    WatchKind::Workloads(WorkloadKind::DaemonSet),
    WatchKind::Workloads(WorkloadKind::Job),
    WatchKind::Workloads(WorkloadKind::CronJob),
];

pub(super) struct Screen {
    model: Model,
    theme: Theme,
    request_id: RequestId,
}

impl Screen {
    pub(super) fn connecting() -> Self {
        let model = Model::new(&StartScope::FromContext, now());
        let request_id = model.connection.request_id;
        Self {
            model,
            theme: ThemeOptions::default().theme_for(ThemeName::Sixteen),
            request_id,
        }
    }

    fn connected() -> Self {
        let mut screen = Self::connecting();
        let identity = ConnectionInfo {
            context: "prod-eu".into(),
            cluster: "prod-eu".into(),
            user: Some("jane".into()),
            server_version: Some("v1.36.3".into()),
            namespace: None,
        };
        screen.take(Message::Connected(screen.request_id, Ok(identity)));
        screen
    }

    /// The model of the sample cluster, connected and live.
    pub(super) fn company() -> Self {
        let mut screen = Self::connected();
        for kind in KINDS {
            screen.state(kind, WatchState::Live);
        }
        for batch in sample_updates() {
            screen.take(Message::Batch(screen.request_id, batch));
        }
        screen
    }

    pub(super) fn take(&mut self, message: Message) -> Vec<Effect> {
        update(&mut self.model, message, now())
    }

    pub(super) fn take_at(&mut self, message: Message, now: Timestamp) {
        update(&mut self.model, message, now);
    }

    pub(super) fn request_id(&self) -> RequestId {
        self.request_id
    }

    pub(super) fn set_keymap(&mut self, keymap: Keymap) {
        self.model.preferences.keymap = keymap;
    }

    pub(super) fn batch(&mut self, batch: StoreUpdate) {
        self.take(Message::Batch(self.request_id, batch));
    }

    /// What a key asks the runtime for.
    pub(super) fn effects_of(&mut self, key: &str) -> Vec<Effect> {
        self.buffer(120, 40);
        self.take(Message::Key(Key::parse(key).expect("the test names a key")))
    }

    fn state(&mut self, kind: WatchKind, state: WatchState) {
        let id = WatchId {
            kind,
            scope: Scope::Cluster,
        };
        self.take(Message::Watch(self.request_id, id, state));
    }

    pub(super) fn press(mut self, keys: &[&str]) -> Self {
        for name in keys {
            self.effects_of(name);
        }
        self
    }

    pub(super) fn buffer(&mut self, width: u16, height: u16) -> Buffer {
        self.buffer_at(width, height, now())
    }

    fn buffer_at(&mut self, width: u16, height: u16, now: Timestamp) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let layout = Layout::new(area, self.model.focus);
        refresh::refresh(&mut self.model, layout.heights(), now);
        let mut buffer = Buffer::empty(area);
        let contexts = contexts_of(&self.model, None);
        let view = DrawContext {
            model: &self.model,
            theme: &self.theme,
            now,
            contexts: &contexts,
        };
        let end = render(view, &layout, &mut buffer);
        refresh::set_scroll_end(&mut self.model, end);
        buffer
    }

    pub(super) fn text(&mut self, width: u16, height: u16) -> String {
        self.text_at(width, height, now())
    }

    fn text_at(&mut self, width: u16, height: u16, now: Timestamp) -> String {
        let buffer = self.buffer_at(width, height, now);
        let rows = buffer.content.chunks(usize::from(width));
        rows.map(|row| {
            let mut line: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            line.truncate(line.trim_end().len());
            line + "\n"
        })
        .collect()
    }
}

#[test]
fn the_dashboard_at_three_sizes() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        insta::assert_snapshot!(
            format!("dashboard_{width}x{height}"),
            Screen::company().text(width, height)
        );
    }
}

/// The chain strip of a namespace with one Pod.
fn chain_strip(pod: Pod, account: ServiceAccount) -> String {
    let mut screen = Screen::connected();
    for kind in KINDS {
        screen.state(kind, WatchState::Live);
    }
    for update in [
        StoreUpdate::ServiceAccounts(upserted(vec![account])),
        StoreUpdate::Pods(upserted(vec![pod])),
    ] {
        screen.take(Message::Batch(screen.request_id, update));
    }
    let text = screen.text(160, 40);
    let mut lines = text.lines();
    let line = lines.find(|line| line.contains("◂──"));
    line.unwrap_or_else(|| panic!("{text}")).trim().to_owned()
}

/// At a cloud's registry the credential provider stands in the place of a Secret, with the identity that it takes.
#[test]
fn the_chain_strip_has_the_provider_of_a_cloud() {
    let image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1";
    let of_cloud = |state| {
        let mut pod = pod("shop", "web", state);
        pod.pull_secrets = Arc::from([]);
        pod.containers[0].image = image.into();
        pod
    };
    let role = |annotation: &str| {
        let mut account = account("shop", "runner", &[]);
        let arn = "arn:aws:iam::123456789012:role/puller";
        account.identities = WorkloadIdentity::from_annotation(annotation, arn)
            .into_iter()
            .collect();
        account
    };
    let refused = "failed to resolve reference: pulling from host 123456789012.dkr.ecr.eu-west-1.amazonaws.com failed with status code [manifests 1]: 403 Forbidden: User: arn:aws:sts::123456789012:assumed-role/node/i-1 is not authorized to perform: ecr:BatchGetImage";
    let lacks = RootCause::IdentityLacksAccess.title();
    for (state, account, expected) in [
        (
            running(),
            role("other"),
            "provider AWS node identity ✓".to_owned(),
        ),
        (
            running(),
            role("eks.amazonaws.com/ecr-role-arn"),
            "provider AWS identity puller ✓".to_owned(),
        ),
        (
            waiting("ErrImagePull", refused),
            role("other"),
            format!("provider AWS node identity ✗ {lacks}"),
        ),
    ] {
        let line = chain_strip(of_cloud(state), account);
        assert!(line.contains(&expected), "{line}");
        assert!(!line.contains("no pull secret"), "{line}");
    }
    let mut elsewhere = of_cloud(running());
    elsewhere.containers[0].image = "registry.example/shop/web:1".into();
    let line = chain_strip(elsewhere, role("other"));
    assert!(!line.contains("provider"), "{line}");
}

/// As its pane does: the next Pod of the ServiceAccount will lack the Secret.
#[test]
fn the_chain_strip_marks_a_service_account_that_lists_a_missing_secret() {
    let mut web = pod("shop", "web", running());
    web.pull_secrets = Arc::from([]);
    let line = chain_strip(web.clone(), account("shop", "runner", &["gone"]));
    let why = RootCause::SecretMissing.title();
    assert!(line.contains(&format!("SA runner ! {why}")), "{line}");
    let line = chain_strip(web, account("shop", "runner", &[]));
    assert!(line.contains("SA runner ✓"), "{line}");
}

#[test]
fn each_pane_has_the_narrow_screen_to_itself() {
    let mut screen = Screen::company();
    for pane in [
        "pods",
        "service_accounts",
        "secrets",
        "events",
        "namespaces",
    ] {
        insta::assert_snapshot!(format!("narrow_{pane}"), screen.text(80, 24));
        screen = screen.press(&["tab"]);
    }
}

#[test]
fn overlays() {
    insta::assert_snapshot!("details", Screen::company().press(&["enter"]).text(120, 40));
    insta::assert_snapshot!("help", Screen::company().press(&["?"]).text(120, 60));
    insta::assert_snapshot!("palette", Screen::company().press(&[":", "s"]).text(80, 24));
    insta::assert_snapshot!(
        "filter",
        Screen::company().press(&["/", "l", "e", "d"]).text(80, 24)
    );
    insta::assert_snapshot!("faults", Screen::company().press(&["W"]).text(120, 40));
    insta::assert_snapshot!(
        "steps",
        Screen::company().press(&["W", "j", "ctrl-x"]).text(80, 24)
    );
    insta::assert_snapshot!("timeline", Screen::company().press(&["T"]).text(80, 24));
    insta::assert_snapshot!("hygiene", Screen::company().press(&["H"]).text(80, 24));
    insta::assert_snapshot!("menu", Screen::company().press(&["."]).text(80, 24));
    insta::assert_snapshot!("form", Screen::company().press(&["ctrl-x"]).text(80, 24));
    insta::assert_snapshot!(
        "setup",
        Screen::company()
            .press(&["+", "s", "h", "o", "P", "enter", "r"])
            .text(80, 24)
    );
    insta::assert_snapshot!("explained", Screen::company().press(&["L"]).text(120, 40));
    insta::assert_snapshot!("rollout", Screen::company().press(&["R"]).text(120, 40));
    insta::assert_snapshot!(
        "secret",
        Screen::company().press(&["tab", "tab", "d"]).text(80, 24)
    );
    insta::assert_snapshot!("folded", Screen::company().press(&["z"]).text(80, 24));
}

/// A kubelet whose metrics are forbidden, and files that name a mirror.
fn known_node(screen: &mut Screen) -> String {
    let facts = |name: Arc<str>| {
        NodeFacts {
        name,
        status: Reading::Known(
            NodeStatus::parse(
                br#"{"status":{"nodeInfo":{"architecture":"amd64","operatingSystem":"linux",
                    "osImage":"Debian GNU/Linux 12 (bookworm)","kubeletVersion":"v1.37.2",
                    "containerRuntimeVersion":"containerd://2.4.2"},"images":[]}}"#,
            )
            .unwrap(),
        ),
        config: Reading::Known(
            KubeletConfig::parse(
                br#"{"kubeletconfig":{"registryPullQPS":5,"registryBurst":10,"serializeImagePulls":true,
                    "imagePullCredentialsVerificationPolicy":"AlwaysVerify","imageMinimumGCAge":"2m0s",
                    "imageMaximumGCAge":"0s","imageGCHighThresholdPercent":85,"imageGCLowThresholdPercent":80}}"#,
            )
            .unwrap(),
        ),
        metrics: Reading::Denied(node::proxy_permission()),
        read_at: now(),
    }
    };
    screen.take(Message::Key(Key::char('o')));
    let Some(Overlay::Node(view)) = screen.model.overlays.last() else {
        panic!("{:?}", screen.model.overlays)
    };
    let (name, image) = (Arc::clone(&view.node), view.image.clone().unwrap());
    let host = ImageRef::parse(&image).unwrap().host().to_owned();
    let file = NodeFile {
        path: format!("/etc/containerd/certs.d/{host}/hosts.toml"),
        text: Some("[host.\"https://mirror.example\"]".to_owned()),
    };
    let nodes = &mut screen.model.nodes;
    nodes.begin(Arc::clone(&name), screen.request_id);
    nodes.finish(screen.request_id, facts(Arc::clone(&name)));
    nodes.insert_registries(name, RegistryConfig::from_files(&[file]), now());
    host
}

#[test]
fn the_node_of_a_pod() {
    let mut screen = Screen::company();
    screen.buffer(120, 40);
    screen.take(Message::Key(Key::char('o')));
    assert!(screen.text(120, 40).contains("Reading the node"));
    let mut screen = screen.press(&["esc"]);
    known_node(&mut screen);
    insta::assert_snapshot!("node", screen.text(120, 40));
    let mut screen = screen.press(&["f"]);
    insta::assert_snapshot!("node_files", screen.text(120, 40));
    let mut screen = screen.press(&["esc", "esc"]);
    let chain = screen.text(120, 40);
    let chain = chain.lines().find(|line| line.starts_with(" regi"));
    insta::assert_snapshot!("chain_with_node", chain.unwrap());
}

#[test]
fn a_windows_node_says_that_its_files_cannot_be_read() {
    let mut screen = Screen::company().press(&["o"]);
    let Some(Overlay::Node(view)) = screen.model.overlays.last() else {
        panic!("{:?}", screen.model.overlays)
    };
    let name = Arc::clone(&view.node);
    let status = br#"{"status":{"nodeInfo":{"operatingSystem":"windows","architecture":"amd64",
        "osImage":"Windows Server 2022 Datacenter","kubeletVersion":"v1.37.2"}}}"#;
    let facts = NodeFacts {
        name: Arc::clone(&name),
        status: Reading::Known(NodeStatus::parse(status).unwrap()),
        config: Reading::Denied(node::proxy_permission()),
        metrics: Reading::Denied(node::proxy_permission()),
        read_at: now(),
    };
    screen.model.nodes.begin(name, screen.request_id);
    screen.model.nodes.finish(screen.request_id, facts);
    let text = screen.text(120, 40);
    assert!(
        text.contains("Files of a Windows node cannot be read."),
        "{text}"
    );
    assert!(!text.contains("· f read files"), "{text}");
}

#[test]
fn the_context_picker() {
    let mut screen = Screen::company();
    let effects = update(&mut screen.model, Message::Key(Key::char(':')), now());
    assert!(effects.is_empty());
    let mut screen = screen.press(&["c", "t", "x"]);
    let effects = update(
        &mut screen.model,
        Message::Key(Key::parse("enter").expect("a key")),
        now(),
    );
    let [crate::app::effect::Effect::ListContexts { request_id }] = effects[..] else {
        panic!("{effects:?}")
    };
    let entry = |name: &str, namespace: Option<&str>| KubeContext {
        name: name.into(),
        cluster: format!("{name}.example"),
        user: Some("jane".into()),
        namespace: namespace.map(Into::into),
        current: false,
    };
    screen.take(Message::Contexts(
        request_id,
        Ok(vec![entry("prod-eu", None), entry("test", Some("shop"))]),
    ));
    insta::assert_snapshot!("contexts", screen.text(120, 40));
}

/// The cells of a Secret's values: a warning, the values, and nothing once their time is over.
#[test]
fn a_secret_is_revealed_for_a_while_only() {
    const CANARY: &str = "dckr_pat_canary";
    let mut screen = Screen::company().press(&["tab", "tab", "x"]);
    insta::assert_snapshot!("reveal_warning", screen.text(80, 24));
    let effects = update(
        &mut screen.model,
        Message::Key(Key::parse("enter").expect("a key")),
        now(),
    );
    let [crate::app::effect::Effect::Reveal { request_id, .. }] = effects[..] else {
        panic!("{effects:?}")
    };
    assert!(!screen.text(80, 24).contains(CANARY));
    let text = format!(
        r#"{{"auths":{{"ghcr.io":{{"username":"ci","password":"{CANARY}"}},"quay.io":{{"auth":"Ym90Og=="}}}}}}"#
    );
    let config = docker_config::read(ConfigFormat::ConfigJson, text.as_bytes());
    screen.take(Message::Revealed(request_id, Ok(Some(config.clone()))));
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        assert!(screen.text(width, height).contains(CANARY));
    }
    insta::assert_snapshot!("reveal", screen.text(80, 24));
    let over = now() + crate::app::reveal::SHOWN_FOR;
    assert!(!screen.text_at(80, 24, over).contains(CANARY));
    update(&mut screen.model, Message::Tick, over);
    assert!(!screen.text(80, 24).contains(CANARY));

    screen.take(Message::Revealed(request_id, Ok(Some(config))));
    let mut screen = screen.press(&["esc"]);
    assert!(!screen.text(80, 24).contains(CANARY));
}

#[test]
fn every_state_of_the_connection_is_said() {
    insta::assert_snapshot!("connecting", Screen::connecting().text(80, 24));

    let mut listing = Screen::connected();
    listing.state(WatchKind::Pods, WatchState::Listing { received: 1500 });
    insta::assert_snapshot!("listing", listing.text(80, 24));

    let mut empty = Screen::connected();
    for kind in KINDS {
        empty.state(kind, WatchState::Live);
    }
    insta::assert_snapshot!("empty", empty.text(120, 40));

    let mut stale = Screen::company();
    stale.state(
        WatchKind::Pods,
        WatchState::Stale {
            since: seconds_ago(42),
            why: "connection refused".into(),
        },
    );
    insta::assert_snapshot!("stale", stale.text(120, 40));

    let mut forbidden = Screen::company();
    let missing = Permission {
        verb: "list".into(),
        group: "".into(),
        resource: "secrets".into(),
        namespace: Some(Namespace::new("shop")),
    };
    for slice in [
        SecretWatch::DockerConfigJson,
        SecretWatch::DockerCfg,
        SecretWatch::Other,
    ] {
        let state = WatchState::Forbidden {
            missing: missing.clone(),
            why: "".into(),
            as_of: None,
        };
        forbidden.state(WatchKind::Secrets(slice), state);
    }
    let nothing = crate::domain::fixtures::full_list(Scope::Cluster, Vec::new());
    forbidden.take(Message::Batch(
        forbidden.request_id,
        StoreUpdate::Secrets(SecretWatch::DockerConfigJson, nothing.clone()),
    ));
    forbidden.take(Message::Batch(
        forbidden.request_id,
        StoreUpdate::Secrets(SecretWatch::Other, nothing),
    ));
    insta::assert_snapshot!("forbidden", forbidden.text(120, 40));

    let mut failed = Screen::connecting();
    let problem = UserError::new("cannot reach the server https://10.0.0.1:6443")
        .with_cause("connection refused")
        .with_help("check that the cluster is running, and the context's server address");
    failed.take(Message::Connected(failed.request_id, Err(problem)));
    insta::assert_snapshot!("failed", failed.text(80, 24));
}

#[test]
fn no_escape_reaches_a_cell() {
    let evil = "\u{1b}]0;owned\u{7}\u{202e}\u{9b}31m\u{200b}\r\n漢字";
    let mut screen = Screen::company();
    let request_id = screen.request_id;
    let bad = pod(evil, evil, waiting(evil, evil));
    screen.take(Message::Batch(
        request_id,
        StoreUpdate::Pods(upserted(vec![bad])),
    ));
    screen.take(Message::Batch(
        request_id,
        StoreUpdate::Events(upserted(vec![event("x", evil, evil, evil, 1, now())])),
    ));
    for keys in [&["g"][..], &["enter"], &["esc", ":", "n", "s", "space"]] {
        screen = screen.press(keys);
        for cell in &screen.buffer(120, 40).content {
            let symbol = cell.symbol();
            assert!(
                !symbol
                    .chars()
                    .any(|c| c.is_control() || c == '\u{202e}' || c == '\u{200b}'),
                "{symbol:?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn no_size_and_no_key_makes_it_panic(
        width in 0u16..220,
        height in 0u16..70,
        keys in proptest::collection::vec(0usize..40, 0..12),
    ) {
        let names: Vec<&str> = crate::app::keymap::BINDINGS.iter().flat_map(|binding| binding.on).copied().collect();
        let mut screen = Screen::company();
        for key in keys {
            screen.take(Message::Key(Key::parse(names[key * 7 % names.len()]).expect("keys of the table parse")));
            screen.buffer(width, height);
        }
    }
}

/// A Secret that was tested, of which the registry has refused the credential for one image.
#[test]
fn a_tested_secret() {
    use crate::{
        app::effect::Effect,
        domain::{
            diagnostics::{Cause, RootCause},
            probe::{ProbeConclusion, PullAnswer},
        },
    };
    let mut screen = Screen::company().press(&["tab", "tab", "N", "G"]);
    let key = Message::Key(Key::char('t'));
    let effects = update(&mut screen.model, key, now());
    let [Effect::ProbeImage { request_id, .. }] = effects[..] else {
        panic!("{effects:?}")
    };
    let conclusion = ProbeConclusion {
        answer: PullAnswer::No,
        cause: Some(Cause::Unauthorized),
        root: Some(RootCause::CredentialRejected),
        alternatives: Vec::new(),
        ruled_out: Vec::new(),
        suggestion: None,
        tags: Vec::new(),
        summary: "registry.example does not accept the credential of shop-bot".to_owned(),
    };
    screen.take(Message::ProbeDone(request_id, Ok(Box::new(conclusion))));
    insta::assert_snapshot!("tested_secret", screen.text(80, 24));
}

/// A terminal that shows nothing but ASCII gets a sign for each of ours.
#[test]
fn nothing_of_ours_is_a_question_mark_in_ascii() {
    let ascii = ThemeOptions {
        ascii: true,
        ..ThemeOptions::default()
    };
    let marks = |screen: &mut Screen| screen.text(120, 40).matches('?').count();
    for keys in [
        &[][..],
        &["enter"],
        &["?"],
        &["H"],
        &["R"],
        &["T"],
        &["L"],
        &["W"],
        &["."],
        &["ctrl-x"],
        &["tab", "tab", "x"],
    ] {
        let mut screen = Screen::company().press(keys);
        let ours = marks(&mut screen);
        screen.theme = ascii.theme_for(ThemeName::Sixteen);
        assert_eq!(marks(&mut screen), ours, "{keys:?}");
    }
}

/// A password with a blank at its edge is wrong because of it: it must be seen.
#[test]
fn a_revealed_password_keeps_its_blanks() {
    let mut screen = Screen::company().press(&["tab", "tab", "x"]);
    let enter = Message::Key(Key::parse("enter").expect("a key"));
    let effects = update(&mut screen.model, enter, now());
    let [crate::app::effect::Effect::Reveal { request_id, .. }] = effects[..] else {
        panic!("{effects:?}")
    };
    let text = r#"{"auths":{"ghcr.io":{"username":"ci","password":"  a  b"}}}"#;
    let config = docker_config::read(ConfigFormat::ConfigJson, text.as_bytes());
    screen.take(Message::Revealed(request_id, Ok(Some(config))));
    assert!(screen.text(80, 24).contains("password    a  b"));
}

/// Where Pods may not be listed, nobody can say that nothing is wrong.
#[test]
fn nothing_is_called_well_that_may_not_be_seen() {
    let mut screen = Screen::connected();
    for kind in KINDS {
        screen.state(kind, WatchState::Live);
    }
    assert!(screen.text(120, 40).contains("no problems"));
    let missing = Permission {
        verb: "list".into(),
        group: "".into(),
        resource: "pods".into(),
        namespace: None,
    };
    let why = "".into();
    let as_of = None;
    let refused = WatchState::Forbidden {
        missing,
        why,
        as_of,
    };
    screen.state(WatchKind::Pods, refused);
    let text = screen.text(120, 40);
    assert!(!text.contains("no problems"), "{text}");
    assert!(text.contains("partial: Pods not read (403)"), "{text}");
}

/// Until the Secrets have been listed, the diagnosis may change, and nobody has to be asked for them.
#[test]
fn a_diagnosis_says_that_secrets_are_still_being_read() {
    let mut screen = Screen::company();
    assert!(!screen.text(120, 40).contains("still reading Secrets"));
    let listing = WatchState::Listing { received: 0 };
    screen.state(WatchKind::Secrets(SecretWatch::ALL[0]), listing);
    let text = screen.text(120, 40);
    assert!(text.contains("still reading Secrets"), "{text}");
    assert!(!text.contains("Ask someone"), "{text}");
}

/// A kind that may not be listed in the whole cluster.
fn refused(kind: WatchKind, as_of: Option<Timestamp>) -> WatchState {
    WatchState::Forbidden {
        missing: Permission::new("list", "", &kind.plural().to_lowercase(), None),
        why: "".into(),
        as_of,
    }
}

impl Screen {
    /// Rights in one namespace of four only.
    fn restricted() -> Self {
        let mut screen = Self::connected();
        for kind in KINDS
            .into_iter()
            .filter(|kind| *kind != WatchKind::Namespaces)
        {
            screen.state(kind, refused(kind, None));
            let scope = Scope::Namespace(Namespace::new("platform"));
            let id = WatchId { kind, scope };
            screen.take(Message::Watch(screen.request_id, id, WatchState::Live));
        }
        screen.state(WatchKind::Namespaces, WatchState::Live);
        for batch in sample_updates() {
            if let StoreUpdate::Namespaces(_) = batch {
                screen.take(Message::Batch(screen.request_id, batch));
            }
        }
        screen
    }
}

/// With rights in one namespace only, that nothing is wrong in it says nothing of the cluster.
#[test]
fn with_rights_in_one_namespace_the_cluster_is_not_called_well() {
    let mut screen = Screen::restricted();
    for (width, height) in [(80, 24), (120, 40)] {
        let text = screen.text(width, height);
        insta::assert_snapshot!(format!("partial_{width}x{height}"), text);
        assert!(
            !text.contains("no problems") && !text.contains("● live"),
            "{text}"
        );
    }
    let asked = screen.press(&["!"]).text(120, 40);
    assert!(
        asked.contains(
            "not read: Pods, Events, Deployments and 7 more kinds in 2 of 3 namespaces (403)"
        ),
        "{asked}"
    );
    // The namespace itself is read in full.
    let mut there = Screen::restricted();
    there.model.scope = Scope::Namespace(Namespace::new("platform"));
    let text = there.text(120, 40);
    assert!(text.contains("✓ no problems in this namespace"), "{text}");
    assert!(text.contains("● live"), "{text}");
    there.model.scope = Scope::Namespace(Namespace::new("shop"));
    let text = there.text(120, 40);
    assert!(
        text.contains("forbidden: you may not list pods in all namespaces"),
        "{text}"
    );
    assert!(!text.contains("no problems"), "{text}");
}

/// What was seen stays, with the time that it is from.
#[test]
fn what_may_no_longer_be_read_is_shown_as_of_then() {
    let mut screen = Screen::company();
    screen.state(
        WatchKind::Pods,
        refused(WatchKind::Pods, Some(seconds_ago(300))),
    );
    insta::assert_snapshot!("refused_80x24", screen.text(80, 24));
    let text = screen.text(120, 40);
    insta::assert_snapshot!("refused_120x40", text);
    assert!(text.contains("403, as of 5m ago"), "{text}");
    let listed = screen.press(&["W"]).text(120, 40);
    assert!(
        listed.contains("not read: Pods since 5m ago (403)"),
        "{listed}"
    );
}

#[test]
fn an_object_that_cannot_be_decoded_is_counted_and_named() {
    let mut screen = Screen::connected();
    for kind in KINDS {
        screen.state(kind, WatchState::Live);
    }
    let kind = WatchKind::Pods;
    let id = WatchId {
        kind,
        scope: Scope::Cluster,
    };
    let web = ObjectName {
        namespace: Some(Namespace::new("shop")),
        name: "web-1\u{202e}".into(),
    };
    let unreadable = Arc::new(UnreadableObjects {
        named: [web].into(),
        unnamed: 0,
    });
    screen.take(Message::Unreadable(screen.request_id, id, unreadable));
    let text = screen.text(120, 40);
    assert!(text.contains("partial: 1 Pod not read"), "{text}");
    assert!(text.contains("not read: shop/web-1 "), "{text}");
    assert!(text.contains("no known failures"), "{text}");
}

/// Secrets explain a failure; that no Pod fails is seen without them.
#[test]
fn without_secrets_only_what_was_read_is_claimed() {
    let mut screen = Screen::connected();
    for kind in KINDS {
        let state = match kind {
            WatchKind::Secrets(_) => refused(kind, None),
            _ => WatchState::Live,
        };
        screen.state(kind, state);
    }
    let text = screen.text(120, 40);
    assert!(text.contains("partial: Secrets not read (403)"), "{text}");
    assert!(text.contains("no failing Pods"), "{text}");
    assert!(!text.contains("no problems"), "{text}");
}

#[test]
fn stale_data_is_not_called_well() {
    let mut screen = Screen::connected();
    for kind in KINDS {
        screen.state(kind, WatchState::Live);
    }
    let why = "404, not found: <html>".into();
    screen.state(
        WatchKind::Pods,
        WatchState::Stale {
            since: seconds_ago(9),
            why,
        },
    );
    let text = screen.text(120, 40);
    assert!(!text.contains("no problems"), "{text}");
    // Of a list that never came, the pane says why.
    let mut screen = Screen::connected();
    let why = "404, not found: default backend".into();
    screen.state(
        WatchKind::Pods,
        WatchState::Stale {
            since: seconds_ago(9),
            why,
        },
    );
    let text = screen.text(120, 40);
    assert!(
        text.contains("not read yet: 404, not found: default backend"),
        "{text}"
    );
    assert!(!text.contains("no Pods"), "{text}");
}

/// On a large cluster the first look takes many frames: until it is through, the header says how far it is.
#[test]
fn the_header_says_how_far_the_diagnosis_is() {
    let mut screen = Screen::connected();
    for kind in KINDS {
        screen.state(kind, WatchState::Live);
    }
    let pods = (0..1500).map(|number| {
        let image = waiting("ErrImagePull", "401 Unauthorized");
        pod("shop", &format!("web-{number}"), image)
    });
    let pods = StoreUpdate::Pods(upserted(pods.collect()));
    screen.take(Message::Batch(screen.request_id, pods));
    let first = screen.text(120, 40);
    assert!(first.contains("diagnosing 200 of 1,500 Pods"), "{first}");
    assert!(!first.contains("live"), "{first}");
    assert!(
        refresh::next_wakeup(&screen.model, now()) == Some(now()),
        "it goes on at once"
    );
    for _ in 0..7 {
        screen.text(120, 40);
    }
    let last = screen.text(120, 40);
    assert!(
        last.contains("● live") && last.contains("1500 Pods"),
        "{last}"
    );
}

/// At the smallest screen a list over all namespaces still tells one `regcred` from another.
#[test]
fn over_all_namespaces_each_row_has_its_namespace() {
    let mut screen = Screen::company();
    for _ in 0..3 {
        for (width, height) in [(80, 24), (100, 30), (120, 40)] {
            let text = screen.text(width, height);
            assert!(text.contains("NAMESPACE"), "{text}");
        }
        screen = screen.press(&["tab"]);
    }
}
