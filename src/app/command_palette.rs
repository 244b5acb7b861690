//! Command mode: the commands behind `:`, named as in k9s, and their completion.
//!
//! A part of a name, or its letters in their order, is enough to go somewhere. What changes the cluster, a
//! file or the clipboard runs by its full name only, or when it is chosen from the list.

use std::{borrow::Cow, collections::BTreeSet, sync::LazyLock};

use super::{
    action::Action,
    filter::{Filter, FilterMatcher},
    k9s::K9sResource,
    keymap::{BINDINGS, Binding, Context},
    panes::Pane,
    session_state::SessionState,
    theme_name::ThemeName,
};
use crate::domain::{k8s::object_ref::Namespace, store::Store, suggest::did_you_mean};

#[derive(Clone, Copy)]
struct CommandSpec {
    names: &'static [&'static str],
    help: &'static str,
    target: CommandTarget,
}

#[derive(Clone, Copy)]
enum CommandTarget {
    Act(Action),
    /// With a name behind it: this pane of this namespace; without: the pane.
    Pane(Pane),
    /// With a name behind it: this namespace; without: the pane.
    Namespace,
    /// With a name behind it: this context; without: the picker.
    Context,
    /// With the name of a theme behind it.
    Theme,
    /// With the name of a saved view behind it; without: all of them.
    View,
    /// With a name for the present view behind it.
    Save,
    Forget,
}

/// The commands: panes first, then actions.
static COMMANDS: LazyLock<Vec<CommandSpec>> = LazyLock::new(|| {
    let panes = Pane::ALL.into_iter().map(CommandSpec::for_pane);
    panes.chain(OTHERS.iter().copied()).collect()
});

/// Returns the names of each command, the usual one first, and its description.
pub fn commands() -> impl Iterator<Item = (&'static [&'static str], &'static str)> {
    COMMANDS.iter().map(|command| (command.names, command.help))
}

impl CommandSpec {
    fn for_pane(pane: Pane) -> Self {
        let info = pane.info();
        Self {
            names: info.commands,
            help: info.help,
            target: if info.namespaced {
                CommandTarget::Pane(pane)
            } else {
                CommandTarget::Namespace
            },
        }
    }
}

const OTHERS: &[CommandSpec] = &[
    CommandSpec {
        names: &["pull", "problems"],
        help: "List all problems, grouped by cause",
        target: CommandTarget::Act(Action::Faults),
    },
    CommandSpec {
        names: &["lint", "hygiene"],
        help: "Hygiene checks",
        target: CommandTarget::Act(Action::Hygiene),
    },
    CommandSpec {
        names: &["report"],
        help: "Save the Pod's diagnosis and evidence to a file, without secrets",
        target: CommandTarget::Act(Action::Report),
    },
    CommandSpec {
        names: &["node"],
        help: "The Pod's node: image verification, pull queue, mirrors",
        target: CommandTarget::Act(Action::Node),
    },
    CommandSpec {
        names: &["cleanup"],
        help: "Delete Pods left behind by pull tests",
        target: CommandTarget::Act(Action::CleanUp),
    },
    CommandSpec {
        names: &["learn", "guide"],
        help: "Explain",
        target: CommandTarget::Act(Action::ShowGuide),
    },
    CommandSpec {
        names: &["setup"],
        help: "First-time setup for a private image",
        target: CommandTarget::Act(Action::Setup),
    },
    CommandSpec {
        names: &["create-deployment", "deploy-image"],
        help: "Create a Deployment from a private image",
        target: CommandTarget::Act(Action::Deploy),
    },
    CommandSpec {
        names: &["rotate"],
        help: "Rotate credential everywhere",
        target: CommandTarget::Act(Action::Rotate),
    },
    CommandSpec {
        names: &["copy"],
        help: "Copy the Secret to other namespaces",
        target: CommandTarget::Act(Action::CopyTo),
    },
    CommandSpec {
        names: &["copy-image"],
        help: "Copy the Pod's image",
        target: CommandTarget::Act(Action::CopyImage),
    },
    CommandSpec {
        names: &["copy-message"],
        help: "Copy the kubelet's last message about the Pod",
        target: CommandTarget::Act(Action::CopyMessage),
    },
    CommandSpec {
        names: &["copy-commands"],
        help: "Copy the kubectl commands of the best fix",
        target: CommandTarget::Act(Action::CopyCommands),
    },
    CommandSpec {
        names: &["bind"],
        help: "Attach the Secret to ServiceAccounts, or detach it",
        target: CommandTarget::Act(Action::Bind),
    },
    CommandSpec {
        names: &["undo"],
        help: "Undo the last change",
        target: CommandTarget::Act(Action::Undo),
    },
    CommandSpec {
        names: &["ctx", "context", "contexts"],
        help: "Contexts, or switch to NAME",
        target: CommandTarget::Context,
    },
    CommandSpec {
        names: &["theme"],
        help: "Colour theme: dark, light, …",
        target: CommandTarget::Theme,
    },
    CommandSpec {
        names: &["view"],
        help: "Open a saved view: pane, namespace, filter, sort order",
        target: CommandTarget::View,
    },
    CommandSpec {
        names: &["save"],
        help: "Save the current view as NAME",
        target: CommandTarget::Save,
    },
    CommandSpec {
        names: &["forget"],
        help: "Forget a saved view",
        target: CommandTarget::Forget,
    },
    CommandSpec {
        names: &["reconnect"],
        help: "Reconnect",
        target: CommandTarget::Act(Action::Retry),
    },
    CommandSpec {
        names: &["help"],
        help: "Keys",
        target: CommandTarget::Act(Action::Help),
    },
    CommandSpec {
        names: &["q", "quit"],
        help: "Quit",
        target: CommandTarget::Act(Action::Quit),
    },
];

