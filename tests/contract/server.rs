//! A real etcd and kube-apiserver for the tests of one process.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock},
    thread,
    time::{Duration, Instant},
};

use kube::{Client, Config, config::Kubeconfig};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    cluster::{Behind, Cluster},
    process::{Process, free_port},
};

const ADMIN_TOKEN: &str = "admin-token-of-the-contract-tests";

/// Long enough for a machine with other work.
const START_LIMIT: Duration = Duration::from_secs(120);

/// The server that all cases share, started at the first call; `None` when there are no binaries.
pub fn shared() -> Option<&'static Server> {
    // A server that does not start is tried once, and fails every test at once.
    static SHARED: OnceLock<Result<Option<Server>, String>> = OnceLock::new();
    let started = SHARED.get_or_init(Server::start);
    started
        .as_ref()
        .unwrap_or_else(|why| panic!("{why}"))
        .as_ref()
}

pub struct Server {
    directory: PathBuf,
    assets: PathBuf,
    port: u16,
    etcd_port: u16,
    /// Signs the certificates with which clients may log in.
    pub clients: CertifiedIssuer<'static, KeyPair>,
    /// Ended in this order when the server is dropped.
    apiserver: Mutex<Option<Process>>,
    _etcd: Process,
}

impl Server {
    /// A server of one's own, for tests that harm it.
    pub fn start() -> Result<Option<Self>, String> {
        let Some(assets) = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from) else {
            say("SKIPPED: KUBEBUILDER_ASSETS is not set, no test against a real API server runs");
            return Ok(None);
        };
        let directory = tempfile::tempdir().unwrap().keep();
        let (etcd_port, peer_port, port) = (free_port(), free_port(), free_port());
        let etcd = Process::start(
            &assets.join("etcd"),
            &[
                format!("--data-dir={}", directory.join("etcd").display()),
                format!("--listen-client-urls=http://127.0.0.1:{etcd_port}"),
                format!("--advertise-client-urls=http://127.0.0.1:{etcd_port}"),
                format!("--listen-peer-urls=http://127.0.0.1:{peer_port}"),
            ],
            &directory.join("etcd.log"),
            Some(&directory),
        );
        let server = Self {
            directory,
            assets,
            port,
            etcd_port,
            clients: authority_of_clients(),
            apiserver: Mutex::new(None),
            _etcd: etcd,
        };
        server.write_credentials();
        server.start_apiserver()?;
        Ok(Some(server))
    }

    fn write_credentials(&self) {
        let tokens = format!("{ADMIN_TOKEN},admin,admin,system:masters\n");
        fs::write(self.directory.join("tokens.csv"), tokens).unwrap();
        fs::write(self.directory.join("clients.crt"), self.clients.pem()).unwrap();
    }

    /// Starts the API server (again) and waits until it is ready.
    pub fn start_apiserver(&self) -> Result<(), String> {
        let directory = self.directory.display();
        let process = Process::start(
            &self.assets.join("kube-apiserver"),
            &[
                format!("--etcd-servers=http://127.0.0.1:{}", self.etcd_port),
                format!("--cert-dir={directory}"),
                "--bind-address=127.0.0.1".to_owned(),
                "--advertise-address=127.0.0.1".to_owned(),
                "--endpoint-reconciler-type=none".to_owned(),
                format!("--secure-port={}", self.port),
                "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
                format!("--token-auth-file={directory}/tokens.csv"),
                format!("--client-ca-file={directory}/clients.crt"),
                "--authorization-mode=RBAC".to_owned(),
                // There is no controller that would make the accounts this plugin asks for.
                "--disable-admission-plugins=ServiceAccount".to_owned(),
                "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
                // The server makes this key at its first start, before it reads it here.
                format!("--service-account-key-file={directory}/apiserver.key"),
                format!("--service-account-signing-key-file={directory}/apiserver.key"),
            ],
            &self.directory.join("kube-apiserver.log"),
            None,
        );
        *self.apiserver.lock().unwrap() = Some(process);
        self.wait_until_ready()
    }

    pub fn stop_apiserver(&self) {
        *self.apiserver.lock().unwrap() = None;
    }

    fn wait_until_ready(&self) -> Result<(), String> {
        let deadline = Instant::now() + START_LIMIT;
        while !self.is_ready() {
            let mut apiserver = self.apiserver.lock().unwrap();
            let ended = apiserver.as_mut().is_none_or(Process::has_ended);
            if ended || Instant::now() > deadline {
                let log = fs::read_to_string(self.directory.join("kube-apiserver.log"));
                return Err(format!(
                    "kube-apiserver is not ready:\n{}",
                    log.unwrap_or_default()
                ));
            }
            drop(apiserver);
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn is_ready(&self) -> bool {
        // A client needs a runtime, and a test's own must not be blocked.
        thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                runtime.unwrap().block_on(async {
                    let Some(client) = self.client("admin") else {
                        return false;
                    };
                    let request = http::Request::get("/readyz").body(Vec::new()).unwrap();
                    client
                        .request_text(request)
                        .await
                        .is_ok_and(|text| text == "ok")
                })
            });
            asking.join().unwrap()
        })
    }

    /// The cases' view of this server.
    pub fn cluster(&'static self) -> Cluster {
        let clients = Arc::new(|user: &str| self.client(user).unwrap());
        Cluster::new(clients, Behind::Server(self.etcd_port))
    }

    /// A client of the user; `None` before the server has made its certificate.
    pub fn client(&self, user: &str) -> Option<Client> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        if !self.authority().exists() {
            return None;
        }
        let mut file: Kubeconfig = serde_json::from_value(self.kubeconfig()).unwrap();
        if user != "admin" {
            file.auth_infos[0].auth_info.as_mut().unwrap().impersonate = Some(user.to_owned());
        }
        Client::try_from(Config::try_from(file).unwrap()).ok()
    }

    /// The authority of the server's certificate.
    pub fn authority(&self) -> PathBuf {
        self.directory.join("apiserver.crt")
    }

    pub fn address(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> serde_json::Value {
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "contract",
            "clusters": [{"name": "real", "cluster": {
                "server": self.address(), "certificate-authority": self.authority(),
            }}],
            "users": [{"name": "admin", "user": {"token": ADMIN_TOKEN}}],
            "contexts": [{"name": "contract", "context": {"cluster": "real", "user": "admin"}}],
        })
    }
}

fn authority_of_clients() -> CertifiedIssuer<'static, KeyPair> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap()
}

/// Compacts the history of this etcd up to the newest version that the API server knows.
pub async fn compact(etcd: u16, client: &Client) {
    let list = http::Request::get("/api/v1/namespaces?limit=1").body(Vec::new());
    let list: serde_json::Value = client.request(list.unwrap()).await.unwrap();
    let body =
        json!({"revision": list["metadata"]["resourceVersion"], "physical": true}).to_string();
    let request = format!(
        "POST /v3/kv/compaction HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", etcd))
        .await
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Past the test harness, which swallows what a passing test prints.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
