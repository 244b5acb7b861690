//! The active keymap: the default table with the user's overrides.

use std::fmt;

use super::{
    action::Action,
    key::Key,
    keymap::{BINDINGS, Binding, Context},
};
use crate::domain::suggest::did_you_mean;

/// The active keymap: the default table with the user's overrides.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<ActiveBinding>,
}

/// A binding with its active keys.
#[derive(Clone, Debug)]
pub struct ActiveBinding {
    pub keys: Vec<Key>,
    pub binding: &'static Binding,
    rebound: bool,
}

/// Keys that the user has configured for an action, both by name.
#[derive(Clone, Copy, Debug)]
pub struct KeyOverride<'a> {
    pub action: &'a str,
    pub keys: &'a [String],
}

/// An invalid key override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyConfigError {
    UnknownAction {
        nearest: Option<&'static str>,
    },
    InvalidKey {
        text: String,
    },
    /// A form would no longer take this character.
    TypesInForms {
        key: Key,
    },
    /// Where both can be meant, nobody knows which is.
    Conflict {
        key: Key,
        by: Action,
        context: Context,
    },
}

impl fmt::Display for KeyConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAction { nearest: None } => f.write_str("unknown action"),
            Self::UnknownAction {
                nearest: Some(name),
            } => write!(f, "unknown action; did you mean {name}?"),
            Self::InvalidKey { text } => {
                write!(
                    f,
                    "invalid key {text:?}: expected, for example, x, X, ctrl-x, f5 or shift-left"
                )
            }
            Self::TypesInForms { key } => {
                write!(f, "{key} is text input in forms, where this action is used")
            }
            Self::Conflict { key, by, context } => write!(
                f,
                "{key} is already used by {} ({}); choose another key, or change that of {}",
                by.name(),
                context.title(),
                by.name()
            ),
        }
    }
}

impl Default for Keymap {
    fn default() -> Self {
        let rows = BINDINGS.iter().map(|binding| ActiveBinding {
            keys: binding.keys().collect(),
            binding,
            rebound: false,
        });
        Self {
            bindings: rows.collect(),
        }
    }
}