/// A suggestion below the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    pub text: String,
    pub help: Cow<'static, str>,
}

/// A parsed command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParsedCommand {
    Act(Action),
    Pane(Pane, Option<Namespace>),
    Namespace(Namespace),
    Context(String),
    Theme(ThemeName),
    View(Option<String>),
    Save(String),
    Forget(Option<String>),
    /// A command, but its word says nothing; this is what it takes.
    Misused(String),
    /// A command that takes no argument, and was given one. What is selected is not what was named.
    NoArgument(&'static str),
    /// A resource that k9s lists and this program does not; what there is instead.
    NoView(String),
    /// No such command; the nearest one, if one is near.
    Unknown(Option<&'static str>),
}

impl ParsedCommand {
    /// True if the command needs its full name.
    fn needs_full_name(&self) -> bool {
        match self {
            Self::Act(action) => action.is_write(),
            Self::Save(_) | Self::Forget(_) => true,
            Self::Pane(..)
            | Self::Namespace(_)
            | Self::Context(_)
            | Self::Theme(_)
            | Self::View(_)
            | Self::Misused(_)
            | Self::NoArgument(_)
            | Self::NoView(_)
            | Self::Unknown(_) => false,
        }
    }
}

/// What the enter key runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnterAction {
    Run(String),
    /// This one is meant, it seems, and it runs only by its full name or when it is chosen.
    Choose(String),
}

/// Resolves what the enter key runs; `chosen` is the suggestion under the cursor.
///
/// Another suggestion than the first counts as chosen only if the user moved to it.
pub fn resolve_enter(typed: &str, suggestions: &[Suggestion], chosen: usize) -> EnterAction {
    let asked = parse(typed);
    let Some(suggestion) = suggestions.get(chosen) else {
        return EnterAction::Run(typed.to_owned());
    };
    if chosen > 0 {
        return EnterAction::Run(suggestion.text.clone());
    }
    match asked {
        ParsedCommand::Unknown(_) if parse(&suggestion.text).needs_full_name() => {
            EnterAction::Choose(suggestion.text.clone())
        }
        ParsedCommand::Unknown(_) => EnterAction::Run(suggestion.text.clone()),
        // After a command that chooses among names, the first one is meant.
        ParsedCommand::View(None) if typed.ends_with(' ') => {
            EnterAction::Run(suggestion.text.clone())
        }
        ParsedCommand::Forget(None) if typed.ends_with(' ') => {
            EnterAction::Choose(suggestion.text.clone())
        }
        ParsedCommand::Act(_)
        | ParsedCommand::Pane(..)
        | ParsedCommand::Namespace(_)
        | ParsedCommand::Context(_)
        | ParsedCommand::Theme(_)
        | ParsedCommand::View(_)
        | ParsedCommand::Save(_)
        | ParsedCommand::Forget(_)
        | ParsedCommand::Misused(_)
        | ParsedCommand::NoArgument(_)
        | ParsedCommand::NoView(_) => EnterAction::Run(typed.to_owned()),
    }
}

