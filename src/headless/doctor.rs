//! `pullscope doctor`: facts for a bug report, and what keeps the dashboard from showing all.
//!
//! Changes nothing and prints no credential.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{self, Write},
};

use serde::Serialize;

use super::{
    Exit, OutputFormat, check,
    console::{Console, Tone},
    exit_after_write, json, prober,
};
use crate::{
    cluster::{Connection, rbac, watch::permissions},
    domain::{
        error::UserError,
        k8s::object_ref::Namespace,
        probe::{AnonymousReason, ProbeError, PullAnswer, TargetPlatforms, conclude},
        rbac::Permission,
        registry_auth::image_ref::ImageRef,
        sanitize::one_line,
    },
    registry::{ProbeSettings, Prober, RegistryAuth},
};

#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Also test the registries of the namespace's images, without a credential
    #[arg(long)]
    pub probe: bool,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: OutputFormat,
}

/// Result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct CheckLine {
    pub topic: &'static str,
    pub state: CheckState,
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    Ok,
    /// The dashboard will show less.
    Missing,
    /// The dashboard cannot run.
    Failed,
}

impl CheckLine {
    pub fn ok(topic: &'static str, detail: impl Into<String>) -> Self {
        Self {
            topic,
            state: CheckState::Ok,
            detail: detail.into(),
            next: None,
        }
    }

    pub fn problem(topic: &'static str, problem: &UserError) -> Self {
        let reasons = std::iter::once(&problem.message).chain(&problem.causes);
        let reasons: Vec<&str> = reasons.map(String::as_str).collect();
        Self {
            topic,
            state: CheckState::Failed,
            detail: reasons.join(": "),
            next: problem.help.clone(),
        }
    }

    /// Lowers a failure that keeps nothing else from working.
    #[must_use]
    pub fn as_missing(self) -> Self {
        Self {
            state: CheckState::Missing,
            ..self
        }
    }

    fn missing(topic: &'static str, detail: impl Into<String>, next: String) -> Self {
        Self {
            topic,
            state: CheckState::Missing,
            detail: detail.into(),
            next: Some(next),
        }
    }
}

/// Adds the checks of the cluster to those of this machine, and prints all.
pub async fn run(
    args: &Args,
    lines: Vec<CheckLine>,
    connection: Result<Connection, UserError>,
    namespace: Option<Namespace>,
    settings: ProbeSettings,
    console: Console,
    stdout: impl Write,
) -> io::Result<Exit> {
    let mut lines = lines;
    match connection {
        Err(problem) => lines.push(CheckLine::problem("cluster", &problem)),
        Ok(connection) => {
            lines.push(cluster_line(&connection));
            lines.extend(permission_lines(&connection, namespace.as_ref()).await);
            if args.probe {
                let namespace = namespace.unwrap_or_else(|| connection.namespace.clone());
                // Most runs do without, and need not carry its state about.
                let asked = Box::pin(registry_lines(&connection, namespace, settings));
                lines.extend(asked.await);
            }
        }
    }
    let is_ok = lines.iter().all(|line| line.state == CheckState::Ok);
    let exit = if lines.iter().any(|line| line.state == CheckState::Failed) {
        Exit::BadInput
    } else if is_ok {
        Exit::Success
    } else {
        Exit::Negative
    };
    exit_after_write(write(&lines, args.output, console, stdout), exit)
}

fn cluster_line(connection: &Connection) -> CheckLine {
    let context = connection.context.as_deref().unwrap_or("in-cluster");
    let version = connection.version.as_ref().map(ToString::to_string);
    let detail = format!(
        "context {context}, {}, {}, user {}",
        connection.server,
        version.as_deref().unwrap_or("version unknown"),
        connection.user.as_deref().unwrap_or("unknown")
    );
    CheckLine::ok("cluster", detail)
}

