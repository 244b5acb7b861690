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

fn exit_statuses(command: Option<&str>) -> &'static [ManItem] {
    match command {
        None => &[
            ("0", "the dashboard was closed"),
            ("1", "a change was not finished; what is left is printed"),
            ("2", "it could not run"),
        ],
        Some("check") => &[
            ("0", "nothing is wrong, and everything in scope was read"),
            (
                "1",
                "there are findings; with --wait also: something has not settled in time",
            ),
            (
                "2",
                "it could not run, or it found nothing but could not read everything in scope",
            ),
        ],
        Some("explain") => &[
            ("0", "every message is a known pull failure"),
            ("1", "some are not"),
            ("2", "bad input"),
        ],
        Some("match") => &[
            ("0", "at least one entry would be tried"),
            ("1", "none would: the pull is anonymous"),
            ("2", "the kubelet could not read a Secret"),
        ],
        Some("verify") => &[
            (
                "0",
                "the image can be pulled: its manifest is there; layers are not requested",
            ),
            ("1", "the registry refuses"),
            (
                "2",
                "unknown: this machine cannot resolve, reach or trust the registry",
            ),
        ],
        Some("doctor") => &[
            ("0", "everything is there"),
            ("1", "something is missing"),
            ("2", "something failed"),
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
                "proxies for the API server and for registries; this machine is never asked through one",
            ),
            (
                "XDG_CONFIG_HOME, XDG_STATE_HOME",
                "where the files below are; otherwise ~/.config and ~/.local/state",
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
                "the settings; `pullscope config sample` prints one with every default",
            ),
            (
                "$XDG_STATE_HOME/pullscope/state.json",
                "the last namespace and pane of each context, and the commands typed",
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
                "for the test view of a CI system",
            ),
            (
                "pullscope check -n shop --all --probe",
                "could running images be pulled again?",
            ),
        ],
        Some("explain") => &[
            (
                "kubectl get events -A | pullscope explain",
                "what each message means, and what to do",
            ),
            (
                "kubectl get pods -o json | pullscope explain",
                "what waiting containers say",
            ),
        ],
        Some("match") => &[(
            "pullscope match ghcr.io/acme/shop:1 --from ~/.docker/config.json --from secret.yaml",
            "which entries of two files the kubelet would try",
        )],
        Some("verify") => &[
            (
                "pullscope verify ghcr.io/acme/shop:1 --from ~/.docker/config.json",
                "with the logins of a Docker configuration",
            ),
            (
                "pullscope verify nginx --anonymous --platform linux/arm64",
                "without a login, for a platform",
            ),
        ],
        Some("rbac") => &[(
            "pullscope rbac -n shop --role operator | kubectl apply -f -",
            "a Role that may apply fixes in one namespace; bind it with kubectl create rolebinding",
        )],
        Some("doctor") => &[("pullscope doctor -n shop", "for a bug report")],
        Some(_) => &[],
    }
}

fn see_also(command: Option<&str>) -> &'static [ManItem] {
    match command {
        None => &[
            ("kubectl(1)", "the commands that plans and findings show"),
            ("pullscope man COMMAND", "the page of a command"),
        ],
        Some(_) => &[(
            "pullscope(1)",
            "flags for all commands, environment, files, keys",
        )],
    }
}
