//! The sandbox's registries as a network of the registry probe.
//!
//! `tests/demo.rs` includes this file, so it must not use anything else of the program.

use std::{net::IpAddr, time::Duration};

use pullscope::{
    domain::probe::ProbeError,
    registry::{Network, ProbeLimits, Security},
    sandbox::registry::{InMemoryNetwork, Scheme, Unreachable},
};
use tokio::io::DuplexStream;

/// Transport of the sandbox's registries, as a `Network`.
pub struct DemoNetwork(pub InMemoryNetwork);

impl Network for DemoNetwork {
    fn resolve(&self, authority: &str) -> Result<IpAddr, ProbeError> {
        self.0.address(authority).ok_or(ProbeError::UnknownHost)
    }

    fn connect(&self, authority: &str) -> Result<(), ProbeError> {
        match self.0.check_connection(authority, Scheme::Https) {
            Err(why) if is_before_handshake(&why) => Err(probe_error(&why)),
            Err(_) | Ok(()) => Ok(()),
        }
    }

    fn open(&self, authority: &str, security: Security) -> Result<DuplexStream, ProbeError> {
        let scheme = match security {
            Security::Tls => Scheme::Https,
            Security::Plain => Scheme::Http,
        };
        self.0
            .check_connection(authority, scheme)
            .map_err(|why| probe_error(&why))?;
        Ok(self.0.open(authority, scheme))
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

fn probe_error(why: &Unreachable) -> ProbeError {
    // The demo does not wait for it.
    let limit: Duration = ProbeLimits::default().step;
    match why {
        Unreachable::NoSuchHost => ProbeError::UnknownHost,
        Unreachable::Refused { .. } => ProbeError::Refused,
        Unreachable::TimedOut { .. } | Unreachable::HandshakeTimeout => ProbeError::Timeout(limit),
        Unreachable::UntrustedCertificate => ProbeError::UntrustedCa,
        Unreachable::PlainHttp => ProbeError::SpeaksPlainHttp,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use pullscope::{
        domain::{
            probe::{ProbeStage, PullAnswer, TargetPlatforms, conclude},
            registry_auth::{
                auth_attempts::{AnonymousReason, RegistryAuth},
                credential::Password,
                image_ref::ImageRef,
            },
        },
        registry::Prober,
        sandbox::{Pace, Sandbox, Scenario},
    };

    use super::*;

    #[tokio::test]
    async fn the_probe_reaches_the_registries_of_the_demo() {
        let scenario = Scenario::named(Scenario::DEFAULT).unwrap();
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let sandbox = Sandbox::start(&scenario, now, Pace::Manual);
        let prober = Prober::with_network(Arc::new(DemoNetwork(sandbox.registries())));
        let landing = "registry.nordwind.example/web/landing:7";
        for (image, login, answer, failed) in [
            (
                landing,
                Some(("ci-puller", "nw-3f1c-example")),
                PullAnswer::Ok,
                None,
            ),
            (
                landing,
                Some(("ci-puller", "guess")),
                PullAnswer::No,
                Some(ProbeStage::Token),
            ),
            (
                "registry.nordwind.example/web/landing:8",
                Some(("ci-puller", "nw-3f1c-example")),
                PullAnswer::No,
                Some(ProbeStage::Manifest),
            ),
            (
                "nordwind/search:8.1",
                Some(("nordwind", "dckr_pat_example-1")),
                PullAnswer::Ok,
                None,
            ),
            (
                "nordwind/search:8.1",
                None,
                PullAnswer::No,
                Some(ProbeStage::Manifest),
            ),
            (
                "ghcr.io/nordwind/warehouse-sync:1.0.0",
                Some(("nordwind-bot", "ghp_example")),
                PullAnswer::No,
                Some(ProbeStage::Token),
            ),
            (
                "harbor.lab.nordwind.example/platform/scanner:0.2",
                None,
                PullAnswer::Unknown,
                Some(ProbeStage::Tls),
            ),
            (
                "mirror.nordwind.example:5000/a/b:1",
                None,
                PullAnswer::Unknown,
                Some(ProbeStage::Connect),
            ),
            (
                "registry.nordwnd.example/a/b:1",
                None,
                PullAnswer::Unknown,
                Some(ProbeStage::Resolve),
            ),
        ] {
            let who = match login {
                Some((name, password)) => RegistryAuth::Basic {
                    name: name.to_owned(),
                    password: Password::new(password),
                },
                None => RegistryAuth::Anonymous(AnonymousReason::Chosen),
            };
            let transcript = prober.probe(&ImageRef::parse(image).unwrap(), &who).await;
            let conclusion = conclude(&transcript, &TargetPlatforms::Anything);
            assert_eq!(conclusion.answer, answer, "{image}: {conclusion:?}");
            assert_eq!(
                transcript.failed().map(|(stage, _)| stage.stage),
                failed,
                "{image}"
            );
        }
    }

    /// The tags of the repository, or the repositories of a registry of one's own, say what was meant.
    #[tokio::test]
    async fn a_registry_says_which_of_its_images_is_meant() {
        const REGISTRIES: &str = r#"
            title = "t"
            story = "s"
            [[registry]]
            name = "registry.example"
            auth = "basic"
            login = [{ user = "ci", password = "right", pulls = ["*"] }]
            image = [{ name = "app/recommender:1.0,v2.0,latest" }]
            [[registry]]
            name = "open.example:5000"
            image = [{ name = "app/recommender:1.0" }]
            [[registry]]
            name = "quay.io"
            image = [{ name = "app/recommender:1.0" }]
        "#;
        let scenario = Scenario::parse("registries", REGISTRIES).unwrap();
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let sandbox = Sandbox::start(&scenario, now, Pace::Manual);
        let prober = Prober::with_network(Arc::new(DemoNetwork(sandbox.registries())));
        let login = RegistryAuth::Basic {
            name: "ci".to_owned(),
            password: Password::new("right"),
        };
        let nobody = RegistryAuth::Anonymous(AnonymousReason::Chosen);
        for (image, auth, meant) in [
            (
                "registry.example/app/recommender:lastest",
                &login,
                Some("registry.example/app/recommender:latest"),
            ),
            (
                "registry.example/app/recommender:2.0",
                &login,
                Some("registry.example/app/recommender:v2.0"),
            ),
            ("registry.example/app/recommender:1.1", &login, None),
            (
                "registry.example/app/recomender:1.0",
                &login,
                Some("registry.example/app/recommender:1.0"),
            ),
            ("registry.example/app/recomender:1.0", &nobody, None),
            (
                "open.example:5000/app/recomender:1.0",
                &nobody,
                Some("open.example:5000/app/recommender:1.0"),
            ),
            // The catalogue of a public registry is not asked for.
            ("quay.io/app/recomender:1.0", &nobody, None),
        ] {
            let image = ImageRef::parse(image).unwrap();
            let transcript = prober.probe(&image, auth).await;
            let conclusion = conclude(&transcript, &TargetPlatforms::default());
            assert_eq!(conclusion.suggestion.as_deref(), meant, "{image}");
            if let Some(meant) = meant {
                assert_eq!(conclusion.answer, PullAnswer::No);
                let asked = format!("did you mean {meant}?");
                assert!(
                    conclusion.summary.contains(&asked),
                    "{}",
                    conclusion.summary
                );
            }
        }
    }
}