/// Checks each permission that the panes need; with a namespace, only there.
async fn permission_lines(
    connection: &Connection,
    namespace: Option<&Namespace>,
) -> Vec<CheckLine> {
    let mut lines = Vec::new();
    let needed: BTreeSet<Permission> = permissions().into_iter().collect();
    for needed in needed {
        let here = Permission {
            namespace: namespace
                .filter(|_| &*needed.resource != "namespaces")
                .cloned(),
            ..needed
        };
        lines.push(match rbac::is_allowed(connection, &here).await {
            Ok(true) => CheckLine::ok("rights", format!("may {here}")),
            Ok(false) => {
                let role = match &here.namespace {
                    Some(namespace) => format!("pullscope rbac -n {namespace}"),
                    None => "pullscope rbac".to_owned(),
                };
                let next = format!("{role} | kubectl apply -f -, then bind the Role to the user");
                CheckLine::missing("rights", format!("may not {here}"), next)
            }
            Err(error) => {
                let problem = UserError::new(format!("cannot check whether you may {here}"));
                CheckLine::problem("rights", &problem.with_cause(error.to_string()))
            }
        });
    }
    lines
}

/// Checks that each registry of the namespace's images can be reached from here.
async fn registry_lines(
    connection: &Connection,
    namespace: Namespace,
    settings: ProbeSettings,
) -> Vec<CheckLine> {
    let images = match check::images(connection, namespace).await {
        Ok(images) => images,
        Err(problem) => return vec![CheckLine::problem("registry", &problem)],
    };
    let prober = match prober(settings) {
        Ok(prober) => prober,
        Err(problem) => return vec![CheckLine::problem("registry", &problem)],
    };
    let mut lines = Vec::new();
    let mut hosts = BTreeSet::new();
    for image in images
        .iter()
        .filter_map(|image| ImageRef::parse(image).ok())
    {
        if hosts.insert(image.host().to_owned()) {
            lines.push(registry_line(&prober, &image).await);
        }
    }
    lines
}

async fn registry_line(prober: &Prober, image: &ImageRef) -> CheckLine {
    let transcript = prober
        .probe(image, &RegistryAuth::Anonymous(AnonymousReason::Chosen))
        .await;
    let host = image.host();
    match transcript.failed() {
        // That it refuses a stranger, or this image, is an answer.
        None | Some((_, ProbeError::Refusal(_))) => {
            CheckLine::ok("registry", format!("{host} answers"))
        }
        Some(_) => {
            let conclusion = conclude(&transcript, &TargetPlatforms::Anything);
            let next = format!("run pullscope verify {image} --anonymous to see each step");
            match conclusion.answer {
                PullAnswer::Ok => CheckLine::ok("registry", format!("{host} answers")),
                PullAnswer::No | PullAnswer::Unknown => {
                    CheckLine::missing("registry", format!("{host}: {}", conclusion.summary), next)
                }
            }
        }
    }
}

fn write(
    lines: &[CheckLine],
    output: OutputFormat,
    console: Console,
    mut stdout: impl Write,
) -> io::Result<()> {
    match output {
        OutputFormat::Json => json::write(&serde_json::json!({ "checks": lines }), &mut stdout),
        OutputFormat::Text => stdout.write_all(text(lines, console).as_bytes()),
    }
}

fn text(lines: &[CheckLine], console: Console) -> String {
    let wide = lines.iter().map(|line| line.topic.len()).max().unwrap_or(0);
    let mut text = String::new();
    for line in lines {
        let (tone, state) = match line.state {
            CheckState::Ok => (Tone::Success, "ok     "),
            CheckState::Missing => (Tone::Warning, "missing"),
            CheckState::Failed => (Tone::Error, "failed "),
        };
        let state = console.paint(tone, state);
        let detail = one_line(&line.detail);
        let _ = writeln!(text, "{state}  {:wide$}  {detail}", line.topic);
        if let Some(next) = &line.next {
            let _ = writeln!(text, "{:1$}next: {2}", "", wide + 11, one_line(next));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_cluster_the_report_still_says_what_it_knows() {
        let args = Args {
            probe: false,
            output: OutputFormat::Text,
        };
        let known = vec![CheckLine::ok("terminal", "24-bit colours")];
        let problem = UserError::new("cannot reach the cluster").with_help("start it");
        let mut out = Vec::new();
        let settings = ProbeSettings::default();
        let exit = run(
            &args,
            known,
            Err(problem),
            None,
            settings,
            Console::default(),
            &mut out,
        )
        .await;
        assert_eq!(exit.unwrap(), Exit::BadInput);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "ok       terminal  24-bit colours\n\
             failed   cluster   cannot reach the cluster\n                   next: start it\n"
        );
    }
}
