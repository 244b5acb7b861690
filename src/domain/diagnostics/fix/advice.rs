//! Adds the advice of a registry to a fix: the steps of `registry_auth::advice` that fit host and message.

use super::{FixContext, FixId, manual::Steps};
use crate::domain::{
    registry_auth::{
        advice::{self, Advice, AdviceTopic, When},
        host_port::split_host_port,
        registries::{self, RegistryId},
    },
    shell,
};

/// The fixes that have advice, with its topic.
const TOPICS: &[(FixId, AdviceTopic)] = &[
    (FixId::NewToken, AdviceTopic::Login),
    (FixId::RecreateSecret, AdviceTopic::Login),
    (FixId::CreateSecret, AdviceTopic::Login),
    (FixId::GrantAccess, AdviceTopic::Access),
    (FixId::CorrectImage, AdviceTopic::NotFound),
    (FixId::OpenFirewall, AdviceTopic::Network),
    (FixId::FixNodeDns, AdviceTopic::Network),
    (FixId::OpenRegistryFirewall, AdviceTopic::Firewall),
    (FixId::FixImagePolicy, AdviceTopic::Policy),
    (FixId::StopStoringTokens, AdviceTopic::Identity),
    (FixId::CredentialProvider, AdviceTopic::Identity),
];

/// The advice for a fix, if its registry has any.
pub(super) fn for_fix(fix: FixId, fix_context: &FixContext) -> Option<&'static Advice> {
    let (_, topic) = TOPICS.iter().find(|(of, _)| *of == fix)?;
    let found = advice::advice(registry(fix_context)?).topic(*topic);
    (!found.is_empty()).then_some(found)
}

/// The registry by its host, else by what the message shows of its program. Of a mirror only the latter is known: the
/// registry that it stands for has not been asked.
fn registry(fix_context: &FixContext) -> Option<RegistryId> {
    let by_host = || registries::find_by_host(fix_context.host.as_deref()?).map(|it| it.id);
    let asked = if fix_context.clues.is_mirror {
        None
    } else {
        by_host()
    };
    asked.or(fix_context.clues.program)
}

/// The steps that apply, and the commands, with names filled in.
pub(super) fn render(advice: &Advice, fix_context: &FixContext) -> Steps {
    let placeholders = Placeholders::new(fix_context);
    let host = fix_context.host.as_deref().unwrap_or_default();
    let repository = fix_context.repository.as_deref().unwrap_or_default();
    let fits = |when: When| match when {
        When::Always => true,
        When::Host(part) => host.contains(part),
        When::Path(part) => repository.contains(part),
        When::Sign(sign) => fix_context.clues.sign == Some(sign),
    };
    let steps = advice.steps.iter().filter(|step| fits(step.when));
    Steps {
        steps: steps.map(|step| placeholders.fill(step.text)).collect(),
        commands: advice
            .commands
            .iter()
            .map(|command| placeholders.fill(command))
            .collect(),
    }
}

