//! Sections of the manual pages that clap does not know: exit statuses, environment, files, examples.
//!
//! What the help of a flag says is not repeated here. `tests/readme.rs` runs the examples: they are those of the
//! documents.

use clap_mangen::roff::{Roff, bold, roman};

/// A term and its description.
type ManItem = (&'static str, &'static str);

/// Returns the sections of a command's page; of the program's own page without a name.
pub(super) fn sections(command: Option<&str>) -> Roff {
    let mut roff = Roff::default();
    for (title, items) in [
        ("EXIT STATUS", exit_statuses(command)),
        ("ENVIRONMENT", environment(command)),
        ("FILES", files(command)),
        ("EXAMPLES", examples(command)),
        ("SEE ALSO", see_also(command)),
    ] {
        if items.is_empty() {
            continue;
        }
        roff.control("SH", [title]);
        for (term, description) in items {
            roff.control("TP", []);
            roff.text([bold(*term)]);
            roff.text([roman(*description)]);
        }
    }
    roff
}

/// Returns the exit statuses of a command for its help; `None` if it has none of its own.
pub(super) fn exit_status_help(command: Option<&str>) -> Option<String> {
    let statuses = exit_statuses(command);
    let lines = statuses
        .iter()
        .map(|(status, meaning)| format!("\n  {status}  {meaning}"));
    (!statuses.is_empty()).then(|| format!("Exit status:{}", lines.collect::<String>()))
}

fn exit_statuses(command: Option<&str>) -> &'static [ManItem] {
    match command {
        None => &[
            ("0", "ended normally"),
            (
                "1",
                "a change was not finished; the remaining steps are printed",
            ),
            ("2", "could not run"),
        ],
        Some("check") => &[
            ("0", "no findings, and everything in scope was read"),
            (
                "1",
                "findings or expiring credentials; with --wait also: not settled in time",
            ),
            (
                "2",
                "could not run; or no findings, but not everything in scope was read",
            ),
        ],
        Some("explain") => &[
            ("0", "every message is a known pull failure"),
            ("1", "at least one message is not"),
            ("2", "invalid input"),
        ],
        Some("match") => &[
            ("0", "at least one entry with a credential matches"),
            ("1", "none does: the pull is anonymous"),
            (
                "2",
                "could not run: invalid input, or a Secret that the kubelet cannot parse",
            ),
        ],
        Some("verify") => &[
            (
                "0",
                "the image can be pulled: manifest found, layers not requested",
            ),
            ("1", "the registry denies the pull"),
            (
                "2",
                "unknown: this machine cannot resolve, reach or trust the registry",
            ),
        ],
        Some("doctor") => &[
            ("0", "all checks pass"),
            ("1", "something is missing: the dashboard shows less"),
            ("2", "something failed: the dashboard cannot run"),
        ],
        Some(_) => &[],
    }
}

fn environment(command: Option<&str>) -> &'static [ManItem] {
    match command {
        None => &[
            ("KUBECONFIG", "the kubeconfig files, as for kubectl"),
            ("NO_COLOR", "no colours, unless --theme is given"),
            (
                "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
                "proxies for the API server and registries; never used for this machine",
            ),
            (
                "XDG_CONFIG_HOME, XDG_STATE_HOME",
                "directories of the files below; default: ~/.config and ~/.local/state",
            ),
        ],
        Some(_) => &[],
    }
}

fn files(command: Option<&str>) -> &'static [ManItem] {
    match command {
        None => &[
            (
                "$XDG_CONFIG_HOME/pullscope/config.toml",
                "the settings; `pullscope config sample` prints a file with every default",
            ),
            (
                "$XDG_STATE_HOME/pullscope/state.json",
                "the last namespace and pane of each context, and the command history",
            ),
            ("$XDG_STATE_HOME/pullscope/pullscope.log", "the log"),
        ],
        Some(_) => &[],
    }
}

fn examples(command: Option<&str>) -> &'static [ManItem] {
    match command {
        None => &[
            (
                "pullscope -n shop --read-only",
                "one namespace, all changes disabled",
            ),
            ("pullscope demo", "a simulated cluster inside the program"),
        ],
        Some("check") => &[
            (
                "pullscope check -n shop,payments -l app=ledger --wait 2m",
                "in a pipeline, after kubectl apply",
            ),
            (
                "pullscope check -n shop -o junit > report.xml",
                "for the test report of a CI system",
            ),
            (
                "pullscope check -n shop --all --probe",
                "could running images be pulled again?",
            ),
        ],
        Some("explain") => &[
            (
                "kubectl get events -A | pullscope explain",
                "explain each message and how to fix it",
            ),
            (
                "kubectl get pods -o json | pullscope explain",
                "explain the messages of waiting containers",
            ),
        ],
        Some("match") => &[(
            "pullscope match ghcr.io/acme/shop:1 --from ~/.docker/config.json --from secret.yaml",
            "which entries of two files the kubelet would try",
        )],
        Some("verify") => &[
            (
                "pullscope verify ghcr.io/acme/shop:1 --from ~/.docker/config.json",
                "with the credentials of a Docker configuration",
            ),
            (
                "pullscope verify nginx --anonymous --platform linux/arm64",
                "without a credential, for a platform",
            ),
        ],
        Some("rbac") => &[(
            "pullscope rbac -n shop --role operator | kubectl apply -f -",
            "create a Role that can apply fixes in one namespace; bind it with kubectl create rolebinding",
        )],
        Some("doctor") => &[("pullscope doctor -n shop", "for a bug report")],
        Some(_) => &[],
    }
}

fn see_also(command: Option<&str>) -> &'static [ManItem] {
    match command {
        None => &[
            ("kubectl(1)", "the commands that plans and findings show"),
            ("pullscope man COMMAND", "the manual page of a command"),
        ],
        Some(_) => &[(
            "pullscope(1)",
            "flags for all commands, environment, files, keys",
        )],
    }
}
