//! Resolves settings into the types of the other modules.
//!
//! Each name is resolved by the module that knows it; an unknown one becomes an error with file and line.

use std::{collections::BTreeMap, fs, path::Path};

use jiff::tz::TimeZone;

use super::{NotifyMethod, capabilities::TerminalCapabilities};
use crate::{
    app::{
        key_config::{KeyOverride, Keymap},
        panes::Pane,
        preferences::Preferences,
    },
    config::{Entries, Settings, WithOrigin},
    domain::{
        error::UserError, k8s::object_ref::Namespace, lint::LintConfig, store::watch::Scope,
        suggest::did_you_mean,
    },
    registry,
    ui::{
        panes::titles,
        theme::{self, ThemeOptions},
    },
};

/// Every setting, resolved.
pub struct ResolvedSettings {
    pub theme_options: ThemeOptions,
    pub notify: NotifyMethod,
    pub registries: registry::ProbeSettings,
    pub preferences: Preferences,
}

impl ResolvedSettings {
    /// Resolves all settings; an invalid one is an error before anything is started.
    pub fn resolve(settings: &Settings) -> Result<Self, UserError> {
        Ok(Self {
            theme_options: theme_options(settings, TerminalCapabilities::from_environment())?,
            notify: notify_method(settings)?,
            registries: registries(settings)?,
            preferences: preferences(settings)?,
        })
    }
}

/// Resolves the preferences.
fn preferences(settings: &Settings) -> Result<Preferences, UserError> {
    Ok(Preferences {
        keymap: keymap(&settings.keys)?,
        view: settings.view.resolve("view", |name| pane(name))?,
        scope: match settings.namespace.value.as_str() {
            "" => None,
            "*" => Some(Scope::Cluster),
            name => Some(Scope::Namespace(Namespace::new(name))),
        },
        favourites: settings.favourites.resolve("favourites", |names| {
            if names.len() > 9 {
                return Err(format!("{} names, but only nine keys", names.len()));
            }
            Ok(names
                .iter()
                .map(|name| Namespace::new(name.as_str()))
                .collect())
        })?,
        hygiene: LintConfig {
            rotate_after_days: settings.hygiene.rotate_after_days.value,
            moving_tags: settings.hygiene.moving_tags.value.clone(),
        },
        columns: columns(&settings.columns)?,
        time_zone: TimeZone::system(),
    })
}

fn pane(name: &str) -> Result<Pane, String> {
    Pane::from_name(name).ok_or_else(|| {
        let names = Pane::ALL.map(Pane::name);
        match did_you_mean(name, names) {
            Some(near) => format!("unknown pane {name:?}; did you mean {near}?"),
            None => format!("unknown pane {name:?}; known panes: {}", names.join(", ")),
        }
    })
}

fn keymap(keys: &Entries<Vec<String>>) -> Result<Keymap, UserError> {
    let wishes = keys.iter().map(|(action, keys)| KeyOverride {
        action,
        keys: &keys.value,
    });
    let wishes: Vec<KeyOverride<'_>> = wishes.collect();
    Keymap::with_overrides(&wishes).map_err(|errors| {
        let mut problems = errors.into_iter().filter_map(|(number, error)| {
            let (action, keys) = keys.iter().nth(number)?;
            Some(keys.error(&format!("keys.{action}"), error))
        });
        let first = problems.next();
        let first = first.unwrap_or_else(|| UserError::new("invalid keys"));
        problems.fold(first, |all, problem| UserError {
            causes: [all.causes, problem.causes].concat(),
            ..all
        })
    })
}

fn columns(columns: &Entries<Vec<String>>) -> Result<BTreeMap<Pane, Vec<String>>, UserError> {
    let mut chosen = BTreeMap::new();
    for (name, wanted) in columns {
        let setting = format!("columns.{name}");
        let pane = wanted.resolve(&setting, |_| pane(name))?;
        let titles: Vec<String> = titles(pane).map(str::to_lowercase).collect();
        let unknown = wanted.value.iter().find(|title| !titles.contains(title));
        if let Some(title) = unknown {
            let why = format!(
                "unknown column {title:?}; known columns: {}",
                titles.join(", ")
            );
            return Err(wanted.error(&setting, why));
        }
        chosen.insert(pane, wanted.value.clone());
    }
    Ok(chosen)
}

/// How it is to look on this terminal.
fn theme_options(
    settings: &Settings,
    terminal: TerminalCapabilities,
) -> Result<ThemeOptions, UserError> {
    let mut colours = BTreeMap::new();
    for (name, text) in &settings.colours {
        let setting = format!("colours.{name}");
        let role = text.resolve(&setting, |_| theme::role(name))?;
        colours.insert(role, text.resolve(&setting, |text| theme::colour(text))?);
    }
    Ok(ThemeOptions {
        theme: settings
            .theme
            .resolve("theme", |name| theme::theme_name(name))?,
        depth: terminal.depth,
        background: terminal.background,
        ascii: settings
            .symbols
            .resolve("symbols", |name| match name.as_str() {
                "auto" => Ok(!terminal.unicode),
                "unicode" => Ok(false),
                "ascii" => Ok(true),
                other => Err(format!(
                    "invalid value {other:?}: expected auto, unicode or ascii"
                )),
            })?,
        colours,
    })
}

