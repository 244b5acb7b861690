//! `pullscope doctor`: what a bug report needs, and what is missing for the dashboard to show all. It
//! changes nothing and prints no credential.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{self, Write},
};

use serde::Serialize;

use super::{
    Exit, Output, check,
    console::{Console, Tone},
    ended, json,
};
use crate::{
    cluster::{Connection, access, watch::permissions},
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
    pub output: Output,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub topic: &'static str,
    pub state: State,
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// Something will not be shown, or not so well.
    Missing,
    /// Nothing can be shown.
    Failed,
}

impl Line {
    pub fn ok(topic: &'static str, detail: impl Into<String>) -> Self {
        Self {
            topic,
            state: State::Ok,
            detail: detail.into(),
            next: None,
        }
    }

    pub fn problem(topic: &'static str, problem: &UserError) -> Self {
        let reasons = std::iter::once(&problem.message).chain(&problem.causes);
        let reasons: Vec<&str> = reasons.map(String::as_str).collect();
        Self {
            topic,
            state: State::Failed,
            detail: reasons.join(": "),
            next: problem.help.clone(),
        }
    }

    /// Nothing can be done about it, or need be, for the rest to work.
    #[must_use]
    pub fn but_no_failure(self) -> Self {
        Self {
            state: State::Missing,
            ..self
        }
    }

    fn missing(topic: &'static str, detail: impl Into<String>, next: String) -> Self {
        Self {
            topic,
            state: State::Missing,
            detail: detail.into(),
            next: Some(next),
        }
    }
}

/// Looks at the cluster, behind what is known of this machine already.
pub async fn run(
    args: &Args,
    known: Vec<Line>,
    connection: Result<Connection, UserError>,
    namespace: Option<Namespace>,
    asking: ProbeSettings,
    console: Console,
    stdout: impl Write,
) -> io::Result<Exit> {
    let mut lines = known;
    match connection {
        Err(problem) => lines.push(Line::problem("cluster", &problem)),
        Ok(connection) => {
            lines.push(cluster(&connection));
            lines.extend(rights(&connection, namespace.as_ref()).await);
            if args.probe {
                let namespace = namespace.unwrap_or_else(|| connection.namespace.clone());
                // Most runs do without, and need not carry its state about.
                let asked = Box::pin(registries(&connection, namespace, asking));
                lines.extend(asked.await);
            }
        }
    }
    let well = lines.iter().all(|line| line.state == State::Ok);
    let exit = if lines.iter().any(|line| line.state == State::Failed) {
        Exit::BadInput
    } else if well {
        Exit::Success
    } else {
        Exit::Negative
    };
    ended(write(&lines, args.output, console, stdout), exit)
}

fn cluster(connection: &Connection) -> Line {
    let context = connection.context.as_deref().unwrap_or("in-cluster");
    let version = connection.version.as_ref().map(ToString::to_string);
    let detail = format!(
        "context {context}, {}, {}, user {}",
        connection.server,
        version.as_deref().unwrap_or("version unknown"),
        connection.user.as_deref().unwrap_or("unknown")
    );
    Line::ok("cluster", detail)
}

/// A line for each list that the panes are made of. Rights in one namespace are enough to see it.
async fn rights(connection: &Connection, namespace: Option<&Namespace>) -> Vec<Line> {
    let mut lines = Vec::new();
    let needed: BTreeSet<Permission> = permissions().into_iter().collect();
    for needed in needed {
        let here = Permission {
            namespace: namespace
                .filter(|_| &*needed.resource != "namespaces")
                .cloned(),
            ..needed
        };
        lines.push(match access::is_allowed(connection, &here).await {
            Ok(true) => Line::ok("rights", format!("may {here}")),
            Ok(false) => {
                let role = match &here.namespace {
                    Some(namespace) => format!("pullscope rbac -n {namespace}"),
                    None => "pullscope rbac".to_owned(),
                };
                let next = format!("{role} | kubectl apply -f -, then bind the Role to the user");
                Line::missing("rights", format!("may not {here}"), next)
            }
            Err(trouble) => {
                let problem = UserError::new(format!("cannot check whether you may {here}"));
                Line::problem("rights", &problem.with_cause(trouble.to_string()))
            }
        });
    }
    lines
}

/// A line for each registry of the namespace's images: whether it can be reached from here.
async fn registries(
    connection: &Connection,
    namespace: Namespace,
    asking: ProbeSettings,
) -> Vec<Line> {
    let images = match check::images(connection, namespace).await {
        Ok(images) => images,
        Err(problem) => return vec![Line::problem("registry", &problem)],
    };
    let prober = match Prober::new(asking) {
        Ok(prober) => prober,
        Err(error) => {
            let problem = UserError::new("cannot test registries").with_cause(error.to_string());
            return vec![Line::problem("registry", &problem)];
        }
    };
    let mut lines = Vec::new();
    let mut hosts = BTreeSet::new();
    for image in images
        .iter()
        .filter_map(|image| ImageRef::parse(image).ok())
    {
        if hosts.insert(image.host().to_owned()) {
            lines.push(registry(&prober, &image).await);
        }
    }
    lines
}

async fn registry(prober: &Prober, image: &ImageRef) -> Line {
    let transcript = prober
        .probe(image, &RegistryAuth::Anonymous(AnonymousReason::Chosen))
        .await;
    let host = image.host();
    match transcript.failed() {
        // That it refuses a stranger, or this image, is an answer.
        None | Some((_, ProbeError::Refusal(_))) => Line::ok("registry", format!("{host} answers")),
        Some(_) => {
            let verdict = conclude(&transcript, &TargetPlatforms::Anything);
            let next = format!("run pullscope verify {image} --anonymous to see each step");
            match verdict.answer {
                PullAnswer::Ok => Line::ok("registry", format!("{host} answers")),
                PullAnswer::No | PullAnswer::Unknown => {
                    Line::missing("registry", format!("{host}: {}", verdict.summary), next)
                }
            }
        }
    }
}

fn write(
    lines: &[Line],
    output: Output,
    console: Console,
    mut stdout: impl Write,
) -> io::Result<()> {
    match output {
        Output::Json => json::write(&serde_json::json!({ "checks": lines }), &mut stdout),
        Output::Text => stdout.write_all(text(lines, console).as_bytes()),
    }
}

fn text(lines: &[Line], console: Console) -> String {
    let wide = lines.iter().map(|line| line.topic.len()).max().unwrap_or(0);
    let mut text = String::new();
    for line in lines {
        let (tone, state) = match line.state {
            State::Ok => (Tone::Good, "ok     "),
            State::Missing => (Tone::Odd, "missing"),
            State::Failed => (Tone::Bad, "failed "),
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
            output: Output::Text,
        };
        let known = vec![Line::ok("terminal", "24-bit colours")];
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
