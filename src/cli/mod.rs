//! Commands and flags. It only parses; `commands` runs them.

mod complete;
mod man_sections;
mod pages;

use std::{
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

pub use self::{
    complete::kubectl_completions,
    pages::{completions, manual},
};
use crate::{
    app::theme_name::ThemeName,
    domain::sanitize::lines,
    headless::{check, config, doctor, explain, match_image, parse_duration, rbac, verify, warn},
};

/// See why an image will not pull, and fix it, without leaving the terminal.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// Parses the command line, or exits with an error or the help.
    pub fn parse_or_exit(words: Vec<OsString>) -> Self {
        let words = insert_complete_command(words);
        let mut command = with_exit_statuses(Self::command());
        if words
            .first()
            .is_some_and(|program| has_file_stem(Path::new(program), PLUGIN_FILE))
        {
            command = command.bin_name(PLUGIN);
        }
        let matches = command.clone().try_get_matches_from(words);
        matches
            .and_then(|matches| Self::from_arg_matches(&matches))
            .unwrap_or_else(|error| exit_with(&error.format(&mut command)))
    }
}

/// Adds the exit statuses to the help. The manual pages have them in a section of their own.
fn with_exit_statuses(mut command: clap::Command) -> clap::Command {
    let names = command.get_subcommands().map(|it| it.get_name().to_owned());
    for name in names.collect::<Vec<_>>() {
        if let Some(text) = man_sections::exit_status_help(Some(&name)) {
            command = command.mut_subcommand(name, |command| command.after_help(text));
        }
    }
    match man_sections::exit_status_help(None) {
        Some(text) => command.after_help(text),
        None => command,
    }
}

/// Prints an error without control characters, or the help, and exits.
fn exit_with(error: &clap::Error) -> ! {
    let text = error.render().to_string();
    let shown = lines(&text);
    if !error.use_stderr() || shown == text {
        error.exit();
    }
    warn(&shown);
    std::process::exit(error.exit_code());
}

/// Name of the program as a plugin of kubectl.
const PLUGIN: &str = "kubectl pullscope";

/// kubectl runs the file `kubectl-NAME`, and on Windows `kubectl-NAME.exe`, for `kubectl NAME`, and
/// `kubectl_complete-NAME` while that is typed.
const PLUGIN_FILE: &str = "kubectl-pullscope";
const COMPLETER: &str = "kubectl_complete-pullscope";

/// Cobra's name for the command that completes.
const COMPLETE: &str = "__complete";

/// Inserts the completing command, if it is asked for, and `--` behind it: what follows is an incomplete line
/// with flags of its own.
fn insert_complete_command(mut words: Vec<OsString>) -> Vec<OsString> {
    if let Some(program) = words.first()
        && has_file_stem(Path::new(program), COMPLETER)
    {
        words.insert(1, COMPLETE.into());
    }
    if words.get(1).is_some_and(|word| word == COMPLETE) {
        words.insert(2, "--".into());
    }
    words
}

