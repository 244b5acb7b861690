//! Whatever a server sends is read or refused; it never takes the reader down with it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    CronJobs, Decode, Deployments, EventDecoder, Interner, Jobs, ListPage, NamespaceDecoder,
    OtherSecretDecoder, PodDecoder, PullSecretDecoder, ServiceAccountDecoder, WatchEvent, objects,
    parse_watch_line,
};
use crate::domain::{
    k8s::objects::{IDENTITY_ANNOTATIONS, SecretContent, WorkloadIdentity},
    registry_auth::credential::FingerprintKey,
    store::watch::SecretWatch,
};

/// Reads these bytes as a page and as a change of every kind.
fn read_all(bytes: &[u8]) {
    read(&NamespaceDecoder, bytes);
    read(&PodDecoder, bytes);
    read(&EventDecoder, bytes);
    read(&ServiceAccountDecoder, bytes);
    read(&OtherSecretDecoder, bytes);
    read(&Deployments::default(), bytes);
    read(&Jobs::default(), bytes);
    read(&CronJobs::default(), bytes);
    for slice in [SecretWatch::DockerConfigJson, SecretWatch::DockerCfg] {
        let fingerprints = FingerprintKey::default();
        read(
            &PullSecretDecoder {
                slice,
                fingerprints,
            },
            bytes,
        );
    }
}

fn read<D: Decode>(decode: &D, bytes: &[u8]) {
    let mut texts = Interner::default();
    let _ = objects(decode, bytes, &mut texts);
    let _ = parse_watch_line(decode, bytes, &mut texts);
}

/// JSON with the names of the API's fields in unlikely places.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Value::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z".prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "metadata",
        "name",
        "namespace",
        "labels",
        "annotations",
        "ownerReferences",
        "spec",
        "status",
        "containers",
        "initContainers",
        "containerStatuses",
        "state",
        "waiting",
        "reason",
        "message",
        "image",
        "imagePullSecrets",
        "data",
        ".dockerconfigjson",
        ".dockercfg",
        "type",
        "template",
        "involvedObject",
        "count",
        "series",
        "eventTime",
        "items",
        "object",
        "resourceVersion",
        "volumes",
        "replicas",
        "selector",
        "jobTemplate",
        "conditions",
        "creationTimestamp",
        "kind",
        "uid",
    ]);
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..6).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        read_all(&bytes);
    }

    #[test]
    fn any_object(object in values()) {
        let list = json!({"metadata": {"resourceVersion": "1"}, "items": [object.clone(), {"metadata": {"name": "good", "namespace": "app"}}]});
        read_all(list.to_string().as_bytes());
        read_all(json!({"type": "ADDED", "object": object}).to_string().as_bytes());
        // The one that is good is never lost for the other.
        let found = objects(&ServiceAccountDecoder, list.to_string().as_bytes(), &mut Interner::default()).unwrap();
        prop_assert!(found.iter().any(|account| account.key.name.as_str() == "good"));
    }

    #[test]
    fn any_end(object in values(), end in 0_usize..400) {
        let line = json!({"type": "MODIFIED", "object": object}).to_string();
        let end = line.len().min(end);
        read_all(line.as_bytes().get(..end).unwrap());
    }
}

#[test]
fn numbers_of_any_size_are_added() {
    let most = u64::MAX;
    let line = format!(
        r#"{{"type":"ADDED","object":{{"metadata":{{"name":"a","namespace":"b"}},
        "status":{{"active":{most},"succeeded":4294967295,"ready":4294967295}}}}}}"#
    );
    let mut texts = Interner::default();
    let WatchEvent::Upsert(job, _) =
        parse_watch_line(&Jobs::default(), line.as_bytes(), &mut texts)
    else {
        panic!("it is read");
    };
    assert_eq!(job.status.current, u32::MAX);
}

#[test]
fn the_end_of_a_credential_is_read_from_known_annotations_only() {
    for (annotations, expected) in [
        (
            json!({"expiresAt": "1764547200"}),
            Some("2025-12-01T00:00:00Z"),
        ),
        (
            json!({"acme.example/expires-at": "2026-12-01T10:00:00Z", "expiry": "2026-12-03T10:00:00+01:00"}),
            Some("2026-12-01T10:00:00Z"),
        ),
        (
            json!({
                "acr.microsoft.com/token.expiry": "2026-12-01T10:00:00Z",
                "acr.microsoft.com/token.refresh": "2026-12-01T07:00:00Z",
            }),
            Some("2026-12-01T10:00:00Z"),
        ),
        (
            json!({"expires": "2026-12-01"}),
            Some("2026-12-01T00:00:00Z"),
        ),
        (json!({"expiresAt": "soon"}), None),
        (json!({"acme.example/next": "2026-12-01T10:00:00Z"}), None),
        (json!(null), None),
    ] {
        let line = json!({"type": "ADDED", "object": {
            "metadata": {"name": "a", "namespace": "b", "resourceVersion": "1", "annotations": annotations},
            "type": "kubernetes.io/dockerconfigjson",
        }});
        let decoder = PullSecretDecoder {
            slice: SecretWatch::DockerConfigJson,
            fingerprints: FingerprintKey::default(),
        };
        let mut texts = Interner::default();
        let line = line.to_string();
        let WatchEvent::Upsert(secret, _) = parse_watch_line(&decoder, line.as_bytes(), &mut texts)
        else {
            panic!("it is read");
        };
        let found = secret.annotated_expiry.map(|at| at.to_string());
        assert_eq!(found.as_deref(), expected, "{annotations}");
    }
}

