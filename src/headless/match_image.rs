//! `pullscope match`: which auth entries the kubelet would try for an image, in its order.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
};

use serde::Serialize;

use super::{
    Exit, OutputFormat, check_object_name,
    console::{Console, Tone},
    exit_after_write, json, parse_image,
    report::{ProviderRow, write_error},
    secrets,
};
use crate::{
    cluster::{ApiError, ConnectOptions, Connection, secret_values},
    domain::{
        context::ProviderLink,
        error::UserError,
        k8s::{
            object_ref::{Name, ObjectRef},
            objects::{SecretType, ServiceAccount},
        },
        registry_auth::{
            docker_config::{AuthConfig, AuthProblem, ConfigWarning, DockerConfig},
            image_ref::ImageRef,
            keyring::{Keyring, Lookup, key_matches},
        },
        sanitize::one_line,
    },
};

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Image, as in a Pod spec
    pub image: String,
    #[command(flatten)]
    pub origin: OriginArgs,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputFormat,
}

/// The source of the auth entries.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(required = true, multiple = false)]
pub struct OriginArgs {
    /// Docker configuration or Secret manifest (YAML or JSON); - for standard input. Repeat it in the
    /// order in which the Pod lists the Secrets
    #[arg(long, value_name = "FILE")]
    pub from: Vec<PathBuf>,
    /// Pull secret in the cluster, in the namespace of -n or of the context. Repeat it in the order in
    /// which the Pod lists them
    #[arg(long, value_name = "NAME")]
    pub secret: Vec<String>,
    /// Use the pull secrets of this ServiceAccount in the cluster
    #[arg(long, value_name = "NAME", visible_alias = "sa")]
    pub serviceaccount: Option<String>,
}

#[derive(Debug, Serialize)]
struct Matches {
    image: String,
    entries: Vec<MatchedEntry>,
    /// The entries that are not tried, with the reason.
    misses: Vec<MismatchedEntry>,
    /// The Secrets that the kubelet skips.
    skipped: Vec<SkippedSecret>,
    /// What the kubelet ignores in the sources, if no entry with a credential matches: it may be why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<SourceWarning>,
    /// Keys of one Secret that the kubelet tries in random order, as their credentials differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    any_order: Vec<UnorderedKeys>,
    /// The credential provider of the image's registry, which needs no Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<ProviderRow>,
}

