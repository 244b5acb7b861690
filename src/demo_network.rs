//! The demo's registries, as the probe reaches a network: the one place where the two meet. A test of the
//! demo takes this file in, so that it knows nothing else of the program.

use std::{net::IpAddr, time::Duration};

use pullscope::{
    domain::probe::Failure,
    registry::{Limits, Network, Security},
    sandbox::registry::{Scheme, Transport, Unreachable},
};
use tokio::io::DuplexStream;

pub struct Registries(pub Transport);

impl Network for Registries {
    fn resolve(&self, authority: &str) -> Result<IpAddr, Failure> {
        self.0.address(authority).ok_or(Failure::UnknownHost)
    }

    fn connect(&self, authority: &str) -> Result<(), Failure> {
        match self.0.reach(authority, Scheme::Https) {
            Err(why) if is_before_handshake(&why) => Err(failure(&why)),
            Err(_) | Ok(()) => Ok(()),
        }
    }

    fn open(&self, authority: &str, security: Security) -> Result<DuplexStream, Failure> {
        let scheme = match security {
            Security::Tls => Scheme::Https,
            Security::Plain => Scheme::Http,
        };
        self.0
            .reach(authority, scheme)
            .map_err(|why| failure(&why))?;
        Ok(self.0.line(authority, scheme))
    }
}

fn is_before_handshake(why: &Unreachable) -> bool {
    match why {
        Unreachable::NoSuchHost | Unreachable::Refused { .. } | Unreachable::TimedOut { .. } => {
            true
        }
        Unreachable::HandshakeTimeout
        | Unreachable::UntrustedCertificate
        | Unreachable::PlainHttp => false,
    }
}

fn failure(why: &Unreachable) -> Failure {
    // The wait itself is spared.
    let patience: Duration = Limits::default().step;
    match why {
        Unreachable::NoSuchHost => Failure::UnknownHost,
        Unreachable::Refused { .. } => Failure::Refused,
        Unreachable::TimedOut { .. } | Unreachable::HandshakeTimeout => Failure::Silent(patience),
        Unreachable::UntrustedCertificate => Failure::UntrustedCa,
        Unreachable::PlainHttp => Failure::SpeaksPlainHttp,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use pullscope::{
        domain::{
            probe::{Answer, Nameless, Stage, Wanted, judge},
            registry_auth::{credential::Password, image_ref::ImageRef},
        },
        registry::{Prober, Who},
        sandbox::{Pace, Sandbox, Scenario},
    };

    use super::*;

    #[tokio::test]
    async fn the_probe_asks_the_registries_of_the_demo() {
        let scenario = Scenario::named(Scenario::DEFAULT).unwrap();
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let sandbox = Sandbox::start(&scenario, now, Pace::Manual);
        let prober = Prober::over(Arc::new(Registries(sandbox.registries())));
        let landing = "registry.nordwind.example/web/landing:7";
        for (image, login, answer, failed) in [
            (
                landing,
                Some(("ci-puller", "nw-3f1c-example")),
                Answer::Ok,
                None,
            ),
            (
                landing,
                Some(("ci-puller", "guess")),
                Answer::No,
                Some(Stage::Token),
            ),
            (
                "registry.nordwind.example/web/landing:8",
                Some(("ci-puller", "nw-3f1c-example")),
                Answer::No,
                Some(Stage::Manifest),
            ),
            (
                "nordwind/search:8.1",
                Some(("nordwind", "dckr_pat_example-1")),
                Answer::Ok,
                None,
            ),
            (
                "nordwind/search:8.1",
                None,
                Answer::No,
                Some(Stage::Manifest),
            ),
            (
                "ghcr.io/nordwind/warehouse-sync:1.0.0",
                Some(("nordwind-bot", "ghp_example")),
                Answer::No,
                Some(Stage::Token),
            ),
            (
                "harbor.lab.nordwind.example/platform/scanner:0.2",
                None,
                Answer::Unknown,
                Some(Stage::Tls),
            ),
            (
                "mirror.nordwind.example:5000/a/b:1",
                None,
                Answer::Unknown,
                Some(Stage::Connect),
            ),
            (
                "registry.nordwnd.example/a/b:1",
                None,
                Answer::Unknown,
                Some(Stage::Resolve),
            ),
        ] {
            let who = match login {
                Some((name, password)) => Who::User {
                    name: name.to_owned(),
                    password: Password::new(password),
                },
                None => Who::Nobody(Nameless::Chosen),
            };
            let transcript = prober.probe(&ImageRef::parse(image).unwrap(), &who).await;
            let verdict = judge(&transcript, &Wanted::Anything);
            assert_eq!(verdict.answer, answer, "{image}: {verdict:?}");
            assert_eq!(
                transcript.failed().map(|(stage, _)| stage.stage),
                failed,
                "{image}"
            );
        }
    }
}