/// Names that steps and commands leave open, each as one word of a shell.
struct Placeholders([(&'static str, String); 10]);

impl Placeholders {
    fn new(fix_context: &FixContext) -> Self {
        let or =
            |name: Option<&str>, word: &str| name.map_or_else(|| word.to_owned(), shell::quote);
        let host = fix_context.host.as_deref();
        // A key of a ConfigMap has no colon.
        let ca_key = host.map(|host| host.replace(':', ".."));
        let name = host.map(|host| split_host_port(host).0);
        let path = fix_context.repository.as_deref().and_then(|it| {
            let (_, path) = it.split_once('/')?;
            Some(path)
        });
        let mut parts = path.into_iter().flat_map(|path| path.split('/'));
        let (project, repository) = (parts.next(), parts.next());
        Self([
            ("{host}", or(host, "HOST")),
            ("{ca_key}", or(ca_key.as_deref(), "HOST")),
            ("{name}", or(name.and_then(first_label), "NAME")),
            ("{region}", or(name.and_then(ecr_region), "REGION")),
            (
                "{location}",
                or(
                    name.and_then(|it| it.strip_suffix("-docker.pkg.dev")),
                    "LOCATION",
                ),
            ),
            ("{path}", or(path, "REPOSITORY")),
            ("{project}", or(project, "PROJECT")),
            ("{repository}", or(repository, "REPOSITORY")),
            ("{namespace}", fix_context.namespace_word()),
            ("{account}", fix_context.account_word()),
        ])
    }

    fn fill(&self, text: &str) -> String {
        let Self(fix_context) = self;
        fix_context
            .iter()
            .fold(text.to_owned(), |text, (word, name)| {
                text.replace(word, name)
            })
    }
}

/// `acme` of `acme.azurecr.io`, and the account of a host of ECR.
fn first_label(host: &str) -> Option<&str> {
    host.split('.').next()
}

/// `eu-west-1` of `123456789012.dkr.ecr.eu-west-1.amazonaws.com`: it stands behind the name of the service.
fn ecr_region(host: &str) -> Option<&str> {
    let mut labels = host.split('.');
    labels.find(|label| label.contains("ecr"))?;
    labels.next()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::{
        diagnostics::{Cause, Fix, classify::classify, fix::render_fixes},
        registry_auth::{image_ref::ImageRef, registries::REGISTRIES},
    };

    /// The fixes of all causes that a message about an image can have.
    fn fixes(image: &str, message: &str) -> (Vec<Cause>, Vec<Fix>) {
        let parsed = ImageRef::parse(image).unwrap();
        let found = classify(&message.replace("r.example", parsed.host()));
        let fix_context = FixContext {
            image: Some(image.to_owned()),
            host: Some(parsed.host().to_owned()),
            repository: Some(parsed.repository()),
            namespace: Some("shop".into()),
            service_account: Some("web".into()),
            clues: found.clues,
            ..FixContext::default()
        };
        let causes: Vec<_> = found.candidates().collect();
        let sign = found.clues.sign;
        let offered = causes
            .iter()
            .flat_map(|cause| cause.fixes(sign, found.fault.as_ref()))
            .copied();
        let offered: BTreeSet<FixId> = offered.collect();
        let offered: Vec<FixId> = offered.into_iter().collect();
        (causes, render_fixes(&offered, &fix_context))
    }

    fn text(fixes: &[Fix]) -> String {
        let lines = fixes
            .iter()
            .flat_map(|fix| fix.steps.iter().chain(&fix.commands));
        let lines: Vec<&str> = lines.map(String::as_str).collect();
        lines.join("\n")
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of one case a row")]
    fn each_registry_has_its_own_advice_for_each_cause() {
        const REFUSED: &str = "failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://auth.example/token: 401 Unauthorized";
        const EXPIRED: &str =
            "denied: Your authorization token has expired. Reauthenticate and try again.";
        const FORBIDDEN: &str = "unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 403 Forbidden";
        const UNCLEAR: &str = "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed";
        const TIMEOUT: &str = "failed to do request: Head \"https://r.example/v2/a/manifests/1\": dial tcp 10.0.0.7:443: i/o timeout";
        const NO_HOST: &str = "failed to do request: Head \"https://r.example/v2/a/manifests/1\": dial tcp: lookup r.example on 10.0.0.10:53: no such host";
        const NOT_FOUND: &str =
            "failed to resolve reference \"r.example/a:1\": r.example/a:1: not found";
        const XRAY: &str = "unexpected status from GET request to https://r.example/v2/a/manifests/1: 403 Forbidden: Artifact download request rejected: a/1/manifest.json was not downloaded due to the download blocking policy configured in Xray for docker-local.";
        const ACR_FIREWALL: &str = "denied: client with IP '10.0.0.4' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.";
        const PERIMETER: &str = "unexpected status from GET request to https://r.example/v2/token: 403 Forbidden: Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: abc";
        const UNSIGNED: &str = "unexpected status from GET request to https://r.example/v2/web/app/manifests/1: 412 Precondition Failed: projectpolicyviolation: The image is not signed by cosign.";
        const GITLAB: &str = "failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://git.corp.example/jwt/auth?scope=repository%3Aa%2Fb%3Apull&service=container_registry: 401 Unauthorized";
        const ECR_IMAGE: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1";
        const ECR_FIPS: &str = "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/team/app:1";
        const ECR_DUAL_STACK: &str = "123456789012.dkr-ecr.eu-west-1.on.aws/team/app:1";
        const GAR_IMAGE: &str = "europe-west3-docker.pkg.dev/acme/images/app:1";
        const ACR_IMAGE: &str = "acme.azurecr.io/team/app:1";
        const OPENSHIFT: &str = "image-registry.openshift-image-registry.svc:5000/base/app:1";
        let mut missing = Vec::new();
        for (image, message, expected) in [
            (
                "docker.io/acme/app:1",
                REFUSED,
                "an organization access token",
            ),
            (
                "docker.io/acme/app:1",
                UNCLEAR,
                "missing and for private repositories",
            ),
            ("docker.io/acme/app:1", TIMEOUT, "auth.docker.io"),
            (
                "ghcr.io/acme/app:1",
                REFUSED,
                "classic token with read:packages",
            ),
            ("ghcr.io/acme/app:1", REFUSED, "SAML single sign-on"),
            ("ghcr.io/acme/app:1", FORBIDDEN, "Manage access"),
            (
                ECR_IMAGE,
                EXPIRED,
                "aws ecr get-login-password --region eu-west-1, valid for 12 hours",
            ),
            (ECR_IMAGE, EXPIRED, "EKS Pod Identity"),
            (
                ECR_IMAGE,
                FORBIDDEN,
                "aws ecr get-repository-policy --region eu-west-1 --registry-id 123456789012 --repository-name team/app",
            ),
            (ECR_IMAGE, FORBIDDEN, "pull-through cache"),
            (
                ECR_IMAGE,
                TIMEOUT,
                "VPC endpoints ecr.api and ecr.dkr, and an S3 gateway endpoint",
            ),
            (ECR_FIPS, REFUSED, "--region us-gov-west-1"),
            (ECR_FIPS, REFUSED, "A FIPS host is a host of its own"),
            (GAR_IMAGE, REFUSED, "oauth2accesstoken"),
            (
                GAR_IMAGE,
                FORBIDDEN,
                "gcloud artifacts repositories add-iam-policy-binding images --project=acme --location=europe-west3",
            ),
            (GAR_IMAGE, NO_HOST, "Private Google Access"),
            (
                "gcr.io/acme/app:1",
                NOT_FOUND,
                "only images moved to Artifact Registry in acme exist",
            ),
            (ACR_IMAGE, REFUSED, "repository-scoped token"),
            (ACR_IMAGE, FORBIDDEN, "--attach-acr acme"),
            (ACR_IMAGE, FORBIDDEN, "aka.ms/acr/firewall"),
            (ACR_IMAGE, FORBIDDEN, "Container Registry Repository Reader"),
            (ACR_IMAGE, ACR_FIREWALL, "link privatelink.azurecr.io"),
            (GAR_IMAGE, PERIMETER, "VPC Service Controls perimeter"),
            (ECR_IMAGE, EXPIRED, "eks.amazonaws.com/ecr-role-arn"),
            (
                ECR_IMAGE,
                NOT_FOUND,
                "aws ecr describe-pull-through-cache-rules --region eu-west-1 --registry-id 123456789012",
            ),
            (ECR_IMAGE, NOT_FOUND, "the Secret ecr-pullthroughcache/NAME"),
            (ECR_IMAGE, TIMEOUT, "prod-eu-west-1-starport-layer-bucket"),
            (
                ECR_DUAL_STACK,
                TIMEOUT,
                "use 123456789012.dkr.ecr.eu-west-1.amazonaws.com there",
            ),
            (ACR_IMAGE, TIMEOUT, "acme.REGION.data.azurecr.io"),
            ("quay.io/acme/app:1", REFUSED, "NAMESPACE+ROBOT"),
            ("registry.gitlab.com/acme/app:1", REFUSED, "read_registry"),
            (
                "gitlab.com/acme/dependency_proxy/containers/alpine:3",
                REFUSED,
                "read_virtual_registry",
            ),
            (
                "images.corp.example/acme/app:1",
                GITLAB,
                "images.corp.example, not GitLab's web address",
            ),
            (
                "harbor.corp.example/web/app:1",
                UNSIGNED,
                "Project web admits signed images only",
            ),
            (
                "images.corp.example/web/app:1",
                UNSIGNED,
                "cosign sign images.corp.example/web/app:1",
            ),
            (
                "registry.connect.redhat.com/acme/app:1",
                REFUSED,
                "an entry of registry.connect.redhat.com",
            ),
            (
                "harbor.corp.example/cache/library/nginx:1",
                NOT_FOUND,
                "UPSTREAM-PATH",
            ),
            (
                "acme.jfrog.io/docker-local/app:1",
                NOT_FOUND,
                "By subdomain",
            ),
            ("de.icr.io/acme/app:1", REFUSED, "copy it to shop"),
            // By what the message shows, on a host that no table has.
            ("images.corp.example/acme/app:1", GITLAB, "read_registry"),
            (
                "images.corp.example/docker-local/app:1",
                XRAY,
                "Xray blocks the download",
            ),
            (
                "acme.jfrog.io/docker-local/app:1",
                FORBIDDEN,
                "Read on repository docker-local",
            ),
            (
                "acme.jfrog.io/docker-local/app:1",
                NOT_FOUND,
                "acme.jfrog.io/REPOSITORY-KEY/IMAGE",
            ),
            (
                "harbor.corp.example/web/app:1",
                REFUSED,
                "robot$PROJECT+NAME",
            ),
            (
                "harbor.corp.example/web/app:1",
                FORBIDDEN,
                "Pull Repository in project web",
            ),
            (
                "harbor.corp.example/web/app:1",
                NOT_FOUND,
                "proxy cache project",
            ),
            ("nexus.corp.example:8443/app:1", REFUSED, "connector port"),
            (
                "nexus.corp.example:8443/app:1",
                NOT_FOUND,
                "With connectors, the port",
            ),
            (
                "nexus.corp.example:8443/app:1",
                NOT_FOUND,
                "path-based routing",
            ),
            ("registry.redhat.io/ubi9/ubi:1", REFUSED, "NUMBER|NAME"),
            ("registry.redhat.io/ubi9/ubi:1", FORBIDDEN, "accepted terms"),
            (
                OPENSHIFT,
                FORBIDDEN,
                "kubectl -n base create rolebinding image-puller-shop --clusterrole=system:image-puller --serviceaccount=shop:web",
            ),
            (OPENSHIFT, REFUSED, "web-dockercfg-…"),
            ("de.icr.io/acme/app:1", REFUSED, "iamapikey"),
            ("cp.icr.io/cp/app:1", REFUSED, "User cp"),
            ("nvcr.io/nvidia/app:1", REFUSED, "$oauthtoken"),
            ("registry.k8s.io/pause:3.9", TIMEOUT, "mirror the images"),
        ] {
            let (causes, fixes) = fixes(image, message);
            let text = text(&fixes);
            if !text.contains(expected) {
                missing.push(format!("{image} {causes:?}: {expected}\n{text}"));
            }
        }
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }

    /// The advice of one registry never stands beside an image of another, whatever the fix is.
    #[test]
    fn no_registry_gets_the_advice_of_another() {
        let hosts = REGISTRIES
            .iter()
            .map(|it| (Some(it.id), it.hosts[0].replace('*', "a")));
        let own = ["registry.corp.example", "localhost:5000", "10.0.0.7:5000"];
        let own = own.map(|host| (None, host.to_owned()));
        for (id, host) in hosts.chain(own) {
            let fix_context = FixContext {
                host: Some(host.clone()),
                repository: Some(format!("{host}/team/app")),
                ..FixContext::default()
            };
            let allowed: BTreeSet<String> = id
                .into_iter()
                .flat_map(|id| lines(id, &fix_context))
                .collect();
            let foreign = REGISTRIES.iter().filter(|it| Some(it.id) != id);
            let foreign: BTreeSet<String> =
                foreign.flat_map(|it| lines(it.id, &fix_context)).collect();
            let foreign: BTreeSet<_> = foreign.difference(&allowed).collect();
            for fix in FixId::ALL {
                let filled = fix.render(&fix_context);
                for line in filled.steps.iter().chain(&filled.commands) {
                    assert!(!foreign.contains(line), "{host} {fix}: {line}");
                }
            }
        }
    }

    /// All that a registry's advice says, with these names.
    fn lines(id: RegistryId, fix_context: &FixContext) -> Vec<String> {
        let topics = AdviceTopic::ALL.iter();
        let all = topics.map(|topic| advice::advice(id).topic(*topic));
        let placeholders = Placeholders::new(fix_context);
        all.flat_map(|it| {
            let steps = it.steps.iter().map(|step| step.text);
            steps.chain(it.commands.iter().copied())
        })
        .map(|text| placeholders.fill(text))
        .collect()
    }

    #[test]
    fn a_mirror_gets_no_advice_of_the_registry_that_it_stands_for() {
        let message = "failed to resolve reference \"docker.io/acme/app:1\": unexpected status from HEAD request to https://mirror.corp.example/v2/acme/app/manifests/1?ns=docker.io: 403 Forbidden";
        let (_, fixes) = fixes("docker.io/acme/app:1", message);
        assert!(!text(&fixes).contains("organization"), "{fixes:?}");
    }

    #[test]
    fn a_policy_is_named_only_where_the_message_does() {
        for image in [
            "acme.jfrog.io/docker-local/app:1",
            "harbor.corp.example/web/app:1",
        ] {
            let message = "unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 403 Forbidden";
            let (_, fixes) = fixes(image, message);
            let text = text(&fixes);
            assert!(!text.contains("Xray") && !text.contains("CVE"), "{text}");
        }
    }

    /// What no permission changes is not answered by one.
    #[test]
    fn a_rule_of_the_registry_is_changed_and_no_permission_granted() {
        for (message, expected) in [
            (
                "denied: client with IP '10.0.0.4' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
                &["open-registry-firewall"][..],
            ),
            (
                "unexpected status from GET request to https://r.example/v2/a/manifests/1: 403 Forbidden: Artifact download request rejected: a/1/manifest.json was not downloaded due to the download blocking policy configured in Xray for docker-local.",
                &["fix-image-policy", "correct-image"],
            ),
            (
                "unknown: current image with 4 vulnerabilities cannot be pulled due to configured policy in 'Prevent images with vulnerability severity of \"Critical\" or higher from running.' To continue with pull, please contact your project administrator",
                &["fix-image-policy", "correct-image"],
            ),
            (
                "unexpected status from GET request to https://r.example/v2/web/app/manifests/1: 412 Precondition Failed: projectpolicyviolation: The image is not signed in Notary.",
                &["sign-image", "fix-image-policy"],
            ),
        ] {
            let found = classify(message);
            let fixes = found
                .cause
                .unwrap()
                .fixes(found.clues.sign, found.fault.as_ref())
                .iter();
            let fixes: Vec<&str> = fixes.map(|fix| fix.slug()).collect();
            assert_eq!(fixes, expected, "{:?} {message}", found.cause);
        }
    }

    #[test]
    fn a_part_of_the_path_chooses_its_step() {
        let (_, fixes) = fixes(
            "registry.gitlab.com/acme/app:1",
            "unauthorized: incorrect username or password",
        );
        let text = text(&fixes);
        assert!(!text.contains("dependency proxy"), "{text}");
    }

    #[test]
    fn advice_is_given_once() {
        let message = "unauthorized: incorrect username or password";
        let (_, fixes) = fixes("ghcr.io/acme/app:1", message);
        let text = text(&fixes);
        assert_eq!(
            text.matches("fine-grained tokens are refused").count(),
            1,
            "{text}"
        );
    }

    #[test]
    fn what_is_not_known_stays_a_word_in_capitals() {
        for registry in REGISTRIES {
            for line in lines(registry.id, &FixContext::default()) {
                let left =
                    line.contains("{host}") || line.contains("{path}") || line.contains("{name}");
                assert!(!left, "{line}");
                assert!(line.chars().count() <= 240, "{line}");
            }
        }
    }
}