/// Completions of the text; empty if nothing begins with it.
pub fn suggestions(typed: &str, store: &Store, memory: &SessionState) -> Vec<Suggestion> {
    let typed = typed.trim_start();
    if let Some((word, argument)) = typed.split_once(' ') {
        let Some((command, _)) = find_command(word) else {
            return Vec::new();
        };
        let argument = argument.trim();
        let complete = |text: String| Suggestion {
            text,
            help: Cow::Borrowed(""),
        };
        let views = |command: &str| {
            let of_name = memory
                .views()
                .filter(|(name, _)| name.starts_with(argument));
            let suggestion = |(name, view): (&str, &_)| Suggestion {
                text: format!("{command} {name}"),
                help: Cow::Owned(format!("{view}")),
            };
            of_name.map(suggestion).collect()
        };
        return match command.target {
            CommandTarget::Namespace => names(store)
                .filter(|name| name.as_str().contains(argument))
                .map(|name| complete(format!("ns {name}")))
                .collect(),
            CommandTarget::Pane(_) => names(store)
                .filter(|name| name.as_str().contains(argument))
                .map(|name| complete(format!("{word} {name}")))
                .collect(),
            CommandTarget::Theme => ThemeName::ALL
                .into_iter()
                .filter(|theme| theme.name().starts_with(argument))
                .map(|theme| complete(format!("theme {}", theme.name())))
                .collect(),
            CommandTarget::View => views("view"),
            CommandTarget::Forget => views("forget"),
            // A name that is there already is one to replace.
            CommandTarget::Save => views("save"),
            CommandTarget::Act(_) | CommandTarget::Context => Vec::new(),
        };
    }
    let commands = COMMANDS.iter().filter_map(|command| {
        let name = command.names.iter().find(|name| name.starts_with(typed))?;
        Some(suggestion(name, command.help))
    });
    let mut found: Vec<Suggestion> = commands.collect();
    if typed.is_empty() {
        return found;
    }
    // What k9s means by this name is not what else has its letters.
    if let Some(resource) = K9sResource::from_name(typed) {
        return vec![Suggestion {
            text: typed.to_owned(),
            help: Cow::Owned(resource.message()),
        }];
    }
    // Behind them verbs that begin so, and then all that has these letters in this order.
    let begin = verbs().filter(|(name, _)| name.starts_with(typed));
    found.extend(begin.map(|(name, verb)| suggestion(name, verb.help)));
    let filter = Filter::parse(&format!("-f {typed}"));
    let mut matcher = FilterMatcher::new(&filter);
    let commands = COMMANDS.iter().flat_map(|command| {
        let names = command.names.iter();
        names.map(|name| (*name, command.help))
    });
    let mut rest: Vec<_> = commands
        .chain(verbs().map(|(name, verb)| (name, verb.help)))
        .collect();
    // Enter takes the first: whoever leaves letters out seldom leaves out the first one.
    rest.sort_by_key(|(name, _)| name.chars().next() != typed.chars().next());
    for (name, help) in rest {
        if !found.iter().any(|it| it.help == help) && matcher.matches([name], None) {
            found.push(suggestion(name, help));
        }
    }
    found
}

fn suggestion(name: &str, help: &'static str) -> Suggestion {
    Suggestion {
        text: name.to_owned(),
        help: Cow::Borrowed(help),
    }
}

/// Actions on the selection that have a key but no command, each once.
fn verbs() -> impl Iterator<Item = (&'static str, &'static Binding)> {
    let in_panes = |binding: &&Binding| matches!(binding.context, Context::Panes | Context::In(_));
    let is_command = |action| {
        let does = |command: &CommandSpec| matches!(command.target, CommandTarget::Act(other) if other == action);
        COMMANDS.iter().any(does)
    };
    let mut seen = BTreeSet::new();
    BINDINGS
        .iter()
        .filter(in_panes)
        .filter(move |it| it.action.is_verb() && !is_command(it.action))
        .map(|binding| (binding.action.name(), binding))
        .filter(move |(name, _)| find_command(name).is_none() && seen.insert(*name))
}

