//! A typing error is no healthy namespace: what was asked for and is not there is an error, or waited for.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Output, Stdio},
};

use serde_json::Value;

use crate::{
    Demo,
    api::{Api, forbidden, list, running},
    json, status, text,
};

/// The status and what was said on standard error.
fn refused(output: &Output) -> String {
    assert_eq!(status(output), 2, "{}", text(&output.stdout));
    assert!(output.stdout.is_empty());
    text(&output.stderr)
}

#[test]
fn what_is_not_there_is_an_error_with_the_nearest_name() {
    let demo = Demo::start();
    for (line, what) in [
        ("check -n nope", "Namespace nope does not exist"),
        ("check -n shop,pyaments", "did you mean payments?"),
        (
            "check -n shop -l app=typo",
            "no Pods with labels app=typo found in namespace shop",
        ),
        (
            "check -n shop -l app=chekcout",
            "did you mean app=checkout?",
        ),
        (
            "check -n shop deploy/chekcout",
            "did you mean Deployment/checkout?",
        ),
        (
            "check -n shop daemonsets",
            "no DaemonSets found in namespace shop",
        ),
        ("check -n Bad_NS", "not a valid Namespace name"),
    ] {
        let said = refused(&demo.run(line));
        assert!(said.contains(what), "{line}: {said}");
    }
    let said = refused(&demo.run("check -n nope"));
    assert!(said.contains("--allow-empty"), "{said}");
    for line in [
        "check -n nope --allow-empty",
        "check -n shop -l app=typo --allow-empty",
        "check -n shop daemonsets --allow-empty",
    ] {
        let output = demo.run(line);
        assert_eq!(status(&output), 0, "{line}: {}", text(&output.stderr));
        assert!(text(&output.stdout).starts_with("No Pods found in namespace"));
    }
}

#[test]
fn an_empty_namespace_is_said_to_be_empty() {
    let api = Api::new().serve();
    let output = api.run("check -n shop");
    assert_eq!(status(&output), 0);
    assert_eq!(
        text(&output.stdout),
        "No Pods found in namespace shop of cluster fake\n"
    );
    let api = Api::new().with_pods(&[running("web-1")]).serve();
    let said = text(&api.run("check -n shop").stdout);
    assert_eq!(
        said,
        "Pods checked: 1, findings: 0 (in namespace shop of cluster fake)\n"
    );
}

/// Who may not get a Namespace is answered an empty list whether it exists or not.
#[test]
fn where_namespaces_may_not_be_read_an_empty_list_proves_nothing() {
    let blind = || {
        Api::default()
            .with("/api/v1/namespaces", forbidden("no namespaces"))
            .with("/api/v1/namespaces/shop", forbidden("not this one"))
    };
    let api = blind().serve();
    let said = refused(&api.run("check -n shop"));
    assert!(
        said.contains("may not exist") && said.contains("not this one"),
        "{said}"
    );
    assert_eq!(status(&api.run("check -n shop --allow-empty")), 0);
    // Something in it proves it.
    let api = blind().with_pods(&[running("web-1")]).serve();
    assert_eq!(status(&api.run("check -n shop")), 0);
    let account = json!({"metadata": {"name": "default", "namespace": "shop"}});
    let path = "/api/v1/namespaces/shop/serviceaccounts";
    let api = blind().with(path, list(&[account])).serve();
    assert_eq!(status(&api.run("check -n shop")), 0);
    // And so does the right to get this one.
    let shop = json!({"metadata": {"name": "shop"}})
        .to_string()
        .into_bytes();
    let api = Api::default()
        .with("/api/v1/namespaces", forbidden("no namespaces"))
        .with("/api/v1/namespaces/shop", (200, "application/json", shop))
        .serve();
    assert_eq!(status(&api.run("check -n shop")), 0);
}

/// What is not there yet is waited for, and an error only at the end.
#[test]
fn with_wait_what_was_asked_for_is_waited_for() {
    let demo = Demo::start();
    let said = refused(&demo.run("check -n shop -l app=typo --wait 1s"));
    assert!(
        said.contains("no Pods with labels app=typo found"),
        "{said}"
    );
    let waiting = demo
        .command("check -n late -l app=late --wait 60s -o json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let config = std::fs::read(demo.directory.path().join("config")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    let server = config["clusters"][0]["cluster"]["server"].as_str().unwrap();
    let namespace = json!({"metadata": {"name": "late"}});
    post(server, "/api/v1/namespaces", &namespace);
    let pod = json!({"metadata": {"name": "late", "labels": {"app": "late"}},
        "spec": {"containers": [{"name": "app", "image": "registry.nordwind.example/shop/cart:nope"}]}});
    post(server, "/api/v1/namespaces/late/pods", &pod);
    let output = waiting.wait_with_output().unwrap();
    assert_eq!(status(&output), 1, "{}", text(&output.stderr));
    let report = json(&output);
    assert_eq!(report["findings"][0]["pod"], "late", "{report}");
}

fn post(server: &str, path: &str, body: &Value) {
    let body = body.to_string();
    // The user is part of the demo's address.
    let (address, user) = server
        .trim_start_matches("http://")
        .split_once('/')
        .unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST /{user}{path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}