#[test]
fn annotations_of_a_megabyte_are_not_kept() {
    let big = "x".repeat(1 << 20);
    let line = json!({"type": "ADDED", "object": {"metadata": {
        "name": "a", "namespace": "b", "resourceVersion": "1", "annotations": {"big": big},
    }}});
    let mut texts = Interner::default();
    let WatchEvent::Upsert(account, _) = parse_watch_line(
        &ServiceAccountDecoder,
        line.to_string().as_bytes(),
        &mut texts,
    ) else {
        panic!("it is read");
    };
    assert!(!format!("{account:?}").contains("xxx"));
}

#[test]
fn the_identity_of_a_service_account_is_the_same_in_both_encodings() {
    let role = "arn:aws:iam::1:role/app";
    let mut annotations = json!({"team": "shop", "note": "x".repeat(200)});
    for annotation in IDENTITY_ANNOTATIONS {
        annotations[annotation.key] = role.into();
    }
    let expected: Vec<_> = {
        let mut keys = IDENTITY_ANNOTATIONS.map(|it| it.key);
        keys.sort_unstable();
        let found = keys
            .iter()
            .filter_map(|key| WorkloadIdentity::from_annotation(key, role));
        found.collect()
    };
    let json = json!({"metadata": {"resourceVersion": "7"}, "items": [
        {"metadata": {"name": "runner", "namespace": "shop", "annotations": annotations}},
    ]});
    let mut meta = [bytes_field(1, b"runner"), bytes_field(3, b"shop")].concat();
    for (key, value) in annotations.as_object().unwrap() {
        let value = value.as_str().unwrap();
        if value.len() < 100 {
            let pair = [
                bytes_field(1, key.as_bytes()),
                bytes_field(2, value.as_bytes()),
            ];
            meta.extend(bytes_field(12, &pair.concat()));
        }
    }
    let account = message_field(2, &message_field(1, &meta));
    let protobuf = envelope(&[bytes_field(1, &bytes_field(2, b"7")), account].concat());
    for bytes in [json.to_string().into_bytes(), protobuf] {
        let page = ListPage::<ServiceAccountDecoder>::parse(&bytes).unwrap();
        let (mut texts, mut accounts) = (Interner::default(), Vec::new());
        let unreadable = page.objects(&ServiceAccountDecoder, &mut texts, &mut accounts);
        assert!(unreadable.is_empty(), "{unreadable:?}");
        assert_eq!(accounts[0].identities, expected);
    }
}

#[test]
fn lists_in_lists_without_end_are_refused() {
    let deep = format!(r#"{{"items":{}"#, "[".repeat(200_000));
    read_all(deep.as_bytes());
    let deep = format!(
        r#"{{"type":"ADDED","object":{}"#,
        r#"{"metadata":"#.repeat(200_000)
    );
    read_all(deep.as_bytes());
}

/// A field of a protobuf message that holds bytes, shorter than 128.
fn bytes_field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).unwrap();
    assert!(length < 128);
    [&[number << 3 | 2, length], bytes].concat()
}

/// A PodList in the API server's envelope.
fn pod_list(pods: &[Vec<u8>]) -> Vec<u8> {
    let items = pods.iter().flat_map(|pod| bytes_field(2, pod));
    let list: Vec<u8> = bytes_field(1, &bytes_field(2, b"7"))
        .into_iter()
        .chain(items)
        .collect();
    envelope(&list)
}

/// A message in the API server's envelope.
fn envelope(message: &[u8]) -> Vec<u8> {
    [&b"k8s\0"[..], &message_field(2, message)].concat()
}

/// A field of a protobuf message that holds bytes of any length.
fn message_field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut length = Vec::new();
    let mut left = bytes.len();
    while left >= 0x80 {
        length.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
        left >>= 7;
    }
    length.push(u8::try_from(left).unwrap());
    [&[number << 3 | 2], &length[..], bytes].concat()
}

fn wire_meta(name: &str) -> Vec<u8> {
    bytes_field(
        1,
        &[bytes_field(1, name.as_bytes()), bytes_field(3, b"shop")].concat(),
    )
}

/// Go writes any bytes into a string of protobuf; the failing Pod must not be lost for one of them.
#[test]
fn a_byte_that_is_no_utf8_costs_no_object() {
    let message = bytes_field(4, b"dial tcp \xff: refused");
    let odd = [wire_meta("web"), bytes_field(3, &message)].concat();
    let bytes = pod_list(&[odd, wire_meta("api")]);
    let page = ListPage::<PodDecoder>::parse(&bytes).unwrap();
    let (mut texts, mut pods) = (Interner::default(), Vec::new());
    let unreadable = page.objects(&PodDecoder, &mut texts, &mut pods);
    assert!(unreadable.is_empty(), "{unreadable:?}");
    let names: Vec<&str> = pods.iter().map(|pod| pod.key.name.as_str()).collect();
    assert_eq!(names, ["web", "api"]);
}