fn has_file_stem(program: &Path, name: &str) -> bool {
    program.file_stem().is_some_and(|stem| stem == name)
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the dashboard on a simulated cluster: needs no cluster, network or port
    Demo(DemoArgs),
    /// Diagnose once and exit, for CI and scripts
    Check(check::Args),
    /// Classify pull failure messages offline
    Explain(explain::Args),
    /// Show which auth entries the kubelet would try for an image, in order
    Match(match_image::Args),
    /// Test at the registry whether an image can be pulled
    Verify(verify::Args),
    /// Print the RBAC Role for a viewer or operator; with -n for one namespace
    Rbac(rbac::Args),
    /// Show the effective settings, a sample file, or the key actions
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Check the setup, for bug reports: configuration, terminal, cluster, permissions, registries; no secrets
    Doctor(doctor::Args),
    /// Print a shell completion script
    Completions {
        /// Shell that the script is for
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Complete these words, for kubectl plugin completion
    #[command(name = COMPLETE, hide = true, disable_help_flag = true)]
    Complete {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Print the manual page of the program or of a command; view it with `man -l -`
    Man {
        /// Command, such as check. Default: the program's own page
        command: Option<String>,
    },
}

impl Command {
    /// Whether the command supports `--demo`.
    pub fn can_use_demo(&self) -> bool {
        match self {
            Self::Demo(_) | Self::Check(_) => true,
            Self::Doctor(_)
            | Self::Config(_)
            | Self::Explain(_)
            | Self::Match(_)
            | Self::Verify(_)
            | Self::Rbac(_)
            | Self::Completions { .. }
            | Self::Complete { .. }
            | Self::Man { .. } => false,
        }
    }
}

/// Options of the simulated cluster.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Scenario to start with
    #[arg(long, value_name = "NAME", default_value = DEFAULT_SCENARIO)]
    pub scenario: String,
    /// List the scenarios and what is wrong in each
    #[arg(long)]
    pub list: bool,
    /// Serve the simulated cluster on this loopback IP:PORT instead of showing it, and print a
    /// kubeconfig for kubectl or another pullscope
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:0")]
    pub serve: Option<SocketAddr>,
}

impl Default for DemoArgs {
    fn default() -> Self {
        Self {
            scenario: DEFAULT_SCENARIO.to_owned(),
            list: false,
            serve: None,
        }
    }
}

/// Scenario of the demo when none is named.
const DEFAULT_SCENARIO: &str = "company";

/// Flags as kubectl has them, and those of the dashboard.
#[derive(Clone, Debug, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct GlobalArgs {
    /// Path to the kubeconfig [default: $KUBECONFIG, then ~/.kube/config]
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Kubeconfig context to use
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Namespace to use
    #[arg(
        short,
        long,
        global = true,
        value_name = "NAMESPACE",
        conflicts_with = "all_namespaces"
    )]
    pub namespace: Option<String>,
    /// Use all namespaces
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,
    /// User to impersonate
    #[arg(long = "as", global = true, value_name = "USER")]
    pub impersonate: Option<String>,
    /// Group to impersonate; can be repeated
    #[arg(
        long = "as-group",
        global = true,
        value_name = "GROUP",
        requires = "impersonate"
    )]
    pub impersonate_groups: Vec<String>,
    /// Timeout of a single request, such as 10s or 1m; 0 for none
    #[arg(long, global = true, value_name = "TIME", value_parser = parse_duration)]
    pub request_timeout: Option<Duration>,
    /// Disable all changes
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Path to the configuration [default: $XDG_CONFIG_HOME/pullscope/config.toml, then ~/.config/pullscope/config.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Colour theme of the dashboard
    #[arg(long, global = true, value_name = "NAME", value_parser = ThemeName::ALL.map(ThemeName::name))]
    pub theme: Option<String>,
    /// Do not load or save UI state and command history
    #[arg(long, global = true)]
    pub no_state: bool,
    /// Log level; the log is $XDG_STATE_HOME/pullscope/pullscope.log, or below ~/.local/state
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info", value_parser = ["error", "warn", "info", "debug", "trace"])]
    pub log_level: String,
    /// Use the simulated cluster of `pullscope demo`, for the dashboard or check
    #[arg(long, global = true)]
    pub demo: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_check_says_what_each_status_means() {
        let mut command = with_exit_statuses(Cli::command());
        let help = |command: &mut clap::Command| command.render_help().to_string();
        let check = help(command.find_subcommand_mut("check").unwrap());
        assert!(
            check.contains("Exit status:\n  0  no findings, and everything in scope was read\n"),
            "{check}"
        );
        assert!(help(&mut command).contains("  1  a change was not finished"));
        let rbac = help(command.find_subcommand_mut("rbac").unwrap());
        assert!(!rbac.contains("Exit status:"), "{rbac}");
    }

    #[test]
    fn an_unknown_theme_is_refused_for_every_command() {
        for command in [
            &["pullscope"][..],
            &["pullscope", "check"],
            &["pullscope", "rbac"],
        ] {
            let with = |theme| {
                let words = command.iter().copied().chain(["--theme", theme]);
                Cli::try_parse_from(words)
            };
            for known in ThemeName::ALL {
                let cli = with(known.name()).unwrap();
                assert_eq!(cli.global.theme.as_deref(), Some(known.name()));
            }
            let error = with("lihgt").unwrap_err().to_string();
            assert!(
                error.contains("possible values: auto, dark, light"),
                "{error}"
            );
        }
    }

    #[test]
    fn words_to_complete_are_data_whatever_they_look_like() {
        for line in [
            "kubectl_complete-pullscope --namespace",
            "kubectl-pullscope __complete --kubeconfig ",
            "pullscope __complete --help",
            "pullscope __complete -n shop --",
        ] {
            let words = insert_complete_command(line.split(' ').map(OsString::from).collect());
            let cli = Cli::try_parse_from(words).unwrap();
            let Some(Command::Complete { words }) = cli.command else {
                panic!("{line}")
            };
            assert!(line.ends_with(&words.join(" ")), "{line}: {words:?}");
            assert!(
                !words.is_empty() && cli.global.namespace.is_none(),
                "{line}"
            );
        }
    }
}
