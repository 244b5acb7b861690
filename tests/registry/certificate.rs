//! An authority and a server certificate of its own for each test.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

/// Files in PEM, as a registry and `--ca` read them.
pub struct Pair {
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Pair {
    /// For these names and addresses, signed by an authority that nobody else trusts.
    pub fn issue(directory: &Path, names: &[&str]) -> Self {
        Self::issue_until(directory, names, 2999)
    }

    /// The same, but it ends with this year's beginning.
    pub fn issue_until(directory: &Path, names: &[&str], year: i32) -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let mut server = CertificateParams::new(names).unwrap();
        server.not_after = date_time_ymd(year, 1, 1);
        let server = server.signed_by(&key, &authority).unwrap();
        Self {
            authority: write(directory, "ca.pem", &authority.pem()),
            certificate: write(directory, "server.pem", &server.pem()),
            key: write(directory, "server.key", &key.serialize_pem()),
        }
    }

    /// Its own authority, as `openssl req -x509` makes it.
    pub fn sign_itself(directory: &Path, names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let mut server = CertificateParams::new(names).unwrap();
        server.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let server = server.self_signed(&key).unwrap();
        let certificate = write(directory, "server.pem", &server.pem());
        Self {
            authority: certificate.clone(),
            certificate,
            key: write(directory, "server.key", &key.serialize_pem()),
        }
    }
}

fn write(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    path
}