/// Reads a command line.
pub fn parse(line: &str) -> ParsedCommand {
    let mut words = line.split_whitespace();
    let Some(name) = words.next() else {
        return ParsedCommand::Unknown(None);
    };
    let argument = words.next();
    let is_more = words.next().is_some();
    let Some((command, name)) = find_command(name) else {
        if let Some(resource) = K9sResource::from_name(name) {
            return ParsedCommand::NoView(resource.message());
        }
        if let Some((verb, binding)) = verbs().find(|(verb, _)| *verb == name) {
            return without_argument(binding.action, verb, argument);
        }
        let names = COMMANDS.iter().flat_map(|command| command.names).copied();
        let begins = |known: &&str| known.len() > 2 && name.starts_with(known);
        let nearest = did_you_mean(name, names.clone()).or_else(|| names.into_iter().find(begins));
        return ParsedCommand::Unknown(nearest);
    };
    let misused = |takes: &str| ParsedCommand::Misused(format!("{name} {takes}"));
    match (command.target, argument) {
        (CommandTarget::Act(action), argument) => without_argument(action, name, argument),
        (CommandTarget::Save, Some(name)) if !is_more => ParsedCommand::Save(name.to_owned()),
        (CommandTarget::Save, _) => misused("NAME (one word)"),
        (CommandTarget::Pane(_), Some(_)) if is_more => misused("NAMESPACE"),
        (
            CommandTarget::Namespace
            | CommandTarget::Context
            | CommandTarget::View
            | CommandTarget::Forget,
            Some(_),
        ) if is_more => misused("NAME"),
        (CommandTarget::Pane(pane), name) => ParsedCommand::Pane(pane, name.map(Namespace::new)),
        (CommandTarget::Namespace, Some(name)) => ParsedCommand::Namespace(Namespace::new(name)),
        (CommandTarget::Namespace, None) => ParsedCommand::Act(Action::Focus(Pane::Namespaces)),
        (CommandTarget::Context, Some(name)) => ParsedCommand::Context(name.to_owned()),
        (CommandTarget::Context, None) => ParsedCommand::Act(Action::Contexts),
        (CommandTarget::View, name) => ParsedCommand::View(name.map(str::to_owned)),
        (CommandTarget::Forget, name) => ParsedCommand::Forget(name.map(str::to_owned)),
        (CommandTarget::Theme, name) => name
            .filter(|_| !is_more)
            .and_then(ThemeName::from_name)
            .map_or_else(
                || misused("auto, dark, light, high-contrast, colour-blind, 16 or plain"),
                ParsedCommand::Theme,
            ),
    }
}

/// An action that is for what is selected, or for all: whatever is named behind it is not meant by it.
fn without_argument(action: Action, name: &'static str, argument: Option<&str>) -> ParsedCommand {
    match argument {
        None => ParsedCommand::Act(action),
        Some(_) => ParsedCommand::NoArgument(name),
    }
}

/// The command of this name, and the name as the table has it.
fn find_command(name: &str) -> Option<(&'static CommandSpec, &'static str)> {
    COMMANDS.iter().find_map(|command| {
        let known = command.names.iter().find(|known| **known == name)?;
        Some((command, *known))
    })
}

