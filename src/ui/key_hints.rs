//! Key hints: what stands in the border of a dialog, with the keys as they are bound. Must not name a key itself.

use super::draw_context::DrawContext;
use crate::app::{
    action::{Action, Motion},
    key::{Code, Key},
    keymap::Context,
};

/// An action, or several that belong together, and what they do there.
pub(super) type KeyHint<'a> = (&'a [Action], &'a str);

pub(super) const SCROLL: KeyHint<'static> = (
    &[Action::Move(Motion::Up), Action::Move(Motion::Down)],
    "scroll",
);
pub(super) const BACK: KeyHint<'static> = (&[Action::Back], "back");

impl DrawContext<'_> {
    /// Hints in a row, such as `enter apply · esc back`. An action without a key is left out.
    pub(super) fn hints(&self, hints: &[KeyHint<'_>]) -> String {
        let hints = hints.iter().filter_map(|(actions, label)| {
            let keys = self.keys(actions)?;
            Some(format!("{keys} {label}"))
        });
        hints.collect::<Vec<_>>().join(" · ")
    }

    /// The keys of actions that belong together, such as `↑↓` or `n/N`; `None`: they have none.
    pub(super) fn keys(&self, actions: &[Action]) -> Option<String> {
        let keymap = &self.model.preferences.keymap;
        let keys = actions
            .iter()
            .filter_map(|action| keymap.key_for(*action, self.contexts));
        let keys: Vec<Key> = keys.collect();
        let arrows: Option<String> = keys.iter().map(|key| arrow(*key)).collect();
        let names = || {
            keys.iter()
                .map(Key::to_string)
                .collect::<Vec<_>>()
                .join("/")
        };
        (!keys.is_empty()).then(|| arrows.unwrap_or_else(names))
    }

    /// The key of an action in the panes, or where none is bound its name in the configuration.
    pub(super) fn pane_key(&self, action: Action) -> String {
        let keymap = &self.model.preferences.keymap;
        let contexts = [
            Context::In(self.model.focus),
            Context::Panes,
            Context::Everywhere,
        ];
        let key = keymap.key_for(action, &contexts);
        key.map_or_else(|| action.name().to_owned(), |key| key.to_string())
    }
}

