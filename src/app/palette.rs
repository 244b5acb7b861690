//! Commands behind `:`, named as in k9s, with completion.
//!
//! A part of a name, or its letters in their order, is enough to go somewhere. What changes the cluster, a
//! file or the clipboard runs by its full name only, or when it is chosen from the list.

use std::{borrow::Cow, collections::BTreeSet, sync::LazyLock};

use super::{
    action::Action,
    filter::{Filter, Sieve},
    k9s::Resource,
    keymap::{BINDINGS, Binding, Context},
    look::ThemeName,
    memory::Memory,
    panes::Pane,
};
use crate::domain::{k8s::object_ref::Namespace, store::Store, suggest::did_you_mean};

#[derive(Clone, Copy)]
struct Command {
    names: &'static [&'static str],
    help: &'static str,
    does: Does,
}

#[derive(Clone, Copy)]
enum Does {
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

/// The panes, then what is done.
static COMMANDS: LazyLock<Vec<Command>> = LazyLock::new(|| {
    let panes = Pane::ALL.into_iter().map(Command::of_pane);
    panes.chain(OTHERS.iter().copied()).collect()
});

impl Command {
    fn of_pane(pane: Pane) -> Self {
        let info = pane.info();
        Self {
            names: info.commands,
            help: info.help,
            does: if info.namespaced {
                Does::Pane(pane)
            } else {
                Does::Namespace
            },
        }
    }
}

const OTHERS: &[Command] = &[
    Command {
        names: &["pull", "problems"],
        help: "All that is wrong, each cause once",
        does: Does::Act(Action::Faults),
    },
    Command {
        names: &["lint", "hygiene"],
        help: "What to put in order before it fails",
        does: Does::Act(Action::Hygiene),
    },
    Command {
        names: &["report"],
        help: "Write all that is known of the Pod to a file, without secrets",
        does: Does::Act(Action::Report),
    },
    Command {
        names: &["cleanup"],
        help: "Delete Pods that pull tests have left behind",
        does: Does::Act(Action::CleanUp),
    },
    Command {
        names: &["learn", "guide"],
        help: "Explain what is shown",
        does: Does::Act(Action::Learn),
    },
    Command {
        names: &["setup"],
        help: "First-time setup for a private image",
        does: Does::Act(Action::Setup),
    },
    Command {
        names: &["create-deployment", "deploy-image"],
        help: "Create a Deployment of a private image",
        does: Does::Act(Action::Deploy),
    },
    Command {
        names: &["rotate"],
        help: "A new token, wherever the credential is",
        does: Does::Act(Action::Rotate),
    },
    Command {
        names: &["copy"],
        help: "Copy Secret to other namespaces",
        does: Does::Act(Action::CopyTo),
    },
    Command {
        names: &["copy-image"],
        help: "Copy the image of the Pod",
        does: Does::Act(Action::CopyImage),
    },
    Command {
        names: &["copy-message"],
        help: "Copy what the kubelet said last of the Pod's image",
        does: Does::Act(Action::CopyMessage),
    },
    Command {
        names: &["copy-commands"],
        help: "Copy the kubectl commands of the best fix",
        does: Does::Act(Action::CopyCommands),
    },
    Command {
        names: &["bind"],
        help: "Who lists the Secret",
        does: Does::Act(Action::Bind),
    },
    Command {
        names: &["undo"],
        help: "Take back what was carried out last",
        does: Does::Act(Action::Undo),
    },
    Command {
        names: &["ctx", "context", "contexts"],
        help: "Contexts, or the one named",
        does: Does::Context,
    },
    Command {
        names: &["theme"],
        help: "Change the colours: theme dark, light, …",
        does: Does::Theme,
    },
    Command {
        names: &["view"],
        help: "Go to a saved view: pane, namespace, filter, order",
        does: Does::View,
    },
    Command {
        names: &["save"],
        help: "Keep the present view under a name: save NAME",
        does: Does::Save,
    },
    Command {
        names: &["forget"],
        help: "Forget a saved view",
        does: Does::Forget,
    },
    Command {
        names: &["reconnect"],
        help: "Connect again",
        does: Does::Act(Action::Retry),
    },
    Command {
        names: &["help"],
        help: "The keys",
        does: Does::Act(Action::Help),
    },
    Command {
        names: &["q", "quit"],
        help: "Quit",
        does: Does::Act(Action::Quit),
    },
];

/// A line under the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    pub text: String,
    pub help: Cow<'static, str>,
}

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Act(Action),
    Pane(Pane, Option<Namespace>),
    Namespace(Namespace),
    Context(String),
    Theme(ThemeName),
    View(Option<String>),
    Save(String),
    Forget(Option<String>),
    /// A command, but its word says nothing; this is what it takes.
    Misused(&'static str),
    /// A command that takes no argument, and was given one. What is selected is not what was named.
    NoArgument(&'static str),
    /// A resource that k9s lists and this program does not; what there is instead.
    NoView(String),
    /// No such command; the nearest one, if one is near.
    Unknown(Option<&'static str>),
}

impl Asked {
    /// Whether a part of the name is not enough for it.
    fn needs_full_name(&self) -> bool {
        match self {
            Self::Act(action) => action.writes(),
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

/// What enter runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entered {
    Run(String),
    /// This one is meant, it seems, and it runs only by its full name or when it is chosen.
    Choose(String),
}

/// What enter means: `chosen` is the suggestion that the cursor is on, and that was walked to where it is
/// not the first.
pub fn entered(typed: &str, suggestions: &[Suggestion], chosen: usize) -> Entered {
    let asked = read(typed);
    let Some(suggestion) = suggestions.get(chosen) else {
        return Entered::Run(typed.to_owned());
    };
    if chosen > 0 {
        return Entered::Run(suggestion.text.clone());
    }
    match asked {
        Asked::Unknown(_) if read(&suggestion.text).needs_full_name() => {
            Entered::Choose(suggestion.text.clone())
        }
        Asked::Unknown(_) => Entered::Run(suggestion.text.clone()),
        // After a command that chooses among names, the first one is meant.
        Asked::View(None) if typed.ends_with(' ') => Entered::Run(suggestion.text.clone()),
        Asked::Forget(None) if typed.ends_with(' ') => Entered::Choose(suggestion.text.clone()),
        Asked::Act(_)
        | Asked::Pane(..)
        | Asked::Namespace(_)
        | Asked::Context(_)
        | Asked::Theme(_)
        | Asked::View(_)
        | Asked::Save(_)
        | Asked::Forget(_)
        | Asked::Misused(_)
        | Asked::NoArgument(_)
        | Asked::NoView(_) => Entered::Run(typed.to_owned()),
    }
}

/// Completions of what is typed; empty when nothing begins so.
pub fn suggestions(typed: &str, world: &Store, memory: &Memory) -> Vec<Suggestion> {
    let typed = typed.trim_start();
    if let Some((word, argument)) = typed.split_once(' ') {
        let Some(command) = find(word) else {
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
        return match command.does {
            Does::Namespace => names(world)
                .filter(|name| name.as_str().contains(argument))
                .map(|name| complete(format!("ns {name}")))
                .collect(),
            Does::Pane(_) => names(world)
                .filter(|name| name.as_str().contains(argument))
                .map(|name| complete(format!("{word} {name}")))
                .collect(),
            Does::Theme => ThemeName::ALL
                .into_iter()
                .filter(|theme| theme.name().starts_with(argument))
                .map(|theme| complete(format!("theme {}", theme.name())))
                .collect(),
            Does::View => views("view"),
            Does::Forget => views("forget"),
            // A name that is there already is one to replace.
            Does::Save => views("save"),
            Does::Act(_) | Does::Context => Vec::new(),
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
    if let Some(resource) = Resource::named(typed) {
        return vec![Suggestion {
            text: typed.to_owned(),
            help: Cow::Owned(resource.answer()),
        }];
    }
    // Behind them verbs that begin so, and then all that has these letters in this order.
    let begin = verbs().filter(|(name, _)| name.starts_with(typed));
    found.extend(begin.map(|(name, verb)| suggestion(name, verb.help)));
    let filter = Filter::parse(&format!("-f {typed}"));
    let mut sieve = Sieve::new(&filter);
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
        if !found.iter().any(|it| it.help == help) && sieve.passes([name], None) {
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

/// What keys do to what is selected and no command does, each once.
fn verbs() -> impl Iterator<Item = (&'static str, &'static Binding)> {
    let in_panes = |binding: &&Binding| matches!(binding.context, Context::Panes | Context::In(_));
    let is_command = |action| {
        let does = |command: &Command| matches!(command.does, Does::Act(other) if other == action);
        COMMANDS.iter().any(does)
    };
    let mut seen = BTreeSet::new();
    BINDINGS
        .iter()
        .filter(in_panes)
        .filter(move |it| it.action.is_verb() && !is_command(it.action))
        .map(|binding| (binding.action.name(), binding))
        .filter(move |(name, _)| find(name).is_none() && seen.insert(*name))
}

/// Reads a command line.
pub fn read(line: &str) -> Asked {
    let mut words = line.split_whitespace();
    let Some(name) = words.next() else {
        return Asked::Unknown(None);
    };
    let argument = words.next();
    let is_more = words.next().is_some();
    let Some(command) = find(name) else {
        if let Some(resource) = Resource::named(name) {
            return Asked::NoView(resource.answer());
        }
        if let Some((verb, binding)) = verbs().find(|(verb, _)| *verb == name) {
            return without_argument(binding.action, verb, argument);
        }
        let names = COMMANDS.iter().flat_map(|command| command.names).copied();
        let begins = |known: &&str| known.len() > 2 && name.starts_with(known);
        let nearest = did_you_mean(name, names.clone()).or_else(|| names.into_iter().find(begins));
        return Asked::Unknown(nearest);
    };
    match (command.does, argument) {
        (Does::Act(action), argument) => {
            let named = command.names.iter().find(|known| **known == name);
            without_argument(action, named.copied().unwrap_or_default(), argument)
        }
        (Does::Save, Some(name)) if !is_more => Asked::Save(name.to_owned()),
        (Does::Save, _) => Asked::Misused("save NAME, one word for the present view"),
        (Does::Pane(_), Some(_)) if is_more => Asked::Misused("pods NAMESPACE, one namespace"),
        (Does::Namespace, Some(_)) if is_more => Asked::Misused("ns NAME, one namespace"),
        (Does::Context, Some(_)) if is_more => Asked::Misused("ctx NAME, one context"),
        (Does::View, Some(_)) if is_more => Asked::Misused("view NAME, one saved view"),
        (Does::Forget, Some(_)) if is_more => Asked::Misused("forget NAME, one saved view"),
        (Does::Pane(pane), name) => Asked::Pane(pane, name.map(Namespace::new)),
        (Does::Namespace, Some(name)) => Asked::Namespace(Namespace::new(name)),
        (Does::Namespace, None) => Asked::Act(Action::Focus(Pane::Namespaces)),
        (Does::Context, Some(name)) => Asked::Context(name.to_owned()),
        (Does::Context, None) => Asked::Act(Action::Contexts),
        (Does::View, name) => Asked::View(name.map(str::to_owned)),
        (Does::Forget, name) => Asked::Forget(name.map(str::to_owned)),
        (Does::Theme, name) => name.filter(|_| !is_more).and_then(ThemeName::named).map_or(
            Asked::Misused("theme auto, dark, light, high-contrast, colour-blind, 16 or plain"),
            Asked::Theme,
        ),
    }
}

/// An action that is for what is selected, or for all: whatever is named behind it is not meant by it.
fn without_argument(action: Action, name: &'static str, argument: Option<&str>) -> Asked {
    match argument {
        None => Asked::Act(action),
        Some(_) => Asked::NoArgument(name),
    }
}

fn find(name: &str) -> Option<&'static Command> {
    COMMANDS
        .iter()
        .find(|command| command.names.contains(&name))
}

fn names(world: &Store) -> impl Iterator<Item = &Namespace> {
    world.namespaces().map(|namespace| &namespace.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_k9s_user_types() {
        assert_eq!(read("po"), Asked::Pane(Pane::Pods, None));
        let shop = Some(Namespace::new("shop"));
        assert_eq!(read("pod shop"), Asked::Pane(Pane::Pods, shop));
        assert_eq!(read(" ns  shop "), Asked::Namespace(Namespace::new("shop")));
        assert_eq!(read("ctx prod"), Asked::Context("prod".into()));
        assert_eq!(read("q"), Asked::Act(Action::Quit));
        assert_eq!(read("secr"), Asked::Unknown(Some("sec")));
        assert!(matches!(read("deploy"), Asked::NoView(_)));
        assert_eq!(read("zzz"), Asked::Unknown(None));
        assert_eq!(read(""), Asked::Unknown(None));
        assert_eq!(read("theme light"), Asked::Theme(ThemeName::Light));
        assert!(matches!(read("theme pink"), Asked::Misused(_)));
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
            assert_eq!(read(line), Asked::NoArgument(name), "{line}");
            let bare = line.split(' ').next().unwrap();
            assert!(matches!(read(bare), Asked::Act(_)), "{bare}");
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
            assert!(matches!(read(line), Asked::Misused(_)), "{line}");
        }
    }

    #[test]
    fn every_verb_is_a_command_and_found_by_some_of_its_letters() {
        assert_eq!(read("restart"), Asked::Act(Action::Restart));
        assert_eq!(read("pull-test"), Asked::Act(Action::PullTest));
        assert_eq!(read("copy-image"), Asked::Act(Action::CopyImage));
        let (world, memory) = (Store::default(), Memory::default());
        let found = |typed| suggestions(typed, &world, &memory);
        assert!(found("ptest").iter().any(|it| it.text == "pull-test"));
        let first = |typed| found(typed).into_iter().next().map(|it| it.text);
        assert_eq!(first("rst").as_deref(), Some("restart"));
        assert_eq!(found("zzz"), []);
    }

    fn enter(typed: &str) -> Entered {
        let (world, memory) = (Store::default(), Memory::default());
        entered(typed, &suggestions(typed, &world, &memory), 0)
    }

    #[test]
    fn what_writes_runs_by_its_full_name_only() {
        // Every beginning of every name, and what has its letters in their order.
        let names = COMMANDS.iter().flat_map(|command| command.names).copied();
        let names: Vec<&str> = names.chain(verbs().map(|(name, _)| name)).collect();
        for name in &names {
            assert_eq!(enter(name), Entered::Run((*name).to_owned()));
            let skipped: String = name.chars().step_by(2).collect();
            for part in (1..name.len()).map(|end| &name[..end]).chain([&*skipped]) {
                let Entered::Run(line) = enter(part) else {
                    continue;
                };
                let runs = read(&line);
                assert!(
                    !runs.needs_full_name() || line == part,
                    ":{part} runs {line}"
                );
            }
        }
    }

    #[test]
    fn resources_of_k9s_run_nothing() {
        for name in Resource::all_names() {
            assert!(find(name).is_none(), "{name} is a command");
            assert_eq!(enter(name), Entered::Run(name.to_owned()));
            assert!(matches!(read(name), Asked::NoView(_)), "{name}");
        }
    }

    #[test]
    fn what_is_chosen_from_the_list_runs() {
        let (world, memory) = (Store::default(), Memory::default());
        let found = suggestions("rst", &world, &memory);
        let at = found.iter().position(|it| it.text == "restart").unwrap();
        assert!(at == 0, "{found:?}");
        assert_eq!(enter("rst"), Entered::Choose("restart".to_owned()));
        let found = suggestions("re", &world, &memory);
        let at = found.iter().position(|it| it.text == "restart").unwrap();
        assert_eq!(
            entered("re", &found, at),
            Entered::Run("restart".to_owned())
        );
    }

    #[test]
    fn completes_by_the_beginning() {
        let (world, memory) = (Store::default(), Memory::default());
        let texts: Vec<String> = suggestions("sec", &world, &memory)
            .into_iter()
            .map(|s| s.text)
            .collect();
        assert_eq!(texts.first().map(String::as_str), Some("sec"));
        assert_eq!(suggestions("", &world, &memory).len(), COMMANDS.len());
    }
}