fn names(store: &Store) -> impl Iterator<Item = &Namespace> {
    store.namespaces().map(|namespace| &namespace.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_k9s_user_types() {
        assert_eq!(parse("po"), ParsedCommand::Pane(Pane::Pods, None));
        let shop = Some(Namespace::new("shop"));
        assert_eq!(parse("pod shop"), ParsedCommand::Pane(Pane::Pods, shop));
        assert_eq!(
            parse(" ns  shop "),
            ParsedCommand::Namespace(Namespace::new("shop"))
        );
        assert_eq!(parse("ctx prod"), ParsedCommand::Context("prod".into()));
        assert_eq!(parse("q"), ParsedCommand::Act(Action::Quit));
        assert_eq!(parse("secr"), ParsedCommand::Unknown(Some("sec")));
        assert!(matches!(parse("deploy"), ParsedCommand::NoView(_)));
        assert_eq!(parse("zzz"), ParsedCommand::Unknown(None));
        assert_eq!(parse(""), ParsedCommand::Unknown(None));
        assert_eq!(parse("theme light"), ParsedCommand::Theme(ThemeName::Light));
        assert!(matches!(parse("theme pink"), ParsedCommand::Misused(_)));
    }

    #[test]
    fn an_argument_that_a_command_does_not_take_is_refused() {
        for (line, name) in [
            ("restart shop", "restart"),
            ("delete all", "delete"),
            ("cleanup shop", "cleanup"),
            ("quit now", "quit"),
            ("undo 2", "undo"),
        ] {
            assert_eq!(parse(line), ParsedCommand::NoArgument(name), "{line}");
            let bare = line.split(' ').next().unwrap();
            assert!(matches!(parse(bare), ParsedCommand::Act(_)), "{bare}");
        }
        for line in [
            "ns shop extra",
            "pods shop extra",
            "ctx prod extra",
            "view a b",
            "forget a b",
            "save a b",
            "theme light dark",
        ] {
            assert!(matches!(parse(line), ParsedCommand::Misused(_)), "{line}");
        }
        // The command that was typed, and not another one.
        let usage = ParsedCommand::Misused("sec NAMESPACE".to_owned());
        assert_eq!(parse("sec shop extra"), usage);
    }

    #[test]
    fn every_verb_is_a_command_and_found_by_some_of_its_letters() {
        assert_eq!(parse("restart"), ParsedCommand::Act(Action::Restart));
        assert_eq!(parse("pull-test"), ParsedCommand::Act(Action::PullTest));
        assert_eq!(parse("copy-image"), ParsedCommand::Act(Action::CopyImage));
        let (store, memory) = (Store::default(), SessionState::default());
        let found = |typed| suggestions(typed, &store, &memory);
        assert!(found("ptest").iter().any(|it| it.text == "pull-test"));
        let first = |typed| found(typed).into_iter().next().map(|it| it.text);
        assert_eq!(first("rst").as_deref(), Some("restart"));
        assert_eq!(found("zzz"), []);
    }

    fn enter(typed: &str) -> EnterAction {
        let (store, memory) = (Store::default(), SessionState::default());
        resolve_enter(typed, &suggestions(typed, &store, &memory), 0)
    }

    #[test]
    fn what_writes_runs_by_its_full_name_only() {
        // Every beginning of every name, and what has its letters in their order.
        let names = COMMANDS.iter().flat_map(|command| command.names).copied();
        let names: Vec<&str> = names.chain(verbs().map(|(name, _)| name)).collect();
        for name in &names {
            assert_eq!(enter(name), EnterAction::Run((*name).to_owned()));
            let skipped: String = name.chars().step_by(2).collect();
            for part in (1..name.len()).map(|end| &name[..end]).chain([&*skipped]) {
                let EnterAction::Run(line) = enter(part) else {
                    continue;
                };
                let runs = parse(&line);
                assert!(
                    !runs.needs_full_name() || line == part,
                    ":{part} runs {line}"
                );
            }
        }
    }

    #[test]
    fn resources_of_k9s_run_nothing() {
        for name in K9sResource::all_names() {
            assert!(find_command(name).is_none(), "{name} is a command");
            assert_eq!(enter(name), EnterAction::Run(name.to_owned()));
            assert!(matches!(parse(name), ParsedCommand::NoView(_)), "{name}");
        }
    }

    #[test]
    fn what_is_chosen_from_the_list_runs() {
        let (store, memory) = (Store::default(), SessionState::default());
        let found = suggestions("rst", &store, &memory);
        let at = found.iter().position(|it| it.text == "restart").unwrap();
        assert!(at == 0, "{found:?}");
        assert_eq!(enter("rst"), EnterAction::Choose("restart".to_owned()));
        let found = suggestions("re", &store, &memory);
        let at = found.iter().position(|it| it.text == "restart").unwrap();
        assert_eq!(
            resolve_enter("re", &found, at),
            EnterAction::Run("restart".to_owned())
        );
    }

    #[test]
    fn completes_by_the_beginning() {
        let (store, memory) = (Store::default(), SessionState::default());
        let texts: Vec<String> = suggestions("sec", &store, &memory)
            .into_iter()
            .map(|s| s.text)
            .collect();
        assert_eq!(texts.first().map(String::as_str), Some("sec"));
        assert_eq!(suggestions("", &store, &memory).len(), COMMANDS.len());
    }
}
