//! A small server on loopback that answers as a test wants, and keeps what it was asked.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use pullscope::{
    domain::{
        probe::{ProbeError, ProbeStage, Transcript},
        registry_auth::{
            auth_attempts::{AnonymousReason, RegistryAuth},
            credential::Password,
            image_ref::ImageRef,
        },
    },
    registry::{PlainHttp, ProbeLimits, ProbeSettings, Prober},
};

pub const PASSWORD: &str = "canary-s3cret";
/// `jane:canary-s3cret` in base64.
pub const LOGIN: &str = "amFuZTpjYW5hcnktczNjcmV0";

/// One server; its thread waits for connections until the tests end.
pub struct Peer {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// Each request's head goes to `answer`, which writes to the connection; then it is closed.
    pub fn new(
        answer: impl Fn(&str, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, kept) = (Arc::clone(&answer), Arc::clone(&kept));
                thread::spawn(move || serve(stream, &kept, &*answer));
            }
        });
        Self { address, asked }
    }

    /// Answers whole texts.
    pub fn saying(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::new(move |request, stream| stream.write_all(answer(request).as_bytes()))
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Fails when the credential, or anything made of it, came here.
    pub fn knows_nothing(&self) {
        for request in self.asked() {
            let lower = request.to_ascii_lowercase();
            let leaked = lower.contains("authorization:")
                || request.contains(PASSWORD)
                || request.contains(LOGIN);
            assert!(!leaked, "{request}");
        }
    }
}

fn serve(
    mut stream: TcpStream,
    asked: &Mutex<Vec<String>>,
    answer: &dyn Fn(&str, &mut TcpStream) -> io::Result<()>,
) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.extend(byte),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    asked.lock().unwrap().push(head.clone());
    // The other side may have had enough.
    let _ = answer(&head, &mut stream);
}

/// A status with headers and a body, after which the connection is closed.
pub fn reply(status: &str, headers: &[&str], body: &str) -> String {
    let mut text = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text + "\r\n" + body
}

pub fn limits() -> ProbeLimits {
    ProbeLimits {
        step: std::time::Duration::from_secs(2),
        ..ProbeLimits::default()
    }
}

/// Asks the peer for `team/app:1` as jane, in plain HTTP.
pub async fn probe(peer: &Peer, limits: ProbeLimits) -> Transcript {
    probe_with(peer, limits, PlainHttp::Registry).await
}

pub async fn probe_with(peer: &Peer, limits: ProbeLimits, plain_http: PlainHttp) -> Transcript {
    let settings = ProbeSettings {
        limits,
        plain_http,
        ..ProbeSettings::default()
    };
    probe_as(peer, settings, &jane()).await
}

/// Asks the peer in plain HTTP without a credential.
pub async fn probe_anonymously(peer: &Peer, realms: &[String]) -> Transcript {
    let settings = ProbeSettings {
        limits: limits(),
        plain_http: PlainHttp::Registry,
        realms: realms.to_vec(),
        ..ProbeSettings::default()
    };
    probe_as(
        peer,
        settings,
        &RegistryAuth::Anonymous(AnonymousReason::Chosen),
    )
    .await
}

pub fn jane() -> RegistryAuth {
    RegistryAuth::Basic {
        name: "jane".into(),
        password: Password::new(PASSWORD),
    }
}

pub fn image_at(peer: &Peer) -> ImageRef {
    ImageRef::parse(&format!("{}/team/app:1", peer.address)).unwrap()
}

async fn probe_as(peer: &Peer, settings: ProbeSettings, who: &RegistryAuth) -> Transcript {
    let image = image_at(peer);
    let transcript = Prober::new(settings).unwrap().probe(&image, who).await;
    let shown = format!("{transcript:?}");
    assert!(
        !shown.contains(PASSWORD) && !shown.contains(LOGIN),
        "{shown}"
    );
    transcript
}

pub fn failed(transcript: &Transcript) -> (ProbeStage, ProbeError) {
    let (step, failure) = transcript.failed().unwrap();
    (step.stage, failure.clone())
}