impl Keymap {
    /// Applies the user's overrides to the default table.
    ///
    /// # Errors
    ///
    /// The index of each invalid override, with the reason.
    pub fn with_overrides(
        wishes: &[KeyOverride<'_>],
    ) -> Result<Self, Vec<(usize, KeyConfigError)>> {
        let mut keymap = Self::default();
        let mut errors = Vec::new();
        for (number, wish) in wishes.iter().enumerate() {
            if let Err(error) = keymap.rebind(wish) {
                errors.push((number, error));
            }
        }
        // Only now: two actions may have changed places.
        for (number, wish) in wishes.iter().enumerate() {
            let clash = Action::from_name(wish.action).and_then(|action| keymap.conflict(action));
            errors.extend(clash.map(|error| (number, error)));
        }
        if errors.is_empty() {
            Ok(keymap)
        } else {
            Err(errors)
        }
    }

    fn rebind(&mut self, wish: &KeyOverride<'_>) -> Result<(), KeyConfigError> {
        let mut keys = Vec::new();
        for text in wish.keys {
            let key = Key::parse(text)
                .ok_or_else(|| KeyConfigError::InvalidKey { text: text.clone() })?;
            keys.push(key);
        }
        let action = Action::from_name(wish.action);
        let rows = self.bindings.iter_mut();
        let mut known = false;
        for row in rows.filter(|row| Some(row.binding.action) == action) {
            known = true;
            let types = matches!(row.binding.context, Context::Form | Context::MultiSelect);
            if types && let Some(key) = keys.iter().find(|key| key.text_char().is_some()) {
                return Err(KeyConfigError::TypesInForms { key: *key });
            }
            row.keys.clone_from(&keys);
            row.rebound = true;
        }
        if known {
            return Ok(());
        }
        let names = BINDINGS.iter().map(|binding| binding.action.name());
        Err(KeyConfigError::UnknownAction {
            nearest: did_you_mean(wish.action, names),
        })
    }

    /// What a rebound action's keys do already. Where the table itself lets an inner context win, that is
    /// meant.
    fn conflict(&self, action: Action) -> Option<KeyConfigError> {
        let own = |row: &&ActiveBinding| row.rebound && row.binding.action == action;
        self.bindings.iter().filter(own).find_map(|row| {
            row.keys.iter().find_map(|key| {
                let other = self.bindings.iter().find(|other| {
                    other.binding.action != action
                        && other.keys.contains(key)
                        && overlap(row.binding.context, other.binding.context)
                })?;
                Some(KeyConfigError::Conflict {
                    key: *key,
                    by: other.binding.action,
                    context: other.binding.context,
                })
            })
        })
    }

    pub fn bindings(&self) -> &[ActiveBinding] {
        &self.bindings
    }

    /// The action of a key, looked up from the innermost context outwards.
    pub fn resolve(&self, key: Key, path: &[Context]) -> Option<Action> {
        self.row(key, path).map(|row| row.binding.action)
    }

    fn row(&self, key: Key, path: &[Context]) -> Option<&ActiveBinding> {
        path.iter().find_map(|context| {
            let mut rows = self.bindings.iter();
            rows.find(|row| row.binding.context == *context && row.keys.contains(&key))
        })
    }

    /// The key that performs an action in these contexts, innermost first; `None`: it has none there, or an inner
    /// context takes it.
    pub fn key_for(&self, action: Action, path: &[Context]) -> Option<Key> {
        let mut rows = path.iter().flat_map(|context| {
            let rows = self.bindings.iter();
            rows.filter(move |row| row.binding.context == *context && row.binding.action == action)
        });
        rows.find_map(|row| {
            let mut keys = row.keys.iter().copied();
            keys.find(|key| self.resolve(*key, path) == Some(action))
        })
    }

    /// Bindings of these contexts for the footer, most important first; those without a key are left out.
    pub fn footer(&self, path: &[Context]) -> Vec<&ActiveBinding> {
        let shown = |row: &&ActiveBinding| {
            row.binding.rank > 0
                && path.contains(&row.binding.context)
                && row.keys.first().is_some_and(|key| {
                    // What an inner context means by the key stands there already.
                    self.row(*key, path)
                        .is_some_and(|first| std::ptr::eq(first, *row))
                })
        };
        let mut shown: Vec<&ActiveBinding> = self.bindings.iter().filter(shown).collect();
        shown.sort_by_key(|row| row.binding.rank);
        shown
    }
}

/// True if both contexts can be active at the same time.
fn overlap(a: Context, b: Context) -> bool {
    use Context::{
        AppliedPlan, Choice, Details, Everywhere, Faults, Form, Guide, In, MultiSelect, Node,
        NodeFiles, Overlay, Panes, PlanDialog, PodDetails, PullTest, Reveal, SecretDetails, Select,
        StartedPullTest, Text, WorkloadDetails,
    };
    if a == b {
        return true;
    }
    let is_overlay = |context| {
        !matches!(
            context,
            Everywhere | Form | MultiSelect | Select | Panes | In(_)
        )
    };
    match (a, b) {
        (Form, other) | (other, Form) => matches!(other, MultiSelect | Select),
        (MultiSelect | Select, _) | (_, MultiSelect | Select) => false,
        (Overlay, other) | (other, Overlay) if other != Everywhere => is_overlay(other),
        (Everywhere, _)
        | (_, Everywhere)
        | (Panes, In(_))
        | (In(_), Panes)
        | (Choice, Faults)
        | (Faults, Choice)
        | (Details, PodDetails | SecretDetails | WorkloadDetails | Text)
        | (PodDetails | SecretDetails | WorkloadDetails | Text, Details) => true,
        (
            Panes | In(_) | Overlay | Choice | Faults | Details | PodDetails | SecretDetails
            | WorkloadDetails | Text | Guide | PlanDialog | AppliedPlan | PullTest
            | StartedPullTest | Node | NodeFiles | Reveal,
            _,
        ) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::panes::Pane;

    fn with(wishes: &[(&str, &[&str])]) -> Result<Keymap, Vec<(usize, KeyConfigError)>> {
        let keys: Vec<Vec<String>> = wishes
            .iter()
            .map(|(_, keys)| keys.iter().map(ToString::to_string).collect())
            .collect();
        let wishes = wishes.iter().zip(&keys);
        let wishes: Vec<KeyOverride<'_>> = wishes
            .map(|((action, _), keys)| KeyOverride { action, keys })
            .collect();
        Keymap::with_overrides(&wishes)
    }

    fn refused(wishes: &[(&str, &[&str])]) -> String {
        with(wishes).unwrap_err()[0].1.to_string()
    }

    const PODS: [Context; 3] = [Context::In(Pane::Pods), Context::Panes, Context::Everywhere];

    #[test]
    fn the_inner_context_wins() {
        let keymap = Keymap::default();
        assert_eq!(keymap.resolve(Key::char('z'), &PODS), Some(Action::Fold));
        assert_eq!(keymap.resolve(Key::char('?'), &PODS), Some(Action::Help));
        let overlay = [Context::Overlay, Context::Everywhere];
        assert_eq!(keymap.resolve(Key::char('z'), &overlay), None);
    }

    #[test]
    fn an_action_moves_to_its_new_keys() {
        let keymap = with(&[("next-problem", &["f8", "ctrl-n"])]).unwrap();
        let key = |text: &str| keymap.resolve(Key::parse(text).unwrap(), &PODS);
        assert_eq!(key("f8"), Some(Action::NextProblem));
        assert_eq!(key("ctrl-n"), Some(Action::NextProblem));
        assert_eq!(key("!"), None);
        assert_eq!(key("@"), Some(Action::PreviousProblem));
    }

    #[test]
    fn two_actions_may_change_places() {
        let keymap = with(&[("filter", &[":"]), ("command", &["/"])]).unwrap_err();
        // The words sought in a text have their `/` too.
        assert!(
            matches!(
                keymap[0].1,
                KeyConfigError::Conflict {
                    by: Action::Find,
                    ..
                }
            ),
            "{keymap:?}"
        );
        let keymap = with(&[("next-problem", &["@"]), ("previous-problem", &["!"])]).unwrap();
        assert_eq!(
            keymap.resolve(Key::char('!'), &PODS),
            Some(Action::PreviousProblem)
        );
    }

    #[test]
    fn what_cannot_be_granted_says_why() {
        assert_eq!(
            refused(&[("next-problm", &["f8"])]),
            "unknown action; did you mean next-problem?"
        );
        assert_eq!(
            refused(&[("filter", &["hyper-x"])]),
            "invalid key \"hyper-x\": expected, for example, x, X, ctrl-x, f5 or shift-left"
        );
        assert_eq!(
            refused(&[("fold", &["/"])]),
            "/ is already used by filter (Panes); choose another key, or change that of filter"
        );
        assert_eq!(
            refused(&[("quit", &["?"])]),
            "? is already used by help (Everywhere); choose another key, or change that of help"
        );
        assert!(refused(&[("submit", &["x"])]).contains("text input in forms"));
    }
}
