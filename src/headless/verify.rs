//! `pullscope verify`: asks the registry itself whether an image can be pulled, with the credentials
//! that the kubelet would try, in its order.

use std::{
    fs,
    io::{self, Read, Write},
    net::IpAddr,
    path::PathBuf,
};

use super::{
    Exit, OutputFormat, check_object_name,
    console::Console,
    exit_after_write, json, parse_image,
    probe_result::{Attempt, AuthEntry, ProbeResult},
    report::write_error,
    secrets::{self, SecretSource},
};
use crate::{
    cluster::{ConnectOptions, Connection, secret_values},
    domain::{
        error::UserError,
        k8s::object_ref::{Name, ObjectRef},
        probe::{Platform, PullAnswer, TargetPlatforms, conclude},
        registry_auth::{
            auth_attempts::{AuthAttempt, auth_attempts},
            docker_config::AuthConfig,
            image_ref::ImageRef,
        },
    },
    registry::{PlainHttp, ProbeSettings, Prober},
};

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Image, as in a Pod spec
    pub image: String,
    #[command(flatten)]
    pub credential: CredentialArgs,
    /// Platform the image must support, such as linux/arm64; can be repeated
    #[arg(long, value_name = "OS/ARCH", value_parser = parse_platform)]
    pub platform: Vec<Platform>,
    /// Also trust the CA certificates in this PEM file
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Use plain HTTP: credentials are sent unencrypted
    #[arg(long)]
    pub plain_http: bool,
    /// Also send the credential to this token server if the registry requires it; can be repeated
    #[arg(long, value_name = "HOST[:PORT]")]
    pub realm: Vec<String>,
    /// Use this address for a host instead of looking it up; can be repeated
    #[arg(long, value_name = "HOST=ADDRESS", value_parser = parse_address)]
    pub resolve: Vec<(String, IpAddr)>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputFormat,
}

/// The credential of the probe; anonymous by default.
#[derive(Clone, Debug, clap::Args)]
#[group(multiple = false)]
pub struct CredentialArgs {
    /// Pull secret in the cluster, in the namespace of -n or of the context
    #[arg(long, value_name = "NAME")]
    pub secret: Option<String>,
    /// Docker configuration or Secret manifest (YAML or JSON); - for standard input
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Test without a credential
    #[arg(long)]
    pub anonymous: bool,
}

fn parse_platform(text: &str) -> Result<Platform, String> {
    Platform::parse(text).ok_or_else(|| "expected a platform such as linux/amd64".to_owned())
}

fn parse_address(text: &str) -> Result<(String, IpAddr), String> {
    let expected = || "expected HOST=ADDRESS, such as ghcr.io=10.0.0.7".to_owned();
    let (host, address) = text.split_once('=').ok_or_else(expected)?;
    let address = address.parse().map_err(|_| expected())?;
    Ok((host.to_ascii_lowercase(), address))
}

/// Probes one image.
pub async fn run(
    args: &Args,
    options: &ConnectOptions,
    configured: ProbeSettings,
    stdin: impl Read,
    console: Console,
    stdout: impl Write,
) -> io::Result<Exit> {
    let mut stdout = io::BufWriter::new(stdout);
    let progress = console.progress();
    progress.update(&format!("testing {}", args.image));
    let answer = verify_image(args, options, configured, stdin).await;
    drop(progress);
    let (written, exit) = match answer {
        Ok(verified) => {
            let written = write(&verified, args.output, console, &mut stdout);
            (written, exit_status(&verified))
        }
        Err(error) => {
            let written = write_error(&error, args.output, &mut stdout);
            (written, Exit::BadInput)
        }
    };
    exit_after_write(written.and_then(|()| stdout.flush()), exit)
}

fn write(
    verified: &ProbeResult,
    output: OutputFormat,
    console: Console,
    stdout: &mut impl Write,
) -> io::Result<()> {
    match output {
        OutputFormat::Json => json::write(verified, stdout),
        OutputFormat::Text => verified.write_text(console, stdout),
    }
}

fn exit_status(verified: &ProbeResult) -> Exit {
    match verified.answer() {
        PullAnswer::Ok => Exit::Success,
        PullAnswer::No => Exit::Negative,
        PullAnswer::Unknown => Exit::BadInput,
    }
}

async fn verify_image(
    args: &Args,
    options: &ConnectOptions,
    configured: ProbeSettings,
    stdin: impl Read,
) -> Result<ProbeResult, String> {
    let image = parse_image(&args.image)?;
    let settings = probe_settings(args, options, configured)?;
    let configs = load_sources(&args.credential, options, stdin).await?;
    let prober = Prober::new(settings).map_err(|error| format!("--ca: {error}"))?;
    let platforms = if args.platform.is_empty() {
        TargetPlatforms::Anything
    } else {
        TargetPlatforms::Each(args.platform.clone())
    };
    probe_with_sources(&prober, &image, &configs, &platforms).await
}