fn notify_method(settings: &Settings) -> Result<NotifyMethod, UserError> {
    settings
        .notify
        .resolve("notify", |name| match name.as_str() {
            "off" => Ok(NotifyMethod::Off),
            "bell" => Ok(NotifyMethod::Bell),
            "osc9" => Ok(NotifyMethod::Desktop),
            other => Err(format!(
                "invalid value {other:?}: expected off, bell or osc9"
            )),
        })
}

/// Settings of the registry prober.
pub fn registries(settings: &Settings) -> Result<registry::ProbeSettings, UserError> {
    let mut asking = registry::ProbeSettings {
        insecure: settings.registries.insecure.value.clone(),
        realms: settings.registries.realms.value.clone(),
        proxies: registry::Proxies::from_environment(),
        ..registry::ProbeSettings::default()
    };
    let ca = &settings.registries.ca;
    for path in &ca.value {
        trust(&mut asking, ca, Path::new(path))?;
    }
    Ok(asking)
}

fn trust(
    asking: &mut registry::ProbeSettings,
    setting: &WithOrigin<Vec<String>>,
    path: &Path,
) -> Result<(), UserError> {
    let refused = |why: String| setting.error("registries.ca", why);
    let pem = fs::read(path).map_err(|error| refused(format!("{}: {error}", path.display())))?;
    match asking.trust_pem(&pem) {
        0 => Err(refused(format!("{}: no certificate found", path.display()))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::theme_name::ThemeName,
        config::{Flags, XdgPaths, load},
    };

    fn settings(text: &str) -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        fs::write(&path, text).unwrap();
        let flags = Flags {
            file: Some(path),
            ..Flags::default()
        };
        load(&flags, &XdgPaths::default()).unwrap().settings
    }

    fn why(text: &str) -> String {
        preferences(&settings(text)).unwrap_err().causes.join("\n")
    }

    #[test]
    fn every_value_arrives() {
        let settings = settings(
            "theme = 'light'\nsymbols = 'ascii'\nview = 'secrets'\nnamespace = '*'\n\
             favourites = ['shop', 'pay']\nnotify = 'bell'\n[hygiene]\nrotate-after-days = 30\n\
             [registries]\ninsecure = ['registry.lan:5000']\nrealms = ['sso.lan']\n[colours]\ngood = 'blue'\n\
             [keys]\nfilter = 'f3'\n[columns]\npods = ['name', 'status']",
        );
        let preferences = preferences(&settings).unwrap();
        assert_eq!(preferences.view, Pane::Secrets);
        assert_eq!(preferences.scope, Some(Scope::Cluster));
        assert_eq!(preferences.favourites, ["shop", "pay"].map(Namespace::new));
        assert_eq!(preferences.hygiene.rotate_after_days, 30);
        assert_eq!(preferences.columns[&Pane::Pods], ["name", "status"]);
        let look = theme_options(&settings, TerminalCapabilities::from_environment()).unwrap();
        assert_eq!((look.theme, look.ascii), (ThemeName::Light, true));
        assert!(look.colours.contains_key("good"));
        assert_eq!(notify_method(&settings), Ok(NotifyMethod::Bell));
        assert_eq!(
            registries(&settings).unwrap().insecure,
            ["registry.lan:5000"]
        );
        assert_eq!(registries(&settings).unwrap().realms, ["sso.lan"]);
    }

    #[test]
    fn what_no_room_knows_is_named_with_its_line() {
        assert!(why("view = 'pod'").ends_with(":1: unknown pane \"pod\"; did you mean pods?"));
        assert!(why("\n[keys]\nfilter = '?'").contains(":3: ? is already used by help"));
        assert!(
            why("[columns]\npods = ['nmae']").contains("unknown column \"nmae\"; known columns: ")
        );
        assert!(why("[columns]\npod = ['name']").contains("did you mean pods?"));
        let favourites = "favourites = ['0','1','2','3','4','5','6','7','8','9']";
        assert!(why(favourites).contains("10 names, but only nine keys"));
        let both = why("[keys]\nfilter = '?'\nquitt = 'f10'");
        assert_eq!(both.lines().count(), 2, "{both}");
        let ca = registries(&settings("[registries]\nca = '/nowhere.pem'")).unwrap_err();
        assert!(ca.to_string().contains("/nowhere.pem"), "{ca}");
    }
}
