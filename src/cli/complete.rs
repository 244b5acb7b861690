//! Completion of `kubectl pullscope …`, in the protocol of cobra.
//!
//! kubectl runs `kubectl_complete-pullscope` with the arguments so far, the last of them incomplete. The answer
//! is a candidate per line, with a tab before its description, and at the end a colon and a number
//! (`ShellCompDirective`). For completion without kubectl there are the scripts of `pages`.
//!
//! `clap_complete::engine` 4.6 is not used: it is behind `unstable-dynamic`, takes the value of a flag for the
//! command of that name (`-n check`), and does not tell whether file names should follow.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory};

use super::Cli;

/// `ShellCompDirectiveNoFileComp`.
const NO_FILE_COMPLETION: u8 = 4;
/// `ShellCompDirectiveDefault`: the shell completes file names.
const FILE_COMPLETION: u8 = 0;

/// Completes the arguments of `kubectl pullscope`.
pub fn kubectl_completions(words: &[String]) -> String {
    let mut tree = Cli::command();
    // Hands the global flags down.
    tree.build();
    let (unfinished, before) = match words.split_last() {
        Some((last, before)) => (last.as_str(), before),
        None => ("", &[][..]),
    };
    let place = CompletionContext::from_args(&tree, before);
    let (mut found, directive) = place.candidates(unfinished);
    found.retain(|(text, _)| text.starts_with(unfinished));
    let mut answer = String::new();
    for (text, about) in found {
        let _ = match about.lines().next() {
            Some(about) => writeln!(answer, "{text}\t{about}"),
            None => writeln!(answer, "{text}"),
        };
    }
    let _ = writeln!(answer, ":{directive}");
    answer
}

/// Command and argument that the words have led to.
struct CompletionContext<'a> {
    command: &'a Command,
    /// Flag that still needs its value.
    pending_flag: Option<&'a Arg>,
    /// Number of positional arguments so far.
    positionals: usize,
}

type Candidates = Vec<(String, String)>;

impl<'a> CompletionContext<'a> {
    fn from_args(tree: &'a Command, words: &[String]) -> Self {
        let mut place = Self {
            command: tree,
            pending_flag: None,
            positionals: 0,
        };
        for word in words {
            place.advance(word);
        }
        place
    }

    fn advance(&mut self, word: &str) {
        if self.pending_flag.take().is_some() {
            return;
        }
        if word.starts_with('-') {
            let flag = self.find_flag(word).filter(|_| !word.contains('='));
            self.pending_flag = flag.filter(|flag| flag.get_action().takes_values());
        } else if self.positionals == 0
            && let Some(command) = self.command.find_subcommand(word)
        {
            self.command = command;
        } else {
            self.positionals += 1;
        }
    }

    fn find_flag(&self, word: &str) -> Option<&'a Arg> {
        let name = word.split('=').next().unwrap_or(word);
        self.command.get_arguments().find(|arg| {
            let long = arg.get_long().is_some_and(|it| name == format!("--{it}"));
            long || arg.get_short().is_some_and(|it| name == format!("-{it}"))
        })
    }

    fn candidates(&self, unfinished: &str) -> (Candidates, u8) {
        if let Some(flag) = self.pending_flag {
            return value_candidates(flag, "");
        }
        if let Some((name, _)) = unfinished.split_once('=')
            && let Some(flag) = self.find_flag(name)
        {
            return value_candidates(flag, &format!("{name}="));
        }
        if unfinished.starts_with('-') {
            return (self.flag_candidates(), NO_FILE_COMPLETION);
        }
        let mut found: Candidates = Vec::new();
        if self.positionals == 0 {
            let shown = self.command.get_subcommands();
            found.extend(shown.filter(|it| !it.is_hide_set()).map(|command| {
                let about = command.get_about().map(ToString::to_string);
                (command.get_name().to_owned(), about.unwrap_or_default())
            }));
        }
        let mut positionals = self.command.get_positionals();
        let directive = match positionals.nth(self.positionals) {
            Some(positional) => {
                let (more, directive) = value_candidates(positional, "");
                found.extend(more);
                directive
            }
            None => NO_FILE_COMPLETION,
        };
        (found, directive)
    }

    fn flag_candidates(&self) -> Candidates {
        let shown = self.command.get_arguments().filter(|it| !it.is_hide_set());
        shown
            .filter_map(|arg| {
                let about = arg.get_help().map(ToString::to_string);
                Some((format!("--{}", arg.get_long()?), about.unwrap_or_default()))
            })
            .collect()
    }
}

/// Possible values of an argument, behind a prefix.
fn value_candidates(arg: &Arg, begin: &str) -> (Candidates, u8) {
    let known: Candidates = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| {
            let about = value.get_help().map(ToString::to_string);
            (
                format!("{begin}{}", value.get_name()),
                about.unwrap_or_default(),
            )
        })
        .collect();
    let names = arg.get_value_names().unwrap_or_default();
    let is_path = names
        .iter()
        .any(|name| matches!(name.as_str(), "FILE" | "DIR"));
    (
        known,
        if is_path {
            FILE_COMPLETION
        } else {
            NO_FILE_COMPLETION
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn propose(line: &str) -> (Vec<String>, String) {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let answer = kubectl_completions(&words);
        let mut lines: Vec<&str> = answer.lines().collect();
        let directive = lines.pop().unwrap().to_owned();
        let words = lines.iter().map(|line| line.split('\t').next().unwrap());
        (words.map(str::to_owned).collect(), directive)
    }

    #[test]
    fn kubectl_gets_commands_flags_and_values() {
        let (commands, directive) = propose("");
        assert!(commands.contains(&"check".to_owned()), "{commands:?}");
        assert!(
            !commands.iter().any(|it| it.starts_with('_')),
            "{commands:?}"
        );
        assert_eq!(directive, ":4");
        for (line, expected, files) in [
            ("che", &["check"][..], ":4"),
            ("-n shop che", &["check"], ":4"),
            ("check -o ", &["text", "json", "junit", "sarif"], ":4"),
            (
                "check --output=j",
                &["--output=json", "--output=junit"],
                ":4",
            ),
            ("check --pro", &["--probe"], ":4"),
            ("completions z", &["zsh"], ":4"),
            ("match ghcr.io/a --from ", &[], ":0"),
            ("check --read", &["--read-only"], ":4"),
            ("check nothing-known ", &[], ":4"),
        ] {
            let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
            assert_eq!(propose(line), (expected, files.to_owned()), "{line:?}");
        }
    }
}