/// Probes with the credentials that the kubelet would try, until one may pull.
pub(super) async fn probe_with_sources(
    prober: &Prober,
    image: &ImageRef,
    sources: &[SecretSource],
    platforms: &TargetPlatforms,
) -> Result<ProbeResult, String> {
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut session = prober.session(image);
    for AuthAttempt { auth, entry } in attempts_with(image, sources)? {
        let transcript = session.probe(&auth).await;
        let conclusion = conclude(&transcript, platforms);
        let is_enough = conclusion.answer == PullAnswer::Ok;
        attempts.push(Attempt {
            origin: entry.map(|(source, entry)| label(source, entry)),
            transcript,
            conclusion,
        });
        if is_enough {
            break;
        }
    }
    ProbeResult::from_attempts(&attempts).ok_or_else(|| "no credential to test".to_owned())
}

/// Settings of the configuration, overridden by the flags.
fn probe_settings(
    args: &Args,
    options: &ConnectOptions,
    configured: ProbeSettings,
) -> Result<ProbeSettings, String> {
    let mut settings = ProbeSettings {
        addresses: args.resolve.clone(),
        plain_http: if args.plain_http {
            PlainHttp::Registry
        } else {
            PlainHttp::Loopback
        },
        ..configured
    };
    if let Some(limit) = options.request_timeout.filter(|limit| !limit.is_zero()) {
        settings.limits.step = limit;
        settings.limits.image = settings.limits.image.max(limit);
    }
    settings.realms.extend_from_slice(&args.realm);
    if let Some(path) = &args.ca {
        let unusable = |why: String| {
            UserError::new(format!("cannot use --ca {}", path.display()))
                .with_cause(why)
                .with_help("give a PEM file with the CA's certificate")
                .to_string()
        };
        let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
        if settings.trust_pem(&pem) == 0 {
            return Err(unusable("no certificate found".to_owned()));
        }
    }
    Ok(settings)
}

async fn load_sources(
    args: &CredentialArgs,
    options: &ConnectOptions,
    mut stdin: impl Read,
) -> Result<Vec<SecretSource>, String> {
    if let Some(name) = &args.secret {
        return Ok(vec![secret_from_cluster(name, options).await?]);
    }
    let Some(path) = &args.from else {
        return Ok(Vec::new());
    };
    secrets::load(path, &mut stdin)
}

async fn secret_from_cluster(name: &str, options: &ConnectOptions) -> Result<SecretSource, String> {
    check_object_name(name)?;
    let connection = Connection::open(options).await;
    let connection = connection.map_err(|error| UserError::from(error).to_string())?;
    let key = ObjectRef::new(connection.namespace.clone(), Name::new(name));
    let secret = secret_values::pull_secret(&connection, &key).await;
    let secret = secret.map_err(|error| format!("cannot read Secret {key}: {error}"))?;
    if secret.config.is_none() {
        return Err(format!(
            "the kubelet skips Secret {key}: its type {} is not a pull secret type, or its data key is missing",
            secret.secret_type
        ));
    }
    Ok(SecretSource {
        name: name.to_owned(),
        config: secret.config,
    })
}

/// The attempts that the kubelet would make.
fn attempts_with<'a>(
    image: &ImageRef,
    sources: &'a [SecretSource],
) -> Result<Vec<AuthAttempt<'a, &'a SecretSource>>, String> {
    let configs = sources
        .iter()
        .filter_map(|source| Some((source, source.config.as_ref()?)));
    auth_attempts(image, configs)
        .map_err(|(source, malformed)| secrets::not_parsed(&source.name, malformed))
}

fn label(source: &SecretSource, entry: &AuthConfig) -> AuthEntry {
    AuthEntry {
        source: source.name.clone(),
        key: entry.server.to_string(),
        username: entry.username.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn an_attempt_is_labelled_with_its_entry_and_file() {
        let mut config = &br#"{"auths":{"quay.io":{"auth":"dTpw"}}}"#[..];
        let sources = secrets::load(Path::new("-"), &mut config).unwrap();
        let image = ImageRef::parse("quay.io/a/b").unwrap();
        let labels: Vec<_> = attempts_with(&image, &sources)
            .unwrap()
            .into_iter()
            .filter_map(|attempt| attempt.entry)
            .map(|(source, entry)| label(source, entry))
            .map(|it| (it.source, it.key, it.username))
            .collect();
        let file = sources[0].name.clone();
        assert_eq!(labels, [(file, "quay.io".to_owned(), "u".to_owned())]);
    }

    #[test]
    fn addresses_are_given_by_name() {
        assert_eq!(
            parse_address("R.example=::1"),
            Ok(("r.example".into(), "::1".parse().unwrap()))
        );
        assert!(parse_address("r.example").is_err());
        assert!(parse_address("r.example=there").is_err());
    }
}
