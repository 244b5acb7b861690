//! Debian's `docker-registry`, with users from `htpasswd`.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::certificate::Pair;

pub const USER: &str = "jane";
pub const PASSWORD: &str = "canary-s3cret";

/// Whether the packages are there; says loudly when not.
pub fn is_installed() -> bool {
    let there = |program: &str| {
        let found = Command::new(program).arg("--help").output();
        found.is_ok()
    };
    let installed = there("docker-registry") && there("htpasswd");
    if !installed {
        eprintln!(
            "SKIPPED: the tests against a real registry: apt-get install docker-registry apache2-utils"
        );
    }
    installed
}

/// A running registry; it ends with the value.
pub struct Distribution {
    child: Child,
    pub port: u16,
}

pub struct Setup<'a> {
    /// Images and configuration; instances with the same one serve the same images.
    pub directory: &'a Path,
    pub users: Users,
    pub tls: Option<&'a Pair>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Users {
    Htpasswd,
    Everybody,
}

impl Setup<'_> {
    pub fn start(&self) -> Distribution {
        let mut child = Command::new("docker-registry")
            .arg("serve")
            .arg(self.configuration())
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let port = listening(&mut log);
        // A pipe that nobody reads would stop it.
        thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Distribution { child, port }
    }

    fn configuration(&self) -> PathBuf {
        let directory = self.directory.display();
        let tls = self.tls.map_or_else(String::new, |pair| {
            let (certificate, key) = (pair.certificate.display(), pair.key.display());
            format!("  tls: {{certificate: {certificate}, key: {key}}}\n")
        });
        let auth = match self.users {
            Users::Everybody => String::new(),
            Users::Htpasswd => {
                let path = self.htpasswd();
                let path = path.display();
                format!("auth: {{htpasswd: {{realm: r, path: {path}}}}}\n")
            }
        };
        let text = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {directory}/images}}}}\n\
             http:\n  addr: 127.0.0.1:0\n{tls}{auth}"
        );
        let path = self.directory.join(match self.tls {
            Some(_) => "tls.yml",
            None => "plain.yml",
        });
        fs::write(&path, text).unwrap();
        path
    }

    fn htpasswd(&self) -> PathBuf {
        let path = self.directory.join("htpasswd");
        let made = Command::new("htpasswd")
            .args(["-Bbn", USER, PASSWORD])
            .output();
        fs::write(&path, made.unwrap().stdout).unwrap();
        path
    }
}

fn listening(log: &mut impl BufRead) -> u16 {
    let mut said = String::new();
    loop {
        let mut line = String::new();
        assert!(log.read_line(&mut line).unwrap() > 0, "it ended:\n{said}");
        if let Some((_, address)) = line.split_once("listening on 127.0.0.1:") {
            let digits: String = address.chars().take_while(char::is_ascii_digit).collect();
            return digits.parse().unwrap();
        }
        said.push_str(&line);
    }
}

impl Distribution {
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Pushes an index without images, which needs no blob, to a registry without TLS.
    pub fn push(&self, repository: &str, tag: &str) {
        let kind = "application/vnd.oci.image.index.v1+json";
        let body = format!(r#"{{"schemaVersion":2,"mediaType":"{kind}","manifests":[]}}"#);
        let login = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "PUT /v2/{repository}/manifests/{tag} HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\
             Authorization: Basic {login}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
}

impl Distribution {
    /// Pushes an image of one platform, without layers, to a registry without users.
    pub fn push_image(&self, repository: &str, tag: &str, architecture: &str) {
        let config = format!(r#"{{"os":"linux","architecture":"{architecture}"}}"#);
        let digest = sha256(&config);
        let begun = self.say(&format!("POST /v2/{repository}/blobs/uploads/"), "", "");
        let location = begun
            .lines()
            .find_map(|line| line.strip_prefix("Location: "))
            .unwrap();
        let (_, path) = location.split_once("/v2/").unwrap();
        let put = format!("PUT /v2/{path}&digest={digest}");
        let kind = "application/octet-stream";
        assert!(self.say(&put, kind, &config).starts_with("HTTP/1.1 201"));
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{kind}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{digest}","size":{}}},"layers":[]}}"#,
            config.len()
        );
        let put = format!("PUT /v2/{repository}/manifests/{tag}");
        let answer = self.say(&put, kind, &manifest);
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }

    fn say(&self, request: &str, kind: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.host(),
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

fn sha256(text: &str) -> String {
    let mut child = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let hex = String::from_utf8(output.stdout).unwrap();
    format!("sha256:{}", hex.split_whitespace().next().unwrap())
}

impl Drop for Distribution {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