#[test]
fn what_cannot_be_decoded_is_named() {
    // Field 3, the status, is no message.
    let broken = [wire_meta("web"), vec![3 << 3, 1]].concat();
    let nameless = bytes_field(3, b"");
    let bytes = pod_list(&[broken, wire_meta("api"), nameless]);
    let json = json!({"metadata": {"resourceVersion": "7"}, "items": [
        {"metadata": {"name": "web", "namespace": "shop"}, "status": 7},
        {"metadata": {"name": "api", "namespace": "shop"}},
        {"metadata": {}},
    ]});
    for bytes in [bytes, json.to_string().into_bytes()] {
        let page = ListPage::<PodDecoder>::parse(&bytes).unwrap();
        let (mut texts, mut pods) = (Interner::default(), Vec::new());
        let unreadable = page.objects(&PodDecoder, &mut texts, &mut pods);
        assert_eq!(pods.len(), 1);
        assert_eq!(unreadable.to_string(), "shop/web, 1 unnamed");
    }
}

#[test]
fn an_object_that_is_no_list_is_not_an_empty_one() {
    for answer in [
        &br#"{"error":"please log in"}"#[..],
        b"{}",
        br#"{"kind":"Status","status":"Failure","code":500,"metadata":{}}"#,
        br#"{"kind":"PodList","metadata":{},"items":[]}"#,
        br#"{"kind":"ConfigMapList","metadata":{"resourceVersion":"7"},"items":[]}"#,
        br#"{"metadata":{"resourceVersion":"7"}}"#,
        br#"{"kind":"Table","metadata":{"resourceVersion":"7"},"rows":[]}"#,
        br#"{"kind":"Pod","metadata":{"name":"web","resourceVersion":"7"}}"#,
        br#"{"kind":"Status","status":"Failure","code":403,"metadata":{"resourceVersion":"7"}}"#,
        b"k8s\0",
    ] {
        let mut texts = Interner::default();
        let read = objects(&PodDecoder, answer, &mut texts);
        assert!(read.is_err(), "{}", String::from_utf8_lossy(answer));
    }
}

#[test]
fn when_the_data_of_a_secret_was_written_is_read_off_its_managed_fields() {
    let manager = |time: &str, fields: serde_json::Value| json!({"manager": "m", "operation": "Update", "time": time, "fieldsV1": fields});
    let list = json!({"metadata": {"resourceVersion": "7"}, "items": [{
        "metadata": {
            "name": "regcred", "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [
                manager("2026-05-01T00:00:00Z", json!({"f:data": {".": {}}})),
                manager("2026-04-01T00:00:00Z", json!({"f:data": {}, "f:type": {}})),
                manager("2026-06-01T00:00:00Z", json!({"f:metadata": {"f:labels": {}}})),
                {"manager": "no fields"},
            ],
        },
        "type": "kubernetes.io/dockerconfigjson",
    }, {"metadata": {"name": "old", "namespace": "shop", "managedFields": null}}]});
    let secrets = PullSecretDecoder {
        slice: SecretWatch::DockerConfigJson,
        fingerprints: FingerprintKey::default(),
    };
    let mut texts = Interner::default();
    let read = objects(&secrets, list.to_string().as_bytes(), &mut texts).unwrap();
    let changed: Vec<_> = read
        .iter()
        .map(|it| it.changed.map(|at| at.to_string()))
        .collect();
    assert_eq!(changed, [Some("2026-05-01T00:00:00Z".to_owned()), None]);
}

#[test]
fn whether_another_secret_may_hold_a_configuration_is_read_off_its_managed_fields() {
    let of = |name: &str, fields: serde_json::Value| json!({"metadata": {"name": name, "namespace": "shop", "managedFields": [{"manager": "m", "time": "2026-05-01T00:00:00Z", "fieldsV1": fields}]}});
    let list = json!({"metadata": {"resourceVersion": "7"}, "items": [
        of("login", json!({"f:data": {".": {}, "f:username": {}, "f:password": {}}})),
        of("docker", json!({"f:data": {".": {}, "f:.dockerconfigjson": {}}})),
        of("file", json!({"f:data": {"f:config.json": {}, "f:username": {}}})),
        of("empty", json!({"f:data": {".": {}}})),
        of("labels", json!({"f:metadata": {}})),
        json!({"metadata": {"name": "none", "namespace": "shop"}}),
    ]});
    let mut texts = Interner::default();
    let read = objects(&OtherSecretDecoder, list.to_string().as_bytes(), &mut texts).unwrap();
    let without: Vec<&str> = read
        .iter()
        .filter(|it| it.content == SecretContent::NoConfigKey)
        .map(|it| it.key.name.as_str())
        .collect();
    assert_eq!(without, ["login"]);
}