/// Keys that are the same registry to the kubelet.
#[derive(Debug, Serialize)]
struct UnorderedKeys {
    source: String,
    keys: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SkippedSecret {
    source: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct SourceWarning {
    source: String,
    warning: String,
}

#[derive(Debug, Serialize)]
struct MatchedEntry {
    source: String,
    key: String,
    username: String,
    /// Why it is of no use: without a credential the pull is anonymous all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct MismatchedEntry {
    source: String,
    key: String,
    reason: String,
    /// The key that would match.
    instead: Option<String>,
}

/// Where an entry of the keyring is from.
struct EntryLabel {
    source: String,
    key: String,
    username: String,
    problem: Option<String>,
}

impl EntryLabel {
    fn new(source: &str, entry: &AuthConfig) -> Self {
        Self {
            source: source.to_owned(),
            key: entry.server.to_string(),
            username: entry.username.to_string(),
            problem: entry.is_anonymous().then(|| {
                let problem = entry.problems.last();
                problem.map_or(AuthProblem::Empty, |it| *it).to_string()
            }),
        }
    }
}

/// Matches one image.
pub async fn run(
    args: &Args,
    options: &ConnectOptions,
    stdin: impl Read,
    console: Console,
    stdout: impl Write,
) -> io::Result<Exit> {
    let mut stdout = io::BufWriter::new(stdout);
    let (written, exit) = match find_matches(args, options, stdin).await {
        Ok(matches) => {
            let written = write_matches(&matches, args.output, console, &mut stdout);
            (written, matches.exit())
        }
        Err(error) => {
            let written = write_error(&error, args.output, &mut stdout);
            (written, Exit::BadInput)
        }
    };
    exit_after_write(written.and_then(|()| stdout.flush()), exit)
}

async fn find_matches(
    args: &Args,
    options: &ConnectOptions,
    stdin: impl Read,
) -> Result<Matches, String> {
    let image = parse_image(&args.image)?;
    let mut keyring = Keyring::default();
    let mut skipped = Vec::new();
    let mut any_order = Vec::new();
    let mut warnings = Vec::new();
    let origin = load_origin(&args.origin, options, stdin).await?;
    for source in origin.sources {
        let config = match source.content {
            SourceContent::Config(config) => config,
            SourceContent::Skipped(reason) => {
                let source = source.name;
                skipped.push(SkippedSecret { source, reason });
                continue;
            }
        };
        // The kubelet gives up at the first Secret that it cannot read, whatever the others hold.
        let entries = config
            .usable_entries()
            .map_err(|malformed| secrets::not_parsed(&source.name, malformed))?;
        warnings.extend(source_warnings(&source.name, &config));
        any_order.extend(config.warnings.iter().filter_map(|oddity| match oddity {
            ConfigWarning::EqualKeys(keys) if keys.iter().any(|key| key_matches(key, &image)) => {
                Some(UnorderedKeys {
                    source: source.name.clone(),
                    keys: keys.iter().map(ToString::to_string).collect(),
                })
            }
            _ => None,
        }));
        for entry in entries {
            keyring.add(&entry.server, EntryLabel::new(&source.name, entry));
        }
    }
    let mut matches = Matches::from_lookup(&image, keyring.lookup(&image));
    matches.skipped = skipped;
    matches.any_order = any_order;
    if !matches.has_credential() {
        matches.warnings = warnings;
    }
    let provider = ProviderLink::new(origin.account.as_ref(), &image);
    matches.provider = provider.as_ref().map(ProviderRow::new);
    Ok(matches)
}

/// What the kubelet ignores in a source. Keys that are one registry have a place of their own.
fn source_warnings(source: &str, config: &DockerConfig) -> Vec<SourceWarning> {
    let ignored = config.warnings.iter();
    let ignored = ignored.filter(|warning| !matches!(warning, ConfigWarning::EqualKeys(_)));
    ignored
        .map(|warning| SourceWarning {
            source: source.to_owned(),
            warning: warning.to_string(),
        })
        .collect()
}

/// A pull secret, or a file in its place.
struct KeyringSource {
    name: String,
    content: SourceContent,
}

enum SourceContent {
    Config(DockerConfig),
    /// Skipped by the kubelet, with the reason.
    Skipped(String),
}

/// What the kubelet would have for a Pod.
struct KeyringOrigin {
    sources: Vec<KeyringSource>,
    /// The ServiceAccount in the cluster that lists them.
    account: Option<ServiceAccount>,
}

async fn load_origin(
    origin: &OriginArgs,
    options: &ConnectOptions,
    mut stdin: impl Read,
) -> Result<KeyringOrigin, String> {
    let mut sources = Vec::new();
    for path in &origin.from {
        let found = secrets::load(path, &mut stdin)?.into_iter();
        sources.extend(found.map(|source| KeyringSource {
            name: source.name,
            content: source_content(source.config, None),
        }));
    }
    if origin.secret.is_empty() && origin.serviceaccount.is_none() {
        let account = None;
        return Ok(KeyringOrigin { sources, account });
    }
    let names = origin.secret.iter().chain(&origin.serviceaccount);
    names.clone().try_for_each(|name| check_object_name(name))?;
    let connection = Connection::open(options).await;
    let connection = connection.map_err(|error| UserError::from(error).to_string())?;
    let account = fetch_account(origin, &connection).await?;
    let names = match &account {
        Some(account) => account.pull_secrets.to_vec(),
        None => origin
            .secret
            .iter()
            .map(|name| Name::new(name.as_str()))
            .collect(),
    };
    for name in names {
        let key = ObjectRef::new(connection.namespace.clone(), name);
        let content = match secret_values::pull_secret(&connection, &key).await {
            Ok(secret) => source_content(secret.config, Some(&secret.secret_type)),
            Err(ApiError::NotFound(_)) => {
                SourceContent::Skipped(format!("does not exist in {}", key.namespace))
            }
            Err(error) => return Err(format!("cannot read Secret {key}: {error}")),
        };
        let name = key.name.to_string();
        sources.push(KeyringSource { name, content });
    }
    Ok(KeyringOrigin { sources, account })
}

fn source_content(config: Option<DockerConfig>, found: Option<&SecretType>) -> SourceContent {
    match (config, found) {
        (Some(config), _) => SourceContent::Config(config),
        (None, Some(found)) => SourceContent::Skipped(format!(
            "its type {found} is not a pull secret type, or its data key is missing"
        )),
        (None, None) => SourceContent::Skipped(
            "its type is not a pull secret type, or its data key is missing".to_owned(),
        ),
    }
}

/// The ServiceAccount of `--serviceaccount`.
async fn fetch_account(
    origin: &OriginArgs,
    connection: &Connection,
) -> Result<Option<ServiceAccount>, String> {
    let Some(account) = &origin.serviceaccount else {
        return Ok(None);
    };
    let key = ObjectRef::new(connection.namespace.clone(), Name::new(account.as_str()));
    let found = secret_values::service_account(connection, &key).await;
    let found = found.map_err(|error| format!("cannot read ServiceAccount {key}: {error}"))?;
    Ok(Some(found))
}

impl Matches {
    fn from_lookup(image: &ImageRef, lookup: Lookup<'_, EntryLabel>) -> Self {
        let entries = lookup.candidates.into_iter().map(|tried| MatchedEntry {
            source: tried.entry.source.clone(),
            key: tried.entry.key.clone(),
            username: tried.entry.username.clone(),
            problem: tried.entry.problem.clone(),
        });
        let misses = lookup
            .mismatches
            .into_iter()
            .map(|(held, miss)| MismatchedEntry {
                source: held.source.clone(),
                key: held.key.clone(),
                reason: miss.reason.to_string(),
                instead: miss.suggestion,
            });
        Self {
            image: image.to_string(),
            entries: entries.collect(),
            misses: misses.collect(),
            skipped: Vec::new(),
            any_order: Vec::new(),
            warnings: Vec::new(),
            provider: None,
        }
    }

    /// Whether an entry with a credential matches.
    fn has_credential(&self) -> bool {
        self.entries.iter().any(|entry| entry.problem.is_none())
    }

    fn exit(&self) -> Exit {
        if self.has_credential() {
            Exit::Success
        } else {
            Exit::Negative
        }
    }
}

fn write_matches(
    matches: &Matches,
    output: OutputFormat,
    console: Console,
    stdout: &mut impl Write,
) -> io::Result<()> {
    match output {
        OutputFormat::Json => json::write(matches, stdout),
        OutputFormat::Text => write_text(matches, console, stdout),
    }
}

fn write_text(matches: &Matches, console: Console, stdout: &mut impl Write) -> io::Result<()> {
    writeln!(stdout, "{}", console.paint(Tone::Bold, &matches.image))?;
    for (at, entry) in matches.entries.iter().enumerate() {
        let user = if entry.username.is_empty() {
            "nobody"
        } else {
            &entry.username
        };
        let line = format!("{}. {} as {user} ({})", at + 1, entry.key, entry.source);
        let (tone, line) = match &entry.problem {
            None => (Tone::Success, line),
            Some(problem) => (Tone::Warning, format!("{line}: {problem}")),
        };
        writeln!(stdout, "  {}", console.paint(tone, &one_line(&line)))?;
    }
    write_anonymous(matches, console, stdout)?;
    for unordered in &matches.any_order {
        let (keys, source) = (unordered.keys.join(", "), &unordered.source);
        let line = format!("tried in random order: {keys} ({source}) are the same registry");
        writeln!(
            stdout,
            "  {}",
            console.paint(Tone::Warning, &one_line(&line))
        )?;
    }
    for miss in &matches.misses {
        let line = format!("no match: {} ({}): {}", miss.key, miss.source, miss.reason);
        writeln!(stdout, "  {}", one_line(&line))?;
        if let Some(instead) = &miss.instead {
            writeln!(stdout, "      {} would match", one_line(instead))?;
        }
    }
    for skipped in &matches.skipped {
        let line = format!("skipped: {}: {}", skipped.source, skipped.reason);
        writeln!(
            stdout,
            "  {}",
            console.paint(Tone::Warning, &one_line(&line))
        )?;
    }
    for SourceWarning { source, warning } in &matches.warnings {
        let line = one_line(&format!("{source}: {warning}"));
        writeln!(stdout, "  {}", console.paint(Tone::Warning, &line))?;
    }
    Ok(())
}

/// Says what the kubelet does after the entries: ask the node's credential provider, or pull without a credential.
fn write_anonymous(matches: &Matches, console: Console, stdout: &mut impl Write) -> io::Result<()> {
    let without = match (matches.has_credential(), matches.entries.is_empty()) {
        (true, _) => None,
        (false, true) => Some("no entry matches"),
        (false, false) => Some("no matching entry has a credential"),
    };
    let (tone, line) = match (&matches.provider, without) {
        (Some(provider), _) => {
            let before = without.map(|without| format!("{without}; "));
            let line = format!(
                "{}then the node's credential provider, if it has one ({})",
                before.unwrap_or_default(),
                provider.text
            );
            (Tone::Warning, line)
        }
        (None, Some(without)) => (Tone::Error, format!("{without}: the pull is anonymous")),
        (None, None) => return Ok(()),
    };
    writeln!(stdout, "  {}", console.paint(tone, &one_line(&line)))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn ask(image: &str, config: &str) -> (Exit, Value) {
        let args = Args {
            image: image.to_owned(),
            origin: OriginArgs {
                from: vec![PathBuf::from("-")],
                ..OriginArgs::default()
            },
            output: OutputFormat::Json,
        };
        let mut out = Vec::new();
        let (options, console) = (ConnectOptions::default(), Console::default());
        let running = run(&args, &options, config.as_bytes(), console, &mut out);
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let exit = runtime.unwrap().block_on(running).unwrap();
        (exit, serde_json::from_slice(&out).unwrap())
    }

    #[test]
    fn entries_are_listed_in_the_order_of_trial() {
        let config = r#"{"auths":{"quay.io":{"auth":"dTpw"},"quay.io/a":{"auth":"djpw"},"ghcr.io":{"auth":"dzpw"}}}"#;
        let (exit, found) = ask("quay.io/a/b:1", config);
        assert_eq!(exit, Exit::Success);
        assert_eq!(found["image"], "quay.io/a/b:1");
        assert_eq!(found["entries"][0]["username"], "v");
        assert_eq!(found["entries"][1]["key"], "quay.io");
        assert_eq!(found["misses"][0]["key"], "ghcr.io");
    }

    #[test]
    fn keys_that_are_one_registry_have_no_order() {
        let config = r#"{"auths":{"ghcr.io":{"auth":"dTpw"},"https://ghcr.io/v2/":{"auth":"djpw"},"quay.io":{"auth":"dTpw"},"https://quay.io":{"auth":"dTpw"}}}"#;
        let (_, found) = ask("ghcr.io/a/b:1", config);
        assert_eq!(
            found["any_order"][0]["keys"],
            serde_json::json!(["ghcr.io", "https://ghcr.io/v2/"])
        );
        let (_, found) = ask("quay.io/a/b:1", config);
        assert!(
            found["any_order"].is_null(),
            "one credential under two keys"
        );
    }

    #[test]
    fn what_cannot_be_read_is_an_error_as_it_is_for_the_kubelet() {
        let (exit, found) = ask("nginx", r#"{"auths":{"ghcr.io":{"auth":"!"}}}"#);
        assert_eq!(exit, Exit::BadInput);
        assert_eq!(
            found["error"],
            "the kubelet cannot parse -\n  illegal base64 data at input byte 0\n  \
             next: correct it: a Pod that lists it cannot pull any image"
        );
        let (exit, found) = ask("a/B", "{}");
        assert_eq!(exit, Exit::BadInput);
        assert!(
            found["error"]
                .as_str()
                .unwrap()
                .contains("must be lowercase"),
            "{found}"
        );
        assert_eq!(ask("nginx", r#"{"auths":{}}"#).0, Exit::Negative);
    }

    /// Docker Desktop keeps the passwords elsewhere, and leaves empty entries behind.
    #[test]
    fn a_password_in_a_helper_is_no_credential() {
        let store =
            "the passwords are in the credential store desktop, which the kubelet cannot read";
        for (config, entries) in [
            (r#"{"auths":{"ghcr.io":{}},"credsStore":"desktop"}"#, 1),
            (r#"{"auths":{},"credsStore":"desktop"}"#, 0),
            (r#"{"credsStore":"desktop"}"#, 0),
        ] {
            let (exit, found) = ask("ghcr.io/acme/shop:1", config);
            assert_eq!(exit, Exit::Negative, "{config}");
            assert_eq!(found["entries"].as_array().unwrap().len(), entries);
            let warnings = found["warnings"].as_array().unwrap();
            assert!(warnings.iter().any(|it| it["warning"] == store), "{found}");
        }
        let (_, found) = ask("ghcr.io/a:1", r#"{"auths":{"ghcr.io":{}}}"#);
        let problem = "the matching entry is empty, so the pull is anonymous";
        assert_eq!(found["entries"][0]["problem"], problem);
        // Podman writes the password into the entry, whatever the store.
        let config = r#"{"auths":{"ghcr.io":{"auth":"dTpw"}},"credsStore":"desktop"}"#;
        let (exit, found) = ask("ghcr.io/a:1", config);
        assert_eq!(exit, Exit::Success);
        assert!(found["warnings"].is_null() && found["entries"][0]["problem"].is_null());
    }

    #[test]
    fn no_password_is_ever_written() {
        let (_, found) = ask(
            "quay.io/a",
            r#"{"auths":{"quay.io":{"username":"u","password":"canary"}}}"#,
        );
        assert!(!found.to_string().contains("canary"));
    }
}