fn arrow(key: Key) -> Option<&'static str> {
    if key.ctrl || key.alt || key.shift {
        return None;
    }
    match key.code {
        Code::Up => Some("↑"),
        Code::Down => Some("↓"),
        Code::Left => Some("←"),
        Code::Right => Some("→"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::{
        app::{
            action::Action,
            effect::Effect,
            key_config::{KeyOverride, Keymap},
            keymap::{BINDINGS, Context},
            message::Message,
        },
        domain::{
            error::UserError,
            fixtures::now,
            k8s::document::YamlDocument,
            node::NodeFilesOutcome,
            plan::{ChangeResult, Outcome},
        },
        ui::tests::Screen,
    };

    /// Every action on another key, that no default key is.
    fn rebound() -> Keymap {
        let names: BTreeSet<&str> = BINDINGS.iter().map(|row| row.action.name()).collect();
        let letters = ('a'..='z').chain('A'..='Z');
        let keys =
            ["alt-", "ctrl-alt-"].map(|held| letters.clone().map(move |it| format!("{held}{it}")));
        let keys: Vec<[String; 1]> = keys.into_iter().flatten().map(|key| [key]).collect();
        assert!(keys.len() >= names.len(), "{} actions", names.len());
        let overrides: Vec<KeyOverride<'_>> = names
            .iter()
            .zip(&keys)
            .map(|(action, keys)| KeyOverride { action, keys })
            .collect();
        Keymap::with_overrides(&overrides).unwrap()
    }

    /// Places on a screen where it says what an old key does.
    fn old_keys(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let words = |line: &str| {
            line.split([' ', '│', '─', '╮', '╯'])
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        for line in text.lines() {
            let held = |word: &String| word.starts_with("ctrl-") && !word.starts_with("ctrl-alt-");
            let named = |word: &String| ["esc", "tab", "↑↓", "←→"].contains(&word.as_str());
            let anywhere = words(line).iter().any(|word| held(word) || named(word));
            let in_hint = BINDINGS.iter().flat_map(|row| row.on).any(|key| {
                // Behind a dot, a number counts something.
                let counts = key.starts_with(|c: char| c.is_ascii_digit());
                let leads = ["press ", "; ", "next: ", "paused: ", "Fix ", "· ", "─ "];
                let leads = &leads[..if counts { 5 } else { 7 }];
                let mut hints = leads.iter().map(|lead| format!("{lead}{key} "));
                hints.any(|hint| line.contains(&hint))
            });
            if anywhere || in_hint {
                found.push(line.to_owned());
            }
        }
        found
    }

    fn assert_no_old_key(what: &str, mut screen: Screen) {
        let before = old_keys(&screen.text(160, 50));
        screen.set_keymap(rebound());
        let text = screen.text(160, 50);
        let found = old_keys(&text);
        assert!(found.is_empty(), "{what}\n{}", found.join("\n"));
        assert!(!before.is_empty(), "{what} names no key\n{text}");
    }

    fn answer_dry_run(screen: &mut Screen, key: &str, outcome: &Outcome) {
        let effects = screen.effects_of(key);
        let Some(Effect::DryRun { request_id, plan }) = effects.first() else {
            panic!("{effects:?}")
        };
        let done = plan
            .0
            .changes
            .iter()
            .map(|_| ChangeResult::new(outcome.clone()));
        screen.take(Message::DryRunDone(*request_id, done.collect()));
    }

    #[test]
    fn no_screen_names_a_key_that_was_bound_to_another_action() {
        let secrets = [":", "s", "e", "c", "enter", "N", "G"];
        for (what, keys) in [
            ("help", &["?"][..]),
            ("diagnosis", &["D"]),
            ("timeline", &["T"]),
            ("describe", &["d"]),
            ("yaml", &["y"]),
            ("rollout", &["R"]),
            ("log", &["l"]),
            ("problems", &["W"]),
            ("steps", &["W", "j", "ctrl-x"]),
            ("hygiene", &["H"]),
            ("guide", &["L"]),
            ("form", &["ctrl-x"]),
            ("changed form", &["ctrl-x", "a", "esc"]),
            ("choice", &["ctrl-x", "shift-tab"]),
            ("setup", &["+"]),
            ("pull test", &["ctrl-t"]),
            ("empty filter", &["/", "q", "q", "q", "q", "enter"]),
            ("failing only", &[":", "n", "s", "enter", "ctrl-z"]),
            ("node", &["o"]),
            ("node files", &["o", "f"]),
            ("reading node files", &["o", "f", "enter"]),
        ] {
            assert_no_old_key(what, Screen::company().press(keys));
        }
        for (what, keys) in [
            ("secret", &["d"][..]),
            ("values", &["x"]),
            ("bind", &["b"]),
            ("copy", &["C"]),
            ("delete", &["ctrl-d"]),
        ] {
            assert_no_old_key(what, Screen::company().press(&secrets).press(keys));
        }
    }

    #[test]
    fn no_screen_that_waits_for_answers_names_such_a_key() {
        for outcome in [
            Outcome::Applied,
            Outcome::Unchanged,
            Outcome::Failed("403".to_owned()),
        ] {
            let mut screen = Screen::company();
            answer_dry_run(&mut screen, "r", &outcome);
            assert_no_old_key("plan", screen);
        }
        for outcome in [Outcome::Applied, Outcome::Failed("403".to_owned())] {
            let mut screen = Screen::company();
            answer_dry_run(&mut screen, "r", &Outcome::Applied);
            let effects = screen.effects_of("enter");
            let [Effect::Apply { request_id, plan }] = &effects[..] else {
                panic!("{effects:?}")
            };
            let done = vec![ChangeResult::new(outcome)];
            screen.take(Message::Applied(*request_id, plan.clone(), done));
            assert_no_old_key("applied plan", screen);
        }
        let mut screen = Screen::company();
        let effects = screen.effects_of("y");
        let [Effect::FetchObject { request_id, .. }] = &effects[..] else {
            panic!("{effects:?}")
        };
        let document = YamlDocument::from_object(serde_json::json!({"kind": "Pod"})).unwrap();
        screen.take(Message::ObjectFetched(*request_id, Ok(Box::new(document))));
        assert_no_old_key("yaml that was read", screen);
        for keys in [&["enter"][..], &["enter", "esc"]] {
            assert_no_old_key(
                "started pull test",
                Screen::company().press(&["ctrl-t"]).press(keys),
            );
        }
        let mut screen = Screen::company().press(&["o", "f"]);
        let effects = screen.effects_of("enter");
        let Some(Effect::ReadNodeFiles { request_id, .. }) = effects.last() else {
            panic!("{effects:?}")
        };
        let outcome = NodeFilesOutcome {
            read: Err("forbidden".to_owned()),
            is_deleted: true,
        };
        screen.take(Message::NodeFilesRead(*request_id, Box::new(outcome)));
        assert_no_old_key("node files that were not read", screen);
        let mut screen = Screen::company();
        screen.take(Message::Saved(Err(UserError::new("cannot write it"))));
        assert_no_old_key("problem", screen);
        let mut screen = Screen::connecting();
        let request_id = screen.request_id();
        let failed = Err(UserError::new("no answer"));
        screen.take(Message::Connected(request_id, failed));
        assert_no_old_key("no connection", screen);
    }

    /// Its items have the keys that were bound when it was opened.
    #[test]
    fn the_menu_names_no_such_key() {
        let mut screen = Screen::company();
        let keymap = rebound();
        let key = keymap.key_for(Action::Menu, &[Context::Panes]).unwrap();
        screen.set_keymap(keymap);
        let text = screen.press(&[&key.to_string()]).text(160, 50);
        assert!(text.contains("or its key"), "{text}");
        assert_eq!(old_keys(&text), [""; 0]);
    }

    #[test]
    fn a_notice_says_how_it_is_hidden() {
        let mut screen = Screen::company();
        answer_dry_run(&mut screen, "r", &Outcome::Applied);
        let effects = screen.effects_of("enter");
        let [Effect::Apply { request_id, plan }] = &effects[..] else {
            panic!("{effects:?}")
        };
        let mut screen = screen.press(&["esc"]);
        let done = vec![ChangeResult::new(Outcome::Failed("403".to_owned()))];
        screen.take(Message::Applied(*request_id, plan.clone(), done));
        let later = now() + jiff::SignedDuration::from_secs(10);
        screen.take_at(Message::Tick, later);
        assert_no_old_key("notice", screen);
    }
}
