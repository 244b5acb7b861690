//! `pullscope verify` behind a proxy, as `HTTPS_PROXY` and its like name it, against a real registry.
//!
//! The registry's name is known to the proxy only, so what arrives has gone through it.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use crate::{
    certificate::Pair,
    distribution::{PASSWORD, Users},
    real::{Lab, Verified, verify_with},
};

const PROXY_PASSWORD: &str = "pr0xy-s3cret";
/// `boss:pr0xy-s3cret` in base64.
const PROXY_LOGIN: &str = "Basic Ym9zczpwcjB4eS1zM2NyZXQ=";

/// A proxy that wants a login and knows one registry, whatever name it is called by.
struct Gate {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Gate {
    fn before(registry: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                // The other side may have had enough.
                thread::spawn(move || drop(lead(stream, registry, &kept)));
            }
        });
        Self { address, asked }
    }

    fn url(&self, login: &str) -> String {
        format!("http://{login}{}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn lead(mut stream: TcpStream, registry: u16, asked: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    asked.lock().unwrap().push(head.clone());
    let login = format!("proxy-authorization: {PROXY_LOGIN}\r\n");
    if !head.contains(&login) {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                       Proxy-Authenticate: Basic realm=p\r\nContent-Length: 0\r\n\r\n";
        return stream.write_all(refusal.as_bytes());
    }
    let mut there = TcpStream::connect(("127.0.0.1", registry))?;
    if head.starts_with("CONNECT ") {
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        // What a proxy makes of `GET http://host/path`.
        let (method, rest) = head.split_once(" http://").unwrap();
        let (_, path) = rest.split_once('/').unwrap();
        let request = format!("{method} /{path}").replace(&login, "connection: close\r\n");
        there.write_all(request.as_bytes())?;
    }
    let (mut from, mut to) = (stream.try_clone()?, there.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    io::copy(&mut there, &mut stream)?;
    stream.shutdown(Shutdown::Both)
}

fn step<'a>(found: &'a Verified, name: &str) -> &'a serde_json::Value {
    let steps = found.answer["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["step"] == name);
    step.unwrap_or_else(|| panic!("no step {name} in {:#}", found.answer))
}

#[test]
fn a_registry_behind_a_proxy() {
    let Some(lab) = Lab::new() else { return };
    let pair = Pair::issue(lab.path(), &["r.corp.example"]);
    let registry = lab.start(Users::Htpasswd, Some(&pair));
    let gate = Gate::before(registry.port);
    let config = lab.config("r.corp.example", PASSWORD);
    let more = [
        "--from",
        config.to_str().unwrap(),
        "--ca",
        pair.authority.to_str().unwrap(),
    ];
    let image = "r.corp.example/team/app:1.2.3";

    let url = gate.url(&format!("boss:{PROXY_PASSWORD}@"));
    let found = verify_with(image, &more, &[("HTTPS_PROXY", &url)]);
    found.is(0, None, None);
    found.says(&format!("through this machine's proxy {}", gate.address));
    assert_eq!(step(&found, "proxy")["ok"], true);
    let asked = gate.asked();
    assert!(!asked.is_empty());
    for request in &asked {
        assert!(
            request.starts_with("CONNECT r.corp.example:443 "),
            "{request}"
        );
        assert!(!request.contains("\r\nauthorization:"), "{request}");
    }
    let shown = found.answer.to_string();
    assert!(
        !shown.contains(PROXY_PASSWORD) && !shown.contains(PROXY_LOGIN),
        "{shown}"
    );

    // Without the login for it, the proxy is what fails: of the registry nothing is known.
    let found = verify_with(image, &more, &[("https_proxy", &gate.url(""))]);
    found.is(2, None, None);
    found.says("407 Proxy Authentication Required");
    assert_eq!(step(&found, "proxy")["ok"], false);
    assert_eq!(found.answer["ruled_out"], serde_json::json!([]));

    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let found = verify_with(image, &more, &[("ALL_PROXY", &format!("http://{closed}"))]);
    found.is(2, None, None);
    found.says("connection refused");
}

#[test]
fn a_plain_registry_behind_a_proxy_is_asked_by_its_whole_address() {
    let Some(lab) = Lab::new() else { return };
    let registry = lab.start(Users::Htpasswd, None);
    let gate = Gate::before(registry.port);
    let config = lab.config("plain.corp.example:5000", PASSWORD);
    let url = gate.url(&format!("boss:{PROXY_PASSWORD}@"));
    let found = verify_with(
        "plain.corp.example:5000/team/app:1.2.3",
        &["--from", config.to_str().unwrap(), "--plain-http"],
        &[("HTTP_PROXY", &url)],
    );
    found.is(0, None, None);
    let asked = gate.asked();
    let whole = "GET http://plain.corp.example:5000/v2/ ";
    assert!(
        asked.iter().any(|request| request.starts_with(whole)),
        "{asked:?}"
    );
}

#[test]
fn what_no_proxy_names_and_this_machine_are_asked_directly() {
    let Some(lab) = Lab::new() else { return };
    let registry = lab.start(Users::Everybody, None);
    let gate = Gate::before(registry.port);
    let url = gate.url("");
    let local = format!("{}/team/app:1.2.3", registry.host());
    verify_with(&local, &[], &[("ALL_PROXY", &url)]).is(0, None, None);
    let named = format!("plain.corp.example:{}/team/app:1.2.3", registry.port);
    let there = ["--resolve", "plain.corp.example=127.0.0.1", "--plain-http"];
    let except = [("ALL_PROXY", url.as_str()), ("NO_PROXY", "corp.example")];
    verify_with(&named, &there, &except).is(0, None, None);
    assert_eq!(gate.asked(), [] as [String; 0]);
}
