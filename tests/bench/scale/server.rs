//! An etcd and a kube-apiserver with nothing in them.

use std::{
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use kube::{Client, Config, config::Kubeconfig};
use serde_json::json;

use crate::process::{Process, free_port};

const TOKEN: &str = "administrator-of-the-benchmark";

pub struct Server {
    directory: PathBuf,
    pub port: u16,
    pub etcd_port: u16,
    /// Ended in this order.
    apiserver: Process,
    _etcd: Process,
}

impl Server {
    /// `None` without binaries.
    pub fn start() -> Option<Self> {
        let assets = PathBuf::from(std::env::var_os("KUBEBUILDER_ASSETS")?);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = tempfile::tempdir().unwrap().keep();
        let (etcd_port, peer_port, port) = (free_port(), free_port(), free_port());
        let etcd = Process::start(
            &assets.join("etcd"),
            &[
                format!("--data-dir={}", directory.join("etcd").display()),
                format!("--listen-client-urls=http://127.0.0.1:{etcd_port}"),
                format!("--advertise-client-urls=http://127.0.0.1:{etcd_port}"),
                format!("--listen-peer-urls=http://127.0.0.1:{peer_port}"),
                // A minute of a thousand changes a second is as much as the Pods themselves.
                "--quota-backend-bytes=8589934592".to_owned(),
            ],
            &directory.join("etcd.log"),
            Some(&directory),
        );
        let name = directory.display();
        fs::write(
            directory.join("tokens.csv"),
            format!("{TOKEN},admin,admin,system:masters\n"),
        )
        .unwrap();
        let apiserver = Process::start(
            &assets.join("kube-apiserver"),
            &[
                format!("--etcd-servers=http://127.0.0.1:{etcd_port}"),
                format!("--cert-dir={name}"),
                "--bind-address=127.0.0.1".to_owned(),
                "--advertise-address=127.0.0.1".to_owned(),
                "--endpoint-reconciler-type=none".to_owned(),
                format!("--secure-port={port}"),
                "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
                format!("--token-auth-file={name}/tokens.csv"),
                "--authorization-mode=RBAC".to_owned(),
                "--disable-admission-plugins=ServiceAccount".to_owned(),
                "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
                format!("--service-account-key-file={name}/apiserver.key"),
                format!("--service-account-signing-key-file={name}/apiserver.key"),
            ],
            &directory.join("kube-apiserver.log"),
            None,
        );
        let mut server = Self {
            directory,
            port,
            etcd_port,
            apiserver,
            _etcd: etcd,
        };
        server.wait_until_ready();
        Some(server)
    }

    fn wait_until_ready(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let ready = runtime.block_on(async {
                let client = self.client(true)?;
                let request = http::Request::get("/readyz").body(Vec::new()).unwrap();
                client.request_text(request).await.ok()
            });
            if ready.as_deref() == Some("ok") {
                return;
            }
            assert!(!self.apiserver.has_ended(), "kube-apiserver has ended");
            assert!(Instant::now() < deadline, "kube-apiserver is not ready");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// A client of the administrator. One that unpacks is told apart from one that counts what is on
    /// the wire.
    pub fn client(&self, unpacks: bool) -> Option<Client> {
        self.directory
            .join("apiserver.crt")
            .exists()
            .then_some(())?;
        let file: Kubeconfig = serde_json::from_value(self.kubeconfig(self.port)).unwrap();
        let mut config = Config::try_from(file).unwrap();
        config.disable_compression = !unpacks;
        Client::try_from(config).ok()
    }

    /// The administrator's kubeconfig, by way of this port.
    pub fn kubeconfig(&self, port: u16) -> serde_json::Value {
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "scale",
            "clusters": [{"name": "scale", "cluster": {
                "server": format!("https://127.0.0.1:{port}"),
                "certificate-authority": self.directory.join("apiserver.crt"),
            }}],
            "users": [{"name": "admin", "user": {"token": TOKEN}}],
            "contexts": [{"name": "scale", "context": {"cluster": "scale", "user": "admin"}}],
        })
    }
}
