//! Unknown is never well: what could not be listed, read or decoded is said, and is never status 0.

use serde_json::Value;

use crate::{
    api::{Api, failing, forbidden, list, running},
    json, schema, status, text,
};

const PODS: &str = "/api/v1/namespaces/shop/pods";

/// Field `number` of a protobuf message, which holds these bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut left = bytes.len();
    while left >= 0x80 {
        out.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
        left >>= 7;
    }
    out.push(u8::try_from(left).unwrap());
    out.extend_from_slice(bytes);
    out
}

fn message(fields: &[Vec<u8>]) -> Vec<u8> {
    fields.concat()
}

/// A list of one failing Pod, as the API server writes it in protobuf.
fn failing_in_protobuf(why: &[u8]) -> Vec<u8> {
    let metadata = message(&[field(1, b"web-1"), field(3, b"shop")]);
    let container = message(&[field(1, b"app"), field(2, b"r.example/a:1")]);
    let waiting = message(&[field(1, b"ErrImagePull"), field(2, why)]);
    let state = field(1, &waiting);
    let status = message(&[
        field(1, b"app"),
        field(2, &state),
        field(6, b"r.example/a:1"),
    ]);
    let status = message(&[field(1, b"Pending"), field(8, &status)]);
    let pod = message(&[
        field(1, &metadata),
        field(2, &field(2, &container)),
        field(3, &status),
    ]);
    let list = message(&[field(1, &field(2, b"7")), field(2, &pod)]);
    [b"k8s\0".to_vec(), field(2, &list)].concat()
}

#[test]
fn the_controls_are_healthy_and_failing() {
    let well = Api::new()
        .with_pods(&[running("web-1")])
        .serve()
        .run("check -n shop -o json");
    assert_eq!(status(&well), 0, "{}", text(&well.stderr));
    let report = json(&well);
    schema::obeys("check", &report);
    assert_eq!(
        (&report["complete"], &report["not_read"]),
        (&json!(true), &json!([]))
    );
    assert!(well.stderr.is_empty());
    let api = Api::new().with_pods(&[failing("web-1")]).serve();
    assert_eq!(status(&api.run("check -n shop")), 1);
}

/// What answers here is an ingress that has no backend.
#[test]
fn a_404_of_pods_is_no_empty_namespace() {
    let page = (
        404,
        "text/html",
        b"<html>default backend - 404</html>".to_vec(),
    );
    let api = Api::new().with(PODS, page).serve();
    let output = api.run("check -n shop --request-timeout 2s");
    assert_eq!(status(&output), 2);
    assert!(output.stdout.is_empty());
    let said = text(&output.stderr);
    assert!(
        said.contains("404") && said.contains("default backend"),
        "{said}"
    );
}

#[test]
fn a_pod_that_cannot_be_decoded_is_named_and_not_healthy() {
    let mut odd = failing("web-1");
    odd["status"]["containerStatuses"][0]["ready"] = json!("no");
    let api = Api::new()
        .with_pods(&[running("web-2"), odd.clone()])
        .serve();
    let output = api.run("check -n shop -o json");
    assert_eq!(status(&output), 2);
    let report = json(&output);
    schema::obeys("check", &report);
    assert_eq!(report["not_read"], json!(["Pod shop/web-1"]));
    assert_eq!(report["complete"], false);
    let said = text(&output.stderr);
    assert!(said.contains("incomplete: Pod shop/web-1"), "{said}");
    let said = text(&api.run("check -n shop").stdout);
    assert!(said.contains("not read: Pod shop/web-1"), "{said}");
    assert!(said.contains(", incomplete"), "{said}");
    let xml = text(&api.run("check -n shop -o junit").stdout);
    assert!(
        xml.contains(r#"errors="1""#) && xml.contains("Pod shop/web-1"),
        "{xml}"
    );
    let sarif = json(&api.run("check -n shop -o sarif"));
    assert_eq!(
        sarif["runs"][0]["invocations"][0]["executionSuccessful"],
        false
    );
    // A finding is a finding all the same.
    let api = Api::new().with_pods(&[failing("web-2"), odd]).serve();
    let output = api.run("check -n shop -o json");
    assert_eq!(status(&output), 1);
    assert_eq!(json(&output)["not_read"], json!(["Pod shop/web-1"]));
}

/// A CI system that shows a job red whose exit status is 0 is believed by nobody.
#[test]
fn what_is_not_needed_and_cannot_be_decoded_is_no_error_in_any_format() {
    let odd = json!({"metadata": {"name": "nightly", "namespace": "shop"}, "spec": "no"});
    let api = Api::new()
        .with("/apis/batch/v1/namespaces/shop/cronjobs", list(&[odd]))
        .with_pods(&[running("web-1")])
        .serve();
    let output = api.run("check -n shop -o json");
    assert_eq!(status(&output), 0, "{}", text(&output.stderr));
    let unread = json(&output)["not_read"].clone();
    assert_eq!(unread, json!(["CronJob shop/nightly"]));
    let xml = text(&api.run("check -n shop -o junit").stdout);
    assert!(
        xml.contains(r#"errors="0""#) && !xml.contains("<error"),
        "{xml}"
    );
    assert!(xml.contains("CronJob shop/nightly"), "{xml}");
    let sarif = json(&api.run("check -n shop -o sarif"));
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], true);
    let notes = invocation["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notes.len(), 1, "{invocation}");
    assert_eq!(notes[0]["level"], "warning", "{invocation}");
}

/// Go puts any bytes into the strings of protobuf.
#[test]
fn a_byte_that_is_no_utf8_hides_no_failing_pod() {
    for why in [&b"401 Unauthorized"[..], b"401 Unauthorized \xff"] {
        let kind = "application/vnd.kubernetes.protobuf";
        let pods = (200, kind, failing_in_protobuf(why));
        let output = Api::new()
            .with(PODS, pods)
            .serve()
            .run("check -n shop -o json");
        assert_eq!(status(&output), 1, "{}", text(&output.stderr));
        let report = json(&output);
        assert_eq!(report["findings"][0]["pod"], "web-1", "{report}");
        assert_eq!(report["not_read"], json!([]));
    }
}

/// What shows failures must be read; what only explains them need not be, unless it was asked for.
#[test]
fn what_may_not_be_listed_is_said_and_counts_where_it_shows_failures() {
    let refused = || forbidden("you shall not");
    for (path, line, expected, complete) in [
        (
            "/api/v1/namespaces/shop/secrets",
            "check -n shop -o json",
            0,
            true,
        ),
        (
            "/api/v1/namespaces/shop/secrets",
            "check -n shop --all -o json",
            2,
            false,
        ),
        (
            "/api/v1/namespaces/shop/events",
            "check -n shop -o json",
            2,
            false,
        ),
        (
            "/apis/apps/v1/namespaces/shop/deployments",
            "check -n shop -o json",
            2,
            false,
        ),
        (
            "/apis/batch/v1/namespaces/shop/cronjobs",
            "check -n shop -o json",
            0,
            true,
        ),
    ] {
        let api = Api::new()
            .with(path, refused())
            .with("/apis/events.k8s.io/v1/namespaces/shop/events", refused())
            .with("/apis/batch/v1beta1/namespaces/shop/cronjobs", refused())
            .with_pods(&[running("web-1")])
            .serve();
        let output = api.run(line);
        assert_eq!(status(&output), expected, "{path} {line}");
        let report = json(&output);
        assert_eq!(report["complete"], complete, "{path}");
        assert_eq!(report["not_seen"].as_array().unwrap().len(), 1, "{report}");
        assert_eq!(output.stderr.is_empty(), complete, "{path}");
    }
}

#[test]
fn what_a_server_says_cannot_steer_the_terminal() {
    const EVIL: &str = "\u{202e}evil\u{200b}\u{9b}2J\u{2028}\u{1b}]0;x\u{7}";
    let hidden = [
        '\u{202e}', '\u{200b}', '\u{9b}', '\u{2028}', '\u{1b}', '\u{7}',
    ];
    let api = Api::new().with(PODS, forbidden(EVIL)).serve();
    let output = api.run("check -n shop");
    assert_eq!(status(&output), 2);
    let said = text(&output.stderr);
    assert!(said.contains("evil") && !said.contains(hidden), "{said:?}");
    let mut pod = failing("web-1");
    pod["status"]["containerStatuses"][0]["state"]["waiting"]["message"] = json!(EVIL);
    pod["spec"]["containers"][0]["image"] = json!(format!("r.example/{EVIL}"));
    let api = Api::new().with_pods(&[pod]).serve();
    for form in ["text", "json", "junit", "sarif"] {
        let output = api.run(&format!("check -n shop -o {form}"));
        assert_eq!(status(&output), 1);
        let said = text(&output.stdout);
        assert!(!said.contains(hidden), "{form}: {said:?}");
    }
    // In JSON the data is whole.
    let report: Value = json(&api.run("check -n shop -o json"));
    assert!(report.to_string().contains('\u{202e}'), "{report}");
}

#[test]
fn cases_are_saved_inside_their_folder_only() {
    let api = Api::new().with_pods(&[failing("web-1")]).serve();
    let line = "check -n shop --save-cases cases";
    assert_eq!(status(&api.run(line)), 1);
    let saved = api.path("cases/shop.web-1.json");
    let case: Value = serde_json::from_slice(&std::fs::read(&saved).unwrap()).unwrap();
    assert!(case.is_object());
    // Nothing is overwritten.
    let again = api.run(line);
    assert_eq!(status(&again), 2);
    let said = text(&again.stderr);
    assert!(
        said.contains("shop.web-1.json") && said.contains("new directory"),
        "{said}"
    );
    let mut pod = failing("web-1");
    pod["metadata"]["name"] = json!("x/../../../escaped");
    let api = Api::new().with(PODS, list(&[pod])).serve();
    let output = api.run("check -n shop --save-cases deep/er/cases");
    assert_eq!(status(&output), 2, "{}", text(&output.stderr));
    // The report is there all the same.
    assert!(text(&output.stdout).contains("escaped"));
    let mut found = walk(&api.path(""));
    found.retain(|name| name.contains("escaped"));
    assert!(found.is_empty(), "{found:?}");
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        names.push(entry.file_name().to_string_lossy().into_owned());
        if entry.file_type().unwrap().is_dir() {
            names.extend(walk(&entry.path()));
        }
    }
    names
}

/// An `imagePullSecrets` entry is not validated by the API server: it must not lead to another path.
#[test]
fn a_name_that_no_secret_can_have_is_never_asked_for() {
    let mut pod = failing("web-1");
    pod["spec"]["imagePullSecrets"] = json!([
        {"name": "../../../namespaces/kube-system/secrets/admin"}, {"name": ".."}, {"name": "x?y=z"},
    ]);
    // Whoever follows the path up finds a Secret there.
    let secret = (
        200,
        "application/json",
        br#"{"type":"kubernetes.io/dockerconfigjson"}"#.to_vec(),
    );
    let api = Api::new()
        .with_pods(&[pod])
        .with("/api/v1/namespaces/shop/secrets/x", secret)
        .serve();
    let output = api.run("check -n shop --probe --request-timeout 3s -o json");
    assert_eq!(status(&output), 1, "{}", text(&output.stderr));
    let report = json(&output);
    let secrets = report["findings"][0]["chain"]["secrets"]
        .as_array()
        .unwrap();
    assert_eq!(secrets.len(), 3);
    for secret in secrets {
        assert_eq!(secret["state"], "missing", "{secret}");
    }
}
